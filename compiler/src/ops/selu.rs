//! `selu`: the self-normalising exponential linear unit (Klambauer et al. 2017).

use super::elementwise::{Function, X};
use super::value::{Element, FUNCTION, function};
use crate::loops::expr::{Expr, Unary};

/// Input: x of any shape. Result: SCALE x, and SCALE ALPHA (e^x - 1) below 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selu;

const ALPHA: f64 = 1.673_263_242_354_377_2;
const SCALE: f64 = 1.050_700_987_355_480_5;

impl Function for Selu {
    const NAME: &'static str = "selu";
    const DOC: &'static str = "1.0507 x, and 1.0507 * 1.67326 (exp(x) - 1) below 0";

    fn element(x: Element) -> Element {
        let f = |x: f64| SCALE * if x < 0.0 { ALPHA * x.exp_m1() } else { x };
        function(x, f, &[], FUNCTION)
    }

    fn expr(x: X) -> X {
        let negative = x.clone().negative_part().then(Unary::Expm1);
        x.relu() * Expr::Const(SCALE as f32) + negative * Expr::Const((SCALE * ALPHA) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(
            &Selu,
            &[
                (0.0, 0.0),
                (2.0, 2.0 * SCALE),
                (-(2f64.ln()), -0.5 * SCALE * ALPHA),
                (f64::NEG_INFINITY, -SCALE * ALPHA),
                (f64::NAN, f64::NAN),
            ],
        );
        check_carried(&Selu, 0.1, 0.5);
    }
}
