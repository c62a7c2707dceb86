//! `hard_swish`: x min(max(x + 3, 0), 6) / 6 (Howard et al. 2019).

use super::elementwise::{Function, X};
use super::value::{Element, function, gamma};
use crate::loops::expr::Expr;

/// Input: x of any shape. Result: x min(max(x + 3, 0), 6) / 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HardSwish;

impl Function for HardSwish {
    const NAME: &'static str = "hard_swish";
    const DOC: &'static str = "x * min(max(x + 3, 0), 6) / 6";

    fn element(x: Element) -> Element {
        // min and max are exact: the sum, the factor and two products are rounded.
        function(x, |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0, &[-1.5], gamma(4))
    }

    fn expr(x: X) -> X {
        let gate = (x.clone() + Expr::Const(3.0)).relu().min(Expr::Const(6.0));
        x * (gate * Expr::Const(1.0 / 6.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(
            &HardSwish,
            &[(0.0, 0.0), (-3.0, 0.0), (-1.5, -0.375), (1.0, 4.0 / 6.0), (5.0, 5.0), (f64::NAN, f64::NAN)],
        );
        check_carried(&HardSwish, -1.4, 0.5);
        check_carried(&HardSwish, 2.9, 0.5);
    }
}
