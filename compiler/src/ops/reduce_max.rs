//! `reduce_max`: the largest element over any axes; NaN if one is NaN.

use super::call::AttrReader;
use super::max_pool::largest;
use super::reduction::{AXES, KEEP, Reduction};
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
pub struct ReduceMax {
    /// The axes.
    pub reduction: Reduction,
}

impl Operator for ReduceMax {
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
        vec![self.reduction.evaluate(inputs[0], |of| largest(of))]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        self.reduction.lower(inputs[0], Combine::Max, Expr::Leaf(Operand(0)))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        self.reduction.field()
    }
}

impl Declare for ReduceMax {
    const SIGNATURE: Signature = Signature {
        name: "reduce_max",
        doc: "the largest element over axes",
        operands: Operands::Fixed(&["x"]),
        args: &[AXES, KEEP],
    };

    fn from_call(call: &Call<'_>) -> Result<(ReduceMax, Vec<ParamSpec>), CallError> {
        Ok((ReduceMax { reduction: Reduction::from_call(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<ReduceMax, String> {
        Ok(ReduceMax { reduction: Reduction::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<ReduceMax> {
        let (reduction, x) = Reduction::example(rng);
        Example { op: ReduceMax { reduction }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let x = Bounded::exact(&[2, 3], [3.0, -1.0, 3.0, 7.0, 1.0, -5.0]);
        let reduction = Reduction { axes: vec![1], keep: false };
        let y = &ReduceMax { reduction }.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((&y.shape[..], &y.value[..]), ([2].as_slice(), [3.0, 7.0].as_slice()));
        assert!(y.bound.iter().all(|&bound| bound < 1e-5), "{y:?}");
    }

    #[test]
    fn nan_spoils_its_row_only() {
        let x = Bounded::exact(&[2, 2], [f64::NAN, 1.0, 1.0, 1.0]);
        let reduction = Reduction { axes: vec![1], keep: true };
        let y = &ReduceMax { reduction }.evaluate(&[&x], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && !y.value[1].is_nan(), "{y:?}");
    }
}
