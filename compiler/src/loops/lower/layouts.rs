//! The table of layouts: what each kind of stage wants of its operands, and what it gives.

use crate::loops::LANES;
use crate::loops::layout::{Layout, has_channels, nchw};
use crate::loops::schedule::window::BLOCKED_REACH;
use crate::loops::stage::{Kind, Weights};

/// An operand's claim: the layout its stage wants it in.
pub(super) enum Want {
    Layout(Layout),
    Weights,
}

/// A shape with leading extents of 1 up to a rank.
pub(super) fn lift(shape: &[usize], rank: usize) -> Vec<usize> {
    let mut lifted = vec![1; rank.saturating_sub(shape.len())];
    lifted.extend(shape);
    lifted
}

/// Whether a kind works on plain tensors only, for a first operand and a result of these shapes.
pub(super) fn needs_plain(kind: &Kind, shape: &[usize], out: &[usize]) -> bool {
    let (rank, out_rank) = (shape.len(), out.len());
    match kind {
        Kind::Reduce { axes, .. } => !has_channels(rank) || out_rank != rank || !(2..rank).eq(axes.iter().copied()),
        Kind::ChannelSquares { before, after } => rank != 4 || (*before).max(*after) > BLOCKED_REACH,
        Kind::Copy(pieces) => !pieces.keep_channels(shape, out),
        Kind::ArgMax { .. } | Kind::Gemm | Kind::MatMul | Kind::Reshape => true,
        Kind::Pointwise(_)
        | Kind::Channelwise(_)
        | Kind::BatchNorm { .. }
        | Kind::Pool { .. }
        | Kind::Adaptive { .. }
        | Kind::Resample { .. }
        | Kind::Conv { .. }
        | Kind::Concat { .. }
        | Kind::Repeat { .. }
        | Kind::Interleave { .. } => false,
    }
}

/// Whether a convolution has one input channel for each output channel, so that lanes never meet.
pub(super) fn is_depthwise(
    groups: usize,
    input_channels_a_group: usize,
    output_channels: usize,
    weights: &Weights,
) -> bool {
    groups > 1 && input_channels_a_group == 1 && output_channels == groups && *weights == Weights::Direct
}

/// Inputs with fewer channels than this feed a convolution as they are; others are blocked first.
const DIRECT_CHANNELS: usize = LANES;

/// The table of layouts: what each kind wants of its operands, and what it gives. `current` is how the operands lie now.
pub(super) fn demand(
    kind: &Kind,
    shapes: &[Vec<usize>],
    current: &[Option<Layout>],
    out: &[usize],
) -> (Vec<Want>, Layout) {
    let all = |layout: Layout| shapes.iter().map(|_| Want::Layout(layout)).collect::<Vec<_>>();
    let blocked_now = current.iter().flatten().any(|l| *l != Layout::Plain);
    let weighted =
        |first: Layout| std::iter::once(Want::Layout(first)).chain(shapes[1..].iter().map(|_| Want::Weights)).collect();
    match kind {
        Kind::Pointwise(_) => {
            if !has_channels(out.len()) || !blocked_now {
                return (all(Layout::Plain), Layout::Plain);
            }
            // One channel against several is the same to every lane.
            let broadcast = |shape: &[usize]| nchw(&lift(shape, out.len()))[1] == 1 && out[1] > 1;
            let want =
                |shape: &Vec<usize>| Want::Layout(if broadcast(shape) { Layout::Plain } else { Layout::BLOCKED });
            (shapes.iter().map(want).collect(), Layout::BLOCKED)
        }
        Kind::BatchNorm { .. } => {
            let layout = if has_channels(shapes[0].len()) { Layout::BLOCKED } else { Layout::Plain };
            (weighted(layout), layout)
        }
        Kind::Channelwise(_) => {
            let layout = if shapes[0].len() == 4 && blocked_now { Layout::BLOCKED } else { Layout::Plain };
            (weighted(layout), layout)
        }
        Kind::Pool { .. } | Kind::Adaptive { .. } => (all(Layout::BLOCKED), Layout::BLOCKED),
        Kind::Reduce { .. } | Kind::ChannelSquares { .. } => {
            let layout = if needs_plain(kind, &shapes[0], out) { Layout::Plain } else { Layout::BLOCKED };
            (all(layout), layout)
        }
        Kind::Conv { groups, weights, .. } => {
            let (channels, out_channels) = (shapes[0][1], out[1]);
            if is_depthwise(*groups, channels / groups, out_channels, weights) {
                return (weighted(Layout::BLOCKED), Layout::BLOCKED);
            }
            let direct = *groups == 1 && channels < DIRECT_CHANNELS && current[0] == Some(Layout::Plain);
            let layout = if direct { Layout::Plain } else { Layout::blocked(channels, *groups) };
            (weighted(layout), Layout::blocked(out_channels, *groups))
        }
        Kind::Gemm => (weighted(Layout::Plain), Layout::Plain),
        Kind::Concat { .. } => {
            let layout = if has_channels(out.len()) && blocked_now { Layout::BLOCKED } else { Layout::Plain };
            (all(layout), layout)
        }
        Kind::Repeat { .. } | Kind::Resample { .. } => {
            let layout = current[0].unwrap_or(Layout::BLOCKED);
            (all(layout), layout)
        }
        Kind::Copy(pieces) => {
            let blocked = blocked_now && pieces.keep_channels(&shapes[0], out);
            let layout = if blocked { Layout::BLOCKED } else { Layout::Plain };
            (all(layout), layout)
        }
        Kind::Interleave { groups, .. } => {
            let whole = (out[1] / groups).is_multiple_of(LANES);
            let layout = if whole { Layout::BLOCKED } else { Layout::Plain };
            (all(layout), layout)
        }
        Kind::ArgMax { .. } | Kind::MatMul | Kind::Reshape => (all(Layout::Plain), Layout::Plain),
    }
}
