//! `div`: a / b, broadcast as numpy does.

use super::elementwise::{Broadcast, X, broadcast};
use super::value::{Element, closed, rounded};

/// See [`Broadcast`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Div;

impl Broadcast for Div {
    const NAME: &'static str = "div";
    const DOC: &'static str = "a / b";
    const VERB: &'static str = "divide";

    fn element(a: Element, b: Element) -> Element {
        quotient(a, b)
    }

    fn expr(a: X, b: X) -> X {
        a / b
    }
}

broadcast!(Div);

/// a / b and its bound; nothing is known where b may be 0.
fn quotient(a: Element, b: Element) -> Element {
    let value = a.0 / b.0;
    let least = b.0.abs() - b.1;
    if least > 0.0 {
        rounded(value, (a.1 + value.abs() * b.1) / least, 1)
    } else if b.1 > 0.0 && !a.0.is_nan() && !b.0.is_nan() {
        (if value.is_finite() { value } else { 0.0 }, f64::INFINITY)
    } else {
        closed(value, f64::INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements() {
        for (a, b, expected, bound) in [
            ((3.0, 0.0), (2.0, 0.0), 1.5, 1e-8..=1e-6),
            ((3.0, 0.5), (2.0, 1.0), 1.5, 2.0..=2.0001),
            ((1.0, 0.0), (0.5, 0.5), 2.0, 1e300..=f64::INFINITY),
            ((1.0, 0.0), (0.0, 0.5), 0.0, 1e300..=f64::INFINITY),
            ((1.0, 0.0), (0.0, 0.0), f64::INFINITY, 0.0..=f64::INFINITY),
            ((0.0, 0.0), (0.0, 0.0), f64::NAN, 0.0..=f64::INFINITY),
        ] {
            let (value, found) = Div::element(a, b);
            assert!(value == expected || value.is_nan() && f64::is_nan(expected), "{a:?}, {b:?}: {value}");
            assert!(bound.contains(&found), "{a:?}, {b:?}: bound {found}");
        }
    }
}
