//! `mul`: a * b, broadcast as numpy does.

use super::call::AttrReader;
use super::value::{product, rounded};
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand};

/// Inputs: a and b, whose shapes are aligned at the last dimension; extents of 1 repeat. Result: the larger extents.
#[derive(Clone, Debug, PartialEq)]
pub struct Mul;

impl Operator for Mul {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let [a, b] = shapes::two("mul", inputs)?;
        Ok(vec![shapes::broadcast("multiply", a, b)?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let element = |a, b| {
            let (value, carried) = product(a, b);
            rounded(value, carried, 1)
        };
        vec![shapes::combine(inputs[0], inputs[1], element)]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pointwise(Expr::Leaf(Operand(0)) * Expr::Leaf(Operand(1))), 2)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Mul {
    const SIGNATURE: Signature =
        Signature { name: "mul", doc: "a * b", operands: Operands::Fixed(&["a", "b"]), args: &[] };

    fn from_call(_call: &Call<'_>) -> Result<(Mul, Vec<ParamSpec>), CallError> {
        Ok((Mul, Vec::new()))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<Mul, String> {
        Ok(Mul)
    }

    fn example(rng: &mut Rng) -> Example<Mul> {
        Example { op: Mul, inputs: shapes::random_pair(rng) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplies_and_carries_bounds() {
        let a = Bounded::new([2], [(3.0, 0.1), (f64::NAN, 0.0)]);
        let b = Bounded::new([1], [(-2.0, 0.01)]);
        let product = &Mul.evaluate(&[&a, &b], Mode::Infer)[0];
        assert_eq!(product.value[0], -6.0);
        // |a| 0.01 + |b| 0.1 + 0.1 * 0.01, and one rounding.
        assert!((0.231..0.231001).contains(&product.bound[0]), "{product:?}");
        assert!(product.value[1].is_nan() && !product.bound[1].is_nan());
    }

    #[test]
    fn names_both_shapes() {
        let (a, b) = (Type::f32([1, 64, 7, 7]), Type::f32([1, 32, 7, 7]));
        let error = Mul.infer(&[&a, &b], Mode::Infer).unwrap_err();
        assert_eq!(
            error.message,
            "cannot multiply f32[1,64,7,7] and f32[1,32,7,7]: dimension 1 is 64 in one and 32 in the other"
        );
        assert_eq!(error.operands, [0, 1]);
    }
}
