//! Tensors joined, rearranged, or left as they are.

use super::super::constant::Constant;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, Value, single};
use super::super::node::Node;
use super::super::shapes;
use super::super::tensor::{Element, element_name};
use super::{int, reshape, text};

pub(super) fn identity(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    Ok(vec![importer.value(node, 0)?])
}

pub(super) fn dropout(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["ratio", "seed", "is_test", "consumed_inputs"]);
    let training = importer.number(node, 2, "training mode")?.is_some_and(|value| value != 0.0);
    if training && importer.number(node, 1, "ratio")? != Some(0.0) {
        return Err(node.unsupported("in training mode"));
    }
    // The mask says that everything is kept.
    let mask = Constant::fill(Element::Bool, reshape::shape(importer, node)?, 1.0)?;
    Ok(vec![importer.value(node, 0)?, Value::Constant(mask)])
}

pub(super) fn cast(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["saturate", "round_mode"]);
    let to = node.int("to", 0)?;
    let x = importer.operand(node, 0)?;
    let Some(dtype) = Element::of(to).and_then(Element::dtype) else {
        return Err(node.unsupported(format!("to {}", element_name(to))));
    };
    if importer.ty(&x).dtype == dtype {
        return single(x);
    }
    single(importer.apply(node, "cast", vec![x], vec![("to", text(dtype.name()))])?)
}

pub(super) fn concat(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let parts = (0..node.inputs().len()).map(|index| importer.operand(node, index)).collect::<Result<Vec<_>, _>>()?;
    let rank = parts.first().map_or(0, |first| importer.ty(first).rank());
    let axis = shapes::axis(node, node.int("axis", 1)?, rank)?;
    if let [only] = &parts[..] {
        return single(only.clone());
    }
    single(importer.apply(node, "concat", parts, vec![("axis", int(axis))])?)
}

fn block(node: &Node<'_>) -> Result<usize, OnnxError> {
    let size = node.int("blocksize", 0)?;
    let known = usize::try_from(size).ok().filter(|size| (1..1 << 30).contains(size));
    known.ok_or_else(|| node.bad_attribute("blocksize", size, "an integer from 1"))
}

pub(super) fn depth_to_space(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let mode = match node.string("mode", "DCR")?.as_str() {
        "DCR" => "dcr",
        "CRD" => "crd",
        other => return Err(node.bad_attribute("mode", format!("`{other}`"), "DCR or CRD")),
    };
    let mut given = vec![("block", int(block(node)?))];
    if mode == "crd" {
        given.push(("mode", text(mode)));
    }
    single(importer.apply(node, "depth_to_space", vec![x], given)?)
}

pub(super) fn space_to_depth(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let given = vec![("block", int(block(node)?))];
    single(importer.apply(node, "space_to_depth", vec![x], given)?)
}
