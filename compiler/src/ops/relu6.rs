//! `relu6`: min(max(x, 0), 6); NaN stays NaN.

use super::call::AttrReader;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand};

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Relu6;

impl Operator for Relu6 {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        shapes::one("relu6", inputs).map(|x| vec![x.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        // `f64::clamp` keeps a NaN.
        vec![inputs[0].map(|v, b| (v.clamp(0.0, 6.0), b))]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pointwise(Expr::Leaf(Operand(0)).relu().min(Expr::Const(6.0))), 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Relu6 {
    const SIGNATURE: Signature =
        Signature { name: "relu6", doc: "min(max(x, 0), 6)", operands: Operands::Fixed(&["x"]), args: &[] };

    fn from_call(_call: &Call<'_>) -> Result<(Relu6, Vec<ParamSpec>), CallError> {
        Ok((Relu6, Vec::new()))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<Relu6, String> {
        Ok(Relu6)
    }

    fn example(rng: &mut Rng) -> Example<Relu6> {
        Example { op: Relu6, inputs: vec![shapes::random(rng)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clamps_but_keeps_nan() {
        let x = Bounded::exact(&[5], [-1.0, 2.5, 7.0, f64::INFINITY, f64::NAN]);
        let y = &Relu6.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.value[..4], [0.0, 2.5, 6.0, 6.0]);
        assert!(y.value[4].is_nan());
        assert_eq!(y.bound, [0.0; 5]);
    }

    #[test]
    fn takes_one_tensor() {
        assert_eq!(Relu6.infer::<usize>(&[], Mode::Infer).unwrap_err().message, "relu6 takes one tensor, not 0");
    }
}
