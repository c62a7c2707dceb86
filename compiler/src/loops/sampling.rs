//! Where resized pixels come from, in one direction: positions that grow by a fraction a pixel, in whole numbers.

use std::ops::Range;

/// Output y reads at `(step * y + start) / divisor`, moved to the nearest of the elements there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Elements that are read, at least 1.
    pub input: usize,
    /// Elements that are made.
    pub output: usize,
    /// Not negative.
    pub step: i64,
    /// May be negative.
    pub start: i64,
    /// Positive.
    pub divisor: i64,
}

/// Numbers of a sampling stay below this, with room for sums and for strides of at most as much.
const LIMIT: i128 = 1 << 58;

impl Sampling {
    /// A sampling in lowest terms; `None` where its numbers are too large to compute with.
    pub fn new(input: usize, output: usize, [step, start, divisor]: [i128; 3]) -> Option<Sampling> {
        let common = gcd(gcd(step, start.abs()), divisor);
        let [step, start, divisor] = [step / common, start / common, divisor / common];
        let most = step
            .checked_mul(output as i128 + 1)?
            .checked_add(start.checked_abs()?)?
            .checked_add(divisor.checked_mul(input as i128 + 2)?)?;
        let narrow = |number: i128| i64::try_from(number).ok();
        let sampling =
            Sampling { input, output, step: narrow(step)?, start: narrow(start)?, divisor: narrow(divisor)? };
        (most < LIMIT).then_some(sampling)
    }

    /// The position of output `y`, rounded down, not yet moved.
    fn floor(&self, y: usize) -> i64 {
        (self.step * y as i64 + self.start).div_euclid(self.divisor)
    }

    /// The element at the position rounded down, of those up to `last`.
    pub fn index(&self, y: usize, last: usize) -> usize {
        self.floor(y).clamp(0, last as i64) as usize
    }

    /// Outputs whose positions, rounded down, lie from 0 to `last`. Those before read element 0, those behind element `last`.
    pub fn inside(&self, last: usize) -> Range<usize> {
        // The first output whose numerator reaches a number.
        let reaches = |number: i64| {
            let missing = number - self.start;
            let steps = if missing <= 0 {
                0
            } else if self.step == 0 {
                self.output as i64
            } else {
                missing.div_euclid(self.step) + i64::from(missing.rem_euclid(self.step) != 0)
            };
            (steps as usize).min(self.output)
        };
        let low = reaches(0);
        low..reaches((last as i64 + 1) * self.divisor).max(low)
    }

    /// How much of output `y` is the element behind the one at [`Sampling::index`], when two neighbours are mixed: from 0 to 1.
    pub fn weight(&self, y: usize) -> f64 {
        if self.input == 1 {
            return 0.0;
        }
        let beyond = self.step * y as i64 + self.start - self.index(y, self.input - 2) as i64 * self.divisor;
        (beyond as f64 / self.divisor as f64).clamp(0.0, 1.0)
    }

    /// Outputs after which positions lie as before, a whole number of elements on.
    pub fn period(&self) -> i64 {
        self.divisor / gcd(self.step.into(), self.divisor.into()) as i64
    }

    /// How often each element is repeated, where the outputs are just that.
    pub fn repeats(&self) -> Option<usize> {
        let times = self.output.checked_div(self.input).filter(|times| *times > 0)?;
        let even =
            self.output == times * self.input && i128::from(self.step) * times as i128 == i128::from(self.divisor);
        (even && self.floor(0) == 0 && self.floor(times - 1) == 0 && self.floor(times) == 1).then_some(times)
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_inside_and_on_either_side() {
        for i in 0..5 * 9 * 4 * 13 * 5 {
            let mut rest = i;
            let mut digit = |base: i128| (rest % base, rest /= base).0;
            let (input, output, step, start, divisor) =
                (digit(5) + 1, digit(9) + 1, digit(4), digit(13) - 6, digit(5) + 1);
            let s = Sampling::new(input as usize, output as usize, [step, start, divisor]).unwrap();
            for last in [s.input - 1, s.input.saturating_sub(2)] {
                let inside = s.inside(last);
                let (period, onward) = (s.period() as usize, s.step * s.period() / s.divisor);
                assert_eq!(s.floor(5 + period), s.floor(5) + onward);
                for y in 0..s.output {
                    let exact = (step * y as i128 + start).div_euclid(divisor);
                    let expected = if y < inside.start {
                        0
                    } else if y < inside.end {
                        exact
                    } else {
                        last as i128
                    };
                    assert_eq!(s.index(y, last) as i128, expected, "{s:?} at {y}");
                    assert_eq!(exact.clamp(0, last as i128), expected);
                }
            }
        }
    }

    #[test]
    fn repeated_elements() {
        let repeats = |input, output, numbers| Sampling::new(input, output, numbers).unwrap().repeats();
        assert_eq!(repeats(3, 6, [1, 0, 2]), Some(2));
        assert_eq!(repeats(3, 3, [1, 0, 1]), Some(1));
        assert_eq!(repeats(3, 6, [1, 1, 2]), None);
        assert_eq!(repeats(3, 7, [1, 0, 2]), None);
        assert_eq!(repeats(4, 6, [2, 0, 3]), None);
        assert_eq!(repeats(1, 5, [0, 0, 1]), None);
    }

    #[test]
    fn numbers_have_limits() {
        assert!(Sampling::new(1 << 30, 1 << 20, [1 << 30, 0, 1 << 20]).is_some());
        assert_eq!(Sampling::new(1 << 38, 1 << 30, [(1 << 38) - 1, 0, 1 << 30]), None);
    }
}
