//! Packing: how parameters become the constants that nests read. It happens when the module is made; modules hold no packing code.

use std::fmt;

use super::LANES;
use super::layout::{Layout, nchw};
use super::nest::BufferId;
use super::sampling::Sampling;
use super::stage::{Count, Weights};
use crate::ops::geometry::Window;

/// How the elements of a packed buffer come from parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Packing {
    /// One parameter in another layout.
    Tensor {
        /// The parameter's shape.
        shape: Vec<usize>,
        /// The layout to give it.
        layout: Layout,
    },
    /// Convolution weights [oc, ic / groups, kh, kw] as [group][tile of output blocks][ic][kh][kw][output lane], where the input
    /// channel is split as [block][..][lane] if the input is blocked: [block][kh][kw][input lane][output lane].
    Conv {
        /// Output channels, input channels of a group, kernel height and width.
        shape: [usize; 4],
        /// Groups.
        groups: usize,
        /// Output blocks of a tile; what does not fill one is tiles of one block.
        tile: usize,
        /// Whether the input is blocked.
        blocked: bool,
        /// Where the weights come from.
        weights: Weights,
    },
    /// Depthwise weights [c, 1, kh, kw] as [block][kh][kw][lane].
    Depthwise {
        /// Channels, kernel height and width.
        shape: [usize; 3],
    },
    /// A matrix [o, k] as [tile of output blocks][k][output lane].
    Gemm {
        /// Outputs and inputs.
        shape: [usize; 2],
        /// Output blocks of a tile; what does not fill one is tiles of one block.
        tile: usize,
    },
    /// A vector [c] padded by 0 to whole blocks, a group at a time.
    Vector {
        /// Elements.
        len: usize,
        /// Groups.
        groups: usize,
    },
    /// A vector [c] as [`Packing::Vector`] of `phases` as many channels: each group's elements that many times.
    Phases {
        /// Elements of the result.
        len: usize,
        /// Groups.
        groups: usize,
        /// Copies.
        phases: usize,
    },
    /// weight / sqrt(variance + eps) from weight, bias, mean, variance [c], padded by 0 to whole blocks.
    BatchNormScale {
        /// Elements.
        len: usize,
        /// Added to the variance.
        eps: f64,
    },
    /// bias - mean * scale from weight, bias, mean, variance [c], padded by 0 to whole blocks.
    BatchNormShift {
        /// Elements.
        len: usize,
        /// Added to the variance.
        eps: f64,
    },
    /// What an average multiplies with: 1 / taps counted, for each output position in one direction.
    Reciprocals {
        /// The window.
        window: Window,
        /// Which taps count.
        count: Count,
        /// 0 for height, 1 for width.
        direction: usize,
        /// Input extent in the direction.
        input: usize,
        /// Output extent in the direction.
        output: usize,
    },
    /// 1 / elements of each window that shares out one direction; see [`Kind::Adaptive`](super::stage::Kind::Adaptive).
    AdaptiveReciprocals {
        /// Input extent.
        input: usize,
        /// Output extent.
        output: usize,
    },
    /// What linear resampling multiplies with, for each output position of one direction.
    Shares {
        /// The positions.
        sampling: Sampling,
        /// The share of the element behind, rather than of the one at the position.
        far: bool,
    },
}

/// One packed buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    /// The buffer.
    pub buffer: BufferId,
    /// How it is filled.
    pub packing: Packing,
    /// Positions in [`Program::constants`](super::program::Program::constants), in the packing's order.
    pub params: Vec<usize>,
}

fn blocks(channels: usize) -> usize {
    channels.div_ceil(LANES)
}

impl Packing {
    /// f32 elements of the packed buffer; `None` where that overflows.
    pub fn elements(&self) -> Option<usize> {
        let product = |factors: &[usize]| factors.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        match self {
            Packing::Tensor { shape, layout } => layout.elements(shape),
            Packing::Conv { shape: [oc, icg, kh, kw], groups, .. } => {
                product(&[*groups, blocks(oc / groups), LANES, *icg, *kh, *kw])
            }
            Packing::Depthwise { shape: [c, kh, kw] } => product(&[blocks(*c), LANES, *kh, *kw]),
            Packing::Gemm { shape: [o, k], .. } => product(&[blocks(*o), LANES, *k]),
            Packing::Vector { len, groups } | Packing::Phases { len, groups, .. } => {
                product(&[*groups, blocks(len / groups), LANES])
            }
            Packing::BatchNormScale { len, .. } | Packing::BatchNormShift { len, .. } => {
                product(&[blocks(*len), LANES])
            }
            Packing::Reciprocals { output, .. } | Packing::AdaptiveReciprocals { output, .. } => Some(*output),
            Packing::Shares { sampling, .. } => Some(sampling.output),
        }
    }

