//! `space_to_depth`: the pixels of square blocks as channels.

use super::blocks::{ARGS, Blocks};
use super::call::AttrReader;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::pieces::Pieces;
use crate::loops::stage::Lowering;

/// Input: x [n, c, h * block, w * block]. Result: [n, c * block^2, h, w]; `depth_to_space` undoes it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceToDepth {
    /// The blocks.
    pub blocks: Blocks,
}

impl Operator for SpaceToDepth {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        self.blocks.attributes()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        Ok(vec![self.blocks.gather(shapes::one("space_to_depth", inputs)?)?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let (block, [n, c, h, w]) = (self.blocks.block, [0, 1, 2, 3].map(|d| x.shape[d]));
        let mut deep = Bounded::zeros(&[n, c * block * block, h / block, w / block]);
        for i in 0..x.value.len() {
            let [image, channel, row, column] = [i / (c * h * w), i / (h * w) % c, i / w % h, i % w];
            let to = self.blocks.channel(c, channel, row % block, column % block);
            let to = ((image * c * block * block + to) * (h / block) + row / block) * (w / block) + column / block;
            (deep.value[to], deep.bound[to]) = x.at(i);
        }
        vec![deep]
    }

    fn lower(&self, inputs: &[&Type], results: &[&Type]) -> Lowering {
        let [n, _, h, w] = [0, 1, 2, 3].map(|d| results[0].shape[d]);
        let (channels, block) = (inputs[0].shape[1], self.blocks.block);
        let (_, [at_channels, at_rows, at_columns]) = self.blocks.deep(n, channels, h, w);
        let mut perm = [0, 0, 0, 0, 2, 4];
        (perm[at_channels], perm[at_rows], perm[at_columns]) = (1, 3, 5);
        moves::copy(Pieces::transpose(&[n, channels, h, block, w, block], &perm))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    /// Of all channels of a pixel together.
    fn field(&self) -> Field {
        Field::Window { extent: [self.blocks.block; 2], stride: [self.blocks.block; 2] }
    }
}

impl Declare for SpaceToDepth {
    const SIGNATURE: Signature = Signature {
        name: "space_to_depth",
        doc: "the pixels of square blocks as channels",
        operands: Operands::Fixed(&["x"]),
        args: ARGS,
    };

    fn from_call(call: &Call<'_>) -> Result<(SpaceToDepth, Vec<ParamSpec>), CallError> {
        Ok((SpaceToDepth { blocks: Blocks::from_call(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<SpaceToDepth, String> {
        Ok(SpaceToDepth { blocks: Blocks::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<SpaceToDepth> {
        use super::blocks::Order;
        let blocks = Blocks { block: rng.range(1, 3), order: rng.pick(&[Order::Dcr, Order::Crd]) };
        let mut pixels = || blocks.block * rng.range(1, 5);
        let [h, w] = [pixels(), pixels()];
        let x = Type::f32([rng.range(1, 2), rng.range(1, 9), h, w]);
        Example { op: SpaceToDepth { blocks }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::blocks::Order;

    #[test]
    fn undone_by_depth_to_space() {
        for (block, order) in [(1, Order::Dcr), (2, Order::Dcr), (3, Order::Crd), (2, Order::Crd)] {
            let blocks = Blocks { block, order };
            let x = Bounded::exact(&[2, 3, 2 * block, 3 * block], (0..36 * block * block).map(|i| i as f64));
            let deep = &SpaceToDepth { blocks: blocks.clone() }.evaluate(&[&x], Mode::Infer)[0];
            assert_eq!(deep.shape, [2, 3 * block * block, 2, 3]);
            assert_eq!(blocks.spread_value(deep), x, "{blocks:?}");
        }
    }

    #[test]
    fn blocks_must_fit() {
        let op = SpaceToDepth { blocks: Blocks { block: 2, order: Order::Dcr } };
        let error = op.infer(&[&Type::f32([1, 3, 4, 5])], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "the width 5 of f32[1,3,4,5] is no multiple of 2, the block");
    }
}
