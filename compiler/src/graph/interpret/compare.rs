//! Native results against the reference.

use std::fmt;

use crate::ops::Bounded;

/// Half of the smallest positive f32: what rounding to a denormal may add to any bound.
const HALF_DENORMAL: f64 = f32::from_bits(1) as f64 / 2.0;

/// One element of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its coordinates, outermost first.
    pub index: Vec<usize>,
    /// What the interpreter says.
    pub reference: f64,
    /// What the native code says.
    pub actual: f64,
    /// How far apart the two may be.
    pub bound: f64,
    /// Their distance in bounds; at most 1 where they agree, infinite where one is NaN or infinite and the other not.
    pub ratio: f64,
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Element { index, reference, actual, bound, ratio } = self;
        // An f32 as such, not with the digits that it has in f64.
        let (value, single) = (*actual, *actual as f32);
        write!(f, "element {index:?} is ")?;
        if f64::from(single) == value || value.is_nan() {
            write!(f, "{single:?}")?
        } else {
            write!(f, "{value:?}")?
        }
        write!(f, ", the reference {reference:?} +- {bound:.3e}")?;
        if ratio.is_finite() { write!(f, " ({ratio:.3} bounds apart)") } else { Ok(()) }
    }
}

/// The outcome of a comparison in which every element agrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// The element of the largest ratio; the first of several.
    pub element: Element,
    /// Elements whose bound is infinite or NaN, so that any number agrees. A test of substance wants 0.
    pub unbounded: usize,
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worst: {}", self.element)?;
        if self.unbounded > 0 { write!(f, "; {} elements have no finite bound", self.unbounded) } else { Ok(()) }
    }
}

/// Why native results are not those of the reference.
#[derive(Clone, Debug, PartialEq)]
pub enum Deviation {
    /// There is nothing to compare, so agreement would mean nothing.
    Empty,
    /// The numbers of elements differ.
    Length {
        /// Elements of the reference.
        expected: usize,
        /// Elements of the result.
        found: usize,
    },
    /// Elements lie outside their bounds.
    Elements {
        /// The first of them.
        first: Box<Element>,
        /// The worst of them.
        worst: Box<Element>,
        /// How many they are.
        count: usize,
        /// How many elements there are.
        total: usize,
    },
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deviation::Empty => f.write_str("there are no elements to compare"),
            Deviation::Length { expected, found } => {
                write!(f, "the reference has {expected} elements, the result {found}")
            }
            Deviation::Elements { first, worst, count, total } => {
                write!(f, "{count} of {total} elements are out of bounds\n  first: {first}\n  worst: {worst}")
            }
        }
    }
}

impl std::error::Error for Deviation {}

/// The distance in bounds. NaN agrees with NaN only, or with a number of which nothing is known; an infinite reference with itself only; an infinite result also agrees with a
/// finite reference whose bound reaches beyond the largest f32.
fn ratio(reference: f64, bound: f64, value: f64) -> f64 {
    if reference.is_nan() || value.is_nan() {
        let agrees = value.is_nan() && (reference.is_nan() || bound == f64::INFINITY);
        return if agrees { 0.0 } else { f64::INFINITY };
    }
    if reference == value {
        return 0.0;
    }
    if reference.is_infinite() {
        return f64::INFINITY;
    }
    let reach = if bound.is_nan() { f64::INFINITY } else { bound + HALF_DENORMAL };
    if reach == f64::INFINITY {
        return 0.0;
    }
    if value.is_infinite() {
        return if f64::from((reference + reach.copysign(value)) as f32) == value { 1.0 } else { f64::INFINITY };
    }
    (value - reference).abs() / reach
}

/// The coordinates of a row-major position.
pub fn coordinates(shape: &[usize], mut at: usize) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&extent| {
            let extent = extent.max(1);
            let coordinate = at % extent;
            at /= extent;
            coordinate
        })
        .collect();
    index.reverse();
    index
}

