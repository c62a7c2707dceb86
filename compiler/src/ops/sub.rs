//! `sub`: a - b, broadcast as numpy does.

use super::elementwise::{Broadcast, X, broadcast};
use super::value::{Element, rounded, sum};

/// See [`Broadcast`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sub;

impl Broadcast for Sub {
    const NAME: &'static str = "sub";
    const DOC: &'static str = "a - b";
    const VERB: &'static str = "subtract";

    fn element(a: Element, b: Element) -> Element {
        let (value, carried) = sum(a, (-b.0, b.1));
        rounded(value, carried, 1)
    }

    fn expr(a: X, b: X) -> X {
        a - b
    }
}

broadcast!(Sub);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements() {
        for (a, b, expected, bound) in [
            ((3.0, 0.5), (1.0, 0.25), 2.0, 0.75..=0.751),
            ((-3e38, 0.0), (3e38, 0.0), -6e38, 1e300..=f64::INFINITY),
            ((f64::NAN, 0.0), (1.0, 0.0), f64::NAN, 0.0..=f64::INFINITY),
        ] {
            let (value, found) = Sub::element(a, b);
            assert!(value == expected || value.is_nan() && f64::is_nan(expected), "{a:?}, {b:?}: {value}");
            assert!(bound.contains(&found), "{a:?}, {b:?}: bound {found}");
        }
    }
}
