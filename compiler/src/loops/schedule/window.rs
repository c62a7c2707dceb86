//! Pools over height and width, and sums of squares over neighbouring channels.

use super::Tensor;
use super::rows::Sliding;
use crate::loops::LANES;
use crate::loops::affine::{Affine, Bound};
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{BufferId, Leaf, Nest, NestBuilder, Value, load, reg, splat};
use crate::ops::geometry::Window;

/// Output pixels of a tile.
const PIXELS: usize = 8;

/// The reciprocals that an average multiplies with: by output row, by output column.
pub struct Average {
    /// 1 / rows counted, [oh].
    pub rows: BufferId,
    /// 1 / columns counted, [ow].
    pub columns: BufferId,
}

/// Pools a blocked tensor; `average`: `None` takes the maximum.
pub fn pool(window: Window, average: Option<&Average>, x: &Tensor, y: &Tensor) -> Nest {
    let ([n, _, h, w], [_, _, oh, ow]) = (nchw(&x.shape), nchw(&y.shape));
    let s = Sliding { window, input: [h, w], output: [oh, ow] };
    let name = if average.is_some() { "avg" } else { "max" };
    let dilation = if window.dilation == [1, 1] { String::new() } else { format!(" dilation={:?}", window.dilation) };
    let Window { kernel, stride, pad, .. } = window;
    let mut b = NestBuilder::new(format!("{name} kernel={kernel:?} stride={stride:?} pad={pad:?}{dilation}"));
    let (start, rows_of) = match average {
        None => (f32::NEG_INFINITY, None),
        Some(average) => (0.0, Some(average)),
    };
    b.range("p", n * x.layout.blocks(&x.shape), |b, plane| {
        b.range("oh", oh, |b, row_out| {
            s.tiles(b, PIXELS, |b, tile| {
                let acc = b.regs("acc", tile.pixels);
                b.unroll("i", 0..tile.pixels, |b, i| b.set(acc, i, Expr::Const(start)));
                s.kernel_rows(b, &row_out, |b, _, row| {
                    s.kernel_columns(b, tile, |b, _, column, pixels| {
                        let at = plane.clone() * (h * w * LANES) + (row.clone() * w + column) * LANES;
                        b.unroll("i", pixels, |b, i| {
                            let x = load(x.buffer, at + i.clone() * (window.stride[1] * LANES));
                            let sum = reg(acc, i.clone());
                            b.set(acc, i, if rows_of.is_some() { sum + x } else { sum.max(x) });
                        });
                    });
                });
                b.unroll("i", 0..tile.pixels, |b, i| {
                    let column = tile.start.clone() + i.clone();
                    let at = plane.clone() * (oh * ow * LANES) + (row_out.clone() * ow + column.clone()) * LANES;
                    let value = match rows_of {
                        None => reg(acc, i),
                        Some(average) => {
                            reg(acc, i) * splat(average.rows, row_out.clone()) * splat(average.columns, column)
                        }
                    };
                    b.store(y.buffer, at, LANES, value);
                });
            });
        });
    });
    b.finish()
}

/// Widest reach, in channels to a side, for which the blocked form is used; beyond, the plain one.
pub const BLOCKED_REACH: usize = 16;

/// result[c] = sum of x[c - before ..= c + after]^2 over the channels there are.
pub fn channel_squares(before: usize, after: usize, x: &Tensor, y: &Tensor) -> Nest {
    let mut b = NestBuilder::new(format!("sum of squares over channels -{before}..+{after}"));
    match x.layout {
        Layout::Blocked { .. } => blocked_squares(&mut b, before, after, x, y),
        Layout::Plain => plain_squares(&mut b, before, after, x, y),
    }
    b.finish()
}

