//! Pixels repeated in height and width: each is loaded once and stored as often as it is repeated.

use super::Tensor;
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{Nest, NestBuilder, load, reg, splat};

/// Vectors loaded before their copies are stored.
const VECTORS: usize = 4;
/// Up to this many copies are written out, more are a loop.
const WRITTEN_OUT: usize = 4;

/// Repeats each pixel of `x` `scale` times in height and width; `y` lies as `x` does. Rows of all images and channels count as one
/// sequence, since row r of `x` is rows `r * scale[0]..(r + 1) * scale[0]` of `y`.
pub fn repeat(scale: [usize; 2], x: &Tensor, y: &Tensor) -> Nest {
    let [down, across] = scale;
    let [n, c, h, w] = nchw(&x.shape);
    let mut b = NestBuilder::new(format!("repeat {down}x{across} {}", x.layout));
    match x.layout {
        Layout::Blocked { .. } => {
            let rows = Rows { x, y, scale, length: w * LANES };
            b.range("r", n * x.layout.blocks(&x.shape) * h, |b, row| rows.vectors(b, &row, w));
        }
        Layout::Plain => {
            let rows = Rows { x, y, scale, length: w };
            b.range("r", n * c * h, |b, row| {
                if across == 1 {
                    rows.vectors(b, &row, w / LANES);
                    rows.rest(b, &row, w / LANES * LANES);
                } else {
                    rows.widened(b, &row);
                    rows.copied(b, &row);
                }
            });
        }
    }
    b.finish()
}

/// Rows of both tensors; `length` is that of `x`, in elements.
struct Rows<'a> {
    x: &'a Tensor,
    y: &'a Tensor,
    scale: [usize; 2],
    length: usize,
}

impl Rows<'_> {
    /// The first element of the `copy`-th row that row `row` of `x` becomes.
    fn to(&self, row: &Affine, copy: impl Into<Affine>) -> Affine {
        (row.clone() * self.scale[0] + copy.into()) * (self.length * self.scale[1])
    }

    /// Repeats the first `count` vectors of a row, each as a whole.
    fn vectors(&self, b: &mut NestBuilder, row: &Affine, count: usize) {
        let tile = |b: &mut NestBuilder, start: Affine, vectors: usize| {
            let values = b.regs("x", vectors);
            b.unroll("i", 0..vectors, |b, i| {
                let at = row.clone() * self.length + (start.clone() + i.clone()) * LANES;
                b.set(values, i, load(self.x.buffer, at));
            });
            copies(b, "k", self.scale[0], |b, k| {
                b.unroll("i", 0..vectors, |b, i| {
                    copies(b, "j", self.scale[1], |b, j| {
                        let vector = (start.clone() + i.clone()) * self.scale[1] + j;
                        b.store(self.y.buffer, self.to(row, k.clone()) + vector * LANES, LANES, reg(values, i));
                    });
                });
            });
        };
        let whole = count / VECTORS * VECTORS;
        b.steps("w", 0, whole, VECTORS, |b, start| tile(b, start, VECTORS));
        b.steps("w", whole, count, 1, |b, start| tile(b, start, 1));
    }

    /// Repeats the elements from `start` on downwards, where rows do not grow.
    fn rest(&self, b: &mut NestBuilder, row: &Affine, start: usize) {
        let value = b.regs("x", 1);
        b.steps("w", start, self.length, 1, |b, column| {
            b.set(value, 0usize, splat(self.x.buffer, row.clone() * self.length + column.clone()));
            copies(b, "k", self.scale[0], |b, k| {
                b.store(self.y.buffer, self.to(row, k) + column.clone(), 1, reg(value, 0usize));
            });
        });
    }

    /// Writes the first of the rows that a row becomes, element by element.
    fn widened(&self, b: &mut NestBuilder, row: &Affine) {
        let across = self.scale[1];
        let value = b.regs("x", 1);
        b.range("w", self.length, |b, column| {
            b.set(value, 0usize, splat(self.x.buffer, row.clone() * self.length + column.clone()));
            let at = self.to(row, 0usize) + column * across;
            let whole = across / LANES * LANES;
            b.steps("j", 0, whole, LANES, |b, j| b.store(self.y.buffer, at.clone() + j, LANES, reg(value, 0usize)));
            b.unroll("j", whole..across, |b, j| b.store(self.y.buffer, at + j, 1, reg(value, 0usize)));
        });
    }

    /// Copies the first of the rows that a row becomes to the others.
    fn copied(&self, b: &mut NestBuilder, row: &Affine) {
        let length = self.length * self.scale[1];
        b.steps("k", 1, self.scale[0], 1, |b, k| {
            let [from, to] = [self.to(row, 0usize), self.to(row, k)];
            let whole = length / LANES * LANES;
            b.steps("i", 0, whole, LANES, |b, i| {
                b.store(self.y.buffer, to.clone() + i.clone(), LANES, load(self.y.buffer, from.clone() + i));
            });
            b.steps("i", whole, length, 1, |b, i| {
                b.store(self.y.buffer, to.clone() + i.clone(), 1, splat(self.y.buffer, from.clone() + i));
            });
        });
    }
}

fn copies(b: &mut NestBuilder, name: &str, count: usize, body: impl FnOnce(&mut NestBuilder, Affine)) {
    if count <= WRITTEN_OUT { b.unroll(name, 0..count, body) } else { b.range(name, count, body) }
}
