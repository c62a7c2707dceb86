//! `global_max_pool`: the largest of each channel's pixels; NaN if one is NaN.

use super::call::AttrReader;
use super::geometry::flattened;
use super::max_pool::largest;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Combine, Kind, Lowering, Operand};

/// Input: x [n, c, h, w] or [n, c, w]. Result: [n, c, 1, 1] or [n, c, 1].
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalMaxPool;

impl Operator for GlobalMaxPool {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("global_max_pool", inputs)?;
        let [_, c, ..] = shapes::pixels("global_max_pool", x)?;
        Ok(vec![shapes::with_pixels(x, c, [D::constant(1), D::constant(1)])])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let pixels = x.shape[2..].iter().product();
        let most = (0..x.shape[0] * x.shape[1]).map(|plane| {
            let elements: Vec<_> = (0..pixels).map(|i| x.at(plane * pixels + i)).collect();
            largest(&elements)
        });
        vec![Bounded::new(flattened(&x.shape, [x.shape[0], x.shape[1], 1, 1]), most)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let finish = Expr::Leaf(Operand(0));
        Lowering::single(Kind::Reduce { axes: (2..inputs[0].rank()).collect(), combine: Combine::Max, finish }, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for GlobalMaxPool {
    const SIGNATURE: Signature = Signature {
        name: "global_max_pool",
        doc: "largest over height and width",
        operands: Operands::Fixed(&["x"]),
        args: &[],
    };

    fn from_call(_call: &Call<'_>) -> Result<(GlobalMaxPool, Vec<ParamSpec>), CallError> {
        Ok((GlobalMaxPool, Vec::new()))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<GlobalMaxPool, String> {
        Ok(GlobalMaxPool)
    }

    fn example(rng: &mut Rng) -> Example<GlobalMaxPool> {
        let mut x = Type::f32([rng.range(1, 2), rng.range(1, 37), rng.range(1, 9), rng.range(1, 9)]);
        if rng.range(0, 3) == 0 {
            x.shape.remove(2);
        }
        Example { op: GlobalMaxPool, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_of_each_channel() {
        let x = Bounded::new([1, 2, 1, 2], [(1.0, 0.5), (2.0, 0.0), (-4.0, 0.25), (-5.0, 0.0)]);
        let y = &GlobalMaxPool.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.shape, [1, 2, 1, 1]);
        assert_eq!(y.value, [2.0, -4.0]);
        assert_eq!(y.bound, [0.0, 0.25]);
    }

    #[test]
    fn takes_sequences() {
        let x = Type::f32([2, 3, 7]);
        assert_eq!(GlobalMaxPool.infer(&[&x], Mode::Infer), Ok(vec![Type::f32([2, 3, 1])]));
        let x = Bounded::exact(&[1, 2, 3], [1.0, 5.0, 2.0, -3.0, -1.0, -2.0]);
        let y = &GlobalMaxPool.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((y.shape.as_slice(), y.value.as_slice()), ([1, 2, 1].as_slice(), [5.0, -1.0].as_slice()));
    }

    #[test]
    fn needs_an_image() {
        assert!(GlobalMaxPool.infer(&[&Type::f32([1, 10])], Mode::Infer).is_err());
        assert!(GlobalMaxPool.infer(&[&Type::f32([1, 10, 0, 3])], Mode::Infer).is_err());
    }
}
