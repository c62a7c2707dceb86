//! `l2_normalize`: each line along an axis over its Euclidean length.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::{Element, Sum, product, rounded};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, normalisation, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::{Expr, Unary};
use crate::loops::stage::{Combine, Kind, Lowering, Operand, Place, Stage};

/// Input: x of any shape. Result: x's shape, x / max(sqrt(sum of x^2), eps) as in PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct L2Normalize {
    /// The axis along which lines have a length of 1.
    pub axis: usize,
    /// The least length that is divided by, not negative.
    pub eps: f64,
}

impl L2Normalize {
    fn line(&self, x: &[Element]) -> Vec<Element> {
        let mut squares = Sum::default();
        x.iter().for_each(|&x| squares.add_product(x, x));
        let (square, bound) = squares.finish(0);
        let root = square.sqrt();
        // However wrong, a sum of squares is not negative; the lower end is the farther one.
        let (root, bound) = rounded(root, root - (square - bound).max(0.0).sqrt(), 1);
        let eps = f64::from(self.eps as f32);
        let length = if root > eps || root.is_nan() { root } else { eps };
        let (inverse, carried) = normalisation::reciprocal((length, bound), eps);
        let inverse = rounded(inverse, carried, 1);
        let scaled = x.iter().map(|&x| {
            let (value, carried) = product(x, inverse);
            rounded(value, carried, 1)
        });
        scaled.collect()
    }
}

impl Operator for L2Normalize {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Int(self.axis as i64)), ("eps", Attr::Float(self.eps))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("l2_normalize", inputs)?;
        match x.shape.get(self.axis) {
            Some(extent) if !extent.is(0) => Ok(vec![x.clone()]),
            Some(_) => Err(Mismatch::new(format!("l2_normalize needs elements, found {x}")).at([0])),
            None => Err(Mismatch::new(format!("{x} has no axis {}", self.axis)).at([0])),
        }
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let [outer, extent, inner] = shapes::around(&x.shape, self.axis);
        let mut out = x.clone();
        for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
            let position = |k: usize| (o * extent + k) * inner + i;
            let elements: Vec<Element> = (0..extent).map(|k| x.at(position(k))).collect();
            for (k, (value, bound)) in self.line(&elements).into_iter().enumerate() {
                out.value[position(k)] = value;
                out.bound[position(k)] = bound;
            }
        }
        vec![out]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let mut reduced = inputs[0].clone();
        reduced.shape[self.axis] = 1;
        let leaf = |i| Expr::Leaf(Operand(i));
        let (x, inverse, result) = (Place::Input(0), Place::Temp(0), Place::Result(0));
        let length = Expr::unary(Unary::Sqrt, leaf(0)).max(Expr::Const(self.eps as f32));
        let finish = Expr::Const(1.0) / length;
        Lowering {
            temps: vec![reduced],
            stages: vec![
                Stage { kind: Kind::Pointwise(leaf(0) * leaf(0)), reads: vec![x], write: result },
                Stage {
                    kind: Kind::Reduce { axes: vec![self.axis], combine: Combine::Sum, finish },
                    reads: vec![result],
                    write: inverse,
                },
                Stage { kind: Kind::Pointwise(leaf(0) * leaf(1)), reads: vec![x, inverse], write: result },
            ],
        }
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        // Batch and channels are no extent of the field; height and width are.
        if self.axis < 2 { Field::Point } else { Field::Everything }
    }
}

impl Declare for L2Normalize {
    const SIGNATURE: Signature = Signature {
        name: "l2_normalize",
        doc: "x over its Euclidean length along an axis",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "axis", kind: ArgKind::Int, default: Default::Int(1), doc: "the axis of the length" },
            ArgSpec {
                name: "eps",
                kind: ArgKind::Float,
                default: Default::Float(1e-12),
                doc: "the least length that is divided by",
            },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(L2Normalize, Vec<ParamSpec>), CallError> {
        let axis = shapes::axis(call, call.operands[0], false)?;
        Ok((L2Normalize { axis, eps: normalisation::eps(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<L2Normalize, String> {
        let op = L2Normalize { axis: attributes.int("axis")?, eps: attributes.float("eps")? };
        normalisation::fault(op.eps).map_or(Ok(op), |fault| Err(format!("attribute `eps` {fault}")))
    }

    fn example(rng: &mut Rng) -> Example<L2Normalize> {
        let x = shapes::random(rng);
        let axis = rng.pick(&[1, 1, 0, x.rank() - 1]);
        Example { op: L2Normalize { axis, eps: rng.pick(&[1e-12, 1e-3]) }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: &[f64], eps: f64, expected: &[f64]) {
        let x: Vec<Element> = x.iter().map(|&v| (v, 0.0)).collect();
        let found = L2Normalize { axis: 0, eps }.line(&x);
        assert!(found.iter().zip(expected).all(|(f, e)| (f.0 - e).abs() < 1e-6 && f.1 < 1e-5), "{found:?}");
    }

    #[test]
    fn lines() {
        check(&[3.0, -4.0], 1e-12, &[0.6, -0.8]);
        check(&[0.0, 0.0], 1e-12, &[0.0, 0.0]);
        check(&[3.0, -4.0], 10.0, &[0.3, -0.4]);
        let nan = L2Normalize { axis: 0, eps: 1e-12 }.line(&[(f64::NAN, 0.0), (1.0, 0.0)]);
        assert!(nan.iter().all(|(value, bound)| value.is_nan() && !bound.is_nan()), "{nan:?}");
    }
}
