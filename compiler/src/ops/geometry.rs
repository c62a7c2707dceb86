//! Sliding windows over height and width: what conv and the pools share.

use super::call::PadArg;
use super::{Attr, Attributes, Call, CallError, Field, Mismatch, call::AttrReader, shapes};
use crate::extent::Extent;
use crate::graph::Type;

/// Names of the directions, for messages.
const AXES: [&str; 2] = ["height", "width"];

/// The padding `"same"` of a window that spans `extent` pixels: top, left, bottom and right, so that outputs are inputs divided
/// by the stride, rounded up. An odd rest goes to the bottom and right.
///
/// # Errors
/// The padding depends on a size that is not known.
pub fn same_padding<D: Extent>(extent: [usize; 2], stride: [usize; 2], input: [&D; 2]) -> Result<[usize; 4], Mismatch> {
    let mut pad = [0; 4];
    for d in 0..2 {
        let (size, axis) = (input[d], AXES[d]);
        let covered = size.div_ceil(stride[d]).and_then(|steps| steps.times(&D::constant(stride[d])));
        let covered = covered.ok_or_else(|| too_large(axis, size))?;
        // From 0 to below the stride, so that a window of one pixel never needs padding.
        let missing = match covered.minus(size).and_then(|missing| missing.known()) {
            Some(missing) => missing,
            None if extent[d] == 1 => 0,
            None => {
                let axis = ["heights", "widths"][d];
                let help = match covered.same_if(size) {
                    Some(condition) => format!("write `{condition}` in the `where` clause, or the padding in numbers"),
                    None => "write the padding in numbers".to_string(),
                };
                let found = format!("`pad: \"same\"` pads differently for different {axis}: here it is {size}");
                return Err(Mismatch::new(found).at([0]).help(help));
            }
        };
        let total = (extent[d] + missing).saturating_sub(stride[d]);
        (pad[d], pad[d + 2]) = (total / 2, total - total / 2);
    }
    Ok(pad)
}

fn too_large<D: Extent>(axis: &str, size: &D) -> Mismatch {
    Mismatch::new(format!("the {axis} {size} is too large to compute with")).at([0])
}

/// A window over the two spatial dimensions; every pair is (height, width). Over a sequence [n, c, w] it is one pixel high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Taps.
    pub kernel: [usize; 2],
    /// Input pixels between neighbouring outputs.
    pub stride: [usize; 2],
    /// Top, left, bottom, right.
    pub pad: [usize; 4],
    /// Input pixels between neighbouring taps.
    pub dilation: [usize; 2],
}

impl Window {
    /// Input pixels the taps of one output span, in direction `d` (0 height, 1 width). Attributes are at most 2^30 each, so this fits.
    pub fn extent(&self, d: usize) -> usize {
        (self.kernel[d] - 1) * self.dilation[d] + 1
    }

    /// From the arguments `kernel`, `stride` and, with `dilated`, `dilation` of a call, without padding. `name` is for messages.
    ///
    /// # Errors
    /// The first operand is no image and no sequence, or an argument is out of range.
    pub fn from_call(name: &str, call: &Call<'_>, dilated: bool) -> Result<Window, CallError> {
        let rank = call.operands[0].rank();
        shapes::pixels(name, call.operands[0])?;
        Ok(Window {
            kernel: call.spatial("kernel", 1, rank)?,
            stride: call.spatial("stride", 1, rank)?,
            pad: [0; 4],
            dilation: if dilated { call.spatial("dilation", 1, rank)? } else { [1; 2] },
        })
    }

    /// Refuses a window with a height over a sequence, which has none.
    ///
    /// # Errors
    /// As said.
    pub fn check_rank<D: Extent>(&self, name: &str, x: &Type<D>) -> Result<(), Mismatch> {
        let flat =
            self.kernel[0] == 1 && self.stride[0] == 1 && [self.pad[0], self.pad[2]] == [0; 2] && self.dilation[0] == 1;
        if x.rank() == 3 && !flat {
            return Err(shapes::no_height(name, "window", x));
        }
        Ok(())
    }

