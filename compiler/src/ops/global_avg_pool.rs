//! `global_avg_pool`: the mean of each channel's pixels.

use super::call::AttrReader;
use super::geometry::flattened;
use super::value::Sum;
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
pub struct GlobalAvgPool;

impl Operator for GlobalAvgPool {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("global_avg_pool", inputs)?;
        let [_, c, ..] = shapes::pixels("global_avg_pool", x)?;
        Ok(vec![shapes::with_pixels(x, c, [D::constant(1), D::constant(1)])])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let pixels = x.shape[2..].iter().product();
        let means = (0..x.shape[0] * x.shape[1]).map(|plane| {
            let mut sum = Sum::default();
            (0..pixels).for_each(|i| sum.add(x.at(plane * pixels + i)));
            sum.mean(pixels)
        });
        vec![Bounded::new(flattened(&x.shape, [x.shape[0], x.shape[1], 1, 1]), means)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let pixels: usize = inputs[0].shape[2..].iter().product();
        let finish = Expr::Leaf(Operand(0)) * Expr::Const((1.0 / pixels as f64) as f32);
        Lowering::single(Kind::Reduce { axes: (2..inputs[0].rank()).collect(), combine: Combine::Sum, finish }, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for GlobalAvgPool {
    const SIGNATURE: Signature = Signature {
        name: "global_avg_pool",
        doc: "mean over height and width",
        operands: Operands::Fixed(&["x"]),
        args: &[],
    };

    fn from_call(_call: &Call<'_>) -> Result<(GlobalAvgPool, Vec<ParamSpec>), CallError> {
        Ok((GlobalAvgPool, Vec::new()))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<GlobalAvgPool, String> {
        Ok(GlobalAvgPool)
    }

    fn example(rng: &mut Rng) -> Example<GlobalAvgPool> {
        let mut x = Type::f32([rng.range(1, 2), rng.range(1, 37), rng.range(1, 9), rng.range(1, 9)]);
        if rng.range(0, 3) == 0 {
            x.shape.remove(2);
        }
        Example { op: GlobalAvgPool, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_each_channel() {
        let x = Bounded::new([1, 2, 1, 2], [(1.0, 0.5), (2.0, 0.0), (-4.0, 0.0), (4.0, 0.0)]);
        let y = &GlobalAvgPool.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((y.shape.as_slice(), y.value.as_slice()), ([1, 2, 1, 1].as_slice(), [1.5, 0.0].as_slice()));
        assert!((0.25..0.2501).contains(&y.bound[0]), "{y:?}");
        // Nothing is left of the sum, but the roundings of its terms are.
        assert!((1e-7..1e-5).contains(&y.bound[1]), "{y:?}");
    }

    #[test]
    fn needs_an_image() {
        let error = GlobalAvgPool.infer(&[&Type::f32([1, 10])], Mode::Infer).unwrap_err();
        assert_eq!(
            error.message,
            "global_avg_pool needs a tensor of rank 4 (n, channels, height, width) or 3 (n, channels, width), found f32[1,10]"
        );
        assert!(GlobalAvgPool.infer(&[&Type::f32([1, 10, 0, 3])], Mode::Infer).is_err());
    }
}
