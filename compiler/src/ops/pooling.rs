//! What the pools over windows share: each window touches a real pixel.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::geometry::Window;
use super::geometry::flattened;
use super::value::{Bounded, Element};
use super::{Attr, Attributes, Call, CallError, Mismatch, Rng, shapes};
use crate::extent::Extent;
use crate::graph::Type;
use crate::loops::layout::nchw;

/// `kernel` of a pool.
pub const KERNEL: ArgSpec =
    ArgSpec { name: "kernel", kind: ArgKind::Pair, default: Default::Required, doc: "pixels of the window" };
/// `stride` of a pool.
pub const STRIDE: ArgSpec = ArgSpec {
    name: "stride",
    kind: ArgKind::Pair,
    default: Default::SameAs("kernel"),
    doc: "input pixels between outputs",
};
/// `pad` of a pool.
pub const PAD: ArgSpec =
    ArgSpec { name: "pad", kind: ArgKind::Pad, default: Default::Int(0), doc: "border around the input" };
/// `dilation` of a pool.
pub const DILATION: ArgSpec =
    ArgSpec { name: "dilation", kind: ArgKind::Pair, default: Default::Int(1), doc: "input pixels between taps" };
/// `ceil` of a pool.
pub const CEIL: ArgSpec = ArgSpec {
    name: "ceil",
    kind: ArgKind::Bool,
    default: Default::Bool(false),
    doc: "let the last window hang over the end",
};

/// A window and how its outputs are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// The window.
    pub window: Window,
    /// See [`Window::output`].
    pub ceil: bool,
}

impl Pooling {
    /// From the arguments of a call; `name` is for messages.
    ///
    /// # Errors
    /// The operand is no image and no sequence, or an argument is out of range.
    pub fn from_call(name: &str, call: &Call<'_>) -> Result<Pooling, CallError> {
        let x = call.operands[0];
        let [_, _, h, w] = shapes::pixels(name, x)?;
        let mut window = Window::from_call(name, call, true)?;
        window.pad = window.resolve_pad(call.spatial_pad("pad", x.rank())?, [&h, &w])?;
        let pooling = Pooling { window, ceil: call.bool("ceil")? };
        match pooling.oversized_pad() {
            None => Ok(pooling),
            Some(message) => Err(CallError::argument("pad", message).help("use less padding or a larger kernel")),
        }
    }

    /// Such a window would see nothing but padding.
    fn oversized_pad(&self) -> Option<String> {
        let pad = self.window.pad;
        let side = (0..4).find(|&side| pad[side] >= self.window.extent(side % 2))?;
        let name = ["top", "left", "bottom", "right"][side];
        let what = if self.window.dilation[side % 2] == 1 { "the kernel" } else { "what the window spans" };
        Some(format!("{} of padding at the {name} is as large as {what}, {}", pad[side], self.window.extent(side % 2)))
    }

    /// Attributes of graph text.
    pub fn attributes(&self) -> Attributes {
        let mut attributes = self.window.attributes();
        attributes.retain(|(name, _)| *name != "dilation" || self.window.dilation != [1, 1]);
        attributes.push(("ceil", Attr::Bool(self.ceil)));
        attributes
    }

    /// Reads [`Pooling::attributes`] back.
    ///
    /// # Errors
    /// One is missing or of another kind, or a kernel or stride is zero.
    pub fn from_attributes(attributes: &mut AttrReader) -> Result<Pooling, String> {
        let dilation = if attributes.has("dilation") { attributes.ints("dilation")? } else { [1; 2] };
        Ok(Pooling { window: Window::read(attributes, dilation)?, ceil: attributes.bool("ceil")? })
    }

