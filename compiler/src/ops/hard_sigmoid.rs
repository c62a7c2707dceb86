//! `hard_sigmoid`: min(max(alpha x + beta, 0), 1). The defaults are PyTorch's; ONNX's alpha is 0.2.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::elementwise::{Elementwise, X};
use super::value::{Element, closed, gamma};
use super::{Attr, Attributes, Call, CallError, Rng};
use crate::loops::expr::Expr;

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct HardSigmoid {
    /// Slope; finite in f32.
    pub alpha: f64,
    /// Value at 0; finite in f32.
    pub beta: f64,
}

impl HardSigmoid {
    /// beta / alpha where f32 holds it, as it does 3: alpha (x + beta / alpha) loses nothing near 0.
    fn shift(&self) -> Option<f64> {
        let shift = self.beta / self.alpha;
        (f64::from(shift as f32) == shift && shift.is_finite()).then_some(shift)
    }
}

impl Elementwise for HardSigmoid {
    const NAME: &'static str = "hard_sigmoid";
    const DOC: &'static str = "min(max(alpha * x + beta, 0), 1)";
    const ARGS: &'static [ArgSpec] = &[
        ArgSpec { name: "alpha", kind: ArgKind::Float, default: Default::Float(1.0 / 6.0), doc: "slope" },
        ArgSpec { name: "beta", kind: ArgKind::Float, default: Default::Float(0.5), doc: "value at 0" },
    ];

    fn attributes(&self) -> Attributes {
        vec![("alpha", Attr::Float(self.alpha)), ("beta", Attr::Float(self.beta))]
    }

    fn from_call(call: &Call<'_>) -> Result<HardSigmoid, CallError> {
        Ok(HardSigmoid { alpha: call.single("alpha")?, beta: call.single("beta")? })
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<HardSigmoid, String> {
        Ok(HardSigmoid { alpha: attributes.single("alpha")?, beta: attributes.single("beta")? })
    }

    fn random(rng: &mut Rng) -> HardSigmoid {
        HardSigmoid { alpha: rng.pick(&[1.0 / 6.0, 0.2, 0.3, -0.25]), beta: rng.pick(&[0.5, 0.0, 0.7]) }
    }

    fn element(&self, x: Element) -> Element {
        let line = self.alpha * x.0 + self.beta;
        let size = match self.shift() {
            Some(_) => line.abs(),
            None => (self.alpha * x.0).abs() + self.beta.abs(),
        };
        let carried = self.alpha.abs() * x.1;
        let (_, bound) = closed(line, carried + gamma(4) * (size + carried));
        // What lies outside of 0 to 1 by more than its bound is exact.
        let (low, high) = ((line - bound).clamp(0.0, 1.0), (line + bound).clamp(0.0, 1.0));
        let value = line.clamp(0.0, 1.0);
        (value, if low.is_nan() || high.is_nan() { f64::INFINITY } else { (high - value).max(value - low) })
    }

    fn expr(&self, x: X) -> X {
        let [alpha, beta] = [self.alpha, self.beta].map(|v| Expr::Const(v as f32));
        let line = match self.shift() {
            Some(shift) => (x + Expr::Const(shift as f32)) * alpha,
            None => Expr::mul_add(x, alpha, beta),
        };
        line.relu().min(Expr::Const(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        let usual = HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 };
        check(
            &usual,
            &[(-4.0, 0.0), (-3.0, 0.0), (0.0, 0.5), (1.5, 0.75), (3.0, 1.0), (9.0, 1.0), (f64::NAN, f64::NAN)],
        );
        check(&HardSigmoid { alpha: 0.2, beta: 0.5 }, &[(-2.5, 0.0), (1.0, 0.7)]);
        check(&HardSigmoid { alpha: 0.0, beta: 0.5 }, &[(7.0, 0.5)]);
        check_carried(&usual, -2.9, 0.5);
        check_carried(&usual, 2.9, 0.5);
        assert_eq!(Elementwise::element(&usual, (9.0, 0.5)), (1.0, 0.0));
    }
}
