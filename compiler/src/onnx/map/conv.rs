//! Convolutions.

use super::super::codes;
use super::super::constant::Constant;
use super::super::importer::{Importer, Mapped, Value};
use super::super::node::Node;
use super::window::{Window, sizes};
use super::{directions, int};
use crate::ops::ArgValue;

/// The number of groups.
fn groups(node: &Node<'_>) -> Result<usize, super::super::error::OnnxError> {
    let groups = node.int("group", 1)?;
    usize::try_from(groups)
        .ok()
        .filter(|&groups| (1..1 << 30).contains(&groups))
        .ok_or_else(|| node.bad_attribute("group", groups, "an integer from 1"))
}

/// Weight and bias.
fn weights(importer: &Importer<'_>, node: &Node<'_>) -> Result<Vec<Constant>, super::super::error::OnnxError> {
    let weight = importer.constant(node, 1, "weight")?;
    let bias = importer.known(node, 2, "bias")?;
    Ok(std::iter::once(weight).chain(bias).collect())
}

pub(super) fn conv(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let weights = weights(importer, node)?;
    let shape = &weights[0].shape;
    let window = Window::read(node, &importer.ty(&x).shape, Some(shape))?;
    let out = shape.first().copied().unwrap_or_default();
    let mut given = window.arguments();
    given.push(("out", int(out)));
    given.push(("dilation", directions(&window.dilation)));
    given.push(("groups", int(groups(node)?)));
    given.push(("bias", ArgValue::Bool(weights.len() > 1)));
    let results = importer.emit(node, "conv", vec![x], given, weights)?;
    Ok(results.into_iter().map(Value::Tensor).collect())
}

pub(super) fn conv_transpose(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let weights = weights(importer, node)?;
    let (input, shape) = (importer.ty(&x).shape, weights[0].shape.clone());
    let groups = groups(node)?;
    let automatic = node.string("auto_pad", "NOTSET")?;
    let mut window = Window::read(node, &input, Some(&shape))?;
    let dims = window.kernel.len();
    let mut extra = sizes(node, "output_padding", dims, 0)?.unwrap_or_else(|| vec![0; dims]);
    let wanted = sizes(node, "output_shape", dims, 1)?;
    let is_same = automatic.starts_with("SAME");
    if wanted.is_some() || is_same {
        for d in 0..dims {
            let span = (window.kernel[d] - 1).saturating_mul(window.dilation[d]).saturating_add(1);
            let size = input[2 + d];
            let output = wanted.as_ref().map_or(size.saturating_mul(window.stride[d]), |wanted| wanted[d]);
            let full =
                size.saturating_sub(1).saturating_mul(window.stride[d]).saturating_add(span).saturating_add(extra[d]);
            if output > full {
                extra[d] = extra[d].saturating_add(output - full);
            }
            let total = full.saturating_sub(output);
            let small = total / 2;
            let (first, last) = if automatic == "SAME_UPPER" { (small, total - small) } else { (total - small, small) };
            (window.before[d], window.behind[d]) = (first, last);
        }
    }
    let per_group = shape.get(1).copied().unwrap_or_default();
    let Some(channels) = per_group.checked_mul(groups) else {
        return Err(node.error(codes::OPERANDS, "it has too many channels", "the file may be damaged"));
    };
    let mut given = window.arguments();
    given.push(("out", int(channels)));
    given.push(("output_pad", directions(&extra)));
    given.push(("dilation", directions(&window.dilation)));
    given.push(("groups", int(groups)));
    given.push(("bias", ArgValue::Bool(weights.len() > 1)));
    let results = importer.emit(node, "conv_transpose", vec![x], given, weights)?;
    Ok(results.into_iter().map(Value::Tensor).collect())
}
