//! How far two results of one value are apart, and how far they may be.

use crate::graph::interpret::coordinates;
use crate::ops::Bounded;

/// How far two results may be apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// This share of the largest finite magnitude of the tensor.
    Relative(f64),
    /// The bounds that the interpreter carries along, an element, but not more than this share of the largest finite magnitude: over many
    /// layers bounds grow until they say nothing.
    Bounds(f64),
}

/// What an element may always be off by where the interpreter's bound allows it, however small the tensor's values are: those may be
/// what is left of larger ones.
const LEFT_OVER: f64 = 1e-6;

/// The distance between two results of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The largest distance; infinite where one is NaN or infinite and the other is not the same.
    pub largest: f64,
    /// The row-major position of the element that is worst against its limit; of several the first.
    pub position: usize,
    /// That element's coordinates.
    pub index: Vec<usize>,
    /// That element on both sides.
    pub pair: [f64; 2],
    /// What that element may be off by.
    pub limit: f64,
    /// The largest finite magnitude on either side.
    pub magnitude: f64,
    /// How many elements are NaN or infinite on either side.
    pub not_finite: usize,
    /// How many elements are beyond their limit.
    pub beyond: usize,
    /// How many there are.
    pub elements: usize,
}

impl Difference {
    /// Compares two tensors of one shape.
    pub fn between(a: &Bounded, b: &Bounded, limit: Limit) -> Difference {
        let finite = |x: &Bounded| x.value.iter().map(|v| v.abs()).filter(|v| v.is_finite()).fold(0.0, f64::max);
        let magnitude = finite(a).max(finite(b));
        let allowed = |i: usize| match limit {
            Limit::Relative(share) => share * magnitude,
            Limit::Bounds(share) => {
                let bound = a.bound[i] + b.bound[i] + f64::from(f32::from_bits(1));
                bound.min((share * magnitude).max(LEFT_OVER))
            }
        };
        let mut found = Difference {
            largest: 0.0,
            position: 0,
            index: Vec::new(),
            pair: [0.0; 2],
            limit: 0.0,
            magnitude,
            not_finite: 0,
            beyond: 0,
            elements: a.value.len(),
        };
        let mut worst = -1.0;
        for (i, (&x, &y)) in a.value.iter().zip(&b.value).enumerate() {
            let (distance, limit) = (distance(x, y), allowed(i));
            found.largest = found.largest.max(distance);
            found.beyond += usize::from(distance > limit);
            found.not_finite += usize::from(!x.is_finite() || !y.is_finite());
            let ratio = if distance == 0.0 { 0.0 } else { distance / limit };
            if ratio > worst {
                worst = ratio;
                found.position = i;
                found.pair = [x, y];
                found.limit = limit;
            }
        }
        found.index = coordinates(&a.shape, found.position);
        found
    }

    /// Whether no element is beyond its limit.
    pub fn agrees(&self) -> bool {
        self.beyond == 0
    }
}

/// The distance of two numbers; NaN is at NaN, and infinitely far from everything else.
fn distance(x: f64, y: f64) -> f64 {
    if x == y || (x.is_nan() && y.is_nan()) {
        0.0
    } else if x.is_finite() && y.is_finite() {
        (x - y).abs()
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &[f64], b: &[f64], limit: Limit, largest: f64, beyond: usize, position: usize) {
        let tensor =
            |data: &[f64]| Bounded { bound: vec![0.25; data.len()], ..Bounded::exact(&[data.len()], data.to_vec()) };
        let found = Difference::between(&tensor(a), &tensor(b), limit);
        assert_eq!((found.largest, found.beyond, found.position), (largest, beyond, position), "{found:?}");
    }

    #[test]
    fn distances() {
        let nan = f64::NAN;
        check(&[1.0, 2.0], &[1.0, 2.0], Limit::Relative(0.0), 0.0, 0, 0);
        check(&[1.0, -2.0], &[1.0, -1.0], Limit::Relative(0.4), 1.0, 1, 1);
        check(&[1.0, -2.0], &[1.0, -1.0], Limit::Relative(0.5), 1.0, 0, 1);
        check(&[0.0, 8.0, nan], &[0.5, 9.0, nan], Limit::Bounds(1.0), 1.0, 1, 1);
        // What the interpreter allows is too much of so small a value.
        check(&[0.0, 8.0], &[0.5, 8.0], Limit::Bounds(0.01), 0.5, 1, 0);
        check(&[0.0, 1e-9], &[1e-7, 1e-9], Limit::Bounds(0.01), 1e-7, 0, 0);
        check(&[nan], &[0.0], Limit::Bounds(1.0), f64::INFINITY, 1, 0);
        check(&[f64::INFINITY], &[f64::INFINITY], Limit::Bounds(1.0), 0.0, 0, 0);
        check(&[f64::INFINITY], &[f64::NEG_INFINITY], Limit::Relative(1.0), f64::INFINITY, 1, 0);
    }
}
