//! Tensors repeated along dimensions.

use super::super::call::Operand;
use super::super::codes;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, Value, single};
use super::super::node::Node;
use super::super::{fold, shapes};
use super::{directions, int, reshape};

/// Most parts that one operator is cut into or joined from.
pub(super) const MAX_PARTS: usize = 64;

/// An operand as often after itself along each dimension. Lone pixels are enlarged, all else is joined.
fn repeated(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    mut x: Operand,
    mut times: Vec<usize>,
) -> Result<Operand, OnnxError> {
    if let ([_, _, 1, 1], [_, _, rows, columns]) = (&importer.ty(&x).shape[..], &mut times[..])
        && *rows * *columns > 1
    {
        let scale = directions(&[std::mem::replace(rows, 1), std::mem::replace(columns, 1)]);
        x = importer.apply(node, "resize", vec![x], vec![("scale", scale)])?;
    }
    for (axis, &count) in times.iter().enumerate() {
        if count > MAX_PARTS {
            let message = format!("{count} times along dimension {axis}, where {MAX_PARTS} is the most");
            return Err(node.unsupported(message));
        }
        if count > 1 {
            importer.budget.cut(count)?;
            x = importer.apply(node, "concat", vec![x; count], vec![("axis", int(axis))])?;
        }
    }
    Ok(x)
}

fn checked(node: &Node<'_>, from: &[usize], times: &[usize]) -> Result<(), OnnxError> {
    let extents = from.iter().zip(times).map(|(extent, times)| extent.checked_mul(*times));
    let shape = extents.collect::<Option<Vec<_>>>();
    let most = i64::from(i32::MAX) as usize;
    match shape.as_deref().and_then(shapes::count) {
        Some(1..) if times.iter().all(|&times| times <= most) => Ok(()),
        Some(0) => Err(node.error(codes::OPERANDS, "its result has no elements", "see whether its shape is meant")),
        _ => Err(node.error(codes::OPERANDS, "its result is too large", "the file may be damaged")),
    }
}

pub(super) fn tile(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let given = importer.ints(node, 1, "repeats")?.unwrap_or_default();
    let from = reshape::shape(importer, node)?;
    let times = given.iter().map(|&times| usize::try_from(times).ok()).collect::<Option<Vec<_>>>();
    let Some(times) = times.filter(|times| times.len() == from.len()) else {
        let message = format!("{given:?} does not say how often each dimension of {from:?} is repeated");
        return Err(node.error(codes::OPERANDS, message, "there must be one number from 0 for each dimension"));
    };
    checked(node, &from, &times)?;
    if let Value::Constant(constant) = importer.value(node, 0)? {
        return Ok(vec![Value::Constant(fold::tile(&mut importer.budget, &constant, &times)?)]);
    }
    let x = importer.operand(node, 0)?;
    single(repeated(importer, node, x, times)?)
}

pub(super) fn expand(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let given = importer.ints(node, 1, "shape")?.unwrap_or_default();
    shapes::check_rank(node, given.len())?;
    let from = reshape::shape(importer, node)?;
    let target = given.iter().map(|&extent| usize::try_from(extent).ok()).collect::<Option<Vec<_>>>();
    let Some(shape) = target.and_then(|target| shapes::broadcast(&from, &target)) else {
        let message = format!("{from:?} cannot be expanded to {given:?}");
        return Err(node.error(codes::OPERANDS, message, "only dimensions of 1 can be expanded"));
    };
    let wide: Vec<usize> = std::iter::repeat_n(1, shape.len() - from.len()).chain(from).collect();
    let times: Vec<usize> = wide.iter().zip(&shape).map(|(&from, &to)| if from == to { 1 } else { to }).collect();
    checked(node, &wide, &times)?;
    let x = importer.operand(node, 0)?;
    let x = reshape::to(importer, node, x, wide)?;
    single(repeated(importer, node, x, times)?)
}
