//! Tensors joined, padded, rearranged, or left as they are.

use super::super::call::Operand;
use super::super::codes;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, single};
use super::super::node::{Node, shortest};
use super::super::shapes;
use super::super::tensor::{Element, element_name};
use super::{directions, float, int, list, text};

pub(super) fn identity(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    Ok(vec![importer.value(node, 0)?])
}

pub(super) fn dropout(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["ratio", "seed", "is_test", "consumed_inputs"]);
    let training = importer.number(node, 2, "training mode")?.is_some_and(|value| value != 0.0);
    let ratio = importer.number(node, 1, "ratio")?;
    if training && ratio != Some(0.0) {
        return Err(node.unsupported("in training mode"));
    }
    Ok(vec![importer.value(node, 0)?])
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

pub(super) fn pad(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let rank = importer.ty(&x).rank();
    let mode = node.string("mode", "constant")?;
    let (pads, value) = if node.version < 11 {
        (node.ints("pads")?.map(<[i64]>::to_vec), node.float("value", 0.0)?)
    } else {
        (
            importer.ints(node, 1, "padding")?,
            importer.number(node, 2, "value")?.map_or(0.0, |value| shortest(value as f32)),
        )
    };
    let pads = pads.unwrap_or_default();
    let axes = match importer.ints(node, 3, "axes")? {
        Some(axes) => axes.iter().map(|&axis| shapes::axis(node, axis, rank)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        let message = format!("it has {} numbers of padding for {} axes", pads.len(), axes.len());
        return Err(node.error(codes::OPERANDS, message, "there must be two for each axis"));
    }
    let (mut before, mut behind) = (vec![0; rank], vec![0; rank]);
    for (i, &axis) in axes.iter().enumerate() {
        let number = |pad: i64| usize::try_from(pad).map_err(|_| node.unsupported("that takes elements away"));
        (before[axis], behind[axis]) = (number(pads[i])?, number(pads[i + axes.len()])?);
    }
    if before.iter().chain(&behind).all(|&pad| pad == 0) {
        return single(x);
    }
    let ([0, c0, before @ ..], [0, c1, behind @ ..]) = (&before[..], &behind[..]) else {
        return Err(node.unsupported("of the batch, or of tensors of one dimension"));
    };
    if before.len() != 2 {
        return Err(node.unsupported(format!("of tensors of {rank} dimensions")));
    }
    let sides = if before == behind { directions(before) } else { list(&[before, behind].concat()) };
    let mut given = vec![("pad", sides)];
    match mode.as_str() {
        "constant" if value != 0.0 => given.push(("value", float(value))),
        "constant" => {}
        "reflect" | "edge" => given.push(("mode", text(&mode))),
        _ => return Err(node.unsupported(format!("with mode `{}`", super::super::error::shown(&mode)))),
    }
    if c0 + c1 > 0 {
        given.push(("channels", list(&[*c0, *c1])));
    }
    let padded: Operand = importer.apply(node, "pad", vec![x], given)?;
    single(padded)
}
