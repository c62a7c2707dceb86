//! Convolutions: tiles of output pixels by output channel blocks in registers, input channels and taps streamed.

use super::Tensor;
use super::rows::{Sliding, Tile};
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{BufferId, Nest, NestBuilder, RegId, Value, load, reg, splat};
use crate::ops::geometry::Window;

/// Output blocks of a tile: with [`PIXELS`] the accumulators, the weights and one input fit 16 registers.
pub const TILE_BLOCKS: usize = 2;
/// Output pixels of a tile of [`TILE_BLOCKS`] blocks.
const PIXELS: usize = 5;
/// Output pixels of a tile of one block, and of a depthwise tile.
const PIXELS_ONE_BLOCK: usize = 8;

/// Operands of a convolution.
pub struct Conv<'a> {
    /// Input, plain (one group only) or blocked by groups.
    pub x: &'a Tensor,
    /// Packed weights.
    pub weight: BufferId,
    /// Packed bias.
    pub bias: Option<BufferId>,
    /// Output, blocked by groups.
    pub y: &'a Tensor,
    /// The window.
    pub window: Window,
    /// Groups.
    pub groups: usize,
}

impl Conv<'_> {
    fn sliding(&self) -> Sliding {
        let ([_, _, h, w], [_, _, oh, ow]) = (nchw(&self.x.shape), nchw(&self.y.shape));
        Sliding { window: self.window, input: [h, w], output: [oh, ow] }.flattened()
    }

    fn initial(&self, at: Affine) -> Value {
        self.bias.map_or(Expr::Const(0.0), |bias| load(bias, at))
    }

    /// One multiply-add of each output channel with each input channel of its group.
    pub fn nest(&self) -> Nest {
        let ([n, c, ..], [_, oc, ..]) = (nchw(&self.x.shape), nchw(&self.y.shape));
        let w = self.window;
        let mut b = NestBuilder::new(format!(
            "conv {}x{} kernel={:?} stride={:?} pad={:?} dilation={:?} groups={} input={}",
            c, oc, w.kernel, w.stride, w.pad, w.dilation, self.groups, self.x.layout
        ));
        let s = self.sliding();
        let (icg, ocg) = (c / self.groups, oc / self.groups);
        let out_blocks = ocg.div_ceil(LANES);
        let in_blocks = icg.div_ceil(LANES);
        let k_total = icg * w.kernel[0] * w.kernel[1];
        let [in_plane, out_plane] = [s.input, s.output].map(|[h, w]| h * w);
        b.range("n", n, |b, image| {
            b.range("g", self.groups, |b, g| {
                let x_base = match self.x.layout {
                    Layout::Plain => image.clone() * (c * in_plane),
                    Layout::Blocked { .. } => {
                        (image.clone() * (self.groups * in_blocks) + g.clone() * in_blocks) * (in_plane * LANES)
                    }
                };
                let block_base = g.clone() * out_blocks;
                let whole = out_blocks / TILE_BLOCKS * TILE_BLOCKS;
                let channels = |b: &mut NestBuilder, block: Affine, blocks: usize, lanes: usize| {
                    let global = block_base.clone() + block;
                    let weight_base = global.clone() * (LANES * k_total);
                    let y_base = (image.clone() * (self.groups * out_blocks) + global.clone()) * (out_plane * LANES);
                    let pixels = if blocks == 1 { PIXELS_ONE_BLOCK } else { PIXELS };
                    b.range("oh", s.output[0], |b, oh| {
                        s.tiles(b, pixels, |b, tile| {
                            let acc = b.regs("acc", tile.pixels * blocks);
                            b.unroll("i", 0..tile.pixels, |b, i| {
                                b.unroll("j", 0..blocks, |b, j| {
                                    let value = self.initial((global.clone() + j.clone()) * LANES);
                                    b.set(acc, i * blocks + j, value);
                                });
                            });
                            self.accumulate(b, &s, tile, &oh, acc, blocks, &x_base, &weight_base);
                            b.unroll("i", 0..tile.pixels, |b, i| {
                                b.unroll("j", 0..blocks, |b, j| {
                                    let at = y_base.clone()
                                        + j.clone() * (out_plane * LANES)
                                        + (oh.clone() * s.output[1] + tile.start.clone() + i.clone()) * LANES;
                                    b.store_block(self.y.buffer, at, lanes, reg(acc, i * blocks + j));
                                });
                            });
                        });
                    });
                };
                // A last block with pad lanes is a tile of its own, since it stores fewer lanes.
                let rest = ocg % LANES;
                let full = if rest == 0 { out_blocks } else { out_blocks - 1 };
                let whole = whole.min(full / TILE_BLOCKS * TILE_BLOCKS);
                b.steps("ob", 0, whole, TILE_BLOCKS, |b, block| channels(b, block, TILE_BLOCKS, LANES));
                let mut block = whole;
                while block < out_blocks {
                    channels(b, block.into(), 1, if block < full { LANES } else { rest });
                    block += 1;
                }
            });
        });
        b.finish()
    }

    #[allow(clippy::too_many_arguments)]
    fn accumulate(
        &self,
        b: &mut NestBuilder,
        s: &Sliding,
        tile: &Tile,
        oh: &Affine,
        acc: RegId,
        blocks: usize,
        x_base: &Affine,
        weight_base: &Affine,
    ) {
        let w = &self.window;
        let icg = nchw(&self.x.shape)[1] / self.groups;
        let [kh_total, kw_total] = w.kernel;
        let width = blocks * LANES;
        let weights = b.regs("w", blocks);
        let pixel = b.regs("x", 1);
        // One step of the sum: `k` is its row of the packed weights, `at` the input element of the tile's first pixel.
        let step = |b: &mut NestBuilder, k: Affine, at: Affine, pixel_stride: usize, pixels: std::ops::Range<usize>| {
            b.unroll("j", 0..blocks, |b, j| {
                b.set(weights, j.clone(), load(self.weight, weight_base.clone() + k * width + j * LANES));
            });
            b.unroll("i", pixels, |b, i| {
                b.set(pixel, 0usize, splat(self.x.buffer, at + i.clone() * (w.stride[1] * pixel_stride)));
                b.unroll("j", 0..blocks, |b, j| {
                    let at = i.clone() * blocks + j.clone();
                    b.set(acc, at.clone(), Expr::mul_add(reg(pixel, 0usize), reg(weights, j), reg(acc, at)));
                });
            });
        };
        let plane = s.input[0] * s.input[1];
        match self.x.layout {
            Layout::Plain => b.range("ic", icg, |b, ic| {
                s.kernel_rows(b, oh, |b, kh, row| {
                    s.kernel_columns(b, tile, |b, kw, column, pixels| {
                        let k = (ic.clone() * kh_total + kh.clone()) * kw_total + kw;
                        let at = x_base.clone() + ic.clone() * plane + row.clone() * s.input[1] + column;
                        step(b, k, at, 1, pixels);
                    });
                });
            }),
            Layout::Blocked { .. } => {
                let lanes_of = |b: &mut NestBuilder, block: Affine, lanes: usize| {
                    s.kernel_rows(b, oh, |b, kh, row| {
                        s.kernel_columns(b, tile, |b, kw, column, pixels| {
                            b.unroll("l", 0..lanes, |b, lane| {
                                let tap = kh.clone() * kw_total + kw.clone();
                                let k = block.clone() * (LANES * kh_total * kw_total) + tap * lanes + lane.clone();
                                let at = x_base.clone()
                                    + (block.clone() * plane + row.clone() * s.input[1] + column.clone()) * LANES
                                    + lane;
                                step(b, k, at, LANES, pixels.clone());
                            });
                        });
                    });
                };
                let whole = icg / LANES;
                b.range("ib", whole, |b, block| lanes_of(b, block, LANES));
                if !icg.is_multiple_of(LANES) {
                    lanes_of(b, whole.into(), icg % LANES);
                }
            }
        }
    }

    /// Depthwise: a multiply-add of vectors of channels.
    pub fn depthwise(&self) -> Nest {
        let [n, c, ..] = nchw(&self.x.shape);
        let w = self.window;
        let mut b = NestBuilder::new(format!(
            "depthwise {c} kernel={:?} stride={:?} pad={:?} dilation={:?}",
            w.kernel, w.stride, w.pad, w.dilation
        ));
        let s = self.sliding();
        let [in_plane, out_plane] = [s.input, s.output].map(|[h, w]| h * w * LANES);
        let taps = w.kernel[0] * w.kernel[1];
        let blocks = c.div_ceil(LANES);
        b.range("n", n, |b, image| {
            let channels = |b: &mut NestBuilder, block: Affine, lanes: usize| {
                let plane = image.clone() * blocks + block.clone();
                b.range("oh", s.output[0], |b, oh| {
                    s.tiles(b, PIXELS_ONE_BLOCK, |b, tile| {
                        let acc = b.regs("acc", tile.pixels);
                        let weight = b.regs("w", 1);
                        b.unroll("i", 0..tile.pixels, |b, i| b.set(acc, i, self.initial(block.clone() * LANES)));
                        s.kernel_rows(b, &oh, |b, kh, row| {
                            s.kernel_columns(b, tile, |b, kw, column, pixels| {
                                let tap = block.clone() * taps + kh.clone() * w.kernel[1] + kw;
                                b.set(weight, 0usize, load(self.weight, tap * LANES));
                                let at = plane.clone() * in_plane + (row.clone() * s.input[1] + column) * LANES;
                                b.unroll("i", pixels, |b, i| {
                                    let x = load(self.x.buffer, at + i.clone() * (w.stride[1] * LANES));
                                    b.set(acc, i.clone(), Expr::mul_add(x, reg(weight, 0usize), reg(acc, i)));
                                });
                            });
                        });
                        b.unroll("i", 0..tile.pixels, |b, i| {
                            let at = plane.clone() * out_plane
                                + (oh.clone() * s.output[1] + tile.start.clone() + i.clone()) * LANES;
                            b.store_block(self.y.buffer, at, lanes, reg(acc, i));
                        });
                    });
                });
            };
            let full = c / LANES;
            b.range("b", full, |b, block| channels(b, block, LANES));
            if !c.is_multiple_of(LANES) {
                channels(b, full.into(), c % LANES);
            }
        });
        b.finish()
    }
}
