//! Pools whose windows share out the input: window o of O over H elements is from floor(o * H / O) to before ceil((o + 1) * H / O).

use super::Tensor;
use super::window::Average;
use crate::loops::LANES;
use crate::loops::affine::{Affine, Bound};
use crate::loops::expr::Expr;
use crate::loops::layout::nchw;
use crate::loops::nest::{Nest, NestBuilder, load, reg, splat};

/// Planes that share the loops over a window.
const PLANES: usize = 4;

/// Pools a blocked tensor; `average`: `None` takes the maximum.
pub fn adaptive(average: Option<&Average>, x: &Tensor, y: &Tensor) -> Nest {
    let ([n, _, h, w], [_, _, oh, ow]) = (nchw(&x.shape), nchw(&y.shape));
    let what = if average.is_some() { "avg" } else { "max" };
    let mut b = NestBuilder::new(format!("adaptive {what} {h}x{w} to {oh}x{ow}"));
    let planes = n * x.layout.blocks(&x.shape);
    let start = if average.is_some() { 0.0 } else { f32::NEG_INFINITY };
    let tile = |b: &mut NestBuilder, plane: Affine, count: usize| {
        b.range("oh", oh, |b, row| {
            b.range("ow", ow, |b, column| {
                let acc = b.regs("acc", count);
                b.unroll("u", 0..count, |b, u| b.set(acc, u, Expr::Const(start)));
                window(b, "kh", &row, h, oh, |b, kh| {
                    window(b, "kw", &column, w, ow, |b, kw| {
                        b.unroll("u", 0..count, |b, u| {
                            let at = ((plane.clone() + u.clone()) * h + kh.clone()) * w + kw.clone();
                            let (sum, pixel) = (reg(acc, u.clone()), load(x.buffer, at * LANES));
                            b.set(acc, u, if average.is_some() { sum + pixel } else { sum.max(pixel) });
                        });
                    });
                });
                b.unroll("u", 0..count, |b, u| {
                    let at = ((plane.clone() + u.clone()) * oh + row.clone()) * ow + column.clone();
                    let value = match average {
                        None => reg(acc, u),
                        Some(average) => {
                            reg(acc, u) * splat(average.rows, row.clone()) * splat(average.columns, column.clone())
                        }
                    };
                    b.store(y.buffer, at * LANES, LANES, value);
                });
            });
        });
    };
    let whole = planes / PLANES * PLANES;
    b.steps("p", 0, whole, PLANES, |b, plane| tile(b, plane, PLANES));
    b.steps("p", whole, planes, 1, |b, plane| tile(b, plane, 1));
    b.finish()
}

/// Loops over the elements of output `o`'s window.
fn window(
    b: &mut NestBuilder,
    name: &str,
    o: &Affine,
    input: usize,
    output: usize,
    body: impl FnOnce(&mut NestBuilder, Affine),
) {
    let divisor = output as i64;
    let start = o.clone() * input;
    let low = Bound { numerator: start.clone() - (divisor - 1), divisor };
    let high = Bound { numerator: start + input, divisor };
    b.bounded(name, vec![low, 0usize.into()], vec![high, input.into()], 1, body);
}
