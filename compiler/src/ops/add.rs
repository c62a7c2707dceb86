//! `add`: a + b, broadcast as numpy does.

use super::call::AttrReader;
use super::value::{rounded, sum};
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
pub struct Add;

impl Operator for Add {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let [a, b] = shapes::two("add", inputs)?;
        Ok(vec![shapes::broadcast("add", a, b)?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let element = |a, b| {
            let (value, carried) = sum(a, b);
            rounded(value, carried, 1)
        };
        vec![shapes::combine(inputs[0], inputs[1], element)]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pointwise(Expr::Leaf(Operand(0)) + Expr::Leaf(Operand(1))), 2)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Add {
    const SIGNATURE: Signature =
        Signature { name: "add", doc: "a + b", operands: Operands::Fixed(&["a", "b"]), args: &[] };

    fn from_call(_call: &Call<'_>) -> Result<(Add, Vec<ParamSpec>), CallError> {
        Ok((Add, Vec::new()))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<Add, String> {
        Ok(Add)
    }

    fn example(rng: &mut Rng) -> Example<Add> {
        Example { op: Add, inputs: shapes::random_pair(rng) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_a_channel_vector() {
        let x = Bounded::exact(&[1, 2, 1, 2], [1.0, 2.0, 3.0, 4.0]);
        let b = Bounded::new([1, 2, 1, 1], [(10.0, 0.5), (20.0, 0.0)]);
        let sum = &Add.evaluate(&[&x, &b], Mode::Infer)[0];
        assert_eq!(sum.shape, [1, 2, 1, 2]);
        assert_eq!(sum.value, [11.0, 12.0, 23.0, 24.0]);
        assert!((0.5..0.50001).contains(&sum.bound[0]), "{sum:?}");
        assert!((1e-9..1e-5).contains(&sum.bound[2]), "{sum:?}");
    }

    #[test]
    fn overflow_of_f32_is_no_surprise() {
        let x = Bounded::exact(&[1], [3e38]);
        assert_eq!(Add.evaluate(&[&x, &x], Mode::Infer)[0].bound, [f64::INFINITY]);
    }

    #[test]
    fn needs_two_tensors() {
        let x = Type::f32([1]);
        assert_eq!(Add.infer(&[&x], Mode::Infer).unwrap_err().message, "add takes two tensors, not 1");
    }
}
