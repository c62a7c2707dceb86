//! `mul`: a * b, broadcast as numpy does.

use super::elementwise::{Broadcast, X, broadcast};
use super::value::{Element, product, rounded};

/// See [`Broadcast`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mul;

impl Broadcast for Mul {
    const NAME: &'static str = "mul";
    const DOC: &'static str = "a * b";
    const VERB: &'static str = "multiply";

    fn element(a: Element, b: Element) -> Element {
        let (value, carried) = product(a, b);
        rounded(value, carried, 1)
    }

    fn expr(a: X, b: X) -> X {
        a * b
    }
}

broadcast!(Mul);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Mode, Type};
    use crate::ops::{Bounded, Operator};

    #[test]
    fn multiplies_and_carries_bounds() {
        let a = Bounded::new([2], [(3.0, 0.1), (f64::NAN, 0.0)]);
        let b = Bounded::new([1], [(-2.0, 0.01)]);
        let product = &Mul.evaluate(&[&a, &b], Mode::Infer)[0];
        assert_eq!(product.value[0], -6.0);
        // |a| 0.01 + |b| 0.1 + 0.1 * 0.01, and one rounding.
        assert!((0.231..0.231001).contains(&product.bound[0]), "{product:?}");
        assert!(product.value[1].is_nan() && !product.bound[1].is_nan());
    }

    #[test]
    fn names_both_shapes() {
        let (a, b) = (Type::f32([1, 64, 7, 7]), Type::f32([1, 32, 7, 7]));
        let error = Mul.infer(&[&a, &b], Mode::Infer).unwrap_err();
        assert_eq!(
            error.message,
            "cannot multiply f32[1,64,7,7] and f32[1,32,7,7]: dimension 1 is 64 in one and 32 in the other"
        );
        assert_eq!(error.operands, [0, 1]);
    }
}
