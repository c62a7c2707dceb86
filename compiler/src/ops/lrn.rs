//! `lrn`: local response normalisation across channels, as ONNX and Caffe define it (Krizhevsky et al. 2012, alpha divided by size).

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::{Element, Sum, power, product, rounded};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand, Place, Stage};

/// Input: x [n, c, h, w]. Result: x / (k + alpha / size * (sum of squares of `size` channels around))^beta.
#[derive(Clone, Debug, PartialEq)]
pub struct Lrn {
    /// Channels under the window; an even one has its spare channel behind.
    pub size: usize,
    /// Weight of the mean of squares, not negative.
    pub alpha: f64,
    /// Exponent.
    pub beta: f64,
    /// Added to the mean of squares, positive.
    pub k: f64,
}

impl Lrn {
    /// Channels before and behind the one in the middle.
    fn reach(&self) -> [usize; 2] {
        [(self.size - 1) / 2, self.size / 2]
    }

    /// What one of the attributes is wrong with; a base that is not positive has no power.
    fn fault(&self) -> Option<(&'static str, String)> {
        let fits = |value: f64| (value as f32).is_finite();
        let normal = f64::from(f32::MIN_POSITIVE);
        if self.size == 0 {
            Some(("size", "must be at least 1".to_string()))
        } else if !fits(self.alpha) || self.alpha < 0.0 {
            Some(("alpha", format!("must not be negative nor beyond f32, found {:?}", self.alpha)))
        } else if !fits(self.beta) {
            Some(("beta", format!("must be finite in f32, found {:?}", self.beta)))
        } else if !fits(self.k) || self.k < normal {
            Some(("k", format!("must be positive in f32, found {:?}", self.k)))
        } else {
            None
        }
    }

    /// (k + alpha / size * sum)^-beta, as an f32 evaluation with `pow` of the expressions may find it.
    fn factor(&self, sum: Element) -> Element {
        let alpha = self.alpha / self.size as f64;
        let (scaled, carried) = product((alpha, 0.0), sum);
        // Both constants are rounded, too.
        power(rounded(self.k + scaled, carried, 4), -self.beta as f32)
    }
}

