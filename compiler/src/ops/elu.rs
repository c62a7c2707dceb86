//! `elu`: x, and alpha (e^x - 1) below 0 (Clevert, Unterthiner and Hochreiter 2016).

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::elementwise::{Elementwise, X};
use super::value::{Element, FUNCTION, function, gamma};
use super::{Attr, Attributes, Call, CallError, Rng};
use crate::loops::expr::{Expr, Unary};

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Elu {
    /// What it tends to below 0, negated; finite in f32.
    pub alpha: f64,
}

impl Elementwise for Elu {
    const NAME: &'static str = "elu";
    const DOC: &'static str = "x, and alpha * (exp(x) - 1) below 0";
    const ARGS: &'static [ArgSpec] = &[ArgSpec {
        name: "alpha",
        kind: ArgKind::Float,
        default: Default::Float(1.0),
        doc: "what it tends to below 0, negated",
    }];

    fn attributes(&self) -> Attributes {
        vec![("alpha", Attr::Float(self.alpha))]
    }

    fn from_call(call: &Call<'_>) -> Result<Elu, CallError> {
        Ok(Elu { alpha: call.single("alpha")? })
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Elu, String> {
        Ok(Elu { alpha: attributes.single("alpha")? })
    }

    fn random(rng: &mut Rng) -> Elu {
        Elu { alpha: rng.pick(&[1.0, 0.3, 2.0, -1.0]) }
    }

    fn element(&self, x: Element) -> Element {
        let f = |x: f64| if x < 0.0 { self.alpha * x.exp_m1() } else { x };
        // One of the two terms is 0.
        function(x, f, &[0.0], FUNCTION + gamma(3))
    }

    fn expr(&self, x: X) -> X {
        x.clone().relu() + x.negative_part().then(Unary::Expm1) * Expr::Const(self.alpha as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        let ends = [(f64::NEG_INFINITY, -2.0), (f64::INFINITY, f64::INFINITY), (f64::NAN, f64::NAN)];
        check(&Elu { alpha: 2.0 }, &[(-(2f64.ln()), -1.0), (0.0, 0.0), (3.0, 3.0)]);
        check(&Elu { alpha: 2.0 }, &ends);
        check_carried(&Elu { alpha: -1.0 }, 0.1, 0.5);
    }
}
