//! `relu`: max(x, 0); NaN stays NaN.

use super::call::AttrReader;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand};

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Relu;

impl Operator for Relu {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        super::shapes::one("relu", inputs).map(|x| vec![x.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        // `f64::max` would drop a NaN.
        vec![inputs[0].map(|v, b| (if v < 0.0 { 0.0 } else { v }, b))]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pointwise(Expr::Leaf(Operand(0)).relu()), 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Relu {
    const SIGNATURE: Signature =
        Signature { name: "relu", doc: "max(x, 0)", operands: Operands::Fixed(&["x"]), args: &[] };

    fn from_call(_call: &Call<'_>) -> Result<(Relu, Vec<ParamSpec>), CallError> {
        Ok((Relu, Vec::new()))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<Relu, String> {
        Ok(Relu)
    }

    fn example(rng: &mut Rng) -> Example<Relu> {
        Example { op: Relu, inputs: vec![super::shapes::random(rng)] }
    }
}
