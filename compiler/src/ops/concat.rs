//! `concat`: tensors one behind the other along an axis.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Inputs: at least one tensor; all agree but along the axis. Result: the sum of the extents there.
#[derive(Clone, Debug, PartialEq)]
pub struct Concat {
    /// The dimension along which the tensors follow each other.
    pub axis: usize,
}

impl Operator for Concat {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Int(self.axis as i64))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let Some(&first) = inputs.first() else {
            return Err(Mismatch::new("concat takes at least one tensor"));
        };
        let mut result = first.clone();
        if self.axis >= first.rank() {
            return Err(Mismatch::new(format!("{first} has no axis {}", self.axis)).at([0]));
        }
        for (i, &x) in inputs.iter().enumerate().skip(1) {
            let wrong = |why: String| {
                Mismatch::new(format!("cannot concatenate {first} and {x} along dimension {}: {why}", self.axis))
                    .at([0, i])
            };
            if x.dtype != first.dtype {
                return Err(wrong("the element types differ".to_string()));
            }
            if x.rank() != first.rank() {
                return Err(wrong(format!("the ranks are {} and {}", first.rank(), x.rank())));
            }
            if let Some(d) = (0..x.rank()).find(|&d| d != self.axis && !x.shape[d].same(&first.shape[d])) {
                let (one, other) = (&first.shape[d], &x.shape[d]);
                let help = format!("all dimensions but {} must be equal", self.axis);
                return Err(wrong(shapes::differ(d, one, other)).help(shapes::equal_if(one, other).unwrap_or(help)));
            }
            let sum = result.shape[self.axis].plus(&x.shape[self.axis]);
            result.shape[self.axis] = sum.ok_or_else(|| wrong("the sum is too large".to_string()))?;
        }
        Ok(vec![shapes::fits(result)?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let mut shape = inputs[0].shape.clone();
        shape[self.axis] = inputs.iter().map(|x| x.shape[self.axis]).sum();
        let [outer, ..] = shapes::around(&shape, self.axis);
        let mut elements = Vec::new();
        for o in 0..outer {
            for x in inputs {
                let [_, extent, inner] = shapes::around(&x.shape, self.axis);
                elements.extend((0..extent * inner).map(|i| x.at(o * extent * inner + i)));
            }
        }
        vec![Bounded::new(shape, elements)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Concat { axis: self.axis }, inputs.len())
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Concat {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "concat",
        doc: "tensors one behind the other along an axis",
        operands: Operands::List("xs"),
        args: &[ArgSpec {
            name: "axis",
            kind: ArgKind::Int,
            default: Default::Int(1),
            doc: "the dimension that grows",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Concat, Vec<ParamSpec>), CallError> {
        match call.operands.first() {
            Some(first) => Ok((Concat { axis: shapes::axis(call, first, false)? }, Vec::new())),
            None => Err(CallError::operand("concat takes at least one tensor")),
        }
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Concat, String> {
        Ok(Concat { axis: attributes.int("axis")? })
    }

    fn example(rng: &mut Rng) -> Example<Concat> {
        let first = shapes::random(rng);
        let axis = rng.pick(&[0, 1, 1, 1, first.rank() - 1]);
        let mut inputs = vec![first];
        for _ in 0..rng.range(0, 3) {
            let mut next = inputs[0].clone();
            next.shape[axis] = rng.range(1, 20);
            inputs.push(next);
        }
        Example { op: Concat { axis }, inputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(axis: usize, inputs: &[&[usize]], expected: Result<&[usize], (&str, &[usize])>) {
        let types: Vec<Type> = inputs.iter().map(|&shape| Type::f32(shape)).collect();
        let found = Concat { axis }.infer(&types.iter().collect::<Vec<_>>(), Mode::Infer);
        let found = found.map_err(|error| (error.message, error.operands));
        assert_eq!(
            found,
            expected
                .map(|shape| vec![Type::f32(shape)])
                .map_err(|(message, operands)| (message.to_string(), operands.to_vec()))
        );
    }

    #[test]
    fn shape_rule() {
        check(1, &[&[1, 2, 5, 5], &[1, 3, 5, 5], &[1, 4, 5, 5]], Ok(&[1, 9, 5, 5]));
        check(0, &[&[2], &[3]], Ok(&[5]));
        check(0, &[&[7]], Ok(&[7]));
        check(
            1,
            &[&[1, 2, 5, 5], &[1, 3, 5, 5], &[1, 4, 4, 5]],
            Err((
                "cannot concatenate f32[1,2,5,5] and f32[1,4,4,5] along dimension 1: dimension 2 is 5 in one and 4 in the other",
                &[0, 2],
            )),
        );
        check(
            1,
            &[&[1, 2], &[2]],
            Err(("cannot concatenate f32[1,2] and f32[2] along dimension 1: the ranks are 2 and 1", &[0, 1])),
        );
        check(2, &[&[1, 2]], Err(("f32[1,2] has no axis 2", &[0])));
        check(0, &[], Err(("concat takes at least one tensor", &[])));
    }

    #[test]
    fn interleaves_outer_rows() {
        let a = Bounded::exact(&[2, 1], [1.0, 4.0]);
        let b = Bounded::new([2, 2], [(2.0, 0.5), (3.0, 0.0), (5.0, 0.0), (6.0, 0.25)]);
        let found = &Concat { axis: 1 }.evaluate(&[&a, &b], Mode::Infer)[0];
        assert_eq!(found.shape, [2, 3]);
        assert_eq!(found.value, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(found.bound, [0.0, 0.5, 0.0, 0.0, 0.0, 0.25]);
    }
}
