//! `log`: natural logarithm: -infinity of 0, NaN of negative numbers.

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, function};
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: natural logarithm; NaN below 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log;

impl Function for Log {
    const NAME: &'static str = "log";
    const DOC: &'static str = "natural logarithm; NaN below 0";

    fn element(x: Element) -> Element {
        function(x, |x| Unary::Log.of(x), &[], FUNCTION)
    }

    fn expr(x: X) -> X {
        x.then(Unary::Log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Log, &[(1.0, 0.0), (0.0, f64::NEG_INFINITY), (-1.0, f64::NAN), (std::f64::consts::E, 1.0)]);
        check_carried(&Log, 1.0, 0.5);
    }
}
