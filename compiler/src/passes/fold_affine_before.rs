//! `fold_affine_before`: what scales and shifts a layer's operand a channel goes into the layer: its weight is scaled instead, and what the
//! shift adds to each output becomes bias. Not where padding is seen, which the shift has no part in.
//!
//! ```text
//! %s = scale %x, @s.weight, @s.bias : ..      ->
//! %y = conv %s, @c.weight : ..                    %y = conv %x, %y..mul, %y..reduce_sum : ..
//! ```

use super::affine::Affine;
use super::layer::Layer;
use super::{Pass, Patch, Rewrite, Source, View};
use crate::graph::NodeId;

/// Its row.
pub const PASS: Pass =
    Pass { name: "fold_affine_before", doc: "the same into the layer behind, where that pads nothing", find };

fn find(view: &View<'_>) -> Vec<Patch> {
    view.each(|at, _| patch(view, at))
}

fn patch(view: &View<'_>, at: NodeId) -> Option<Patch> {
    let layer = Layer::of(view, at)?;
    let (below, node) = view.producer(layer.x)?;
    if !view.is_used_once(layer.x) {
        return None;
    }
    let mut rw = Rewrite::new(view, at, &view.graph.value(layer.result()).name);
    rw.reads(below);
    let affine = Affine::of(&mut rw, node)?;
    if affine.shift.is_some() && layer.pads() {
        return None;
    }
    let mut bias = layer.bias.map(Source::Old);
    if let Some(shift) = affine.shift {
        let more = layer.of_constant(&mut rw, shift)?;
        bias = Some(layer.add_to_bias(&mut rw, bias, more)?);
    }
    let mut weight = Source::Old(layer.weight);
    if let Some(scale) = affine.scale {
        weight = layer.scale_inputs(&mut rw, weight, scale)?;
    }
    let result = layer.with(&mut rw, layer.result(), Source::Old(affine.x), weight, bias)?;
    rw.finish(&[(layer.result(), result)])
}