    /// Turns the padding of a call into pixels for an input of this height and width.
    ///
    /// # Errors
    /// See [`same_padding`].
    pub fn resolve_pad<D: Extent>(&self, pad: PadArg, input: [&D; 2]) -> Result<[usize; 4], Mismatch> {
        match pad {
            PadArg::Explicit(pad) => Ok(pad),
            PadArg::Valid => Ok([0; 4]),
            PadArg::Same => same_padding([self.extent(0), self.extent(1)], self.stride, input),
        }
    }

    /// Output extents for an operand [n, c, h, w], or [n, c, w] with a height of 1. With `ceil`, the last window may hang over the end but must not start in the
    /// bottom or right padding (the rule of PyTorch and ONNX).
    ///
    /// # Errors
    /// The operand is of another rank, or the window is known to be larger than the padded input.
    pub fn output<D: Extent>(&self, input: &Type<D>, ceil: bool) -> Result<[D; 2], Mismatch> {
        self.check_rank("a window", input)?;
        let [_, _, height, width] = shapes::pixels("a window", input)?;
        Ok([self.output_along(0, &height, ceil)?, self.output_along(1, &width, ceil)?])
    }

    fn output_along<D: Extent>(&self, d: usize, size: &D, ceil: bool) -> Result<D, Mismatch> {
        let axis = AXES[d];
        self.count(d, size, ceil).ok_or_else(|| {
            let Some(known) = size.known() else {
                return too_large(axis, size);
            };
            let padded = known.saturating_add(self.pad[d] + self.pad[d + 2]);
            let padding = if padded > known { format!(" ({padded} with padding)") } else { String::new() };
            let help = match known {
                1 => "one pixel is left: stride or pool less before this, or begin with a larger image".to_string(),
                _ => format!("use a kernel of at most {padded} in {axis}, or more padding"),
            };
            Mismatch::new(format!(
                "the window spans {} in {axis}, but the input has only {size}{padding}",
                self.extent(d)
            ))
            .at([0])
            .help(help)
        })
    }

    /// Outputs in direction `d` of an input of extent `size`; see [`Window::output`]. `None`: the window is known to be larger than
    /// the padded input, or the numbers are too large. A window over a size that is not known is taken to fit.
    pub fn count<D: Extent>(&self, d: usize, size: &D, ceil: bool) -> Option<D> {
        let (before, behind, span, stride) = (self.pad[d], self.pad[d + 2], self.extent(d), self.stride[d]);
        let room = size.plus(&D::constant(before + behind))?.room(&D::constant(span))?;
        // With `ceil` there are two limits: as many windows as cover the padded input, and as many as start before the padding
        // behind. Which is lower does not depend on the size. With padding behind as large as the window, no window may hang.
        if !ceil || behind >= span {
            room.div_floor(stride)?.plus(&D::constant(1))
        } else if behind + stride <= span {
            room.div_ceil(stride)?.plus(&D::constant(1))
        } else {
            size.plus(&D::constant(before))?.div_ceil(stride)
        }
    }

    /// Taps of output `o` that fall on real input of extent `size`, as a half-open range of tap numbers.
    pub fn valid_taps(&self, d: usize, o: usize, size: usize) -> std::ops::Range<usize> {
        let start = o * self.stride[d];
        let low = self.pad[d].saturating_sub(start).div_ceil(self.dilation[d]).min(self.kernel[d]);
        let high = (size + self.pad[d]).saturating_sub(start).div_ceil(self.dilation[d]).min(self.kernel[d]);
        low..high.max(low)
    }

    /// The window without its height: one over a sequence.
    #[must_use]
    pub fn flat(mut self) -> Window {
        (self.kernel[0], self.stride[0], self.dilation[0]) = (1, 1, 1);
        (self.pad[0], self.pad[2]) = (0, 0);
        self
    }

    /// Attributes of graph text.
    pub fn attributes(&self) -> Attributes {
        let ints = |list: &[usize]| Attr::Ints(list.iter().map(|&v| v as i64).collect());
        vec![
            ("kernel", ints(&self.kernel)),
            ("stride", ints(&self.stride)),
            ("pad", ints(&self.pad)),
            ("dilation", ints(&self.dilation)),
        ]
    }

