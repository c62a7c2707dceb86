//! Reductions over dimensions.

use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, single};
use super::super::node::Node;
use super::super::shapes;
use super::{int, list, reshape};
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
        return single(x);
    }
    if node.op_type() == "ReduceMean" && shape.len() == 4 && axes == [2, 3] {
        let pooled = importer.apply(node, "global_avg_pool", vec![x], Vec::new())?;
        let shape = if keep { vec![shape[0], shape[1], 1, 1] } else { shape[..2].to_vec() };
        return single(reshape::to(importer, node, pooled, shape)?);
    }
    let operator = match node.op_type() {
        "ReduceMean" => "reduce_mean",
        "ReduceSum" => "reduce_sum",
        "ReduceMax" => "reduce_max",
        _ => "reduce_min",
    };
    let given = vec![("axes", list(&axes)), ("keep", ArgValue::Bool(keep))];
    single(importer.apply(node, operator, vec![x], given)?)
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
