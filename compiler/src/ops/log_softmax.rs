//! `log_softmax`: the logarithm of the softmax, as x - m - ln(sum of e^(x - m)) with the largest element m of a line.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::max_pool::largest;
use super::value::{Element, FUNCTION, Sum, U, function, rounded, sum};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::{Expr, Unary};
use crate::loops::stage::{Combine, Kind, Lowering, Operand, Place, Stage};

/// Input: x of any shape. Result: the same shape; its exponentials sum to 1 along the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct LogSoftmax {
    /// The axis of the sum.
    pub axis: usize,
}

/// The logarithms of one line.
fn line(x: &[Element]) -> Vec<Element> {
    // The error of the maximum shifts everything alike and cancels; only the subtraction's rounding depends on it.
    let (max, max_bound) = largest(x);
    let shifted = |&(v, b): &Element| (v - max, b + U * ((v - max).abs() + b + max_bound));
    let mut total = Sum::default();
    for element in x {
        total.add(function(shifted(element), f64::exp, &[], FUNCTION));
    }
    let (logarithm, bound) = function(total.finish(0), f64::ln, &[], FUNCTION);
    x.iter()
        .map(|element| {
            let (value, carried) = sum(shifted(element), (-logarithm, bound));
            rounded(value, carried, 1)
        })
        .collect()
}

impl Operator for LogSoftmax {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Int(self.axis as i64))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("log_softmax", inputs)?;
        shapes::has_axis("log_softmax", x, self.axis)?;
        Ok(vec![x.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        vec![x.map_lines(self.axis, x.shape[self.axis], line)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let x = inputs[0];
        let mut reduced = x.clone();
        reduced.shape[self.axis] = 1;
        let [max, powers, logarithm] = [0, 1, 2].map(Place::Temp);
        let leaf = |i| Expr::Leaf(Operand(i));
        let reduce = |combine, finish| Kind::Reduce { axes: vec![self.axis], combine, finish };
        let shifted = leaf(0) - leaf(1);
        let power = Kind::Pointwise(shifted.clone().then(Unary::Exp));
        Lowering {
            temps: vec![reduced.clone(), x.clone(), reduced],
            stages: vec![
                Stage { kind: reduce(Combine::Max, leaf(0)), reads: vec![Place::Input(0)], write: max },
                Stage { kind: power, reads: vec![Place::Input(0), max], write: powers },
                Stage { kind: reduce(Combine::Sum, leaf(0).then(Unary::Log)), reads: vec![powers], write: logarithm },
                Stage {
                    kind: Kind::Pointwise(shifted - leaf(2)),
                    reads: vec![Place::Input(0), max, logarithm],
                    write: Place::Result(0),
                },
            ],
        }
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        // Batch and channels are no extent of the field; height and width are.
        if self.axis < 2 { Field::Point } else { Field::Everything }
    }
}

impl Declare for LogSoftmax {
    const SIGNATURE: Signature = Signature {
        name: "log_softmax",
        doc: "logarithm of the softmax along an axis",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "axis",
            kind: ArgKind::Int,
            default: Default::Int(1),
            doc: "the axis whose exponentials sum to 1",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(LogSoftmax, Vec<ParamSpec>), CallError> {
        Ok((LogSoftmax { axis: shapes::axis(call, call.operands[0], false)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<LogSoftmax, String> {
        Ok(LogSoftmax { axis: attributes.int("axis")? })
    }

    fn example(rng: &mut Rng) -> Example<LogSoftmax> {
        let x = shapes::random(rng);
        let axis = rng.pick(&[1, 1, 0, x.rank() - 1]);
        Example { op: LogSoftmax { axis }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: &[Element], expected: &[f64], bound: std::ops::Range<f64>) {
        for (i, (&(value, found), expected)) in line(x).iter().zip(expected).enumerate() {
            assert!((value - expected).abs() < 1e-12, "element {i}: {value} instead of {expected}");
            assert!(bound.contains(&found), "element {i}: bound {found}");
        }
    }

    #[test]
    fn lines() {
        let ln = f64::ln;
        check(&[(5.0, 0.0)], &[0.0], 1e-39..3e-6);
        check(&[(0.0, 0.0), (ln(3.0), 0.0)], &[ln(0.25), ln(0.75)], 1e-8..3e-6);
        check(&[(0.0, 0.0), (-1000.0, 0.0)], &[0.0, -1000.0], 1e-8..2e-4);
        check(&[(0.0, 0.1), (0.0, 0.0)], &[ln(0.5), ln(0.5)], 0.05..0.2);
    }

    #[test]
    fn nan_spoils_its_line_only() {
        let x = Bounded::exact(&[2, 2], [0.0, f64::NAN, 1.0, 1.0]);
        let y = &LogSoftmax { axis: 1 }.evaluate(&[&x], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && y.value[1].is_nan());
        assert_eq!(y.value[2..], [-(2f64.ln()), -(2f64.ln())]);
    }

    #[test]
    fn has_the_axis() {
        let error = LogSoftmax { axis: 3 }.infer(&[&Type::f32([2, 1, 2])], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "f32[2,1,2] has no axis 3");
    }
}
