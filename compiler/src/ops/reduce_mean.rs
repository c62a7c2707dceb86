//! `reduce_mean`: the mean over any axes.

use super::call::AttrReader;
use super::reduce_sum::summed;
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
pub struct ReduceMean {
    /// The axes.
    pub reduction: Reduction,
}

impl Operator for ReduceMean {
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
        vec![self.reduction.evaluate(inputs[0], |of| summed(of).mean(of.len()))]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        self.reduction.lower(
            inputs[0],
            Combine::Sum,
            Expr::Leaf(Operand(0)) * Expr::Const((1.0 / self.reduction.count(inputs[0]) as f64) as f32),
        )
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        self.reduction.field()
    }
}

impl Declare for ReduceMean {
    const SIGNATURE: Signature = Signature {
        name: "reduce_mean",
        doc: "the mean over axes",
        operands: Operands::Fixed(&["x"]),
        args: &[AXES, KEEP],
    };

    fn from_call(call: &Call<'_>) -> Result<(ReduceMean, Vec<ParamSpec>), CallError> {
        Ok((ReduceMean { reduction: Reduction::from_call(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<ReduceMean, String> {
        Ok(ReduceMean { reduction: Reduction::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<ReduceMean> {
        let (reduction, x) = Reduction::example(rng);
        Example { op: ReduceMean { reduction }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let x = Bounded::exact(&[2, 3], [3.0, -1.0, 3.0, 7.0, 1.0, -5.0]);
        let reduction = Reduction { axes: vec![1], keep: false };
        let y = &ReduceMean { reduction }.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((&y.shape[..], &y.value[..]), ([2].as_slice(), [5.0 / 3.0, 1.0].as_slice()));
        assert!(y.bound.iter().all(|&bound| bound < 1e-5), "{y:?}");
    }

    #[test]
    fn nan_spoils_its_row_only() {
        let x = Bounded::exact(&[2, 2], [f64::NAN, 1.0, 1.0, 1.0]);
        let reduction = Reduction { axes: vec![1], keep: true };
        let y = &ReduceMean { reduction }.evaluate(&[&x], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && !y.value[1].is_nan(), "{y:?}");
    }
}
