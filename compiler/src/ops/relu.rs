//! `relu`: max(x, 0); NaN stays NaN.

use super::elementwise::{Function, X};
use super::value::Element;

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relu;

impl Function for Relu {
    const NAME: &'static str = "relu";
    const DOC: &'static str = "max(x, 0)";

    fn element(x: Element) -> Element {
        // `f64::max` would drop a NaN.
        (if x.0 < 0.0 { 0.0 } else { x.0 }, x.1)
    }

    fn expr(x: X) -> X {
        x.relu()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Relu, &[(-1.0, 0.0), (2.5, 2.5), (f64::INFINITY, f64::INFINITY), (f64::NAN, f64::NAN)]);
        check_carried(&Relu, 0.1, 0.5);
    }
}
