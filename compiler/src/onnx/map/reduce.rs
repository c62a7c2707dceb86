//! Reductions over dimensions.

use super::super::call::Operand;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, single};
use super::super::node::Node;
use super::super::shapes;
use super::composed::{both, magnitudes, norm, plain, power, reduced};
use super::{float, int, reshape};
use crate::ops::ArgValue;

/// The version from which the axes are an input.
fn axes_are_input(node: &Node<'_>) -> bool {
    node.version >= if node.op_type() == "ReduceSum" { 13 } else { 18 }
}

fn axes(importer: &Importer<'_>, node: &Node<'_>, rank: usize) -> Result<Vec<usize>, OnnxError> {
    let given = match axes_are_input(node) {
        true => importer.ints(node, 1, "axes")?,
        false => node.ints("axes")?.map(<[i64]>::to_vec),
    };
    let nothing = node.flag("noop_with_empty_axes", false)?;
    match given {
        Some(list) if !list.is_empty() => shapes::axes(node, &list, rank),
        _ if nothing => Ok(Vec::new()),
        _ => Ok((0..rank).collect()),
    }
}

pub(super) fn reduce(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let shape = importer.ty(&x).shape;
    let axes = axes(importer, node, shape.len())?;
    let keep = node.flag("keepdims", true)?;
    if axes.is_empty() {
        return single(of_one(importer, node, &x)?);
    }
    if node.op_type() == "ReduceMean" && shape.len() == 4 && axes == [2, 3] {
        let pooled = importer.apply(node, "global_avg_pool", vec![x], Vec::new())?;
        let shape = if keep { vec![shape[0], shape[1], 1, 1] } else { shape[..2].to_vec() };
        return single(reshape::to(importer, node, pooled, shape)?);
    }
    let mut over = |operator, x: &Operand| reduced(importer, node, operator, x, &axes, keep);
    single(match node.op_type() {
        "ReduceMean" => over("reduce_mean", &x)?,
        "ReduceSum" => over("reduce_sum", &x)?,
        "ReduceMax" => over("reduce_max", &x)?,
        "ReduceMin" => over("reduce_min", &x)?,
        "ReduceL1" => norm(importer, node, &x, 1.0, &axes, keep)?,
        "ReduceL2" => norm(importer, node, &x, 2.0, &axes, keep)?,
        "ReduceSumSquare" => {
            let squares = magnitudes(importer, node, &x, 2.0)?;
            reduced(importer, node, "reduce_sum", &squares, &axes, keep)?
        }
        "ReduceLogSum" => {
            let sum = over("reduce_sum", &x)?;
            plain(importer, node, "log", &sum)?
        }
        "ReduceLogSumExp" => log_sum_exp(importer, node, &x, &axes, keep)?,
        _ => return Err(node.unsupported("of values that are computed while the network runs")),
    })
}

/// What a reduction over no dimensions makes of each element.
fn of_one(importer: &mut Importer<'_>, node: &Node<'_>, x: &Operand) -> Result<Operand, OnnxError> {
    match node.op_type() {
        "ReduceL1" | "ReduceL2" => plain(importer, node, "abs", x),
        "ReduceSumSquare" => power(importer, node, x, 2.0),
        "ReduceLogSum" => plain(importer, node, "log", x),
        _ => Ok(x.clone()),
    }
}

/// `log(sum(exp(x - top))) + top`, where `top` is the largest element, or near it where that is infinite.
fn log_sum_exp(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: &Operand,
    axes: &[usize],
    keep: bool,
) -> Result<Operand, OnnxError> {
    const FINITE: f64 = 1e38;
    let top = reduced(importer, node, "reduce_max", x, axes, true)?;
    let limits = vec![("min", float(-FINITE)), ("max", float(FINITE))];
    let top = importer.apply(node, "clip", vec![top], limits)?;
    let below = both(importer, node, "sub", x, &top)?;
    let powers = plain(importer, node, "exp", &below)?;
    let sum = reduced(importer, node, "reduce_sum", &powers, axes, true)?;
    let log = plain(importer, node, "log", &sum)?;
    let result = both(importer, node, "add", &log, &top)?;
    let shape = importer.ty(&result).shape;
    let kept = |d: &usize| keep || !axes.contains(d);
    let shape = (0..shape.len()).filter(kept).map(|d| shape[d]).collect();
    reshape::to(importer, node, result, shape)
}

pub(super) fn argmax(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    if node.flag("select_last_index", false)? {
        return Err(node.unsupported("of the last of equal elements"));
    }
    let x = importer.operand(node, 0)?;
    let axis = shapes::axis(node, node.int("axis", 0)?, importer.ty(&x).rank())?;
    let given = vec![("axis", int(axis)), ("keep", ArgValue::Bool(node.flag("keepdims", true)?))];
    single(importer.apply(node, "argmax", vec![x], given)?)
}
