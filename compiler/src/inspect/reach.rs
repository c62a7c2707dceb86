//! How much of a network's input one element sees, and how far neighbours are apart.

use std::fmt;

use crate::ops::Field;

/// How much of the network's input one element sees. The variants are in the order of growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nothing: it depends on constants and parameters alone.
    Nothing,
    /// A window: its height, then its width.
    Window([Span; 2]),
    /// The whole input.
    Everything,
}

impl Reach {
    /// What an element of the input sees.
    pub(super) const INPUT: Reach = Reach::Window([Span::INPUT; 2]);

    /// The reach of an operator's result, given that of its operand.
    pub(super) fn through(self, field: Field) -> Reach {
        match (self, field) {
            (Reach::Nothing | Reach::Everything, _) | (_, Field::Point) => self,
            (Reach::Window(_), Field::Everything) => Reach::Everything,
            (Reach::Window(spans), Field::Resampled { taps, times, by }) => {
                Reach::Window([0, 1].map(|d| spans[d].window(taps, 1).repeated(times[d]).window(1, by[d])))
            }
            (Reach::Window([height, width]), Field::Turned) => Reach::Window([width, height]),
            (Reach::Window(spans), Field::Window { extent, stride }) => {
                Reach::Window([0, 1].map(|d| spans[d].window(extent[d], stride[d])))
            }
            (Reach::Window(spans), Field::Repeated { times }) => {
                Reach::Window([0, 1].map(|d| spans[d].repeated(times[d])))
            }
        }
    }

    /// The larger of two, each side by itself.
    pub(super) fn join(self, other: Reach) -> Reach {
        match (self, other) {
            (Reach::Nothing, reach) | (reach, Reach::Nothing) => reach,
            (Reach::Everything, _) | (_, Reach::Everything) => Reach::Everything,
            (Reach::Window(a), Reach::Window(b)) => Reach::Window([0, 1].map(|d| a[d].join(b[d]))),
        }
    }
}

/// One side of a window, and how it grows: elements `m` apart and those between them see together, at most,
/// `1 + base + grain * ceil((pixels * m + ahead) / elements)` pixels of the input.
///
/// That is exact for windows and for repeated pixels, but not for steps over repeated pixels, where it depends on which are met: the
/// worst is taken. What has no such form is rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    base: u128,
    grain: u128,
    pixels: u128,
    elements: u128,
    ahead: u128,
}

/// Numbers of a [`Span`] end here. What would be larger is this.
const LIMIT: u128 = u64::MAX as u128;

impl Span {
    /// A pixel of the input.
    const INPUT: Span = Span { base: 0, grain: 1, pixels: 1, elements: 1, ahead: 0 };

    /// Pixels that one element sees, at most: where pixels have been repeated, it may be fewer for some.
    pub fn extent(self) -> usize {
        let grains = self.ahead.div_ceil(self.elements);
        let extent = self.base.saturating_add(self.grain.saturating_mul(grains)).saturating_add(1);
        usize::try_from(extent).unwrap_or(usize::MAX)
    }

    /// Pixels between neighbouring elements.
    pub fn stride(self) -> Stride {
        let pixels = self.grain.saturating_mul(self.pixels);
        let divisor = gcd(pixels, self.elements);
        let narrow = |number: u128| usize::try_from(number).unwrap_or(usize::MAX);
        Stride { pixels: narrow(pixels / divisor), elements: narrow(self.elements / divisor) }
    }

    /// Of windows of `extent` elements, `stride` apart.
    fn window(self, extent: usize, stride: usize) -> Span {
        let more = self.pixels.saturating_mul(extent.saturating_sub(1) as u128);
        let pixels = self.pixels.saturating_mul(stride as u128);
        Span { ahead: self.ahead.saturating_add(more), pixels, ..self }.reduced()
    }

