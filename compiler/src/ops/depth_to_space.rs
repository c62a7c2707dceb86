//! `depth_to_space`: channels as the pixels of square blocks (the sub-pixel layer of Shi et al., CVPR 2016).

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

/// Input: x [n, c * block^2, h, w]. Result: [n, c, h * block, w * block].
#[derive(Clone, Debug, PartialEq)]
pub struct DepthToSpace {
    /// The blocks.
    pub blocks: Blocks,
}

impl Operator for DepthToSpace {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        self.blocks.attributes()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        Ok(vec![self.blocks.spread(shapes::one("depth_to_space", inputs)?)?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![self.blocks.spread_value(inputs[0])]
    }

    fn lower(&self, inputs: &[&Type], results: &[&Type]) -> Lowering {
        let [n, _, h, w] = [0, 1, 2, 3].map(|d| inputs[0].shape[d]);
        let (deep, [channels, rows, columns]) = self.blocks.deep(n, results[0].shape[1], h, w);
        moves::copy(Pieces::transpose(&deep, &[0, channels, 4, rows, 5, columns]))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Repeated { times: [self.blocks.block; 2] }
    }
}

impl Declare for DepthToSpace {
    const SIGNATURE: Signature = Signature {
        name: "depth_to_space",
        doc: "channels as the pixels of square blocks",
        operands: Operands::Fixed(&["x"]),
        args: ARGS,
    };

    fn from_call(call: &Call<'_>) -> Result<(DepthToSpace, Vec<ParamSpec>), CallError> {
        Ok((DepthToSpace { blocks: Blocks::from_call(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<DepthToSpace, String> {
        Ok(DepthToSpace { blocks: Blocks::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<DepthToSpace> {
        use super::blocks::Order;
        let blocks = Blocks { block: rng.range(1, 3), order: rng.pick(&[Order::Dcr, Order::Crd]) };
        let channels = blocks.block * blocks.block * rng.range(1, 5);
        let x = Type::f32([rng.range(1, 2), channels, rng.range(1, 6), rng.range(1, 9)]);
        Example { op: DepthToSpace { blocks }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::blocks::Order;

    fn check(order: Order, expected: &[f64]) {
        let op = DepthToSpace { blocks: Blocks { block: 2, order } };
        let x = Bounded::exact(&[1, 8, 1, 1], (0..8).map(f64::from));
        let y = &op.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((y.shape.as_slice(), y.value.as_slice()), ([1, 2, 2, 2].as_slice(), expected));
    }

    #[test]
    fn orders() {
        check(Order::Dcr, &[0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]);
        check(Order::Crd, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    }

    #[test]
    fn channels_must_fit() {
        let op = DepthToSpace { blocks: Blocks { block: 2, order: Order::Dcr } };
        let error = op.infer(&[&Type::f32([1, 6, 3, 3])], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "6 channels of f32[1,6,3,3] are no multiple of the 4 pixels of a block");
        assert_eq!(op.infer(&[&Type::f32([1, 8, 3, 5])], Mode::Infer), Ok(vec![Type::f32([1, 2, 6, 10])]));
    }
}
