//! Pools.

use super::super::call::Operand;
use super::super::error::OnnxError;
use super::super::importer::{Arguments, Importer, Mapped, single};
use super::super::node::Node;
use super::arithmetic::scaled;
use super::composed::{magnitudes, norm, reduced, root};
use super::window::Window;
use crate::ops::ArgValue;

/// The window of a pool, and its arguments.
fn window(importer: &Importer<'_>, node: &Node<'_>) -> Result<(Window, Arguments), OnnxError> {
    let x = importer.operand(node, 0)?;
    let window = Window::read(node, &importer.ty(&x).shape, None)?;
    if window.dilation.iter().any(|&dilation| dilation != 1) {
        return Err(node.unsupported("with dilation"));
    }
    let mut given = window.arguments();
    given.push(("ceil", ArgValue::Bool(node.flag("ceil_mode", false)?)));
    Ok((window, given))
}

pub(super) fn max(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["storage_order"]);
    let (window, given) = window(importer, node)?;
    let x = importer.operand(node, 0)?;
    if window.is_point() {
        return single(x);
    }
    single(importer.apply(node, "max_pool", vec![x], given)?)
}

pub(super) fn average(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let (window, mut given) = window(importer, node)?;
    let counts = node.flag("count_include_pad", false)?;
    let x = importer.operand(node, 0)?;
    if window.is_point() {
        return single(x);
    }
    // Without padding the two ways of counting are one.
    given.push(("count_include_pad", ArgValue::Bool(counts || !window.is_padded())));
    single(importer.apply(node, "avg_pool", vec![x], given)?)
}

/// The p-norm under a window: its mean of |x|^p, padding counted, times its pixels.
pub(super) fn lp(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let p = exponent(node)?;
    let (window, given) = window(importer, node)?;
    if node.flag("ceil_mode", false)? {
        return Err(node.unsupported("with ceil_mode"));
    }
    let x = importer.operand(node, 0)?;
    let terms = magnitudes(importer, node, &x, p)?;
    let mean = importer.apply(node, "avg_pool", vec![terms], given)?;
    let pixels = window.kernel.iter().fold(1.0, |product, &taps| product * taps as f64);
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
