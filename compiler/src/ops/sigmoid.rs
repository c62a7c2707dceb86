//! `sigmoid`: 1 / (1 + exp(-x)).

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, function};
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: 1 / (1 + exp(-x)).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sigmoid;

impl Function for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const DOC: &'static str = "1 / (1 + exp(-x))";

    fn element(x: Element) -> Element {
        function(x, |x| Unary::Sigmoid.of(x), &[], FUNCTION)
    }

    fn expr(x: X) -> X {
        x.then(Unary::Sigmoid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Sigmoid, &[(0.0, 0.5), (3f64.ln(), 0.75), (-800.0, 0.0), (f64::INFINITY, 1.0), (f64::NAN, f64::NAN)]);
        check_carried(&Sigmoid, 0.3, 0.2);
    }
}
