//! From a stage whose operands lie as it wants them to its nest, and how its constants are packed.

use super::layouts::is_depthwise;
use super::{Lower, LowerError};
use crate::graph::{Graph, ValueId};
use crate::loops::LANES;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{BufferId, Nest};
use crate::loops::pack::Packing;
use crate::loops::schedule::conv::{Conv, TILE_BLOCKS};
use crate::loops::schedule::{
    Tensor, adaptive, arg_max, concat, contraction, copy, interleave, matmul, pointwise, reduce, repack, repeat,
    resample, window,
};
use crate::loops::stage::{Kind, Weights};
use crate::ops::geometry::Window;

impl Lower<'_> {
    /// The nest of a stage, and the packed constants it reads. `x` are the operands it reads as tensors,
    /// `params` the constants that it wants packed its own way, in order.
    pub(super) fn schedule(
        &mut self,
        kind: &Kind,
        x: &[Tensor],
        y: &Tensor,
        params: Vec<usize>,
    ) -> Result<(Nest, Vec<BufferId>), LowerError> {
        let packed: Vec<ValueId> = params.iter().map(|&i| self.program.constants[i]).collect();
        let param_shape = |graph: &Graph, i: usize| graph.ty(packed[i]).shape.clone();
        if let Kind::Pool { window, .. } | Kind::Conv { window, .. } = kind
            && !addressable(window, &x[0], y)
        {
            let name = self.program.buffer(x[0].buffer).name.clone();
            return Err(LowerError::TooLarge { what: format!("the padded input {name}") });
        }
        Ok(match kind {
            Kind::Pointwise(expr) => (pointwise::pointwise("pointwise", expr, x, y), Vec::new()),
            Kind::BatchNorm { eps } => {
                let len = param_shape(self.graph, 0)[0];
                let scale = self.packed(Packing::BatchNormScale { len, eps: *eps }, params.clone())?;
                let shift = self.packed(Packing::BatchNormShift { len, eps: *eps }, params)?;
                let nest = pointwise::channelwise("scale_shift", &pointwise::scale_shift(), &x[0], &[scale, shift], y);
                (nest, vec![scale, shift])
            }
            Kind::Channelwise(expr) => {
                let vectors = params
                    .iter()
                    .enumerate()
                    .map(|(i, &param)| {
                        let len = param_shape(self.graph, i)[0];
                        self.packed(Packing::Vector { len, groups: 1 }, vec![param])
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                (pointwise::channelwise("channelwise", expr, &x[0], &vectors, y), vectors)
            }
            Kind::Reduce { axes, combine, finish } => {
                (reduce::Reduction { axes, combine: *combine, finish }.nest(&x[0], y), Vec::new())
            }
            Kind::ArgMax { axis } => (arg_max::arg_max(*axis, &x[0], y), Vec::new()),
            Kind::Pool { window, average } => {
                let mut constants = Vec::new();
                let average = match average {
                    None => None,
                    Some(count) => {
                        let ([.., h, w], [.., oh, ow]) = (nchw(&x[0].shape), nchw(&y.shape));
                        let reciprocals = |direction, input, output| Packing::Reciprocals {
                            window: *window,
                            count: *count,
                            direction,
                            input,
                            output,
                        };
                        let rows = self.packed(reciprocals(0, h, oh), Vec::new())?;
                        let columns = self.packed(reciprocals(1, w, ow), Vec::new())?;
                        constants = vec![rows, columns];
                        Some(window::Average { rows, columns })
                    }
                };
                (window::pool(*window, average.as_ref(), &x[0], y), constants)
            }
            Kind::Adaptive { average } => {
                let ([.., h, w], [.., oh, ow]) = (nchw(&x[0].shape), nchw(&y.shape));
                let mut constants = Vec::new();
                if *average {
                    for (input, output) in [(h, oh), (w, ow)] {
                        constants.push(self.packed(Packing::AdaptiveReciprocals { input, output }, Vec::new())?);
                    }
                }
                let average = match constants[..] {
                    [rows, columns] => Some(window::Average { rows, columns }),
                    _ => None,
                };
                (adaptive::adaptive(average.as_ref(), &x[0], y), constants)
            }
            Kind::ChannelSquares { before, after } => (window::channel_squares(*before, *after, &x[0], y), Vec::new()),
            Kind::Conv { window, groups, weights } => {
                let (oc, icg, [kh, kw]) = (y.shape[1], x[0].shape[1] / groups, window.kernel);
                let depthwise = is_depthwise(*groups, icg, oc, weights);
                let packing = if depthwise {
                    Packing::Depthwise { shape: [oc, kh, kw] }
                } else {
                    let blocked = x[0].layout != Layout::Plain;
                    let shape = [oc, icg, kh, kw];
                    Packing::Conv { shape, groups: *groups, tile: TILE_BLOCKS, blocked, weights: *weights }
                };
                let weight = self.packed(packing, vec![params[0]])?;
                let groups_of_bias = if depthwise { 1 } else { *groups };
                let vector = match weights {
                    Weights::Direct => Packing::Vector { len: oc, groups: groups_of_bias },
                    Weights::Transposed(t) => {
                        Packing::Phases { len: oc, groups: groups_of_bias, phases: t.phases().unwrap_or(oc) }
                    }
                };
                let bias = params.get(1).map(|&bias| self.packed(vector, vec![bias])).transpose()?;
                let conv = Conv { x: &x[0], weight, bias, y, window: *window, groups: *groups };
                let nest = if depthwise { conv.depthwise() } else { conv.nest() };
                (nest, std::iter::once(weight).chain(bias).collect())
            }
            Kind::Gemm => {
                let shape = param_shape(self.graph, 0);
                let packing =
                    Packing::Gemm { shape: [shape[0], shape[1]], tile: contraction::tile_blocks(x[0].shape[0]) };
                let weight = self.packed(packing, vec![params[0]])?;
                let vector = Packing::Vector { len: shape[0], groups: 1 };
                let bias = params.get(1).map(|&bias| self.packed(vector, vec![bias])).transpose()?;
                (contraction::gemm(&x[0], weight, bias, y), std::iter::once(weight).chain(bias).collect())
            }
            Kind::MatMul => (matmul::matmul(&x[0], &x[1], y), Vec::new()),
            Kind::Concat { axis } => (concat::concat(*axis, x, y), Vec::new()),
            Kind::Repeat { scale } => (repeat::repeat(*scale, &x[0], y), Vec::new()),
            Kind::Resample { sampling, linear } => {
                let mut constants = Vec::new();
                if *linear {
                    for (sampling, far) in sampling.iter().flat_map(|s| [(*s, false), (*s, true)]) {
                        constants.push(self.packed(Packing::Shares { sampling, far }, Vec::new())?);
                    }
                }
                let shares = match constants[..] {
                    [a, b, c, d] => Some(resample::Shares { rows: [a, b], columns: [c, d] }),
                    _ => None,
                };
                (resample::resample(sampling, shares.as_ref(), &x[0], y), constants)
            }
            Kind::Copy(pieces) => (copy::copy(pieces, &x[0], y), Vec::new()),
            Kind::Interleave { stride, crop, groups } => {
                (interleave::interleave(*stride, *crop, *groups, &x[0], y), Vec::new())
            }
            Kind::Reshape => (repack::repack(&x[0], y), Vec::new()),
        })
    }
}

/// Whether addresses of a sliding window, before padding is left out of them, fit i64 in bytes with room for sums.
fn addressable(window: &Window, x: &Tensor, y: &Tensor) -> bool {
    let (input, output) = (nchw(&x.shape), nchw(&y.shape));
    let span = |d: usize| (output[2 + d] * window.stride[d] + window.extent(d) + window.pad[d]) as u128;
    let elements = x.layout.elements(&x.shape).unwrap_or(usize::MAX) as u128;
    (span(0) * input[3] as u128 + span(1)) * LANES as u128 + elements < 1 << 58
}
