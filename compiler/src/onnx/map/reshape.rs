//! The same elements in another shape or order of dimensions.

use super::super::call::Operand;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, Value, single};
use super::super::node::Node;
use super::super::{fold, shapes};
use super::{int, list};
use crate::ops::ArgValue;

/// Brings an operand to a shape of as many elements, in the words that read best.
pub(super) fn to(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: Operand,
    shape: Vec<usize>,
) -> Result<Operand, OnnxError> {
    let from = importer.ty(&x).shape;
    if from == shape {
        return Ok(x);
    }
    if let [rows, _] = shape[..] {
        let axes = [1, 2, 0, 3, 4, 5, 6, 7, 8].into_iter();
        let splits = axes.filter(|&axis| axis <= from.len());
        let mut fits = splits.filter(|&axis| from[..axis].iter().product::<usize>() == rows);
        if let Some(axis) = fits.next() {
            return importer.apply(node, "flatten", vec![x], vec![("axis", int(axis))]);
        }
    }
    if crate::ops::find("squeeze").is_some() {
        let without = |long: &[usize], short: &[usize]| {
            let at = (0..long.len()).find(|&d| d >= short.len() || long[d] != short[d])?;
            (long.len() == short.len() + 1 && long[at] == 1 && long[at + 1..] == short[at..]).then_some(at)
        };
        if let Some(axis) = without(&from, &shape) {
            return importer.apply(node, "squeeze", vec![x], vec![("axis", int(axis))]);
        }
        if let Some(axis) = without(&shape, &from) {
            return importer.apply(node, "unsqueeze", vec![x], vec![("axis", int(axis))]);
        }
    }
    // The first dimension stays open where it stays what it is: it is the batch.
    let mut target: Vec<ArgValue> = shape.iter().map(|&extent| int(extent)).collect();
    if let ([first, ..], Some(extent), Some(open)) = (&from[..], shape.first(), target.first_mut())
        && first == extent
    {
        *open = ArgValue::Int(-1);
    }
    importer.apply(node, "reshape", vec![x], vec![("shape", ArgValue::List(target))])
}

/// Brings the first input to a shape.
fn first_to(importer: &mut Importer<'_>, node: &Node<'_>, shape: Vec<usize>) -> Mapped {
    if let Value::Constant(constant) = importer.value(node, 0)? {
        return Ok(vec![Value::Constant(constant.reshaped(shape))]);
    }
    let x = importer.operand(node, 0)?;
    single(to(importer, node, x, shape)?)
}

/// The shape of the first input.
pub(super) fn shape(importer: &Importer<'_>, node: &Node<'_>) -> Result<Vec<usize>, OnnxError> {
    shape_of(importer, node, 0)
}

/// The shape of an input.
pub(super) fn shape_of(importer: &Importer<'_>, node: &Node<'_>, index: usize) -> Result<Vec<usize>, OnnxError> {
    Ok(match importer.value(node, index)? {
        Value::Constant(constant) => constant.shape,
        Value::Tensor(id) => importer.out.tensors[id].ty.shape.clone(),
        Value::Lost => return Err(node.unsupported("")),
    })
}

pub(super) fn reshape(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let target = importer.ints(node, 1, "shape")?.unwrap_or_default();
    let allow_zero = node.flag("allowzero", false)?;
    let shape = shapes::reshape(node, &shape(importer, node)?, &target, allow_zero)?;
    first_to(importer, node, shape)
}

pub(super) fn flatten(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let from = shape(importer, node)?;
    let axis = shapes::flatten(node, from.len())?;
    let [rows, columns] = [&from[..axis], &from[axis..]].map(|part| part.iter().product::<usize>());
    if from.len() > 2
        && let Value::Tensor(id) = importer.value(node, 0)?
    {
        return single(importer.apply(node, "flatten", vec![Operand::Tensor(id)], vec![("axis", int(axis))])?);
    }
    first_to(importer, node, vec![rows, columns])
}

/// The axes of Squeeze and Unsqueeze: an attribute before version 13, then an input.
fn axes(importer: &Importer<'_>, node: &Node<'_>) -> Result<Option<Vec<i64>>, OnnxError> {
    match node.version < 13 {
        true => Ok(node.ints("axes")?.map(<[i64]>::to_vec)),
        false => importer.ints(node, 1, "axes"),
    }
}

pub(super) fn squeeze(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let axes = axes(importer, node)?;
    let shape = shapes::squeeze(node, &shape(importer, node)?, axes.as_deref())?;
    first_to(importer, node, shape)
}

pub(super) fn unsqueeze(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let Some(axes) = axes(importer, node)? else {
        return Err(node.bad_attribute("axes", "missing", "given"));
    };
    let shape = shapes::unsqueeze(node, &shape(importer, node)?, &axes)?;
    first_to(importer, node, shape)
}

pub(super) fn transpose(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let from = shape(importer, node)?;
    let perm = shapes::permutation(node, from.len())?;
    if let Value::Constant(constant) = importer.value(node, 0)? {
        return Ok(vec![Value::Constant(fold::settled(constant, &perm)?)]);
    }
    let x = importer.operand(node, 0)?;
    if perm.is_sorted() {
        return single(x);
    }
    single(importer.apply(node, "transpose", vec![x], vec![("perm", list(&perm))])?)
}