/// Whether every element of `actual` lies within the bounds of the reference, with half a denormal of slack.
///
/// # Errors
/// The lengths differ, there are no elements, or some lie outside.
pub fn within(reference: &Bounded, actual: &[f64]) -> Result<Worst, Deviation> {
    let total = reference.value.len();
    if total != actual.len() {
        return Err(Deviation::Length { expected: total, found: actual.len() });
    }
    let ratios =
        || reference.value.iter().zip(&reference.bound).zip(actual).map(|((&r, &b), &a)| ratio(r, b, a)).enumerate();
    let element = |(at, ratio): (usize, f64)| Element {
        index: coordinates(&reference.shape, at),
        reference: reference.value[at],
        actual: actual[at],
        bound: reference.bound[at],
        ratio,
    };
    let Some(worst) = ratios().reduce(|worst, next| if next.1 > worst.1 { next } else { worst }) else {
        return Err(Deviation::Empty);
    };
    match ratios().find(|&(_, ratio)| ratio > 1.0) {
        None => {
            Ok(Worst { element: element(worst), unbounded: reference.bound.iter().filter(|b| !b.is_finite()).count() })
        }
        Some(first) => Err(Deviation::Elements {
            first: Box::new(element(first)),
            worst: Box::new(element(worst)),
            count: ratios().filter(|&(_, ratio)| ratio > 1.0).count(),
            total,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;
    const MAX: f64 = f32::MAX as f64;

    #[test]
    fn single_elements() {
        for (reference, bound, actual, agrees) in [
            (1.0, 0.0, 1.0, true),
            (1.0, 0.0, 1.000_000_1, false),
            (1.0, 0.5, 1.5, true),
            (1.0, 0.5, 1.500_000_1, false),
            (-1.0, 0.5, -0.5, true),
            (0.0, 0.0, -0.0, true),
            (HALF_DENORMAL, 0.0, 0.0, true),
            (1.1 * HALF_DENORMAL, 0.0, 0.0, false),
            (0.0, 0.0, f32::from_bits(1), false),
            (f64::NAN, 0.0, f32::NAN, true),
            (f64::NAN, INF, 0.0, false),
            (0.0, INF, f32::NAN, true),
            (INF, 0.0, f32::INFINITY, true),
            (INF, f64::NAN, f32::INFINITY, true),
            (INF, INF, f32::NEG_INFINITY, false),
            (INF, 0.0, f32::MAX, false),
            (1.0, 0.5, f32::INFINITY, false),
            (MAX, 1e32, f32::INFINITY, true),
            (MAX, 1e32, f32::NEG_INFINITY, false),
            (-MAX, 1e32, f32::NEG_INFINITY, true),
            (MAX, 0.0, f32::INFINITY, false),
            (1.0, INF, f32::INFINITY, true),
            (1.0, f64::NAN, 7.0, true),
        ] {
            let found = ratio(reference, bound, f64::from(actual)) <= 1.0;
            assert_eq!(found, agrees, "{reference} +- {bound} against {actual}");
        }
    }

    fn reference() -> Bounded {
        Bounded { shape: vec![2, 3], value: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], bound: vec![0.5; 6] }
    }

    #[test]
    fn the_worst_is_named_when_all_agree() {
        let worst = within(&reference(), &[0.0, 1.0, 2.125, 3.0, 3.75, 5.0]).unwrap();
        insta::assert_snapshot!(worst, @"worst: element [1, 1] is 3.75, the reference 4.0 +- 5.000e-1 (0.500 bounds apart)");
        let mut loose = reference();
        loose.bound[0] = f64::INFINITY;
        let worst = within(&loose, &[9.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(worst.unbounded, 1);
    }

    #[test]
    fn the_first_and_the_worst_are_named_when_some_deviate() {
        let deviation = within(&reference(), &[0.0, 2.0, 2.0, f64::NAN, 4.0, 9.0]).unwrap_err();
        insta::assert_snapshot!(deviation, @r"
        3 of 6 elements are out of bounds
          first: element [0, 1] is 2.0, the reference 1.0 +- 5.000e-1 (2.000 bounds apart)
          worst: element [1, 0] is NaN, the reference 3.0 +- 5.000e-1
        ");
    }

    #[test]
    fn nothing_or_another_length_does_not_agree() {
        assert_eq!(within(&Bounded::zeros(&[0]), &[]), Err(Deviation::Empty));
        assert_eq!(within(&reference(), &[0.0]), Err(Deviation::Length { expected: 6, found: 1 }));
        assert_eq!(within(&Bounded::exact(&[], [1.0]), &[1.0]).unwrap().element.index, Vec::<usize>::new());
    }
}
