//! `reduce_min`: the smallest element over any axes; NaN if one is NaN.

use super::max_pool::largest;
use super::reduction::{Combining, Reduced};
use super::value::Element;
use crate::loops::expr::Expr;
use crate::loops::stage::{Combine, Operand};

/// See [`Reduced`].
pub type ReduceMin = Reduced<Min>;

/// The smallest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Min;

impl Combining for Min {
    const NAME: &'static str = "reduce_min";
    const DOC: &'static str = "the smallest element over axes";
    const COMBINE: Combine = Combine::Min;

    fn element(elements: &[Element]) -> Element {
        // The bound is the largest of those that may be the smallest.
        let negated: Vec<Element> = elements.iter().map(|&(value, bound)| (-value, bound)).collect();
        let (value, bound) = largest(&negated);
        (-value, bound)
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
        let y = &ReduceMin::new(reduction).evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((&y.shape[..], &y.value[..]), ([2].as_slice(), [-1.0, -5.0].as_slice()));
        assert!(y.bound.iter().all(|&bound| bound < 1e-5), "{y:?}");
    }

    #[test]
    fn nan_spoils_its_row_only() {
        let x = Bounded::exact(&[2, 2], [f64::NAN, 1.0, 1.0, 1.0]);
        let reduction = Reduction { axes: vec![1], keep: true };
        let y = &ReduceMin::new(reduction).evaluate(&[&x], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && !y.value[1].is_nan(), "{y:?}");
    }
}
