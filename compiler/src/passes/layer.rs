//! Layers with weights, as passes see them: what is linear in its operand and its weight.

use super::patch::{Rewrite, Source};
use super::view::View;
use crate::graph::{Node, NodeId, ValueId};
use crate::ops::Op;
use crate::ops::geometry::Window;

/// A convolution, a transposed one, or a dense layer, whose weight and bias depend on no input.
#[derive(Clone, Copy)]
pub struct Layer<'g> {
    /// Its node.
    pub id: NodeId,
    /// The same.
    pub node: &'g Node,
    /// What it is applied to.
    pub x: ValueId,
    /// Its weight: [oc, ic / groups, ..], [ic, oc / groups, ..] of transposed convolutions, [o, k] of dense layers.
    pub weight: ValueId,
    /// Its bias, one number an output channel.
    pub bias: Option<ValueId>,
    /// Groups of channels.
    pub groups: usize,
}

impl<'g> Layer<'g> {
    /// The layer that a node is.
    pub fn of(view: &View<'g>, id: NodeId) -> Option<Layer<'g>> {
        let node = view.graph.node(id);
        let groups = match &node.op {
            Op::Conv(conv) => conv.groups,
            Op::ConvTranspose(conv) => conv.groups,
            Op::Dense(_) => 1,
            _ => return None,
        };
        let (x, weight, bias) = match node.inputs[..] {
            [x, weight] => (x, weight, None),
            [x, weight, bias] => (x, weight, Some(bias)),
            _ => return None,
        };
        let constant = view.is_constant(weight) && bias.is_none_or(|bias| view.is_constant(bias));
        // What no input has a part in is computed beforehand anyway.
        (constant && !view.is_constant(x)).then_some(Layer { id, node, x, weight, bias, groups })
    }

    /// The layer that computes a value.
    pub fn computing(view: &View<'g>, value: ValueId) -> Option<Layer<'g>> {
        Layer::of(view, view.producer(value)?.0)
    }

    /// Its result.
    pub fn result(&self) -> ValueId {
        self.node.results[0]
    }

    /// The window of a convolution that is not transposed.
    pub fn window(&self) -> Option<&'g Window> {
        match &self.node.op {
            Op::Conv(conv) => Some(&conv.window),
            _ => None,
        }
    }

    /// Whether padding stands for zeros of the operand.
    pub fn pads(&self) -> bool {
        match &self.node.op {
            Op::Conv(conv) => conv.window.pad != [0; 4],
            Op::ConvTranspose(_) => true,
            _ => false,
        }
    }

    /// Channels, or features, of the result.
    pub fn channels(&self, view: &View<'_>) -> usize {
        view.ty(self.result()).shape[1]
    }

    /// The weight with each output channel multiplied: `vector` has one number a channel, or one for all.
    pub fn scale_outputs(&self, rw: &mut Rewrite<'_, '_>, weight: Source, vector: Source) -> Option<Source> {
        self.scaled(rw, weight, vector, !matches!(self.node.op, Op::ConvTranspose(_)))
    }

    /// The weight with what each input channel contributes multiplied.
    pub fn scale_inputs(&self, rw: &mut Rewrite<'_, '_>, weight: Source, vector: Source) -> Option<Source> {
        self.scaled(rw, weight, vector, matches!(self.node.op, Op::ConvTranspose(_)))
    }

    /// `first`: the channels are those of the weight's first dimension; otherwise those that its groups have in the second.
    fn scaled(&self, rw: &mut Rewrite<'_, '_>, weight: Source, vector: Source, first: bool) -> Option<Source> {
        let shape = rw.ty(weight).shape.clone();
        if rw.ty(vector).elements() == 1 {
            let number = rw.reshape(vector, &[1])?;
            return rw.mul(weight, number);
        }
        let mut like = vec![1; shape.len()];
        if first || self.groups == 1 {
            like[usize::from(!first)] = rw.ty(vector).elements();
            let vector = rw.reshape(vector, &like)?;
            return rw.mul(weight, vector);
        }
        // [g, n, m, ..] against [g, 1, m, 1 ..].
        let grouped = [&[self.groups, shape[0] / self.groups], &shape[1..]].concat();
        let mut like = vec![1; grouped.len()];
        (like[0], like[2]) = (self.groups, shape[1]);
        let (weight, vector) = (rw.reshape(weight, &grouped)?, rw.reshape(vector, &like)?);
        let product = rw.mul(weight, vector)?;
        rw.reshape(product, &shape)
    }

    /// What a constant in each input channel, one number a channel or one for all, adds to each output channel where no padding is seen.
    pub fn of_constant(&self, rw: &mut Rewrite<'_, '_>, vector: Source) -> Option<Source> {
        let product = self.scale_inputs(rw, Source::Old(self.weight), vector)?;
        let axes = (1..rw.ty(product).rank()).collect();
        match self.node.op {
            Op::ConvTranspose(_) => None,
            _ => rw.sum(product, axes),
        }
    }

    /// The bias with something added, as a whole vector: one number a channel, or one for all.
    pub fn add_to_bias(&self, rw: &mut Rewrite<'_, '_>, bias: Option<Source>, more: Source) -> Option<Source> {
        let channels = self.channels(rw.view);
        let sum = match bias {
            Some(bias) => rw.add(bias, more)?,
            None => more,
        };
        if rw.ty(sum).elements() == channels {
            return rw.reshape(sum, &[channels]);
        }
        let zeros = rw.constant(0.0, &[channels])?;
        let number = rw.reshape(sum, &[1])?;
        rw.add(zeros, number)
    }

    /// The same layer with another operand, weight and bias, whose result takes the place and the name of `result`.
    pub fn with(
        &self,
        rw: &mut Rewrite<'_, '_>,
        result: ValueId,
        x: Source,
        weight: Source,
        bias: Option<Source>,
    ) -> Option<Source> {
        let inputs: Vec<Source> = [x, weight].into_iter().chain(bias).collect();
        let name = rw.view.graph.value(result).name.clone();
        rw.named(&name, self.node.op.clone(), &inputs)?.first().copied()
    }
}
