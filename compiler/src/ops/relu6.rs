//! `relu6`: min(max(x, 0), 6); NaN stays NaN.

use super::elementwise::{Function, X};
use super::value::Element;
use crate::loops::expr::Expr;

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relu6;

impl Function for Relu6 {
    const NAME: &'static str = "relu6";
    const DOC: &'static str = "min(max(x, 0), 6)";

    fn element(x: Element) -> Element {
        // `f64::clamp` keeps a NaN.
        (x.0.clamp(0.0, 6.0), x.1)
    }

    fn expr(x: X) -> X {
        x.relu().min(Expr::Const(6.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Relu6, &[(-1.0, 0.0), (2.5, 2.5), (7.0, 6.0), (f64::INFINITY, 6.0), (f64::NAN, f64::NAN)]);
        check_carried(&Relu6, 5.9, 0.5);
    }
}
