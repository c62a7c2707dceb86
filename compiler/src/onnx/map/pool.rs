//! Pools.

use super::super::error::OnnxError;
use super::super::importer::{Arguments, Importer, Mapped, single};
use super::super::node::Node;
use super::window::Window;
use crate::ops::ArgValue;

/// The window of a pool, and its arguments.
fn window(importer: &Importer<'_>, node: &Node<'_>) -> Result<(Window, Arguments), OnnxError> {
    let x = importer.operand(node, 0)?;
    let window = Window::read(node, &importer.ty(&x).shape, None)?;
    if window.dilation.iter().any(|&dilation| dilation != 1) {
        return Err(node.unsupported("with dilation"));
    }
    let mut given = window.arguments(node)?;
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

pub(super) fn global_average(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    single(importer.apply(node, "global_avg_pool", vec![x], Vec::new())?)
}

pub(super) fn global_max(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    single(importer.apply(node, "global_max_pool", vec![x], Vec::new())?)
}
