//! `flatten`: all dimensions before an axis become one, and all from it on another.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x of any shape. Result: rank 2.
#[derive(Clone, Debug, PartialEq)]
pub struct Flatten {
    /// The first dimension of the second part, from 0 to the rank.
    pub axis: usize,
}

impl Operator for Flatten {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Int(self.axis as i64))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("flatten", inputs)?;
        let Some((before, behind)) = x.shape.split_at_checked(self.axis) else {
            return Err(
                Mismatch::new(format!("flatten at axis {} needs as many dimensions, found {x}", self.axis)).at([0])
            );
        };
        match (shapes::product(before), shapes::product(behind)) {
            (Some(before), Some(behind)) => {
                Ok(vec![shapes::fits(Type { dtype: x.dtype, shape: vec![before, behind] })?])
            }
            _ => Err(Mismatch::new(format!("{x} has too many elements to flatten")).at([0])),
        }
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let (before, behind) = inputs[0].shape.split_at(self.axis);
        vec![inputs[0].reshape([before.iter().product(), behind.iter().product()])]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Reshape, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Flatten {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "flatten",
        doc: "to rank 2, splitting before an axis",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "axis",
            kind: ArgKind::Int,
            default: Default::Int(1),
            doc: "first dimension of the second part",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Flatten, Vec<ParamSpec>), CallError> {
        Ok((Flatten { axis: shapes::axis(call, call.operands[0], true)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Flatten, String> {
        Ok(Flatten { axis: attributes.int("axis")? })
    }

    fn example(rng: &mut Rng) -> Example<Flatten> {
        let x = shapes::random(rng);
        Example { op: Flatten { axis: rng.range(0, x.rank()) }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: &[usize], axis: usize, expected: Result<[usize; 2], &str>) {
        let found = Flatten { axis }.infer(&[&Type::f32(x)], Mode::Infer).map_err(|error| error.message);
        assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
    }

    #[test]
    fn shapes_of_results() {
        check(&[2, 3, 4, 5], 1, Ok([2, 60]));
        check(&[2, 3, 4, 5], 0, Ok([1, 120]));
        check(&[2, 3, 4, 5], 3, Ok([24, 5]));
        check(&[2, 3], 2, Ok([6, 1]));
        check(&[], 0, Ok([1, 1]));
        check(&[2, 3], 3, Err("flatten at axis 3 needs as many dimensions, found f32[2,3]"));
    }

    #[test]
    fn keeps_the_order() {
        let x = Bounded::exact(&[1, 2, 1, 2], [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(Flatten { axis: 1 }.evaluate(&[&x], Mode::Infer), [Bounded::exact(&[1, 4], [1.0, 2.0, 3.0, 4.0])]);
    }
}
