//! The place of the largest element along an axis.

use super::Tensor;
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::expr::{Binary, Expr};
use crate::loops::nest::{BufferId, Nest, NestBuilder, Value, load, reg, splat};
use crate::ops::shapes::around;

/// y = the first index along `axis` of x whose element exceeds all before it; a NaN exceeds all numbers. Both plain. Indices are counted in
/// f32, which has all integers up to 2^24.
pub fn arg_max(axis: usize, x: &Tensor, y: &Tensor) -> Nest {
    let mut b = NestBuilder::new(format!("argmax over {axis}"));
    let [outer, len, inner] = around(&x.shape, axis);
    let [largest, at, count] = ["largest", "at", "count"].map(|name| b.regs(name, 1));
    b.range("o", outer, |b, o| {
        let column = |b: &mut NestBuilder, i: Affine, lanes: usize, read: fn(BufferId, Affine) -> Value| {
            b.set(largest, 0usize, Expr::Const(f32::NEG_INFINITY));
            b.set(at, 0usize, Expr::Const(0.0));
            b.set(count, 0usize, Expr::Const(0.0));
            b.range("k", len, |b, k| {
                let element = || read(x.buffer, (o.clone() * len + k.clone()) * inner + i.clone());
                let [largest_now, at_now, count_now] = [largest, at, count].map(|array| reg(array, 0usize));
                let exceeds = Expr::binary(Binary::Exceeds, element(), largest_now.clone());
                let step = count_now.clone() - at_now.clone();
                b.set(at, 0usize, Expr::mul_add(exceeds, step, at_now));
                b.set(largest, 0usize, largest_now.max(element()));
                b.set(count, 0usize, count_now + Expr::Const(1.0));
            });
            b.store(y.buffer, o.clone() * inner + i, lanes, reg(at, 0usize));
        };
        let whole = inner / LANES * LANES;
        b.steps("i", 0, whole, LANES, |b, i| column(b, i, LANES, load));
        b.steps("i", whole, inner, 1, |b, i| column(b, i, 1, splat));
    });
    b.finish()
}
