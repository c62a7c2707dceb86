//! `softmax`: exp(x) over its sum along an axis.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::max_pool::largest;
use super::value::{Element, FUNCTION, Sum, U, rounded};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::{Expr, Unary};
use crate::loops::stage::{Combine, Kind, Lowering, Operand, Place, Stage};

/// Input: x of any shape. Result: the same shape; sums to 1 along the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Softmax {
    /// The axis of the sum.
    pub axis: usize,
}

/// The softmax of one line.
fn line(x: &[Element]) -> Vec<Element> {
    // The error of the maximum shifts all arguments alike and cancels; only the subtraction's rounding depends on it.
    let (max, max_bound) = largest(x);
    let mut sum = Sum::default();
    let powers: Vec<Element> = x
        .iter()
        .map(|&(v, b)| {
            let argument = b + U * ((v - max).abs() + b + max_bound);
            let power = (v - max).exp();
            let power = rounded(power, power * ((1.0 + argument.exp_m1()) * (1.0 + FUNCTION) - 1.0), 0);
            sum.add(power);
            power
        })
        .collect();
    let (sum, sum_bound) = sum.finish(0);
    powers
        .into_iter()
        .map(|(power, bound)| {
            let value = power / sum;
            // The sum is positive: below its bound nothing is known.
            let carried = if sum_bound < sum { (bound + value * sum_bound) / (sum - sum_bound) } else { f64::INFINITY };
            // A reciprocal and a product.
            rounded(value, carried, 2)
        })
        .collect()
}

impl Operator for Softmax {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Int(self.axis as i64))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("softmax", inputs)?;
        shapes::has_axis("softmax", x, self.axis)?;
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
        let [max, powers, reciprocal] = [0, 1, 2].map(Place::Temp);
        let leaf = |i| Expr::Leaf(Operand(i));
        let reduce = |combine, finish| Kind::Reduce { axes: vec![self.axis], combine, finish };
        let power = Kind::Pointwise(Expr::unary(Unary::Exp, leaf(0) - leaf(1)));
        Lowering {
            temps: vec![reduced.clone(), x.clone(), reduced],
            stages: vec![
                Stage { kind: reduce(Combine::Max, leaf(0)), reads: vec![Place::Input(0)], write: max },
                Stage { kind: power, reads: vec![Place::Input(0), max], write: powers },
                Stage {
                    kind: reduce(Combine::Sum, Expr::Const(1.0) / leaf(0)),
                    reads: vec![powers],
                    write: reciprocal,
                },
                Stage {
                    kind: Kind::Pointwise(leaf(0) * leaf(1)),
                    reads: vec![powers, reciprocal],
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

impl Declare for Softmax {
    const SIGNATURE: Signature = Signature {
        name: "softmax",
        doc: "exp(x) over its sum along an axis",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec { name: "axis", kind: ArgKind::Int, default: Default::Int(1), doc: "the axis that sums to 1" }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Softmax, Vec<ParamSpec>), CallError> {
        Ok((Softmax { axis: shapes::axis(call, call.operands[0], false)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Softmax, String> {
        Ok(Softmax { axis: attributes.int("axis")? })
    }

    fn example(rng: &mut Rng) -> Example<Softmax> {
        let x = shapes::random(rng);
        let axis = rng.pick(&[1, 1, 0, x.rank() - 1]);
        Example { op: Softmax { axis }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: &[Element], expected: &[f64], bound: std::ops::Range<f64>) {
        let found = line(x);
        for (i, (&(value, found), expected)) in found.iter().zip(expected).enumerate() {
            assert!((value - expected).abs() < 1e-12, "element {i}: {value} instead of {expected}");
            assert!(bound.contains(&found), "element {i}: bound {found}");
        }
    }

    #[test]
    fn lines() {
        let exact = |x: &[f64]| x.iter().map(|&v| (v, 0.0)).collect::<Vec<_>>();
        check(&exact(&[5.0]), &[1.0], 1e-8..3e-6);
        check(&exact(&[0.0, 3f64.ln()]), &[0.25, 0.75], 1e-8..3e-6);
        check(&exact(&[1000.0, 1000.0]), &[0.5, 0.5], 1e-8..3e-6);
        check(&exact(&[0.0, -1000.0]), &[1.0, 0.0], 1e-39..3e-6);
        // One argument may be off by 0.1: 0.5 * 0.5 * 0.1 at first order, and twice that where both are off against each other.
        check(&[(0.0, 0.1), (0.0, 0.1)], &[0.5, 0.5], 0.049..0.2);
    }

    #[test]
    fn nan_spoils_its_line_only() {
        let x = Bounded::exact(&[2, 2], [0.0, f64::NAN, 1.0, 1.0]);
        let y = &Softmax { axis: 1 }.evaluate(&[&x], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && y.value[1].is_nan());
        assert_eq!(y.value[2..], [0.5, 0.5]);
    }

    #[test]
    fn along_any_axis() {
        let x = Bounded::exact(&[2, 1, 2], [0.0, 0.0, 0.0, 3f64.ln()]);
        let y = &Softmax { axis: 0 }.evaluate(&[&x], Mode::Infer)[0];
        assert!([0.5, 0.25, 0.5, 0.75].iter().zip(&y.value).all(|(e, v)| (e - v).abs() < 1e-12), "{y:?}");
        let error = Softmax { axis: 3 }.infer(&[&Type::f32([2, 1, 2])], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "f32[2,1,2] has no axis 3");
    }
}
