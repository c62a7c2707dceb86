//! `neg`: -x.

use super::elementwise::{Function, X};
use super::value::Element;
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: -x.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neg;

impl Function for Neg {
    const NAME: &'static str = "neg";
    const DOC: &'static str = "-x";

    fn element(x: Element) -> Element {
        (-x.0, x.1)
    }

    fn expr(x: X) -> X {
        x.then(Unary::Neg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&Neg, &[(2.5, -2.5), (f64::NAN, f64::NAN)]);
        check_carried(&Neg, 1.0, 0.5);
    }
}
