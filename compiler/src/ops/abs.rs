//! `abs`: the absolute value.

use super::elementwise::{Function, X};
use super::value::Element;
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: |x|.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Abs;

impl Function for Abs {
    const NAME: &'static str = "abs";
    const DOC: &'static str = "absolute value";

    fn element(x: Element) -> Element {
        (x.0.abs(), x.1)
    }

    fn expr(x: X) -> X {
        x.then(Unary::Abs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Abs, &[(-2.5, 2.5), (2.5, 2.5), (f64::NAN, f64::NAN)]);
        check_carried(&Abs, 0.1, 0.5);
    }
}
