//! Phases become pixels: the second half of a transposed convolution.

use super::Tensor;
use crate::loops::LANES;
use crate::loops::affine::{Affine, Bound};
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{Nest, NestBuilder, load, splat};

/// See [`Kind::Interleave`](crate::loops::stage::Kind::Interleave). Both tensors are plain, or both blocked where each group's channels
/// fill blocks.
pub fn interleave(stride: [usize; 2], crop: [usize; 2], groups: usize, x: &Tensor, y: &Tensor) -> Nest {
    let ([n, _, rows, columns], [_, c, h, w]) = (nchw(&x.shape), nchw(&y.shape));
    let mut b = NestBuilder::new(format!("interleave {stride:?} crop={crop:?} {}", y.layout));
    // Channels that move together, and how many such units a group has.
    let unit = if y.layout == Layout::Plain { 1 } else { LANES };
    let units = c / groups / unit;
    b.range("n", n, |b, image| {
        b.range("g", groups, |b, g| {
            b.range("c", units, |b, channel| {
                let to = (image.clone() * (groups * units) + g.clone() * units + channel.clone()) * (h * w);
                along(b, ["r", "h"], stride[0], crop[0], rows, h, |b, down, row, y_row| {
                    along(b, ["s", "w"], stride[1], crop[1], columns, w, |b, across, column, y_column| {
                        let phase = image.clone() * (groups * stride[0] * stride[1])
                            + g.clone() * (stride[0] * stride[1])
                            + down.clone() * stride[1]
                            + across;
                        let plane = phase * units + channel.clone();
                        let from = ((plane * rows + row.clone()) * columns + column) * unit;
                        let at = (to.clone() + y_row.clone() * w + y_column) * unit;
                        let value = if unit == 1 { splat(x.buffer, from) } else { load(x.buffer, from) };
                        b.store(y.buffer, at, unit, value);
                    });
                });
            });
        });
    });
    b.finish()
}

/// Goes over one direction of the result: `body(phase, position in the phase, position in the result)`.
fn along(
    b: &mut NestBuilder,
    names: [&str; 2],
    stride: usize,
    crop: usize,
    positions: usize,
    extent: usize,
    mut body: impl FnMut(&mut NestBuilder, Affine, Affine, Affine),
) {
    b.range(names[0], stride, |b, phase| {
        let divided = |numerator: Affine| Bound { numerator, divisor: stride as i64 };
        let low = vec![Bound::from(0usize), divided(Affine::from(crop) - phase.clone())];
        let high = vec![Bound::from(positions), divided(Affine::from(extent + crop) - phase.clone())];
        b.bounded(names[1], low, high, 1, |b, position| {
            let at = position.clone() * stride + phase.clone() - crop;
            body(b, phase.clone(), position, at);
        });
    });
}
