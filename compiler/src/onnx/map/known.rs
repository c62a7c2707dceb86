//! Values that are known at import.

use super::super::constant::Constant;
use super::super::fold::Number;
use super::super::importer::{Importer, Mapped, Value};
use super::super::node::{Node, shortest};
use super::super::tensor::Element;

/// An operator that exists for known values only.
pub(super) fn only(_importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    Err(node.unsupported("of values that are computed while the network runs"))
}

fn known(constant: Constant) -> Mapped {
    Ok(vec![Value::Constant(constant)])
}

pub(super) fn constant(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    if let Some(stored) = node.tensor("value")? {
        let constant = Constant::stored(stored);
        importer.budget.store(&constant);
        return known(constant);
    }
    if node.has("value_float") {
        return known(Constant::fill(Element::F32, Vec::new(), node.float("value_float", 0.0)?)?);
    }
    if node.has("value_int") {
        return known(Constant::ints_of(Element::I64, Vec::new(), vec![node.int("value_int", 0)?]));
    }
    if let Some(values) = node.floats("value_floats")? {
        return known(Constant::floats_of(Element::F32, vec![values.len()], values.to_vec()));
    }
    if let Some(values) = node.ints("value_ints")? {
        return known(Constant::list(values.to_vec()));
    }
    node.ignore(&["sparse_value", "value_string", "value_strings"]);
    Err(node.unsupported("of strings, of sparse values, or without a value"))
}

pub(super) fn constant_of_shape(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let extents = importer.ints(node, 0, "shape")?.unwrap_or_default();
    let shape = extents.iter().map(|&extent| usize::try_from(extent)).collect::<Result<Vec<_>, _>>();
    let shape = shape.map_err(|_| node.bad_attribute("shape", format!("{extents:?}"), "of extents from 0"))?;
    let Some(stored) = node.tensor("value")? else {
        return known(Constant::fill(Element::F32, shape, 0.0)?);
    };
    let value = Constant::stored(stored);
    let Some(number) = value.only()? else {
        return Err(node.bad_attribute("value", format!("of shape {:?}", value.shape), "one number"));
    };
    let number = match number {
        Number::Float(float) if value.element == Element::F32 => Number::Float(shortest(float as f32)),
        other => other,
    };
    known(Constant::filled(value.element, shape, number)?)
}

fn shape_of(importer: &Importer<'_>, node: &Node<'_>) -> Result<Vec<i64>, super::super::error::OnnxError> {
    let shape = match importer.value(node, 0)? {
        Value::Constant(constant) => constant.shape,
        Value::Tensor(id) => importer.out.tensors[id].ty.shape.clone(),
        Value::Lost => return Err(node.unsupported("")),
    };
    Ok(shape.into_iter().map(|extent| i64::try_from(extent).unwrap_or(i64::MAX)).collect())
}

pub(super) fn shape(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let shape = shape_of(importer, node)?;
    let rank = shape.len() as i64;
    let bound = |at: i64| (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize;
    let (start, end) = (bound(node.int("start", 0)?), bound(node.int("end", rank)?));
    known(Constant::list(shape.get(start..end).unwrap_or_default().to_vec()))
}

pub(super) fn size(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let count = shape_of(importer, node)?.iter().fold(1_i64, |product, &extent| product.saturating_mul(extent));
    known(Constant::ints_of(Element::I64, Vec::new(), vec![count]))
}
