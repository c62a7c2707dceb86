//! `tanh`: hyperbolic tangent.

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, function};
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: hyperbolic tangent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tanh;

impl Function for Tanh {
    const NAME: &'static str = "tanh";
    const DOC: &'static str = "hyperbolic tangent";

    fn element(x: Element) -> Element {
        function(x, |x| Unary::Tanh.of(x), &[], FUNCTION)
    }

    fn expr(x: X) -> X {
        x.then(Unary::Tanh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Tanh, &[(0.0, 0.0), (2f64.ln(), 0.6), (-40.0, -1.0), (f64::NAN, f64::NAN)]);
        check_carried(&Tanh, -0.3, 0.5);
    }
}
