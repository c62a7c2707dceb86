//! `sqrt`: square root, NaN of negative numbers.

use super::elementwise::{Function, X};
use super::value::{Element, U, function};
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: square root; NaN below 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sqrt;

impl Function for Sqrt {
    const NAME: &'static str = "sqrt";
    const DOC: &'static str = "square root; NaN below 0";

    fn element(x: Element) -> Element {
        function(x, |x| Unary::Sqrt.of(x), &[], U)
    }

    fn expr(x: X) -> X {
        x.then(Unary::Sqrt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Sqrt, &[(4.0, 2.0), (0.0, 0.0), (-1.0, f64::NAN), (f64::INFINITY, f64::INFINITY)]);
        check_carried(&Sqrt, 1.0, 0.5);
    }
}
