//! Pointwise stages: strided loops over broadcast operands, contiguous dimensions merged, the innermost in vectors.

use super::Tensor;
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{BufferId, Nest, NestBuilder, Value, load, splat};
use crate::loops::stage::Operand;

/// Vectors of one iteration of the innermost loop.
const UNROLL: usize = 4;

/// One dimension of an iteration space: its extent and how far each view moves per step.
#[derive(Clone, Debug)]
pub(super) struct Dim {
    pub(super) extent: usize,
    pub(super) strides: Vec<usize>,
}

/// What a strided loop reads or writes: a buffer and the element it starts at.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) buffer: BufferId,
    pub(super) offset: usize,
}

/// result = expr(operands), operands broadcast to the result.
pub fn pointwise(title: &str, expr: &Expr<Operand>, reads: &[Tensor], write: &Tensor) -> Nest {
    let mut b = NestBuilder::new(format!("{title} {expr}"));
    let all: Vec<&Tensor> = std::iter::once(write).chain(reads).collect();
    let views: Vec<View> = all.iter().map(|t| View { buffer: t.buffer, offset: 0 }).collect();
    let dims = dims(&all, write);
    let channels = nchw(&write.shape)[1];
    let blocked = matches!(write.layout, Layout::Blocked { .. });
    // An operand that is the same to every lane is so to pad lanes too.
    let broadcast = reads.iter().any(|t| t.layout == Layout::Plain);
    if blocked && !channels.is_multiple_of(LANES) && (broadcast || !keeps_zero(expr)) {
        // Pad lanes must stay 0, so the last block stores its real lanes only and zeros behind them.
        let block = 1;
        let mut head = dims.clone();
        head[block].extent -= 1;
        if head[block].extent > 0 {
            strided(&mut b, head, &views, expr, LANES);
        }
        let last = views.iter().enumerate().map(|(i, v)| View {
            buffer: v.buffer,
            offset: v.offset + (dims[block].extent - 1) * dims[block].strides[i],
        });
        let last: Vec<View> = last.collect();
        let mut tail = dims;
        tail[block].extent = 1;
        strided(&mut b, tail, &last, expr, channels % LANES);
    } else {
        strided(&mut b, dims, &views, expr, LANES);
    }
    b.finish()
}

/// y = expr(x, vectors): the vectors have one element a channel (dimension 1), packed as whole blocks.
pub fn channelwise(title: &str, expr: &Expr<Operand>, x: &Tensor, vectors: &[BufferId], y: &Tensor) -> Nest {
    let mut shape = vec![1; x.shape.len().max(2) - 1];
    shape[0] = x.shape[1];
    if x.layout != Layout::Plain {
        shape.insert(0, 1);
    }
    let vectors = vectors.iter().map(|&buffer| Tensor { buffer, shape: shape.clone(), layout: x.layout });
    let reads: Vec<Tensor> = std::iter::once(x.clone()).chain(vectors).collect();
    pointwise(title, expr, &reads, y)
}

/// x * scale + shift, of operands in this order.
pub fn scale_shift() -> Expr<Operand> {
    let [x, scale, shift] = [0, 1, 2].map(|i| Expr::Leaf(Operand(i)));
    Expr::mul_add(x, scale, shift)
}

/// Whether the expression is 0 where all operands are.
fn keeps_zero(expr: &Expr<Operand>) -> bool {
    fn at_zero(expr: &Expr<Operand>) -> f32 {
        match expr {
            Expr::Leaf(_) => 0.0,
            Expr::Const(c) => *c,
            Expr::Unary(f, a) => f.of(f64::from(at_zero(a))) as f32,
            Expr::Binary(f, a, b) => f.of(at_zero(a), at_zero(b)),
            Expr::MulAdd(abc) => at_zero(&abc[0]) * at_zero(&abc[1]) + at_zero(&abc[2]),
        }
    }
    at_zero(expr) == 0.0
}

/// The iteration space of the written tensor; `all[0]` is the written one. Blocked: n, block, height, width, lane.
fn dims(all: &[&Tensor], write: &Tensor) -> Vec<Dim> {
    match write.layout {
        Layout::Plain => {
            let rank = write.shape.len();
            (0..rank)
                .map(|d| Dim {
                    extent: write.shape[d],
                    strides: all
                        .iter()
                        .map(|t| {
                            let skip = rank - t.shape.len();
                            if d < skip || t.shape[d - skip] == 1 {
                                0
                            } else {
                                t.shape[d - skip + 1..].iter().product()
                            }
                        })
                        .collect(),
                })
                .collect()
        }
        Layout::Blocked { .. } => {
            let [n, _, h, w] = nchw(&write.shape);
            let extents = [n, write.layout.blocks(&write.shape), h, w, LANES];
            (0..5)
                .map(|d| Dim { extent: extents[d], strides: all.iter().map(|t| blocked_strides(t)[d]).collect() })
                .collect()
        }
    }
}