    /// Writes the packed elements. `params` has the tensors that [`Pack::params`] names, `out` has [`Packing::elements`] zeros.
    pub fn fill(&self, params: &[&[f32]], out: &mut [f32]) {
        match self {
            Packing::Tensor { shape, layout } => fill_layout(params[0], shape, *layout, out),
            Packing::Conv { shape: [oc, icg, kh, kw], groups, tile, blocked, weights } => {
                let (icg, kh, kw) = (*icg, *kh, *kw);
                let ocg = oc / groups;
                let k_total = icg * kh * kw;
                for g in 0..*groups {
                    for o in 0..ocg {
                        let (base, lane, width) = tile_position(o, ocg, *tile);
                        let base = (g * blocks(ocg) + base) * LANES * k_total;
                        for i in 0..icg {
                            for ky in 0..kh {
                                for kx in 0..kw {
                                    let k = if *blocked {
                                        // The last block holds only the channels there are.
                                        let (block, lanes) = (i / LANES, LANES.min(icg - i / LANES * LANES));
                                        block * LANES * kh * kw + (ky * kw + kx) * lanes + i % LANES
                                    } else {
                                        (i * kh + ky) * kw + kx
                                    };
                                    let Some(from) = weight_source(weights, [ocg, icg, kh, kw], [g, o, i, ky, kx])
                                    else {
                                        continue;
                                    };
                                    out[base + k * width + lane] = params[0][from];
                                }
                            }
                        }
                    }
                }
            }
            Packing::Depthwise { shape: [c, kh, kw] } => {
                let taps = kh * kw;
                for channel in 0..*c {
                    for tap in 0..taps {
                        out[(channel / LANES * taps + tap) * LANES + channel % LANES] = params[0][channel * taps + tap];
                    }
                }
            }
            Packing::Gemm { shape: [o, k], tile } => {
                for output in 0..*o {
                    let (base, lane, width) = tile_position(output, *o, *tile);
                    for i in 0..*k {
                        out[base * LANES * k + i * width + lane] = params[0][output * k + i];
                    }
                }
            }
            Packing::Vector { len, groups } => {
                let each = len / groups;
                for (i, &value) in params[0].iter().enumerate() {
                    out[i / each * blocks(each) * LANES + i % each] = value;
                }
            }
            Packing::Phases { len, groups, phases } => {
                let each = len / groups;
                for i in 0..*len {
                    let value = params[0][i / each * (each / phases) + i % each % (each / phases)];
                    out[i / each * blocks(each) * LANES + i % each] = value;
                }
            }
            Packing::BatchNormScale { eps, .. } => {
                for (i, (scale, _)) in batch_norm(params, *eps).enumerate() {
                    out[i] = scale as f32;
                }
            }
            Packing::BatchNormShift { eps, .. } => {
                for (i, (_, shift)) in batch_norm(params, *eps).enumerate() {
                    out[i] = shift as f32;
                }
            }
            Packing::Reciprocals { window, count, direction, input, output } => {
                for (o, value) in out.iter_mut().enumerate().take(*output) {
                    *value = 1.0 / taps(window, *count, *direction, *input, o) as f32;
                }
            }
            Packing::AdaptiveReciprocals { input, output } => {
                for (o, value) in out.iter_mut().enumerate().take(*output) {
                    *value = 1.0 / (((o + 1) * input).div_ceil(*output) - o * input / output) as f32;
                }
            }
            Packing::Shares { sampling, far } => {
                for (y, value) in out.iter_mut().enumerate().take(sampling.output) {
                    let behind = sampling.weight(y);
                    *value = if *far { behind } else { 1.0 - behind } as f32;
                }
            }
        }
    }
}

