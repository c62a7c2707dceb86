//! `min`: the smaller of a and b; NaN if either is, broadcast as numpy does.

use super::elementwise::{Broadcast, X, broadcast};
use super::value::Element;

/// See [`Broadcast`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Min;

impl Broadcast for Min {
    const NAME: &'static str = "min";
    const DOC: &'static str = "the smaller of a and b";
    const VERB: &'static str = "compare";

    fn element(a: Element, b: Element) -> Element {
        let value = if a.0.is_nan() || a.0 < b.0 { a.0 } else { b.0 };
        (value, a.1.max(b.1))
    }

    fn expr(a: X, b: X) -> X {
        a.min(b)
    }
}

broadcast!(Min);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements() {
        for (a, b, expected, bound) in [
            ((3.0, 0.5), (2.0, 0.25), 2.0, 0.5..=0.5),
            ((f64::NAN, 0.0), (1.0, 0.0), f64::NAN, 0.0..=0.0),
            ((1.0, 0.0), (f64::NAN, 0.0), f64::NAN, 0.0..=0.0),
        ] {
            let (value, found) = Min::element(a, b);
            assert!(value == expected || value.is_nan() && f64::is_nan(expected), "{a:?}, {b:?}: {value}");
            assert!(bound.contains(&found), "{a:?}, {b:?}: bound {found}");
        }
    }
}
