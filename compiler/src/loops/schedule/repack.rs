//! Conversions between layouts, and copies.

use super::Tensor;
use super::pointwise::{Dim, View, strided};
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{Nest, NestBuilder, splat};
use crate::loops::stage::Operand;

/// Copies a tensor into another layout of the same shape, or into a reshaped tensor of the same bytes.
pub fn repack(x: &Tensor, y: &Tensor) -> Nest {
    let mut b = NestBuilder::new(format!("{} to {}", x.layout, y.layout));
    if x.layout.same_bytes(&x.shape, y.layout, &y.shape) {
        let elements = y.shape.iter().product();
        let extent = x.layout.elements(&x.shape).unwrap_or(elements);
        let views = [y, x].map(|t| View { buffer: t.buffer, offset: 0 });
        strided(&mut b, vec![Dim { extent, strides: vec![1, 1] }], &views, &Expr::Leaf(Operand(0)), LANES);
        return b.finish();
    }
    let [n, c, h, w] = nchw(&x.shape);
    let groups = grouping(x.layout).max(grouping(y.layout));
    let each = c / groups;
    // After this many groups the lanes that groups begin on repeat.
    let period = (1..=LANES).find(|p| (p * each).is_multiple_of(LANES)).unwrap_or(LANES);
    b.range("n", n, |b, image| {
        let copy = |b: &mut NestBuilder, periods: Affine, group: usize| {
            let copy = Copy { image: image.clone(), periods, period_groups: period, group, each };
            copy.channels(b, x, y);
        };
        b.range("q", groups / period, |b, q| {
            for group in 0..period {
                copy(b, q.clone(), group);
            }
        });
        for group in 0..groups % period {
            copy(b, (groups / period).into(), group);
        }
        clear_pad_lanes(b, &image, y, h * w);
    });
    b.finish()
}

fn grouping(layout: Layout) -> usize {
    match layout {
        Layout::Plain => 1,
        Layout::Blocked { groups } => groups,
    }
}

/// Stores 0 to the lanes beyond the last channel of each group.
pub(super) fn clear_pad_lanes(b: &mut NestBuilder, image: &Affine, y: &Tensor, plane: usize) {
    let Layout::Blocked { groups } = y.layout else { return };
    let each = nchw(&y.shape)[1] / groups;
    let blocks = each.div_ceil(LANES);
    if each.is_multiple_of(LANES) {
        return;
    }
    b.range("g", groups, |b, g| {
        b.range("p", plane, |b, pixel| {
            let block = image.clone() * (groups * blocks) + g * blocks + (blocks - 1);
            for lane in each % LANES..LANES {
                b.store(y.buffer, (block.clone() * plane + pixel.clone()) * LANES + lane, 1, Expr::Const(0.0));
            }
        });
    });
}

/// Copies one group of channels, lane by lane: group `periods * period_groups + group` of `each` channels.
struct Copy {
    image: Affine,
    periods: Affine,
    period_groups: usize,
    group: usize,
    each: usize,
}

impl Copy {
    fn channels(&self, b: &mut NestBuilder, x: &Tensor, y: &Tensor) {
        let [_, _, h, w] = nchw(&x.shape);
        blocks_of(b, self.each, h * w, |b, block, lane, pixel| {
            let [to, from] = [y, x].map(|t| self.element(t, block, lane, pixel));
            b.store(y.buffer, to, 1, splat(x.buffer, from));
        });
    }

    /// The element of the group's channel `block * LANES + lane`. Only the block and the period vary, so that the address is affine.
    fn element(&self, t: &Tensor, block: &Affine, lane: usize, pixel: &Affine) -> Affine {
        let [_, c, h, w] = nchw(&t.shape);
        let start = self.group * self.each + lane;
        let period = self.period_groups * self.each;
        match t.layout {
            Layout::Plain => {
                (self.image.clone() * c + self.periods.clone() * period + block.clone() * LANES + start) * (h * w)
                    + pixel.clone()
            }
            Layout::Blocked { groups: 1 } => {
                let blocks = c.div_ceil(LANES);
                let at = self.image.clone() * blocks
                    + self.periods.clone() * (period / LANES)
                    + block.clone()
                    + start / LANES;
                (at * (h * w) + pixel.clone()) * LANES + start % LANES
            }
            Layout::Blocked { groups } => {
                let blocks = self.each.div_ceil(LANES);
                let group = self.periods.clone() * self.period_groups + self.group;
                let at = (self.image.clone() * groups + group) * blocks + block.clone();
                (at * (h * w) + pixel.clone()) * LANES + lane
            }
        }
    }
}

/// Goes over channels in blocks: `body(block, lane, pixel)`.
fn blocks_of(
    b: &mut NestBuilder,
    channels: usize,
    plane: usize,
    mut body: impl FnMut(&mut NestBuilder, &Affine, usize, &Affine),
) {
    let mut block = |b: &mut NestBuilder, first: Affine, lanes: usize| {
        b.range("p", plane, |b, pixel| {
            for lane in 0..lanes {
                body(b, &first, lane, &pixel);
            }
        });
    };
    b.range("b", channels / LANES, |b, i| block(b, i, LANES));
    if !channels.is_multiple_of(LANES) {
        block(b, (channels / LANES).into(), channels % LANES);
    }
}

/// Copies all channels of `x` to those from `start` on of `y`, both blocked without groups.
pub(super) fn copy_channels(b: &mut NestBuilder, image: &Affine, x: &Tensor, y: &Tensor, start: usize) {
    let [_, c, h, w] = nchw(&x.shape);
    let plane = h * w;
    let at = |t: &Tensor, block: &Affine, channel: usize, pixel: &Affine| {
        let blocks = t.layout.blocks(&t.shape);
        let block = image.clone() * blocks + block.clone() + channel / LANES;
        (block * plane + pixel.clone()) * LANES + channel % LANES
    };
    blocks_of(b, c, plane, |b, block, lane, pixel| {
        let (to, from) = (at(y, block, start + lane, pixel), at(x, block, lane, pixel));
        b.store(y.buffer, to, 1, splat(x.buffer, from));
    });
}
