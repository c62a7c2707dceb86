//! `reduce_sum`: the sum over any axes.

use super::reduction::{Combining, Reduced, summed};
use super::value::Element;
use crate::loops::expr::Expr;
use crate::loops::stage::{Combine, Operand};

/// See [`Reduced`].
pub type ReduceSum = Reduced<Sum>;

/// The sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum;

impl Combining for Sum {
    const NAME: &'static str = "reduce_sum";
    const DOC: &'static str = "the sum over axes";
    const COMBINE: Combine = Combine::Sum;

    fn element(elements: &[Element]) -> Element {
        summed(elements).finish(0)
    }

    fn finish(combined: Expr<Operand>, _count: usize) -> Expr<Operand> {
        combined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Mode;
    use crate::ops::reduction::Reduction;
    use crate::ops::{Bounded, Operator};

    #[test]
    fn rows() {
        let x = Bounded::exact(&[2, 3], [3.0, -1.0, 3.0, 7.0, 1.0, -5.0]);
        let reduction = Reduction { axes: vec![1], keep: false };
        let y = &ReduceSum::new(reduction).evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((&y.shape[..], &y.value[..]), ([2].as_slice(), [5.0, 3.0].as_slice()));
        assert!(y.bound.iter().all(|&bound| bound < 1e-5), "{y:?}");
    }

    #[test]
    fn nan_spoils_its_row_only() {
        let x = Bounded::exact(&[2, 2], [f64::NAN, 1.0, 1.0, 1.0]);
        let reduction = Reduction { axes: vec![1], keep: true };
        let y = &ReduceSum::new(reduction).evaluate(&[&x], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && !y.value[1].is_nan(), "{y:?}");
    }
}