/// Strides of an operand over (n, block, height, width, lane), 0 where it is broadcast. A plain operand has one channel here.
fn blocked_strides(t: &Tensor) -> [usize; 5] {
    let [n, _, h, w] = nchw(&t.shape);
    let keep = |extent: usize, stride: usize| if extent == 1 { 0 } else { stride };
    match t.layout {
        Layout::Blocked { .. } => {
            let blocks = t.layout.blocks(&t.shape);
            [keep(n, blocks * h * w * LANES), h * w * LANES, keep(h, w * LANES), keep(w, LANES), 1]
        }
        Layout::Plain => [keep(n, h * w), 0, keep(h, w), keep(w, 1), 0],
    }
}

/// Merges neighbouring dimensions over which every view is contiguous, and drops those of extent 1.
pub(super) fn merge(dims: Vec<Dim>) -> Vec<Dim> {
    let mut merged: Vec<Dim> = Vec::new();
    for dim in dims.into_iter().filter(|d| d.extent != 1) {
        match merged.last_mut() {
            Some(outer) if outer.strides.iter().zip(&dim.strides).all(|(o, i)| *o == i * dim.extent) => {
                *outer = Dim { extent: outer.extent * dim.extent, strides: dim.strides };
            }
            _ => merged.push(dim),
        }
    }
    merged
}

/// Loops over `dims`, storing `expr` of the views behind the first into the first. `lanes` real lanes of each vector; fewer than [`LANES`]
/// only where the innermost dimension is one vector.
pub(super) fn strided(b: &mut NestBuilder, dims: Vec<Dim>, views: &[View], expr: &Expr<Operand>, lanes: usize) {
    let mut dims = merge_lanes(dims, lanes);
    // The innermost dimension is walked in vectors, which needs strides of 0 or 1.
    let inner = match dims.last() {
        Some(dim) if dim.strides.iter().all(|s| *s <= 1) && dim.strides[0] == 1 => dims.pop(),
        _ => None,
    };
    let inner = inner.unwrap_or_else(|| Dim { extent: 1, strides: vec![0; views.len()] });
    let starts = views.iter().map(|v| Affine::from(v.offset)).collect();
    outer(b, &dims, starts, &mut |b, starts| {
        let value = |at: &[Affine], vector: bool| -> Value {
            expr.map(&mut |Operand(i)| {
                let (view, at) = (views[i + 1], at[i + 1].clone());
                if vector && inner.strides[i + 1] == 1 { load(view.buffer, at) } else { splat(view.buffer, at) }
            })
        };
        let shift = |by: Affine| -> Vec<Affine> {
            starts.iter().zip(&inner.strides).map(|(s, stride)| s.clone() + by.clone() * *stride).collect()
        };
        if lanes < LANES {
            return b.store_block(views[0].buffer, starts[0].clone(), lanes, value(starts, true));
        }
        let vectors = inner.extent / LANES;
        let unrolled = vectors / UNROLL * UNROLL;
        b.steps("i", 0, unrolled * LANES, UNROLL * LANES, |b, i| {
            b.unroll("u", 0..UNROLL, |b, u| {
                let at = shift(i.clone() + u * LANES);
                b.store(views[0].buffer, at[0].clone(), LANES, value(&at, true));
            });
        });
        b.steps("i", unrolled * LANES, vectors * LANES, LANES, |b, i| {
            let at = shift(i);
            b.store(views[0].buffer, at[0].clone(), LANES, value(&at, true));
        });
        b.steps("i", vectors * LANES, inner.extent, 1, |b, i| {
            let at = shift(i);
            b.store(views[0].buffer, at[0].clone(), 1, value(&at, false));
        });
    });
}

/// [`merge`], but a block whose lanes are not all real keeps its lane dimension apart.
fn merge_lanes(mut dims: Vec<Dim>, lanes: usize) -> Vec<Dim> {
    if lanes == LANES {
        return merge(dims);
    }
    let lane = dims.pop();
    let mut merged = merge(dims);
    merged.extend(lane);
    merged
}

/// Loops over `dims`: `body` gets where each view stands.
pub(super) fn outer(
    b: &mut NestBuilder,
    dims: &[Dim],
    starts: Vec<Affine>,
    body: &mut dyn FnMut(&mut NestBuilder, &[Affine]),
) {
    match dims.split_first() {
        None => body(b, &starts),
        Some((dim, rest)) => b.range("o", dim.extent, |b, o| {
            let starts = starts.into_iter().zip(&dim.strides).map(|(s, stride)| s + o.clone() * *stride).collect();
            outer(b, rest, starts, body);
        }),
    }
}
