//! Reductions over contiguous dimensions.

use super::Tensor;
use crate::loops::LANES;
use crate::loops::affine::Affine;
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{BufferId, Leaf, Nest, NestBuilder, Value, load, reg, splat};
use crate::loops::stage::{Combine, Operand};

/// Independent partial results, to hide the latency of the combining operation.
const CHAINS: usize = 4;

/// How elements are combined and what becomes of the result.
pub struct Reduction<'a> {
    /// Reduced dimensions, contiguous. A blocked tensor is reduced over height and width.
    pub axes: &'a [usize],
    /// How.
    pub combine: Combine,
    /// Over `Operand(0)`, the combined element.
    pub finish: &'a Expr<Operand>,
}

impl Reduction<'_> {
    fn identity(&self) -> Value {
        Expr::Const(match self.combine {
            Combine::Sum => 0.0,
            Combine::Max => f32::NEG_INFINITY,
            Combine::Min => f32::INFINITY,
        })
    }

    fn combine(&self, a: Value, b: Value) -> Value {
        match self.combine {
            Combine::Sum => a + b,
            Combine::Max => a.max(b),
            Combine::Min => a.min(b),
        }
    }

    fn finish(&self, value: Value) -> Value {
        self.finish.map(&mut |_| value.clone())
    }

    /// Combines the axes of `x` into `y`.
    pub fn nest(&self, x: &Tensor, y: &Tensor) -> Nest {
        let what = match self.combine {
            Combine::Sum => "sum",
            Combine::Max => "max",
            Combine::Min => "min",
        };
        let mut b = NestBuilder::new(format!("{what} over {:?} then {}", self.axes, self.finish));
        match x.layout {
            Layout::Blocked { .. } => {
                let [n, _, h, w] = nchw(&x.shape);
                let planes = n * x.layout.blocks(&x.shape);
                b.range("p", planes, |b, plane| {
                    let acc = self.chains(b, h * w, |i| load(x.buffer, (plane.clone() * (h * w) + i) * LANES));
                    b.store(y.buffer, plane * LANES, LANES, self.finish(reg(acc, 0usize)));
                });
            }
            Layout::Plain => self.plain(&mut b, x, y),
        }
        b.finish()
    }

    /// Combines `vectors` vectors, `at(i)` the i-th, in [`CHAINS`] partial results joined in index order.
    fn chains(&self, b: &mut NestBuilder, vectors: usize, at: impl Fn(Affine) -> Value) -> crate::loops::nest::RegId {
        let acc = b.regs("acc", CHAINS);
        b.unroll("u", 0..CHAINS, |b, u| b.set(acc, u, self.identity()));
        let whole = vectors / CHAINS * CHAINS;
        b.steps("i", 0, whole, CHAINS, |b, i| {
            b.unroll("u", 0..CHAINS, |b, u| {
                let value = self.combine(reg(acc, u.clone()), at(i + u.clone()));
                b.set(acc, u, value);
            });
        });
        b.steps("i", whole, vectors, 1, |b, i| b.set(acc, 0usize, self.combine(reg(acc, 0usize), at(i))));
        for u in 1..CHAINS {
            b.set(acc, 0usize, self.combine(reg(acc, 0usize), reg(acc, u)));
        }
        acc
    }

    fn plain(&self, b: &mut NestBuilder, x: &Tensor, y: &Tensor) {
        let (first, last) = (self.axes[0], self.axes[self.axes.len() - 1]);
        let outer: usize = x.shape[..first].iter().product();
        let len: usize = x.shape[first..=last].iter().product();
        let inner: usize = x.shape[last + 1..].iter().product();
        b.range("o", outer, |b, o| {
            if inner == 1 {
                let base = o.clone() * len;
                let acc = self.chains(b, len / LANES, |i| load(x.buffer, base.clone() + i * LANES));
                let across = Expr::Leaf(Leaf::Across(self.combine, acc, 0usize.into()));
                b.set(acc, 0usize, across);
                b.steps("t", len / LANES * LANES, len, 1, |b, i| {
                    b.set(acc, 0usize, self.combine(reg(acc, 0usize), splat(x.buffer, base.clone() + i)));
                });
                b.store(y.buffer, o, 1, self.finish(reg(acc, 0usize)));
                return;
            }
            let acc = b.regs("acc", 1);
            let column = |b: &mut NestBuilder, i: Affine, lanes: usize, read: fn(BufferId, Affine) -> Value| {
                b.set(acc, 0usize, self.identity());
                b.range("k", len, |b, k| {
                    let value = read(x.buffer, (o.clone() * len + k) * inner + i.clone());
                    b.set(acc, 0usize, self.combine(reg(acc, 0usize), value));
                });
                b.store(y.buffer, o.clone() * inner + i, lanes, self.finish(reg(acc, 0usize)));
            };
            let whole = inner / LANES * LANES;
            b.steps("i", 0, whole, LANES, |b, i| column(b, i, LANES, load));
            b.steps("i", whole, inner, 1, |b, i| column(b, i, 1, splat));
        });
    }
}
