//! Images resized: the nearest pixel, or the four around mixed. Where a column's source repeats itself after a few, those are written out;
//! else several planes share the search for it.

use super::Tensor;
use crate::loops::LANES;
use crate::loops::affine::{Affine, Bound};
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{BufferId, Nest, NestBuilder, load, reg, splat};
use crate::loops::sampling::Sampling;

/// Planes that share the search for a pixel's source, where that is one. More would be written at distances that fall on the same lines of
/// the cache.
const PLANES: usize = 2;

/// Columns after which sources repeat themselves, moved on, up to which they are written out.
const MAX_PERIOD: i64 = 8;

/// What linear interpolation multiplies with, by output position: the shares of the nearer and the farther element.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// Of rows, [oh].
    pub rows: [BufferId; 2],
    /// Of columns, [ow].
    pub columns: [BufferId; 2],
}

/// Resizes `x`, in whatever layout both are.
pub fn resample(sampling: &[Sampling; 2], shares: Option<&Shares>, x: &Tensor, y: &Tensor) -> Nest {
    let ([n, c, h, w], [_, _, oh, ow]) = (nchw(&x.shape), nchw(&y.shape));
    let (planes, lanes) = match x.layout {
        Layout::Plain => (n * c, 1),
        Layout::Blocked { .. } => (n * x.layout.blocks(&x.shape), LANES),
    };
    let what = if shares.is_some() { "linear" } else { "nearest" };
    let mut b = NestBuilder::new(format!("{what} {h}x{w} to {oh}x{ow} {}", x.layout));
    // The last element that may be the first of two.
    let last = |input: usize| if shares.is_some() { input.saturating_sub(2) } else { input - 1 };
    let [rows, columns] = sampling;
    let tile = |b: &mut NestBuilder, plane: Affine, count: usize| {
        let regs = shares.map(|shares| (shares, b.regs("r", 2), b.regs("c", 2)));
        along(b, ["oh", "ih"], rows, last(h), 1, &mut |b, row, from_row| {
            if let Some((shares, of_row, _)) = regs {
                (0..2).for_each(|i| b.set(of_row, i, splat(shares.rows[i], row.clone())));
            }
            along(b, ["ow", "iw"], columns, last(w), MAX_PERIOD, &mut |b, column, from_column| {
                if let Some((shares, _, of_column)) = regs {
                    (0..2).for_each(|i| b.set(of_column, i, splat(shares.columns[i], column.clone())));
                }
                b.unroll("u", 0..count, |b, u| {
                    let p = plane.clone() + u;
                    let read = |down: usize, right: usize| {
                        let at = (p.clone() * h + from_row.clone() + down) * w + from_column.clone() + right;
                        if lanes == 1 { splat(x.buffer, at) } else { load(x.buffer, at * lanes) }
                    };
                    let value = match regs {
                        None => read(0, 0),
                        Some((_, of_row, of_column)) => {
                            // A lone column has no neighbour, whose share would be 0.
                            let right = usize::from(w > 1);
                            let mixed = |down: usize| {
                                let near = read(down, 0) * reg(of_column, 0usize);
                                Expr::mul_add(read(down, right), reg(of_column, 1usize), near)
                            };
                            if h == 1 {
                                mixed(0)
                            } else {
                                Expr::mul_add(mixed(1), reg(of_row, 1usize), mixed(0) * reg(of_row, 0usize))
                            }
                        }
                    };
                    let to = (p.clone() * oh + row.clone()) * ow + column.clone();
                    b.store(y.buffer, to * lanes, lanes, value);
                });
            });
        });
    };
    let together = if columns.period() <= MAX_PERIOD { 1 } else { PLANES };
    let whole = planes / together * together;
    b.steps("p", 0, whole, together, |b, plane| tile(b, plane, together));
    b.steps("p", whole, planes, 1, |b, plane| tile(b, plane, 1));
    b.finish()
}

/// Goes over the outputs of one direction: `body(output, element)`. Periods up to `most` are written out.
fn along(
    b: &mut NestBuilder,
    [output, element]: [&str; 2],
    s: &Sampling,
    last: usize,
    most: i64,
    body: &mut dyn FnMut(&mut NestBuilder, Affine, Affine),
) {
    let inside = s.inside(last);
    b.steps(output, 0, inside.start, 1, |b, y| body(b, y, 0usize.into()));
    let period = s.period();
    if period <= most {
        // Output start + k * period + r is at the floor of the r-th position and k times as much on.
        let onward = s.step * period / s.divisor;
        let whole = inside.start + inside.len() / period as usize * period as usize;
        let mut turn = |b: &mut NestBuilder, k: Affine, from: usize, outputs: usize| {
            for y in from..from + outputs {
                body(b, k.clone() * period + y, k.clone() * onward + s.index(y, last));
            }
        };
        b.range(output, (whole - inside.start) / period as usize, |b, k| turn(b, k, inside.start, period as usize));
        turn(b, 0usize.into(), whole, inside.end - whole);
    } else {
        b.steps(output, inside.start, inside.end, 1, |b, y| {
            // A loop of one turn, at the position rounded down.
            let numerator = y.clone() * s.step + s.start;
            let low = Bound { numerator: numerator.clone() - (s.divisor - 1), divisor: s.divisor };
            let high = Bound { numerator: numerator + 1i64, divisor: s.divisor };
            b.bounded(element, vec![low, 0usize.into()], vec![high, (last + 1).into()], 1, |b, i| body(b, y, i));
        });
    }
    b.steps(output, inside.end, s.output, 1, |b, y| body(b, y, last.into()));
}
