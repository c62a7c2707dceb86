//! Where a pixel of a resized image lies in the operand: exact fractions, so that ties are ties.

use std::fmt;

use super::Filter;
use crate::loops::sampling::Sampling;
use crate::ops::call::MAX_ATTRIBUTE;

/// A positive fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Numerator.
    pub times: usize,
    /// Denominator.
    pub by: usize,
}

impl Ratio {
    /// The simplest fraction that f32 does not tell from a number, by its continued fraction. `None` for numbers that are not above 0
    /// or are out of range.
    pub fn of(value: f64) -> Option<Ratio> {
        let most = MAX_ATTRIBUTE as f64;
        if !(value > 0.0 && value <= most) {
            return None;
        }
        let (mut numerators, mut denominators) = ([1.0, 0.0], [0.0, 1.0]);
        let mut rest = value;
        loop {
            let whole = rest.floor();
            numerators = [whole * numerators[0] + numerators[1], numerators[0]];
            denominators = [whole * denominators[0] + denominators[1], denominators[0]];
            let ([times, _], [by, _]) = (numerators, denominators);
            if times > most || by > most {
                return None;
            }
            if (times / by - value).abs() <= value / f64::from(1 << 24) {
                return (times > 0.0).then_some(Ratio { times: times as usize, by: by as usize });
            }
            rest = 1.0 / (rest - whole);
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            1 => write!(f, "{}", self.times),
            by => write!(f, "{}/{by}", self.times),
        }
    }
}

/// Where a pixel of the result lies in the operand. Names and meanings are ONNX's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// The centres of pixels by the scale.
    HalfPixel,
    /// Their corners.
    Asymmetric,
    /// The outermost pixels lie on each other.
    AlignCorners,
    /// As `HalfPixel`, but a lone pixel lies on the first.
    PytorchHalfPixel,
}

/// Coordinates by name.
pub(super) const COORDINATES: [(&str, Coordinates); 4] = [
    ("half_pixel", Coordinates::HalfPixel),
    ("asymmetric", Coordinates::Asymmetric),
    ("align_corners", Coordinates::AlignCorners),
    ("pytorch_half_pixel", Coordinates::PytorchHalfPixel),
];

/// Which element a position between two is taken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The nearer; of two as near the lower.
    PreferFloor,
    /// The nearer; of two as near the higher.
    PreferCeil,
    /// The lower.
    Floor,
    /// The higher.
    Ceil,
}

/// Roundings by name.
pub(super) const ROUNDINGS: [(&str, Rounding); 4] = [
    ("round_prefer_floor", Rounding::PreferFloor),
    ("round_prefer_ceil", Rounding::PreferCeil),
    ("floor", Rounding::Floor),
    ("ceil", Rounding::Ceil),
];

/// What a name stands for.
pub(super) fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning)
}

fn name<T: PartialEq>(table: &[(&'static str, T)], meaning: &T) -> &'static str {
    table.iter().find(|(_, known)| known == meaning).map_or("", |(name, _)| name)
}

impl Coordinates {
    /// Its name in source and graph text.
    pub fn name(self) -> &'static str {
        name(&COORDINATES, &self)
    }
}

impl Rounding {
    /// Its name in source and graph text.
    pub fn name(self) -> &'static str {
        name(&ROUNDINGS, &self)
    }
}

/// Positions `(step * y + start) / divisor` of one direction, before they are moved to the elements there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    input: usize,
    output: usize,
    step: i128,
    start: i128,
    divisor: i128,
}

impl Position {
    /// For `output` pixels of `input`, scaled by `scale`. All are below 2^62, so nothing overflows.
    pub(super) fn new(coordinates: Coordinates, scale: Ratio, input: usize, output: usize) -> Position {
        let (step, divisor) = (scale.by as i128, scale.times as i128);
        let centres = (2 * step, step - divisor, 2 * divisor);
        let (step, start, divisor) = match coordinates {
            Coordinates::HalfPixel => centres,
            Coordinates::PytorchHalfPixel if output > 1 => centres,
            Coordinates::Asymmetric => (step, 0, divisor),
            Coordinates::AlignCorners if output > 1 => (input as i128 - 1, 0, output as i128 - 1),
            Coordinates::AlignCorners | Coordinates::PytorchHalfPixel => (0, 0, 1),
        };
        Position { input, output, step, start, divisor }
    }

    /// The element that output `y` is.
    pub(super) fn nearest(&self, y: usize, rounding: Rounding) -> usize {
        let numerator = self.step * y as i128 + self.start;
        let (floor, rest) = (numerator.div_euclid(self.divisor), numerator.rem_euclid(self.divisor));
        let up = match rounding {
            Rounding::Floor => false,
            Rounding::Ceil => rest > 0,
            Rounding::PreferFloor => 2 * rest > self.divisor,
            Rounding::PreferCeil => 2 * rest >= self.divisor,
        };
        (floor + i128::from(up)).clamp(0, self.input as i128 - 1) as usize
    }

    /// The two elements that output `y` lies between, with their shares.
    pub(super) fn neighbours(&self, y: usize) -> [(usize, f64); 2] {
        let last = self.input as i128 - 1;
        let numerator = (self.step * y as i128 + self.start).clamp(0, last * self.divisor);
        let low = numerator.div_euclid(self.divisor).min((last - 1).max(0));
        let far = (numerator - low * self.divisor) as f64 / self.divisor as f64;
        [(low as usize, 1.0 - far), ((low + 1).min(last) as usize, far)]
    }

    /// The same for loops, with the rounding made one downwards; `None` where numbers are too large.
    pub(super) fn sampling(&self, filter: Filter) -> Option<Sampling> {
        let Position { step, start, divisor, .. } = *self;
        // ceil(a / d) = floor((a + d - 1) / d); a / d + 1/2 = (2a + d) / 2d, and ceil(a / d - 1/2) = floor((2a + d - 1) / 2d).
        let numbers = match filter {
            Filter::Linear | Filter::Nearest(Rounding::Floor) => [step, start, divisor],
            Filter::Nearest(Rounding::Ceil) => [step, start + divisor - 1, divisor],
            Filter::Nearest(Rounding::PreferFloor) => [2 * step, 2 * start + divisor - 1, 2 * divisor],
            Filter::Nearest(Rounding::PreferCeil) => [2 * step, 2 * start + divisor, 2 * divisor],
        };
        Sampling::new(self.input, self.output, numbers)
    }
}