/// The squares of neighbouring blocks in registers; a window that begins between lanes is two registers aligned. Relies on pad lanes being 0.
fn blocked_squares(b: &mut NestBuilder, before: usize, after: usize, x: &Tensor, y: &Tensor) {
    let [n, _, h, w] = nchw(&x.shape);
    let blocks = x.layout.blocks(&x.shape);
    let (reach_low, reach_high) = (before.div_ceil(LANES), after.div_ceil(LANES));
    let squares = b.regs("q", reach_low + 1 + reach_high);
    let sum = b.regs("sum", 1);
    let block = |b: &mut NestBuilder, image: &Affine, block: Affine, missing_low: usize, missing_high: usize| {
        b.range("p", h * w, |b, pixel| {
            let at = |offset: usize| {
                ((image.clone() * blocks + block.clone() + offset - reach_low) * (h * w) + pixel.clone()) * LANES
            };
            for i in 0..=reach_low + reach_high {
                let present = i >= missing_low && i + missing_high <= reach_low + reach_high;
                b.set(squares, i, if present { load(x.buffer, at(i)) } else { Expr::Const(0.0) });
                if present {
                    b.set(squares, i, reg(squares, i) * reg(squares, i));
                }
            }
            for position in 0..=before + after {
                // Lane 0's channel of this term, counted from the first register.
                let channel = reach_low * LANES + position - before;
                let term: Value = match channel % LANES {
                    0 => reg(squares, channel / LANES),
                    by => Expr::Leaf(Leaf::Align {
                        reg: squares,
                        low: (channel / LANES).into(),
                        high: (channel / LANES + 1).into(),
                        by: by as u8,
                    }),
                };
                b.set(sum, 0usize, if position == 0 { term } else { reg(sum, 0usize) + term });
            }
            b.store(y.buffer, at(reach_low), LANES, reg(sum, 0usize));
        });
    };
    b.range("n", n, |b, image| {
        let inner = reach_low.min(blocks)..blocks.saturating_sub(reach_high).max(reach_low.min(blocks));
        let fixed = |b: &mut NestBuilder, i: usize| {
            block(b, &image, i.into(), reach_low.saturating_sub(i), (i + reach_high + 1).saturating_sub(blocks));
        };
        for i in 0..inner.start {
            fixed(b, i);
        }
        for i in inner.end..blocks {
            fixed(b, i);
        }
        b.steps("b", inner.start, inner.end, 1, |b, i| block(b, &image, i, 0, 0));
    });
}

fn plain_squares(b: &mut NestBuilder, before: usize, after: usize, x: &Tensor, y: &Tensor) {
    let (n, c) = (x.shape[0], x.shape[1]);
    let plane: usize = x.shape[2..].iter().product();
    let sum = b.regs("sum", 1);
    let value = b.regs("x", 1);
    b.range("n", n, |b, image| {
        b.range("c", c, |b, channel| {
            let pixels = |b: &mut NestBuilder, pixel: Affine, vector: bool| {
                let at = |channel: Affine| (image.clone() * c + channel) * plane + pixel.clone();
                b.set(sum, 0usize, Expr::Const(0.0));
                let low = vec![Bound::from(0usize), Bound::from(channel.clone() - before)];
                let high = vec![Bound::from(c), Bound::from(channel.clone() + (after + 1))];
                b.bounded("k", low, high, 1, |b, k| {
                    let loaded = if vector { load(x.buffer, at(k)) } else { splat(x.buffer, at(k)) };
                    b.set(value, 0usize, loaded);
                    b.set(sum, 0usize, Expr::mul_add(reg(value, 0usize), reg(value, 0usize), reg(sum, 0usize)));
                });
                b.store(y.buffer, at(channel.clone()), if vector { LANES } else { 1 }, reg(sum, 0usize));
            };
            let whole = plane / LANES * LANES;
            b.steps("p", 0, whole, LANES, |b, pixel| pixels(b, pixel, true));
            b.steps("p", whole, plane, 1, |b, pixel| pixels(b, pixel, false));
        });
    });
}
