//! Pools.

use super::super::call::Operand;
use super::super::codes;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, single};
use super::super::node::Node;
use super::arithmetic::scaled;
use super::composed::{magnitudes, norm, reduced, root};
use super::window::Window;
use super::{directions, reshape};
use crate::graph::Type;
use crate::ops::ArgValue;

/// A pool over an operand.
struct Pool {
    operator: &'static str,
    window: Window,
    ceil: bool,
    /// Of an average: whether padding counts.
    counts: Option<bool>,
}

impl Pool {
    fn read(node: &Node<'_>, x: &Type, operator: &'static str, counts: Option<bool>) -> Result<Pool, OnnxError> {
        let window = Window::read(node, &x.shape, None)?;
        Ok(Pool { operator, window, ceil: node.flag("ceil_mode", false)?, counts })
    }

    fn apply(&self, importer: &mut Importer<'_>, node: &Node<'_>, x: Operand) -> Result<Operand, OnnxError> {
        let [n, c, depth, height, width] = importer.ty(&x).shape[..] else {
            return self.over(importer, node, x, &self.window);
        };
        // Three dimensions are two, then one: what a window counts is a product.
        let joined = |a: usize, b: usize| {
            let help = "the file may be damaged";
            a.checked_mul(b).ok_or_else(|| node.error(codes::OPERANDS, "its operand is too large", help))
        };
        let planes = reshape::to(importer, node, x, vec![n, joined(c, depth)?, height, width])?;
        let planes = self.over(importer, node, planes, &self.window.part(1..3))?;
        let [height, width] = [2, 3].map(|d| importer.ty(&planes).shape[d]);
        let columns = reshape::to(importer, node, planes, vec![n, c, depth, joined(height, width)?])?;
        let columns = self.over(importer, node, columns, &self.window.part(0..1).upright())?;
        let depth = importer.ty(&columns).shape[2];
        reshape::to(importer, node, columns, vec![n, c, depth, height, width])
    }

    fn over(
        &self,
        importer: &mut Importer<'_>,
        node: &Node<'_>,
        x: Operand,
        window: &Window,
    ) -> Result<Operand, OnnxError> {
        if window.is_point() {
            return Ok(x);
        }
        let mut given = window.arguments();
        given.push(("dilation", directions(&window.dilation)));
        given.push(("ceil", ArgValue::Bool(self.ceil)));
        if let Some(counts) = self.counts {
            // Without padding the two ways of counting are one.
            given.push(("count_include_pad", ArgValue::Bool(counts || !window.is_padded())));
        }
        importer.apply(node, self.operator, vec![x], given)
    }
}

pub(super) fn max(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["storage_order"]);
    let x = importer.operand(node, 0)?;
    let pool = Pool::read(node, &importer.ty(&x), "max_pool", None)?;
    single(pool.apply(importer, node, x)?)
}

pub(super) fn average(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let counts = node.flag("count_include_pad", false)?;
    let x = importer.operand(node, 0)?;
    let pool = Pool::read(node, &importer.ty(&x), "avg_pool", Some(counts))?;
    single(pool.apply(importer, node, x)?)
}

/// The p-norm under a window: its mean of |x|^p, padding counted, times its pixels.
pub(super) fn lp(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let p = exponent(node)?;
    let x = importer.operand(node, 0)?;
    let pool = Pool::read(node, &importer.ty(&x), "avg_pool", Some(true))?;
    if pool.ceil {
        return Err(node.unsupported("with ceil_mode"));
    }
    let terms = magnitudes(importer, node, &x, p)?;
    let mean = pool.apply(importer, node, terms)?;
    let pixels = pool.window.kernel.iter().fold(1.0, |product, &taps| product * taps as f64);
    let sum = scaled(importer, node, mean, pixels)?;
    single(root(importer, node, &sum, p)?)
}

/// The attribute `p`.
fn exponent(node: &Node<'_>) -> Result<f64, OnnxError> {
    match node.int("p", 2)? {
        p @ 1..=1000 => Ok(p as f64),
        p => Err(node.bad_attribute("p", p, "an integer from 1 to 1000")),
    }
}

/// The dimensions behind the channels, where there are any.
fn spatial(importer: &Importer<'_>, node: &Node<'_>, x: &Operand) -> Result<Vec<usize>, OnnxError> {
    let rank = importer.ty(x).rank();
    if rank < 3 { Err(node.unsupported(format!("of tensors of {rank} dimensions"))) } else { Ok((2..rank).collect()) }
}

/// A pool over all pixels: the operator for images and sequences, else the reduction.
fn global(importer: &mut Importer<'_>, node: &Node<'_>, pool: &'static str, reduction: &'static str) -> Mapped {
    let x = importer.operand(node, 0)?;
    let axes = spatial(importer, node, &x)?;
    single(match axes.len() {
        1 | 2 => importer.apply(node, pool, vec![x], Vec::new())?,
        _ => reduced(importer, node, reduction, &x, &axes, true)?,
    })
}

pub(super) fn global_average(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    global(importer, node, "global_avg_pool", "reduce_mean")
}

pub(super) fn global_max(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    global(importer, node, "global_max_pool", "reduce_max")
}

pub(super) fn global_lp(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let p = exponent(node)?;
    let x = importer.operand(node, 0)?;
    let axes = spatial(importer, node, &x)?;
    single(norm(importer, node, &x, p, &axes, true)?)
}
