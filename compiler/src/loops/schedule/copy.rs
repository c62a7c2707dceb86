//! Copies in pieces: strided loops, in vectors where both tensors lie so, in tiles where they lie across each other.

use super::Tensor;
use super::repack::clear_pad_lanes;
use crate::loops::LANES;
use crate::loops::affine::{Affine, Bound};
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{BufferId, Nest, NestBuilder, Value, load, splat};
use crate::loops::pieces::{Piece, Pieces, Source};

/// Vectors, or elements, of one iteration of the innermost loop.
const UNROLL: usize = 4;

/// Rows and columns of a tile where one tensor's rows are the other's columns: a cache line each.
const TILE: usize = 16;

/// One dimension of a piece: its extent and how far the result and the operand move a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dim {
    extent: usize,
    to: i64,
    from: i64,
}

/// What is copied where: the first elements and the dimensions.
struct Boxed {
    to: BufferId,
    to_start: usize,
    from: From,
    dims: Vec<Dim>,
}

/// Where elements come from.
#[derive(Clone, Copy)]
enum From {
    Constant(f32),
    Operand(BufferId, usize),
}

/// Copies `x` to `y`, both plain, or both blocked without groups where [`Pieces::keep_channels`].
pub fn copy(pieces: &Pieces, x: &Tensor, y: &Tensor) -> Nest {
    let mut b = NestBuilder::new(pieces);
    for piece in &pieces.pieces {
        match y.layout {
            Layout::Plain => plain(pieces, piece, x, y).emit(&mut b),
            Layout::Blocked { .. } => blocked(&mut b, piece, x, y),
        }
    }
    if y.layout != Layout::Plain {
        let [n, _, h, w] = nchw(&y.shape);
        b.range("n", n, |b, image| clear_pad_lanes(b, &image, y, h * w));
    }
    b.finish()
}

/// Elements between neighbours along each dimension of a plain tensor.
fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|d| shape[d + 1..].iter().product()).collect()
}

fn plain(pieces: &Pieces, piece: &Piece, x: &Tensor, y: &Tensor) -> Boxed {
    let (to, from) = (strides(&pieces.to), strides(&pieces.from));
    let to_start = to.iter().zip(&piece.start).map(|(stride, start)| stride * start).sum();
    let (source, moves): (From, Vec<i64>) = match &piece.source {
        Source::Constant(value) => (From::Constant(*value), vec![0; to.len()]),
        Source::Operand(steps) => {
            let start = steps.iter().map(|steps| from[steps.dim] * steps.start).sum();
            (From::Operand(x.buffer, start), steps.iter().map(|steps| from[steps.dim] as i64 * steps.by).collect())
        }
    };
    let dims = piece.extent.iter().zip(&to).zip(moves);
    let dims = dims.map(|((&extent, &to), from)| Dim { extent, to: to as i64, from }).collect();
    Boxed { to: y.buffer, to_start, from: source, dims }
}

/// Copies a piece block by block; lane by lane what is not whole blocks of both.
fn blocked(b: &mut NestBuilder, piece: &Piece, x: &Tensor, y: &Tensor) {
    /// Strides over images, blocks, rows and columns.
    fn strides(t: &Tensor) -> [usize; 4] {
        let [_, _, h, w] = nchw(&t.shape);
        [t.layout.blocks(&t.shape) * h * w * LANES, h * w * LANES, w * LANES, LANES]
    }
    let (to, from) = (strides(y), strides(x));
    let channels = piece.extent[1];
    // The box of `count` channels from the piece's `first` on, one a step of `stride` channels: a multiple of LANES.
    let part = |first: usize, count: usize, vector: bool| {
        let channel = piece.start[1] + first;
        let at = |strides: &[usize; 4], channel: usize| channel / LANES * strides[1] + channel % LANES;
        let others = [0, 2, 3];
        let to_start = at(&to, channel) + others.iter().map(|&d| to[d] * piece.start[d]).sum::<usize>();
        let mut dims: Vec<Dim> = (0..4).map(|d| Dim { extent: piece.extent[d], to: to[d] as i64, from: 0 }).collect();
        dims[1].extent = count;
        let source = match &piece.source {
            Source::Constant(value) => From::Constant(*value),
            Source::Operand(steps) => {
                let channel = (steps[1].start as i64 + first as i64 * steps[1].by) as usize;
                let start = others.iter().map(|&d| from[steps[d].dim] * steps[d].start).sum::<usize>();
                for (dim, steps) in dims.iter_mut().zip(steps) {
                    dim.from = from[steps.dim] as i64 * steps.by;
                }
                From::Operand(x.buffer, at(&from, channel) + start)
            }
        };
        if vector {
            let lane = i64::from(matches!(source, From::Operand(..)));
            dims.push(Dim { extent: LANES, to: 1, from: lane });
        }
        Boxed { to: y.buffer, to_start, from: source, dims }
    };
    let blocks = channels / LANES;
    if piece.keeps_lanes() {
        part(0, blocks, true).emit(b);
        for lane in blocks * LANES..channels {
            part(lane, 1, false).emit(b);
        }
        return;
    }
    for lane in 0..LANES.min(channels) {
        part(lane, (channels - lane).div_ceil(LANES), false).emit(b);
    }
}