impl Operator for Lrn {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("size", Attr::Int(self.size as i64)),
            ("alpha", Attr::Float(self.alpha)),
            ("beta", Attr::Float(self.beta)),
            ("k", Attr::Float(self.k)),
        ]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("lrn", inputs)?;
        if x.rank() != 4 {
            return Err(shapes::no_image("lrn", x));
        }
        Ok(vec![x.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let [n, channels, pixels] = shapes::around(&x.shape, 1);
        let [before, behind] = self.reach();
        let mut elements = Vec::with_capacity(x.value.len());
        for image in 0..n {
            for c in 0..channels {
                for pixel in 0..pixels {
                    let at = |c: usize| x.at((image * channels + c) * pixels + pixel);
                    let mut squares = Sum::default();
                    for near in c.saturating_sub(before)..(c + behind + 1).min(channels) {
                        squares.add_product(at(near), at(near));
                    }
                    let (value, carried) = product(at(c), self.factor(squares.finish(0)));
                    elements.push(rounded(value, carried, 1));
                }
            }
        }
        vec![Bounded::new(x.shape.clone(), elements)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let [before, after] = self.reach();
        let (x, squares) = (Expr::Leaf(Operand(0)), Expr::Leaf(Operand(1)));
        let alpha = Expr::Const((self.alpha / self.size as f64) as f32);
        let base = Expr::mul_add(alpha, squares, Expr::Const(self.k as f32));
        Lowering {
            temps: vec![inputs[0].clone()],
            stages: vec![
                Stage {
                    kind: Kind::ChannelSquares { before, after },
                    reads: vec![Place::Input(0)],
                    write: Place::Temp(0),
                },
                Stage {
                    kind: Kind::Pointwise(x * base.pow(-self.beta as f32)),
                    reads: vec![Place::Input(0), Place::Temp(0)],
                    write: Place::Result(0),
                },
            ],
        }
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Lrn {
    const SIGNATURE: Signature = Signature {
        name: "lrn",
        doc: "local response normalisation across channels",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "size", kind: ArgKind::Int, default: Default::Required, doc: "channels under the window" },
            ArgSpec {
                name: "alpha",
                kind: ArgKind::Float,
                default: Default::Float(1e-4),
                doc: "weight of the mean of squares",
            },
            ArgSpec { name: "beta", kind: ArgKind::Float, default: Default::Float(0.75), doc: "exponent" },
            ArgSpec {
                name: "k",
                kind: ArgKind::Float,
                default: Default::Float(1.0),
                doc: "added to the mean of squares",
            },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(Lrn, Vec<ParamSpec>), CallError> {
        let lrn = Lrn {
            size: call.int("size", 1)?,
            alpha: call.float("alpha")?,
            beta: call.float("beta")?,
            k: call.float("k")?,
        };
        match lrn.fault() {
            None => Ok((lrn, Vec::new())),
            Some((name, why)) => Err(CallError::argument(name, format!("`{name}` {why}"))
                .help("`lrn(5, alpha: 1e-4, beta: 0.75, k: 1.0)` is usual")),
        }
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Lrn, String> {
        let (size, alpha) = (attributes.int("size")?, attributes.float("alpha")?);
        let lrn = Lrn { size, alpha, beta: attributes.float("beta")?, k: attributes.float("k")? };
        match lrn.fault() {
            None => Ok(lrn),
            Some((name, why)) => Err(format!("attribute `{name}` {why}")),
        }
    }

    fn example(rng: &mut Rng) -> Example<Lrn> {
        let lrn = Lrn {
            size: rng.range(1, 7),
            alpha: rng.pick(&[1e-4, 0.05, 1.0]),
            beta: rng.pick(&[0.75, 0.5, 1.0, 0.6, -0.75]),
            k: rng.pick(&[1.0, 2.0, 0.25]),
        };
        let x = Type::f32([rng.range(1, 2), rng.range(1, 37), rng.range(1, 7), rng.range(1, 7)]);
        Example { op: lrn, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(size: usize, x: &[f64], squares: &[f64]) {
        let lrn = Lrn { size, alpha: 0.5, beta: 0.75, k: 1.0 };
        let y = &lrn.evaluate(&[&Bounded::exact(&[1, x.len(), 1, 1], x.iter().copied())], Mode::Infer)[0];
        for (c, (&x, squares)) in x.iter().zip(squares).enumerate() {
            let expected = x / (1.0 + 0.5 / size as f64 * squares).powf(0.75);
            assert!((y.value[c] - expected).abs() < 1e-12, "channel {c}: {} instead of {expected}", y.value[c]);
            assert!(y.bound[c] < 4e-6 * expected.abs(), "channel {c}: bound {}", y.bound[c]);
        }
    }

    #[test]
    fn windows_are_cut_at_the_ends() {
        check(3, &[1.0, 2.0, 3.0, 4.0], &[5.0, 14.0, 29.0, 25.0]);
        // The spare channel of an even window is behind.
        check(2, &[1.0, 2.0, 3.0, 4.0], &[5.0, 13.0, 25.0, 16.0]);
        check(1, &[1.0, 2.0], &[1.0, 4.0]);
        check(100, &[1.0, 2.0], &[5.0, 5.0]);
    }

    #[test]
    fn errors_of_the_operand_carry() {
        let lrn = Lrn { size: 1, alpha: 1.0, beta: 0.5, k: 1.0 };
        let f = |x: f64| x / (1.0 + x * x).sqrt();
        let y = &lrn.evaluate(&[&Bounded::new([1, 1, 1, 1], [(2.0, 0.01)])], Mode::Infer)[0];
        let off = (f(2.01) - f(2.0)).abs().max((f(1.99) - f(2.0)).abs());
        assert!((off..0.02).contains(&y.bound[0]), "{y:?}, off by {off}");
    }

    #[test]
    fn the_base_stays_positive() {
        let check = |lrn: Lrn, expected: Option<&str>| assert_eq!(lrn.fault().map(|(name, _)| name), expected);
        let lrn = Lrn { size: 5, alpha: 1e-4, beta: 0.75, k: 1.0 };
        check(lrn.clone(), None);
        check(Lrn { k: 0.0, ..lrn.clone() }, Some("k"));
        check(Lrn { k: 1e-60, ..lrn.clone() }, Some("k"));
        check(Lrn { alpha: -1.0, ..lrn.clone() }, Some("alpha"));
        check(Lrn { beta: 1e300, ..lrn.clone() }, Some("beta"));
        check(Lrn { size: 0, ..lrn }, Some("size"));
    }

    #[test]
    fn needs_an_image() {
        let lrn = Lrn { size: 5, alpha: 1e-4, beta: 0.75, k: 1.0 };
        let error = lrn.infer(&[&Type::f32([1, 10])], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "lrn needs a tensor of rank 4 (n, channels, height, width), found f32[1,10]");
    }
}