    /// Of elements each repeated `times` times: `m` of them lie `ceil(m / times)` of the former apart.
    fn repeated(self, times: usize) -> Span {
        let Span { base, grain, pixels, elements, ahead } = self;
        let times = times as u128;
        if times == 1 {
            return self;
        }
        if pixels.is_multiple_of(elements) {
            // Whole distances: the ceilings part.
            let base = base.saturating_add(grain.saturating_mul(ahead.div_ceil(elements)));
            let grain = grain.saturating_mul(pixels / elements);
            return Span { base, grain, pixels: 1, elements: times, ahead: 0 }.reduced();
        }
        // ceil((ceil(m / t) + a) / e) = ceil((m / t + a) / e) for whole a and e.
        let nested = elements.is_multiple_of(pixels) && ahead.is_multiple_of(pixels);
        let rounding = if nested { 0 } else { pixels.saturating_mul(times - 1) };
        let ahead = ahead.saturating_mul(times).saturating_add(rounding);
        Span { base, grain, pixels, elements: elements.saturating_mul(times), ahead }.reduced()
    }

    /// At least as much as either sees, whatever follows.
    fn join(self, other: Span) -> Span {
        let slope = |span: Span, factor: Span| span.grain.saturating_mul(span.pixels).saturating_mul(factor.elements);
        // Without the ceiling, and with it at its worst, at m = 0.
        let below = |span: Span| span.base + span.grain.saturating_mul(span.ahead) / span.elements;
        let above =
            |span: Span| span.base + span.grain.saturating_mul(span.ahead + span.elements - 1).div_ceil(span.elements);
        let order = (slope(self, other), below(self)).cmp(&(slope(other, self), below(other)));
        let (steep, flat) = if order.is_ge() { (self, other) } else { (other, self) };
        // What is larger at 0 and steeper stays larger.
        Span { base: steep.base.saturating_add(above(flat).saturating_sub(below(steep))), ..steep }.reduced()
    }

    /// In lowest terms and within [`LIMIT`]; a fraction too long for that becomes a little more.
    fn reduced(self) -> Span {
        let divisor = gcd(gcd(self.pixels, self.elements), self.ahead);
        let Span { base, grain, mut pixels, mut elements, mut ahead } = self;
        (pixels, elements, ahead) = (pixels / divisor, elements / divisor, ahead / divisor);
        while elements > 1 && pixels.max(elements).max(ahead) > LIMIT {
            (pixels, elements, ahead) = (pixels.div_ceil(2), elements / 2, ahead.div_ceil(2));
        }
        let [base, grain, pixels, ahead] = [base, grain, pixels, ahead].map(|number| number.min(LIMIT));
        Span { base, grain, pixels, elements, ahead }
    }
}

/// Input pixels between neighbouring elements: a whole number, or a fraction behind layers that repeat pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stride {
    pixels: usize,
    elements: usize,
}

impl Stride {
    /// The whole number that it is; none for a fraction.
    pub fn as_whole(self) -> Option<usize> {
        (self.elements == 1).then_some(self.pixels)
    }

    /// As the nearest number.
    pub fn as_f64(self) -> f64 {
        self.pixels as f64 / self.elements as f64
    }
}

impl fmt::Display for Stride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_whole() {
            Some(pixels) => write!(f, "{pixels}"),
            None => write!(f, "{}/{}", self.pixels, self.elements),
        }
    }
}