/// Where the weight of group `g`, its output channel `o`, input channel `i` and tap (ky, kx) stands in the parameter; `None` for 0.
/// `shape` is that of a group's weights.
fn weight_source(weights: &Weights, shape: [usize; 4], [g, o, i, ky, kx]: [usize; 5]) -> Option<usize> {
    let [ocg, icg, kh, kw] = shape;
    match weights {
        Weights::Direct => Some((((g * ocg + o) * icg + i) * kh + ky) * kw + kx),
        Weights::Transposed(t) => {
            let channels = ocg / (t.stride[0] * t.stride[1]);
            let (phase, channel) = (o / channels, o % channels);
            let row = t.tap(0, phase / t.stride[1], ky)?;
            let column = t.tap(1, phase % t.stride[1], kx)?;
            Some((((g * icg + i) * channels + channel) * t.kernel[0] + row) * t.kernel[1] + column)
        }
    }
}

/// For output channel `o` of `channels` in tiles of `tile` blocks: the first block of its tile, its lane in the tile, lanes of the tile.
/// Blocks that do not fill a tile, or are not full, are tiles of their own.
fn tile_position(o: usize, channels: usize, tile: usize) -> (usize, usize, usize) {
    let tiled = channels / LANES / tile * tile;
    let tile = if o / LANES < tiled { tile } else { 1 };
    let first = o / (tile * LANES) * tile;
    (first, o - first * LANES, tile * LANES)
}

/// Taps that an average counts at output `o`.
fn taps(window: &Window, count: Count, direction: usize, input: usize, o: usize) -> usize {
    match count {
        Count::Valid => window.valid_taps(direction, o, input).len(),
        Count::Padded => {
            let start = o * window.stride[direction];
            let room = input + window.pad[direction] + window.pad[direction + 2] - start;
            window.kernel[direction].min(room.div_ceil(window.dilation[direction]))
        }
    }
}

fn batch_norm<'a>(params: &'a [&[f32]], eps: f64) -> impl Iterator<Item = (f64, f64)> + 'a {
    (0..params[0].len()).map(move |i| {
        let [weight, bias, mean, variance] = [0, 1, 2, 3].map(|p| f64::from(params[p][i]));
        let scale = weight / (variance + eps).sqrt();
        (scale, bias - mean * scale)
    })
}

fn fill_layout(from: &[f32], shape: &[usize], layout: Layout, out: &mut [f32]) {
    let Layout::Blocked { groups } = layout else {
        return out.copy_from_slice(from);
    };
    let [n, c, h, w] = nchw(shape);
    let (each, plane) = (c / groups, h * w);
    for image in 0..n {
        for channel in 0..c {
            let block = image * groups * blocks(each) + channel / each * blocks(each) + channel % each / LANES;
            for pixel in 0..plane {
                out[(block * plane + pixel) * LANES + channel % each % LANES] =
                    from[(image * c + channel) * plane + pixel];
            }
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Packing::Tensor { layout, .. } => write!(f, "tensor {layout}"),
            Packing::Conv { groups, tile, blocked, weights, .. } => {
                let input = if *blocked { "blocked" } else { "plain" };
                write!(f, "conv tile={tile} groups={groups} input={input}")?;
                match weights {
                    Weights::Direct => Ok(()),
                    Weights::Transposed(t) => {
                        write!(f, " transposed kernel={:?} stride={:?} dilation={:?}", t.kernel, t.stride, t.dilation)
                    }
                }
            }
            Packing::Phases { phases, .. } => write!(f, "vector phases={phases}"),
            Packing::Depthwise { .. } => f.write_str("depthwise"),
            Packing::Gemm { tile, .. } => write!(f, "gemm tile={tile}"),
            Packing::Vector { .. } => f.write_str("vector"),
            Packing::BatchNormScale { eps, .. } => write!(f, "batch_norm_scale eps={eps:?}"),
            Packing::BatchNormShift { eps, .. } => write!(f, "batch_norm_shift eps={eps:?}"),
            Packing::Reciprocals { direction: 0, .. } => f.write_str("reciprocals of rows"),
            Packing::Reciprocals { .. } => f.write_str("reciprocals of columns"),
            Packing::AdaptiveReciprocals { input, output } => {
                write!(f, "reciprocals of {input} shared out to {output}")
            }
            Packing::Shares { far: false, .. } => f.write_str("shares of nearer elements"),
            Packing::Shares { .. } => f.write_str("shares of farther elements"),
        }
    }
}