/// Merges neighbouring dimensions over which both tensors are contiguous, and drops those of extent 1.
fn merge(dims: &[Dim]) -> Vec<Dim> {
    let mut merged: Vec<Dim> = Vec::new();
    for dim in dims.iter().filter(|dim| dim.extent != 1) {
        let steps = dim.extent as i64;
        match merged.last_mut() {
            Some(outer) if outer.to == dim.to * steps && outer.from == dim.from * steps => {
                *outer = Dim { extent: outer.extent * dim.extent, ..*dim };
            }
            _ => merged.push(*dim),
        }
    }
    merged
}

impl Boxed {
    fn emit(&self, b: &mut NestBuilder) {
        if self.dims.iter().any(|dim| dim.extent == 0) {
            return;
        }
        let mut dims = merge(&self.dims);
        let from = match self.from {
            From::Constant(_) => 0,
            From::Operand(_, start) => start,
        };
        let starts = [Affine::from(self.to_start), Affine::from(from)];
        let inner = match dims.last() {
            Some(dim) if dim.to == 1 => dims.pop(),
            _ => None,
        };
        let Some(inner) = inner else {
            return self.outer(b, &dims, starts, &|b, starts| self.element(b, starts));
        };
        // The dimension along which the operand is contiguous where the result is not.
        let across = dims.iter().position(|dim| inner.from > 1 && dim.from == 1 && dim.extent >= TILE / 2);
        match across.map(|at| dims.remove(at)) {
            Some(across) if inner.extent >= TILE / 2 => {
                self.outer(b, &dims, starts, &|b, starts| self.tiles(b, inner, across, starts));
            }
            across => {
                dims.extend(across);
                self.outer(b, &dims, starts, &|b, starts| self.row(b, inner, starts));
            }
        }
    }

    /// Loops over `dims`; `body` gets where the result and the operand begin.
    fn outer(
        &self,
        b: &mut NestBuilder,
        dims: &[Dim],
        starts: [Affine; 2],
        body: &dyn Fn(&mut NestBuilder, [Affine; 2]),
    ) {
        match dims.split_first() {
            None => body(b, starts),
            Some((dim, rest)) => {
                b.range("o", dim.extent, |b, o| self.outer(b, rest, shifted(&starts, *dim, &o), body));
            }
        }
    }

    fn value(&self, at: Affine, vector: bool) -> Value {
        match self.from {
            From::Constant(value) => Expr::Const(value),
            From::Operand(buffer, _) if vector => load(buffer, at),
            From::Operand(buffer, _) => splat(buffer, at),
        }
    }

    fn element(&self, b: &mut NestBuilder, [to, from]: [Affine; 2]) {
        b.store(self.to, to, 1, self.value(from, false));
    }

    /// One row of the result.
    fn row(&self, b: &mut NestBuilder, dim: Dim, starts: [Affine; 2]) {
        let width = if matches!(dim.from, 0 | 1) { LANES } else { 1 };
        let steps = dim.extent / width;
        let unrolled = steps / UNROLL * UNROLL * width;
        let vectors = |b: &mut NestBuilder, i: Affine| {
            let [to, from] = shifted(&starts, dim, &i);
            b.store(self.to, to, width, self.value(from, dim.from == 1));
        };
        b.steps("i", 0, unrolled, UNROLL * width, |b, i| {
            b.unroll("u", 0..UNROLL, |b, u| vectors(b, i + u * width));
        });
        b.steps("i", unrolled, steps * width, width, vectors);
        b.steps("i", steps * width, dim.extent, 1, |b, i| self.element(b, shifted(&starts, dim, &i)));
    }

    /// A matrix transposed, tile by tile: `inner` is contiguous in the result, `across` in the operand.
    fn tiles(&self, b: &mut NestBuilder, inner: Dim, across: Dim, starts: [Affine; 2]) {
        b.steps("ta", 0, across.extent, TILE, |b, tile_across| {
            b.steps("ti", 0, inner.extent, TILE, |b, tile_inner| {
                let bounds = |tile: &Affine, dim: Dim| {
                    let mut high = vec![Bound::from(tile.clone() + TILE)];
                    if !dim.extent.is_multiple_of(TILE) {
                        high.push(dim.extent.into());
                    }
                    (vec![Bound::from(tile.clone())], high)
                };
                let (low, high) = bounds(&tile_across, across);
                b.bounded("a", low, high, 1, |b, a| {
                    let starts = shifted(&starts, across, &a);
                    let (low, high) = bounds(&tile_inner, inner);
                    b.bounded("i", low, high, 1, |b, i| self.element(b, shifted(&starts, inner, &i)));
                });
            });
        });
    }
}

fn shifted([to, from]: &[Affine; 2], dim: Dim, by: &Affine) -> [Affine; 2] {
    [to.clone() + by.clone() * dim.to, from.clone() + by.clone() * dim.from]
}
