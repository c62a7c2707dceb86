//! Matrix products of two tensors: tiles of rows by vectors of columns in registers, batches around them.

use super::Tensor;
use super::pointwise::{Dim, merge, outer};
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::expr::Expr;
use crate::loops::nest::{BufferId, Leaf, Nest, NestBuilder, Value, load, reg, splat};
use crate::loops::stage::Combine;

/// Rows of a tile.
const ROWS: usize = 5;
/// Vectors of columns of a tile; with [`ROWS`] the sums, the columns and one element fit 16 registers.
const VECTORS: usize = 2;
/// Independent sums of a dot product, to hide the latency of its additions.
const CHAINS: usize = 4;

/// y [.., m, n] = a [.., m, k] b [.., k, n], all plain; leading dimensions are broadcast to those of y.
pub fn matmul(a: &Tensor, b: &Tensor, y: &Tensor) -> Nest {
    let rank = y.shape.len();
    let [m, n, k] = [y.shape[rank - 2], y.shape[rank - 1], a.shape[a.shape.len() - 1]];
    let mut nest = NestBuilder::new(format!("matmul {m}x{k}x{n}"));
    let stride = |t: &Tensor, d: usize| match (d + t.shape.len()).checked_sub(rank) {
        Some(d) if t.shape[d] != 1 => t.shape[d + 1..].iter().product(),
        _ => 0,
    };
    let batches =
        (0..rank - 2).map(|d| Dim { extent: y.shape[d], strides: [a, b, y].iter().map(|t| stride(t, d)).collect() });
    let product = Product { a: a.buffer, b: b.buffer, y: y.buffer, m, n, k };
    outer(&mut nest, &merge(batches.collect()), vec![Affine::default(); 3], &mut |nest, starts| {
        if n == 1 { product.column(nest, starts) } else { product.tiles(nest, starts) }
    });
    nest.finish()
}

/// One product, at the starts of its three matrices.
struct Product {
    a: BufferId,
    b: BufferId,
    y: BufferId,
    m: usize,
    n: usize,
    k: usize,
}

impl Product {
    fn tiles(&self, b: &mut NestBuilder, starts: &[Affine]) {
        let wide = VECTORS * LANES;
        let (tiled, whole) = (self.n / wide * wide, self.n / LANES * LANES);
        b.steps("j", 0, tiled, wide, |b, column| self.columns(b, starts, &column, VECTORS, LANES));
        b.steps("j", tiled, whole, LANES, |b, column| self.columns(b, starts, &column, 1, LANES));
        b.steps("j", whole, self.n, 1, |b, column| self.columns(b, starts, &column, 1, 1));
    }

    /// All rows of `vectors` vectors of `lanes` columns.
    fn columns(&self, b: &mut NestBuilder, starts: &[Affine], column: &Affine, vectors: usize, lanes: usize) {
        let read: fn(BufferId, Affine) -> Value = if lanes == 1 { splat } else { load };
        let tile = |b: &mut NestBuilder, row: Affine, rows: usize| {
            let acc = b.regs("acc", rows * vectors);
            let factors = b.regs("b", vectors);
            let element = b.regs("a", 1);
            b.unroll("i", 0..rows * vectors, |b, i| b.set(acc, i, Expr::Const(0.0)));
            b.range("k", self.k, |b, k| {
                b.unroll("v", 0..vectors, |b, v| {
                    let at = starts[1].clone() + k.clone() * self.n + column.clone() + v.clone() * LANES;
                    b.set(factors, v, read(self.b, at));
                });
                b.unroll("i", 0..rows, |b, i| {
                    let at = starts[0].clone() + (row.clone() + i.clone()) * self.k + k.clone();
                    b.set(element, 0usize, splat(self.a, at));
                    b.unroll("v", 0..vectors, |b, v| {
                        let to = i.clone() * vectors + v.clone();
                        b.set(acc, to.clone(), Expr::mul_add(reg(element, 0usize), reg(factors, v), reg(acc, to)));
                    });
                });
            });
            b.unroll("i", 0..rows, |b, i| {
                b.unroll("v", 0..vectors, |b, v| {
                    let at =
                        starts[2].clone() + (row.clone() + i.clone()) * self.n + column.clone() + v.clone() * LANES;
                    b.store(self.y, at, lanes, reg(acc, i * vectors + v));
                });
            });
        };
        let whole = self.m / ROWS * ROWS;
        b.steps("i", 0, whole, ROWS, |b, row| tile(b, row, ROWS));
        if whole < self.m {
            tile(b, whole.into(), self.m - whole);
        }
    }

    /// A product with one column, whose elements follow each other: dot products.
    fn column(&self, b: &mut NestBuilder, starts: &[Affine]) {
        b.range("i", self.m, |b, row| {
            let (left, right) = (starts[0].clone() + row.clone() * self.k, starts[1].clone());
            let acc = b.regs("acc", CHAINS);
            b.unroll("u", 0..CHAINS, |b, u| b.set(acc, u, Expr::Const(0.0)));
            let step = |b: &mut NestBuilder, chain: Affine, at: Affine| {
                let (x, y) = (load(self.a, left.clone() + at.clone()), load(self.b, right.clone() + at));
                b.set(acc, chain.clone(), Expr::mul_add(x, y, reg(acc, chain)));
            };
            let (tiled, whole) = (self.k / (CHAINS * LANES) * (CHAINS * LANES), self.k / LANES * LANES);
            b.steps("k", 0, tiled, CHAINS * LANES, |b, k| {
                b.unroll("u", 0..CHAINS, |b, u| step(b, u.clone(), k + u * LANES));
            });
            b.steps("k", tiled, whole, LANES, |b, k| step(b, 0usize.into(), k));
            for u in 1..CHAINS {
                b.set(acc, 0usize, reg(acc, 0usize) + reg(acc, u));
            }
            b.set(acc, 0usize, Expr::Leaf(Leaf::Across(Combine::Sum, acc, 0usize.into())));
            b.steps("k", whole, self.k, 1, |b, k| {
                let (x, y) = (splat(self.a, left.clone() + k.clone()), splat(self.b, right.clone() + k));
                b.set(acc, 0usize, Expr::mul_add(x, y, reg(acc, 0usize)));
            });
            b.store(self.y, starts[2].clone() + row, 1, reg(acc, 0usize));
        });
    }
}
