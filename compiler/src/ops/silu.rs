//! `silu`: x sigmoid(x), also called swish (Ramachandran, Zoph and Le 2017).

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, UNDERFLOW, closed, function};
use crate::loops::expr::Unary;

/// Input: x of any shape. Result: x sigmoid(x).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Silu;

/// Where it is least.
const TURN: f64 = -1.278_464_542_761_074_1;

impl Function for Silu {
    const NAME: &'static str = "silu";
    const DOC: &'static str = "x * sigmoid(x)";

    fn element(x: Element) -> Element {
        let (value, bound) = function(x, |x| x * Unary::Sigmoid.of(x), &[TURN], FUNCTION);
        // Where the sigmoid underflows, x magnifies what is lost.
        closed(value, bound + (x.0.abs() + x.1) * UNDERFLOW)
    }

    fn expr(x: X) -> X {
        x.clone() * x.then(Unary::Sigmoid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(
            &Silu,
            &[
                (0.0, 0.0),
                (3f64.ln(), 0.75 * 3f64.ln()),
                (-800.0, 0.0),
                (f64::INFINITY, f64::INFINITY),
                (f64::NAN, f64::NAN),
            ],
        );
        check_carried(&Silu, -1.2, 0.5);
        check_carried(&Silu, 2.0, 1.0);
    }
}
