//! Normalisation.

use super::super::call::Operand;
use super::super::codes;
use super::super::constant::Constant;
use super::super::error::OnnxError;
use super::super::importer::{Arguments, Importer, Mapped, Value, single};
use super::super::node::{Node, shortest};
use super::super::tensor::Element;
use super::super::{fold, shapes};
use super::{composed, float, int};
use crate::ops::ArgValue;

fn with_weights(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    operator: &'static str,
    given: Arguments,
    weights: Vec<Constant>,
) -> Mapped {
    let x = importer.operand(node, 0)?;
    let results = importer.emit(node, operator, vec![x], given, weights)?;
    Ok(results.into_iter().map(Value::Tensor).collect())
}

/// The attribute `epsilon`.
fn eps(node: &Node<'_>) -> Result<(&'static str, ArgValue), OnnxError> {
    Ok(("eps", float(node.float("epsilon", 1e-5)?)))
}

pub(super) fn batch(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["momentum", "is_test", "consumed_inputs"]);
    if node.flag("training_mode", false)? {
        return Err(node.unsupported("in training mode"));
    }
    if node.version < 9 && !node.flag("spatial", true)? {
        return Err(node.unsupported("with statistics for each pixel"));
    }
    let mut weights = Vec::new();
    for (index, what) in [(1, "scale"), (2, "bias"), (3, "mean"), (4, "variance")] {
        weights.push(importer.constant(node, index, what)?);
    }
    with_weights(importer, node, "batch_norm", vec![eps(node)?], weights)
}

pub(super) fn instance(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let weights = vec![importer.constant(node, 1, "scale")?, importer.constant(node, 2, "bias")?];
    with_weights(importer, node, "instance_norm", vec![eps(node)?], weights)
}

pub(super) fn group(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["stash_type"]);
    let groups = node.int("num_groups", 0)?;
    let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
    let groups = groups.ok_or_else(|| node.bad_attribute("num_groups", "missing", "an integer from 1"))?;
    let x = importer.operand(node, 0)?;
    let channels = importer.ty(&x).shape.get(1).copied().unwrap_or_default();
    let mut weights = Vec::new();
    for (index, what) in [(1, "scale"), (2, "bias")] {
        let weight = importer.constant(node, index, what)?;
        // Before version 21 there is one value a group.
        if weight.shape == [groups] && groups != channels && channels % groups == 0 {
            importer.budget.pay(channels)?;
            let values = weight.floats()?;
            let each = channels / groups;
            let values = values.into_iter().flat_map(|value| std::iter::repeat_n(value, each)).collect();
            weights.push(Constant::floats_of(Element::F32, vec![channels], values));
        } else {
            weights.push(weight);
        }
    }
    with_weights(importer, node, "group_norm", vec![("groups", int(groups)), eps(node)?], weights)
}

pub(super) fn layer(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["stash_type"]);
    let x = importer.operand(node, 0)?;
    let shape = importer.ty(&x).shape;
    let axis = shapes::axis(node, node.int("axis", -1)?, shape.len())?;
    let mut weights = Vec::new();
    for (index, what, value) in [(1, "scale", 1.0), (2, "bias", 0.0)] {
        let weight = importer.known(node, index, what)?;
        let weight = weight.map_or_else(|| Constant::fill(Element::F32, Vec::new(), value), Ok)?;
        weights.push(fold::expanded(node, &weight, &shape[axis..], &mut importer.budget)?);
    }
    // Counted from the end, so that nothing depends on what is before.
    let from_end = axis as i64 - shape.len() as i64;
    let given = vec![("axis", ArgValue::Int(from_end)), eps(node)?];
    let mut values = with_weights(importer, node, "layer_norm", given, weights)?;
    if importer.is_used(node, 1) || importer.is_used(node, 2) {
        let axes: Vec<usize> = (axis..shape.len()).collect();
        let [mean, _, variance] = composed::moments(importer, node, &x, &axes)?;
        values.extend(single(mean)?);
        if importer.is_used(node, 2) {
            let eps = Operand::Number(node.float("epsilon", 1e-5)?);
            let sum = composed::both(importer, node, "add", &variance, &eps)?;
            values.extend(single(composed::power(importer, node, &sum, -0.5)?)?);
        }
    }
    Ok(values)
}

pub(super) fn lrn(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let size = node.int("size", 0)?;
    let size = usize::try_from(size).ok().filter(|&size| size > 0);
    let size = size.ok_or_else(|| node.bad_attribute("size", "missing or not positive", "an integer from 1"))?;
    let x = importer.operand(node, 0)?;
    let given = vec![
        ("size", int(size)),
        ("alpha", float(node.float("alpha", 1e-4)?)),
        ("beta", float(node.float("beta", 0.75)?)),
        ("k", float(node.float("bias", 1.0)?)),
    ];
    single(importer.apply(node, "lrn", vec![x], given)?)
}

pub(super) fn lp(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let p = node.int("p", 2)?;
    if !matches!(p, 1 | 2) {
        return Err(node.bad_attribute("p", p, "1 or 2"));
    }
    let x = importer.operand(node, 0)?;
    let rank = importer.ty(&x).rank();
    if rank == 0 {
        return Err(node.error(
            codes::OPERANDS,
            "its operand has no dimensions",
            "normalise along an axis that is there",
        ));
    }
    let axis = shapes::axis(node, node.int("axis", -1)?, rank)?;
    if p == 1 {
        // Where all are 0 the result is 0.
        let norm = composed::norm(importer, node, &x, 1.0, &[axis], true)?;
        let norm = composed::both(importer, node, "max", &norm, &Operand::Number(shortest(f32::MIN_POSITIVE)))?;
        return single(composed::both(importer, node, "div", &x, &norm)?);
    }
    single(importer.apply(node, "l2_normalize", vec![x], vec![("axis", int(axis))])?)
}
