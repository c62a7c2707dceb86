//! `argmax`: where the largest element along an axis is.

use rebirth_runtime::DType;

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::Element;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x of any shape. Result: i64, x's shape without the axis, or with 1 in its place. Of equal elements the first counts; NaN is
/// larger than all numbers (as PyTorch and NumPy say; ONNX does not).
#[derive(Clone, Debug, PartialEq)]
pub struct Argmax {
    /// The axis.
    pub axis: usize,
    /// Whether its extent becomes 1; otherwise it vanishes.
    pub keep: bool,
}

/// Most elements along the axis: f32 counts no further.
const MOST: usize = 1 << 24;

/// The index of the largest element of a line. An f32 evaluation may find another that is as near to being the largest as its bound says.
fn first(line: &[Element]) -> Element {
    let exceeds = |a: f64, b: f64| a > b || a.is_nan() && !b.is_nan();
    let found = (1..line.len()).fold(0, |best, i| if exceeds(line[i].0, line[best].0) { i } else { best });
    let (value, bound) = line[found];
    let may = |i: &usize| {
        let (other, reach) = line[*i];
        let (high, low) = (other + reach, value - bound);
        *i != found && reach + bound > 0.0 && !value.is_nan() && high >= low
            || *i < found && value.is_nan() && reach == f64::INFINITY
    };
    let farthest = (0..line.len()).filter(may).map(|i| i.abs_diff(found)).max();
    (found as f64, farthest.unwrap_or(0) as f64)
}

impl Operator for Argmax {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Int(self.axis as i64)), ("keep", Attr::Bool(self.keep))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("argmax", inputs)?;
        shapes::has_axis("argmax", x, self.axis)?;
        if let Some(extent) = x.shape[self.axis].known().filter(|extent| *extent > MOST) {
            let message =
                format!("argmax over axis {} of {x} is over {extent} elements; {MOST} is the most", self.axis);
            return Err(Mismatch::new(message).at([0]).help("take the argmax of parts of it"));
        }
        let mut shape = x.shape.clone();
        if self.keep {
            shape[self.axis] = D::constant(1);
        } else {
            shape.remove(self.axis);
        }
        Ok(vec![shapes::fits(Type { dtype: DType::I64, shape })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let mut found = inputs[0].map_lines(self.axis, 1, |line| vec![first(line)]);
        if !self.keep {
            found.shape.remove(self.axis);
        }
        vec![found]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::ArgMax { axis: self.axis }, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        // Batch and channels are no extent of the field; height and width are.
        if self.axis < 2 { Field::Point } else { Field::Everything }
    }
}

impl Declare for Argmax {
    const SIGNATURE: Signature = Signature {
        name: "argmax",
        doc: "where the largest element along an axis is, as i64",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec {
                name: "axis",
                kind: ArgKind::Int,
                default: Default::Int(1),
                doc: "the dimension that is searched",
            },
            ArgSpec {
                name: "keep",
                kind: ArgKind::Bool,
                default: Default::Bool(false),
                doc: "the extent becomes 1 rather than vanish",
            },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(Argmax, Vec<ParamSpec>), CallError> {
        Ok((Argmax { axis: shapes::axis(call, call.operands[0], false)?, keep: call.bool("keep")? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Argmax, String> {
        Ok(Argmax { axis: attributes.int("axis")?, keep: attributes.bool("keep")? })
    }

    fn example(rng: &mut Rng) -> Example<Argmax> {
        let x = shapes::random(rng);
        Example { op: Argmax { axis: rng.range(0, x.rank() - 1), keep: rng.flip() }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &[Element], expected: Element) {
        assert_eq!(first(line), expected, "{line:?}");
    }

    #[test]
    fn lines() {
        let exact = |values: &[f64]| values.iter().map(|&value| (value, 0.0)).collect::<Vec<_>>();
        let nan = f64::NAN;
        check(&exact(&[1.0, 3.0, 2.0]), (1.0, 0.0));
        check(&exact(&[3.0, 3.0, 3.0]), (0.0, 0.0));
        check(&exact(&[-0.0, 0.0]), (0.0, 0.0));
        check(&exact(&[f64::NEG_INFINITY; 2]), (0.0, 0.0));
        check(&exact(&[1.0, nan, f64::INFINITY, nan]), (1.0, 0.0));
        check(&[(1.0, 0.5), (2.0, 0.4), (0.0, 0.0), (1.7, 0.0)], (1.0, 2.0));
        check(&[(1.0, f64::INFINITY), (nan, 0.0), (0.0, f64::INFINITY)], (1.0, 1.0));
    }

    #[test]
    fn shape_rule() {
        let x = Type::f32([2, 5, 3]);
        let infer = |axis, keep| Argmax { axis, keep }.infer(&[&x], Mode::Infer);
        assert_eq!(infer(1, false), Ok(vec![Type { dtype: DType::I64, shape: vec![2, 3] }]));
        assert_eq!(infer(2, true), Ok(vec![Type { dtype: DType::I64, shape: vec![2, 5, 1] }]));
        assert_eq!(infer(3, true).unwrap_err().message, "f32[2,5,3] has no axis 3");
        let long = Type::f32([MOST + 1]);
        let error = Argmax { axis: 0, keep: true }.infer(&[&long], Mode::Infer).unwrap_err();
        assert_eq!(
            error.message,
            "argmax over axis 0 of f32[16777217] is over 16777217 elements; 16777216 is the most"
        );
    }
}
