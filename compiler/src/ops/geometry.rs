//! Sliding windows over height and width: what conv and the pools share.

use super::call::PadArg;
use super::{Attr, Attributes, Field, Mismatch, call::AttrReader};
use crate::graph::Type;

/// A window over the two spatial dimensions; every pair is (height, width).
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

    /// Turns the padding of a call into pixels for an input of this height and width.
    pub fn resolve_pad(&self, pad: PadArg, input: [usize; 2]) -> [usize; 4] {
        match pad {
            PadArg::Explicit(pad) => pad,
            PadArg::Valid => [0; 4],
            PadArg::Same => {
                let total = |d: usize| {
                    let steps = input[d].div_ceil(self.stride[d]).saturating_sub(1);
                    (steps * self.stride[d] + self.extent(d)).saturating_sub(input[d])
                };
                let [h, w] = [total(0), total(1)];
                [h / 2, w / 2, h - h / 2, w - w / 2]
            }
        }
    }

    /// Output extents for an NCHW operand. With `ceil`, the last window may hang over the end but must not start in the
    /// bottom or right padding (the rule of PyTorch and ONNX).
    ///
    /// # Errors
    /// The operand is not of rank 4, or the window is larger than the padded input.
    pub fn output(&self, input: &Type, ceil: bool) -> Result<[usize; 2], Mismatch> {
        if input.rank() != 4 {
            return Err(Mismatch::new(format!(
                "expected a tensor of rank 4 (n, channels, height, width), found {input}"
            ))
            .at([0]));
        }
        let mut out = [0; 2];
        for (d, axis) in ["height", "width"].into_iter().enumerate() {
            let size = input.shape[2 + d];
            out[d] = self.count(d, size, ceil).ok_or_else(|| {
                let padded = size.saturating_add(self.pad[d] + self.pad[d + 2]);
                let padding = if padded > size { format!(" ({padded} with padding)") } else { String::new() };
                Mismatch::new(format!(
                    "the window spans {} in {axis}, but the input has only {size}{padding}",
                    self.extent(d)
                ))
                .at([0])
                .help(format!("use a kernel of at most {padded} in {axis}, or more padding"))
            })?;
        }
        Ok(out)
    }

    /// Outputs in direction `d` of an input of extent `size`; see [`Window::output`]. `None`: the window is larger than the padded input.
    pub fn count(&self, d: usize, size: usize, ceil: bool) -> Option<usize> {
        let room = size.checked_add(self.pad[d] + self.pad[d + 2])?.checked_sub(self.extent(d))?;
        let count = room / self.stride[d] + 1;
        let hangs = ceil && room % self.stride[d] != 0 && count * self.stride[d] < size + self.pad[d];
        Some(count + usize::from(hangs))
    }

    /// Taps of output `o` that fall on real input of extent `size`, as a half-open range of tap numbers.
    pub fn valid_taps(&self, d: usize, o: usize, size: usize) -> std::ops::Range<usize> {
        let start = o * self.stride[d];
        let low = self.pad[d].saturating_sub(start).div_ceil(self.dilation[d]).min(self.kernel[d]);
        let high = (size + self.pad[d]).saturating_sub(start).div_ceil(self.dilation[d]).min(self.kernel[d]);
        low..high.max(low)
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
