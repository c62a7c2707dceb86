//! `reduce_sum`: the sum over any axes.

use super::call::AttrReader;
use super::reduction::{AXES, KEEP, Reduction};
use super::value::{Element, Sum};
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Combine, Lowering, Operand};

/// Input: x of any shape. Result: x's shape without the reduced extents, or with 1 in their place.
#[derive(Clone, Debug, PartialEq)]
pub struct ReduceSum {
    /// The axes.
    pub reduction: Reduction,
}

/// The elements as terms of a sum.
pub(super) fn summed(elements: &[Element]) -> Sum {
    let mut sum = Sum::default();
    elements.iter().for_each(|&element| sum.add(element));
    sum
}

impl Operator for ReduceSum {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        self.reduction.attributes()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        self.reduction.infer(self.name(), inputs)
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![self.reduction.evaluate(inputs[0], |of| summed(of).finish(0))]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        self.reduction.lower(inputs[0], Combine::Sum, Expr::Leaf(Operand(0)))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        self.reduction.field()
    }
}

impl Declare for ReduceSum {
    const SIGNATURE: Signature = Signature {
        name: "reduce_sum",
        doc: "the sum over axes",
        operands: Operands::Fixed(&["x"]),
        args: &[AXES, KEEP],
    };

    fn from_call(call: &Call<'_>) -> Result<(ReduceSum, Vec<ParamSpec>), CallError> {
        Ok((ReduceSum { reduction: Reduction::from_call(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<ReduceSum, String> {
        Ok(ReduceSum { reduction: Reduction::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<ReduceSum> {
        let (reduction, x) = Reduction::example(rng);
        Example { op: ReduceSum { reduction }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let x = Bounded::exact(&[2, 3], [3.0, -1.0, 3.0, 7.0, 1.0, -5.0]);
        let reduction = Reduction { axes: vec![1], keep: false };
        let y = &ReduceSum { reduction }.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((&y.shape[..], &y.value[..]), ([2].as_slice(), [5.0, 3.0].as_slice()));
        assert!(y.bound.iter().all(|&bound| bound < 1e-5), "{y:?}");
    }

    #[test]
    fn nan_spoils_its_row_only() {
        let x = Bounded::exact(&[2, 2], [f64::NAN, 1.0, 1.0, 1.0]);
        let reduction = Reduction { axes: vec![1], keep: true };
        let y = &ReduceSum { reduction }.evaluate(&[&x], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && !y.value[1].is_nan(), "{y:?}");
    }
}