/// The greatest common divisor of a positive number and another.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::Rng;

    /// What layers do in one direction.
    #[derive(Clone, Copy, Debug)]
    enum Layer {
        Window(usize, usize),
        Repeated(usize),
    }
    use Layer::{Repeated, Window};

    fn span(layers: &[Layer]) -> Span {
        layers.iter().fold(Span::INPUT, |span, &layer| match layer {
            Window(extent, stride) => span.window(extent, stride),
            Repeated(times) => span.repeated(times),
        })
    }

    /// What elements `count` apart, and those between, see at most, by looking at each.
    fn seen(layers: &[Layer], count: usize) -> usize {
        let pixels = |at: usize| {
            let (low, high) = layers.iter().rev().fold((at, at + count), |(low, high), &layer| match layer {
                Window(extent, stride) => (low * stride, high * stride + extent - 1),
                Repeated(times) => (low / times, high / times),
            });
            high - low + 1
        };
        (0..600).map(pixels).max().unwrap_or(0)
    }

    fn claimed(span: Span, count: usize) -> usize {
        span.window(count + 1, 1).extent()
    }

    fn check(layers: &[Layer], extent: usize, stride: &str) {
        let span = span(layers);
        assert_eq!((span.extent(), span.stride().to_string()), (extent, stride.to_string()), "{layers:?}");
        for count in 0..30 {
            assert_eq!(claimed(span, count), seen(layers, count), "{layers:?} {count}");
        }
    }

    #[test]
    fn reach_is_what_positions_say() {
        let pool = Window(2, 2);
        let conv = Window(3, 1);
        check(&[], 1, "1");
        check(&[pool, Window(3, 3)], 6, "6");
        check(&[Repeated(2)], 1, "1/2");
        check(&[Repeated(2), conv, conv], 3, "1/2");
        check(&[Repeated(2), Repeated(3), conv], 2, "1/6");
        check(&[pool, Repeated(2), conv], 4, "1");
        check(&[pool, pool, Repeated(4), conv, conv], 8, "1");
        check(&[conv, pool, conv, pool, Repeated(2), conv, conv, Repeated(2), conv, conv], 22, "1");
        check(&[Window(4, 4), Repeated(3)], 4, "4/3");
        check(&[Repeated(3), conv, Window(1, 2)], 2, "2/3");
        check(&[Repeated(1)], 1, "1");
    }

    fn random(rng: &mut Rng) -> Vec<Layer> {
        (0..rng.range(1, 6))
            .map(|_| if rng.flip() { Window(rng.range(1, 5), rng.range(1, 3)) } else { Repeated(rng.range(1, 4)) })
            .collect()
    }

    #[test]
    fn no_reach_is_too_small() {
        let mut rng = Rng::new(1);
        for _ in 0..300 {
            let (a, b) = (random(&mut rng), random(&mut rng));
            let joined = span(&a).join(span(&b));
            for count in 0..12 {
                assert!(claimed(span(&a), count) >= seen(&a, count), "{a:?} {count}");
                assert!(claimed(joined, count) >= seen(&a, count).max(seen(&b, count)), "{a:?} {b:?} {count}");
            }
        }
    }

    #[test]
    fn the_larger_counts_where_there_is_one() {
        let skip = span(&[Window(5, 1)]);
        let up = span(&[Window(5, 1), Window(8, 8), Repeated(8), Window(3, 1)]);
        assert_eq!((up.join(skip), skip.join(up)), (up, up));
        let (wide, far) = (span(&[Window(5, 1)]), span(&[Window(2, 2)]));
        assert_eq!(wide.join(far), far.join(wide));
        assert_eq!((wide.join(far).extent(), wide.join(far).stride().as_whole()), (5, Some(2)));
    }

    #[test]
    fn windows_and_wholes_join() {
        let window = Reach::INPUT.through(Field::Window { extent: [3, 5], stride: [2, 1] });
        assert_eq!(window.join(Reach::Nothing), window);
        assert_eq!(Reach::Everything.join(window), Reach::Everything);
        assert_eq!(window.through(Field::Everything), Reach::Everything);
        assert_eq!(Reach::Nothing.through(Field::Everything), Reach::Nothing);
        assert_eq!(window.through(Field::Repeated { times: [1, 1] }), window);
    }

    #[test]
    fn extremes_stay_bounds() {
        let far = span(&[Window(usize::MAX, usize::MAX); 3]);
        assert_eq!((far.extent(), far.stride().as_whole()), (usize::MAX, Some(usize::MAX)));
        assert_eq!(far.join(Span::INPUT), far);
        assert_eq!(far.repeated(usize::MAX).join(far).extent(), usize::MAX);
        let repeat = |layers: [Layer; 2]| span(&layers.repeat(200));
        assert!(repeat([Window(1, 2), Repeated(3)]).stride().as_f64() > 0.0);
        assert_eq!(claimed(repeat([Window(1, 3), Repeated(2)]), 2), usize::MAX);
        assert!(span(&[Repeated(usize::MAX); 5]).stride().as_f64() > 0.0);
    }
}
