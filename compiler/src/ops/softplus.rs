//! `softplus`: ln(1 + e^x) as max(x, 0) + ln(1 + e^-|x|), which does not overflow.

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, function};
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: ln(1 + e^x).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Softplus;

/// ln(1 + e^x)
pub(super) fn softplus(x: f64) -> f64 {
    let rest = (-x.abs()).exp().ln_1p();
    if x > 0.0 { x + rest } else { rest }
}

impl Function for Softplus {
    const NAME: &'static str = "softplus";
    const DOC: &'static str = "ln(1 + exp(x))";

    fn element(x: Element) -> Element {
        function(x, softplus, &[], FUNCTION)
    }

    fn expr(x: X) -> X {
        x.clone().relu() + x.then(Unary::Abs).then(Unary::Neg).then(Unary::Exp).then(Unary::Log1p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(
            &Softplus,
            &[(0.0, 2f64.ln()), (-800.0, 0.0), (800.0, 800.0), (f64::INFINITY, f64::INFINITY), (f64::NAN, f64::NAN)],
        );
        check_carried(&Softplus, 0.5, 1.0);
    }
}
