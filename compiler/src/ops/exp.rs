//! `exp`: e^x.

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, function};
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: e^x.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exp;

impl Function for Exp {
    const NAME: &'static str = "exp";
    const DOC: &'static str = "e^x";

    fn element(x: Element) -> Element {
        function(x, |x| Unary::Exp.of(x), &[], FUNCTION)
    }

    fn expr(x: X) -> X {
        x.then(Unary::Exp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Exp, &[(0.0, 1.0), (2f64.ln(), 2.0), (f64::NEG_INFINITY, 0.0), (f64::NAN, f64::NAN)]);
        check_carried(&Exp, 1.0, 0.5);
    }
}