    /// Reads [`Window::attributes`] back.
    ///
    /// # Errors
    /// One is missing, of another kind, or zero where that cannot be.
    pub fn from_attributes(attributes: &mut AttrReader) -> Result<Window, String> {
        let dilation = attributes.ints("dilation")?;
        Window::read(attributes, dilation)
    }

    /// Reads all attributes but the dilation.
    ///
    /// # Errors
    /// As [`Window::from_attributes`].
    pub fn read(attributes: &mut AttrReader, dilation: [usize; 2]) -> Result<Window, String> {
        let (kernel, stride, pad) = (attributes.ints("kernel")?, attributes.ints("stride")?, attributes.ints("pad")?);
        let window = Window { kernel, stride, pad, dilation };
        for (name, pair) in [("kernel", window.kernel), ("stride", window.stride), ("dilation", window.dilation)] {
            if pair.contains(&0) {
                return Err(format!("attribute `{name}` must be positive"));
            }
        }
        Ok(window)
    }

    /// The receptive field of one output.
    pub fn field(&self) -> Field {
        Field::Window { extent: [self.extent(0), self.extent(1)], stride: self.stride }
    }
}

/// A shape of rank 4 as one of the rank of `like`: without the height where that is 3.
pub fn flattened<D>(like: &[D], shape: [usize; 4]) -> Vec<usize> {
    let [n, c, h, w] = shape;
    if like.len() == 3 { vec![n, c, w] } else { vec![n, c, h, w] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extent::Form;

    /// Windows of which the one before did not reach the end of the padding, or that end with it at most.
    fn counted(window: &Window, size: usize, ceil: bool) -> Option<usize> {
        let (before, span, stride) = (window.pad[0], window.extent(0), window.stride[0]);
        let padded = size + before + window.pad[2];
        let whole = (0..=padded).filter(|o| o * stride + span <= padded).count();
        let hangs = ceil && (whole - usize::from(whole > 0)) * stride + span < padded && whole * stride < size + before;
        (whole > 0).then_some(whole + usize::from(hangs))
    }

    #[test]
    fn outputs_of_all_small_windows() {
        let h = Form::symbol("h");
        for i in 0..4 * 3 * 4 * 4 * 2 * 2 {
            let mut digits = i;
            let mut digit = |base: usize| (digits % base, digits /= base).0;
            let (kernel, stride, before, behind) = (digit(4) + 1, digit(3) + 1, digit(4), digit(4));
            let (dilation, ceil) = (digit(2) + 1, digit(2) == 1);
            let pad = [before, 0, behind, 0];
            let window = Window { kernel: [kernel; 2], stride: [stride; 2], pad, dilation: [dilation; 2] };
            let symbolic = window.count(0, &h, ceil).unwrap();
            for size in 1..16 {
                let expected = counted(&window, size, ceil);
                assert_eq!(window.count(0, &size, ceil), expected, "{window:?} over {size}, ceil {ceil}");
                if let Some(expected) = expected {
                    let found = symbolic.eval(&|_| Some(size as i64));
                    assert_eq!(found, Some(expected as i64), "{symbolic} for {window:?} at {size}, ceil {ceil}");
                }
            }
        }
    }

    #[test]
    fn same_padding_divides_by_the_stride() {
        for (kernel, stride, size) in (0..5 * 3 * 12).map(|i| (i % 5 + 1, i / 5 % 3 + 1, i / 15 + 1)) {
            let mut window = Window { kernel: [kernel, 1], stride: [stride; 2], pad: [0; 4], dilation: [1; 2] };
            window.pad = window.resolve_pad(PadArg::Same, [&size, &size]).unwrap();
            assert_eq!(window.count(0, &size, false), Some(size.div_ceil(stride)), "{window:?} over {size}");
            assert!(window.pad[2] - window.pad[0] <= 1, "{window:?}");
            assert_eq!([window.pad[1], window.pad[3]], [0, 0]);
        }
    }
}
