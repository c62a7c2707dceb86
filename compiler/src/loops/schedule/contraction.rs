//! Matrix products (dense layers): tiles of rows by output blocks in registers.

use super::Tensor;
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::expr::Expr;
use crate::loops::nest::{BufferId, Nest, NestBuilder, load, reg, splat};

/// Steps of the sum in one iteration.
const UNROLL: usize = 4;
/// Rows of a tile where there are several.
const ROWS: usize = 5;

/// Output blocks of a tile for this many rows: enough independent sums to hide the latency of FMA.
pub fn tile_blocks(rows: usize) -> usize {
    if rows == 1 { 8 } else { 2 }
}

/// y [n, o] = x [n, k] times packed weights, plus bias.
pub fn gemm(x: &Tensor, weight: BufferId, bias: Option<BufferId>, y: &Tensor) -> Nest {
    let [n, k, o] = [x.shape[0], x.shape[1], y.shape[1]];
    let mut b = NestBuilder::new(format!("gemm {n}x{k}x{o}"));
    let tile = tile_blocks(n);
    let most_rows = if n == 1 { 1 } else { ROWS };
    let full = o / LANES;
    let tiled = full / tile * tile;
    let outputs = |b: &mut NestBuilder, block: Affine, blocks: usize, lanes: usize| {
        let rows = |b: &mut NestBuilder, row: Affine, rows: usize| {
            let acc = b.regs("acc", rows * blocks);
            let weights = b.regs("w", blocks);
            let element = b.regs("x", 1);
            b.unroll("i", 0..rows, |b, i| {
                b.unroll("j", 0..blocks, |b, j| {
                    let value = bias.map_or(Expr::Const(0.0), |bias| load(bias, (block.clone() + j.clone()) * LANES));
                    b.set(acc, i * blocks + j, value);
                });
            });
            let step = |b: &mut NestBuilder, at: Affine| {
                b.unroll("j", 0..blocks, |b, j| {
                    b.set(
                        weights,
                        j.clone(),
                        load(weight, block.clone() * (LANES * k) + at.clone() * (blocks * LANES) + j * LANES),
                    );
                });
                b.unroll("i", 0..rows, |b, i| {
                    b.set(element, 0usize, splat(x.buffer, (row.clone() + i.clone()) * k + at.clone()));
                    b.unroll("j", 0..blocks, |b, j| {
                        let to = i.clone() * blocks + j.clone();
                        b.set(acc, to.clone(), Expr::mul_add(reg(element, 0usize), reg(weights, j), reg(acc, to)));
                    });
                });
            };
            let whole = k / UNROLL * UNROLL;
            b.steps("k", 0, whole, UNROLL, |b, at| b.unroll("u", 0..UNROLL, |b, u| step(b, at + u)));
            b.steps("k", whole, k, 1, step);
            b.unroll("i", 0..rows, |b, i| {
                b.unroll("j", 0..blocks, |b, j| {
                    let at = (row.clone() + i.clone()) * o + (block.clone() + j.clone()) * LANES;
                    b.store(y.buffer, at, lanes, reg(acc, i * blocks + j));
                });
            });
        };
        let whole = n / most_rows * most_rows;
        b.steps("n", 0, whole, most_rows, |b, row| rows(b, row, most_rows));
        if whole < n {
            rows(b, whole.into(), n - whole);
        }
    };
    b.steps("ob", 0, tiled, tile, |b, block| outputs(b, block, tile, LANES));
    b.steps("ob", tiled, full, 1, |b, block| outputs(b, block, 1, LANES));
    if !o.is_multiple_of(LANES) {
        outputs(&mut b, full.into(), 1, o % LANES);
    }
    b.finish()
}
