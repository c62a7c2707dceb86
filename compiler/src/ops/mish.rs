//! `mish`: x tanh(ln(1 + e^x)) (Misra 2019).

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, UNDERFLOW, closed, function};
use crate::loops::expr::{Expr, Unary};

/// Input: x of any shape. Result: x tanh(softplus(x)).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mish;

/// Where it is least.
const TURN: f64 = -1.192_431_214_515_495_4;

fn mish(x: f64) -> f64 {
    x * super::softplus::softplus(x).tanh()
}

impl Function for Mish {
    const NAME: &'static str = "mish";
    const DOC: &'static str = "x * tanh(softplus(x))";

    fn element(x: Element) -> Element {
        let (value, bound) = function(x, mish, &[TURN], FUNCTION);
        // Where the exponential underflows, x magnifies what is lost.
        closed(value, bound + (x.0.abs() + x.1) * UNDERFLOW)
    }

    fn expr(x: X) -> X {
        // tanh(ln(1 + t)) = n / (n + 2) with n = t^2 + 2 t, which is 1 in f32 from t = e^20 on.
        let t = x.clone().min(Expr::Const(20.0)).then(Unary::Exp);
        let n = Expr::mul_add(t.clone(), t.clone(), t.clone() + t);
        x * (n.clone() / (n + Expr::Const(2.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(
            &Mish,
            &[
                (0.0, 0.0),
                (3f64.ln(), 3f64.ln() * 15.0 / 17.0),
                (-800.0, 0.0),
                (50.0, 50.0),
                (f64::INFINITY, f64::INFINITY),
                (f64::NAN, f64::NAN),
            ],
        );
        check_carried(&Mish, -1.2, 0.5);
        check_carried(&Mish, 2.0, 1.0);
    }
}
