//! `fold_affine`: batch normalisation, scale, and arithmetic with a number a channel go into the layer before them.
//!
//! ```text
//! %c = conv %x, @c.weight : ..                    ->
//! %y = batch_norm %c, @b.weight, @b.bias, ..          %y = conv %x, %y..mul, %y..sub : ..
//! ```
//!
//! where `%y..mul` is the weight times `weight / sqrt(running_var + eps)` and `%y..sub` is what the mean and the bias leave.

use super::affine::Affine;
use super::layer::Layer;
use super::{Pass, Patch, Rewrite, Source, View};
use crate::graph::{Node, NodeId};

/// Its row.
pub const PASS: Pass = Pass {
    name: "fold_affine",
    doc: "batch_norm, scale and arithmetic with a number a channel into the layer before",
    find,
};

fn find(view: &View<'_>) -> Vec<Patch> {
    view.each(|at, node| patch(view, at, node))
}

fn patch(view: &View<'_>, at: NodeId, node: &Node) -> Option<Patch> {
    // Something affine has one operand that depends on inputs; look whether a layer computes it before anything is written.
    let mut layers =
        node.inputs.iter().filter(|id| view.is_used_once(**id)).filter_map(|&id| Layer::computing(view, id));
    let layer = layers.next()?;
    let mut rw = Rewrite::new(view, at, &view.graph.value(node.results[0]).name);
    rw.reads(layer.id);
    let affine = Affine::of(&mut rw, node)?;
    if affine.x != layer.result() {
        return None;
    }
    let (mut weight, mut bias) = (Source::Old(layer.weight), layer.bias.map(Source::Old));
    if let Some(scale) = affine.scale {
        weight = layer.scale_outputs(&mut rw, weight, scale)?;
        if let Some(old) = bias {
            bias = Some(rw.mul(old, scale)?);
        }
    }
    if let Some(shift) = affine.shift {
        bias = Some(layer.add_to_bias(&mut rw, bias, shift)?);
    }
    let result = layer.with(&mut rw, node.results[0], Source::Old(layer.x), weight, bias)?;
    rw.finish(&[(node.results[0], result)])
}
