//! `add`: a + b, broadcast as numpy does.

use super::elementwise::{Broadcast, X, broadcast};
use super::value::{Element, rounded, sum};

/// See [`Broadcast`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Add;

impl Broadcast for Add {
    const NAME: &'static str = "add";
    const DOC: &'static str = "a + b";
    const VERB: &'static str = "add";

    fn element(a: Element, b: Element) -> Element {
        let (value, carried) = sum(a, b);
        rounded(value, carried, 1)
    }

    fn expr(a: X, b: X) -> X {
        a + b
    }
}

broadcast!(Add);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Mode;
    use crate::ops::{Bounded, Operator};

    #[test]
    fn adds_a_channel_vector() {
        let x = Bounded::exact(&[1, 2, 1, 2], [1.0, 2.0, 3.0, 4.0]);
        let b = Bounded::new([1, 2, 1, 1], [(10.0, 0.5), (20.0, 0.0)]);
        let sum = &Add.evaluate(&[&x, &b], Mode::Infer)[0];
        assert_eq!(sum.shape, [1, 2, 1, 2]);
        assert_eq!(sum.value, [11.0, 12.0, 23.0, 24.0]);
        assert!((0.5..0.50001).contains(&sum.bound[0]), "{sum:?}");
        assert!((1e-9..1e-5).contains(&sum.bound[2]), "{sum:?}");
    }

    #[test]
    fn overflow_of_f32_is_no_surprise() {
        let x = Bounded::exact(&[1], [3e38]);
        assert_eq!(Add.evaluate(&[&x, &x], Mode::Infer)[0].bound, [f64::INFINITY]);
    }
}