    /// The type of the result.
    ///
    /// # Errors
    /// The operand is no image, smaller than the window, or a window would not touch it.
    pub fn infer<D: Extent>(&self, name: &str, inputs: &[&Type<D>]) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one(name, inputs)?;
        let [_, channels, height, width] = shapes::pixels(name, x)?;
        self.window.check_rank(name, x)?;
        // With less padding than kernel on each side, every window touches a pixel: the first reaches beyond the padding, and
        // no other starts behind the last pixel.
        if let Some(message) = self.oversized_pad() {
            return Err(Mismatch::new(message).help("use less padding or a larger kernel"));
        }
        // Nor can the pixels all lie between two taps.
        for (d, size) in [(0, &height), (1, &width)] {
            let Window { dilation, pad, .. } = self.window;
            if pad[d] + pad[d + 2] > 0 && size.known().is_some_and(|size| size < dilation[d]) {
                let axis = ["height", "width"][d];
                let message = format!("a dilation of {} in {axis} passes over all of {size} pixels", dilation[d]);
                return Err(Mismatch::new(message).at([0]).help("use less dilation, or no padding"));
            }
        }
        let out = self.window.output(x, self.ceil)?;
        Ok(vec![shapes::fits(shapes::with_pixels(x, channels, out))?])
    }

    /// Applies `f(real pixels under the window, taps on these and on padding)` to each window.
    pub fn evaluate(&self, x: &Bounded, f: impl Fn(&[Element], usize) -> Element) -> Bounded {
        let window = &self.window;
        let [n, c, h, w] = nchw(&x.shape);
        let planes = n * c;
        let [oh, ow] = [(0, h), (1, w)].map(|(d, size)| window.count(d, &size, self.ceil).unwrap_or(0));
        let mut elements = Vec::with_capacity(planes * oh * ow);
        let mut pixels = Vec::new();
        for plane in 0..planes {
            for y in 0..oh {
                for z in 0..ow {
                    pixels.clear();
                    for ky in window.valid_taps(0, y, h) {
                        let row = (plane * h + y * window.stride[0] + ky * window.dilation[0] - window.pad[0]) * w;
                        for kx in window.valid_taps(1, z, w) {
                            let column = z * window.stride[1] + kx * window.dilation[1] - window.pad[1];
                            pixels.push(x.at(row + column));
                        }
                    }
                    elements.push(f(&pixels, self.padded_taps(0, y, h) * self.padded_taps(1, z, w)));
                }
            }
        }
        Bounded::new(flattened(&x.shape, [n, c, oh, ow]), elements)
    }

    /// Taps of output `o` in direction `d` that do not hang over the end of the padding.
    pub fn padded_taps(&self, d: usize, o: usize, size: usize) -> usize {
        let start = o * self.window.stride[d];
        let room = (size + self.window.pad[d] + self.window.pad[d + 2]).saturating_sub(start);
        self.window.kernel[d].min(room.div_ceil(self.window.dilation[d]))
    }

    /// A random pool and an operand for it.
    pub fn example(rng: &mut Rng) -> (Pooling, Type) {
        let kernel = [rng.range(1, 4), rng.range(1, 4)];
        let stride = [rng.range(1, 3), rng.range(1, 3)];
        let dilation = [rng.pick(&[1, 1, 1, 2, 3]), rng.pick(&[1, 1, 1, 2])];
        let window = Window { kernel, stride, pad: [0; 4], dilation };
        let pad = [0, 1, 2, 3].map(|side| rng.range(0, window.extent(side % 2) - 1));
        let mut pooling = Pooling { window: Window { pad, ..window }, ceil: rng.flip() };
        let [height, width] = [0, 1].map(|d| window.extent(d).max(dilation[d]) + rng.range(0, 7));
        let mut x = Type::f32([rng.range(1, 2), rng.range(1, 17), height, width]);
        if rng.range(0, 3) == 0 {
            pooling.window = pooling.window.flat();
            x.shape.remove(2);
        }
        (pooling, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pooling(kernel: usize, stride: usize, pad: usize, ceil: bool) -> Pooling {
        Pooling { window: Window { kernel: [kernel; 2], stride: [stride; 2], pad: [pad; 4], dilation: [1; 2] }, ceil }
    }

    fn check(pooling: Pooling, x: &[usize], expected: Result<[usize; 2], &str>) {
        let found = pooling.infer("pool", &[&Type::f32(x)]);
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found[0].shape[2..], expected),
            (Err(found), Err(expected)) => assert_eq!(found.message, expected),
            (found, _) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn extents() {
        check(pooling(3, 2, 0, false), &[1, 1, 6, 7], Ok([2, 3]));
        check(pooling(3, 2, 0, true), &[1, 1, 6, 7], Ok([3, 3]));
        check(pooling(3, 2, 1, false), &[1, 1, 6, 7], Ok([3, 4]));
        // The window behind would start in the padding.
        check(pooling(2, 2, 1, true), &[1, 1, 3, 3], Ok([2, 2]));
        check(pooling(1, 3, 0, true), &[1, 1, 5, 7], Ok([2, 3]));
    }

    #[test]
    fn refusals() {
        check(pooling(2, 1, 2, false), &[1, 1, 4, 4], Err("2 of padding at the top is as large as the kernel, 2"));
        check(pooling(5, 1, 0, true), &[1, 1, 4, 5], Err("the window spans 5 in height, but the input has only 4"));
        check(pooling(2, 1, 1, false), &[1, 1, 0, 4], Err("pool needs pixels, found f32[1,1,0,4]"));
        check(
            pooling(2, 1, 1, false),
            &[1, 4],
            Err("pool needs a tensor of rank 4 (n, channels, height, width) or 3 (n, channels, width), found f32[1,4]"),
        );
    }

    /// What the shape rule takes for granted once the padding is less than the kernel.
    #[test]
    fn every_window_touches_a_pixel() {
        for i in 0..2 * 4 * 6 * 6 * 3 * 9 * 3 {
            let mut digits = i;
            let mut digit = |base: usize| (digits % base, digits /= base).0;
            let (ceil, kernel, stride, [before, behind], dilation) =
                (digit(2) == 1, digit(4) + 1, digit(3) + 1, [digit(6), digit(6)], digit(3) + 1);
            let size = digit(9) + 1;
            let window = Window {
                kernel: [kernel; 2],
                stride: [stride; 2],
                pad: [before, before, behind, behind],
                dilation: [dilation; 2],
            };
            if before.max(behind) >= window.extent(0) || before + behind > 0 && size < dilation {
                continue;
            }
            for o in 0..window.count(0, &size, ceil).unwrap_or(0) {
                assert!(!window.valid_taps(0, o, size).is_empty(), "window {o} of {window:?} over {size}");
            }
        }
    }

    #[test]
    fn dilation() {
        let dilated = |pad: usize| {
            let plain = pooling(2, 1, pad, false);
            Pooling { window: Window { dilation: [3; 2], ..plain.window }, ..plain }
        };
        check(dilated(0), &[1, 1, 4, 6], Ok([1, 3]));
        check(dilated(3), &[1, 1, 4, 6], Ok([7, 9]));
        check(dilated(0), &[1, 1, 3, 6], Err("the window spans 4 in height, but the input has only 3"));
        check(dilated(4), &[1, 1, 4, 4], Err("4 of padding at the top is as large as what the window spans, 4"));
        check(dilated(1), &[1, 1, 2, 4], Err("a dilation of 3 in height passes over all of 2 pixels"));
        let x = Bounded::exact(&[1, 1, 4, 5], (0..20).map(f64::from));
        let found = dilated(0).evaluate(&x, |pixels, taps| (pixels.iter().map(|p| p.0).sum(), taps as f64));
        assert_eq!((&found.value[..], &found.bound[..]), ([36.0, 40.0].as_slice(), [4.0, 4.0].as_slice()));
    }

    #[test]
    fn windows_see_their_pixels() {
        let x = Bounded::exact(&[1, 1, 3, 3], (1..=9).map(f64::from));
        let found = pooling(2, 2, 0, true).evaluate(&x, |pixels, taps| (pixels.iter().map(|p| p.0).sum(), taps as f64));
        assert_eq!(found.value, [12.0, 9.0, 15.0, 9.0]);
        assert_eq!(found.bound, [4.0, 2.0, 2.0, 1.0]);
        let found = pooling(2, 2, 1, false).evaluate(&x, |pixels, taps| (pixels.len() as f64, taps as f64));
        assert_eq!(found.value, [1.0, 2.0, 2.0, 4.0]);
        assert_eq!(found.bound, [4.0; 4]);
    }
}
