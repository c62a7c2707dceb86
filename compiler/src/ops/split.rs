//! `split`: a dimension cut into parts, which are as many results.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::pieces::Pieces;
use crate::loops::stage::{Kind, Lowering, Place, Stage};

/// Most parts of one split.
pub const MAX_PARTS: usize = 256;

/// How a dimension is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts {
    /// As many of one size. (PyTorch's `split` takes the size where this takes the number, as its `chunk` does.)
    Equal(usize),
    /// These sizes one behind the other, each at least 1.
    Sizes(Vec<usize>),
}

/// Input: x of any shape. Results: parts of x along `axis`, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The parts.
    pub parts: Parts,
    /// The dimension.
    pub axis: usize,
}

impl Parts {
    fn count(&self) -> usize {
        match self {
            Parts::Equal(count) => *count,
            Parts::Sizes(sizes) => sizes.len(),
        }
    }

    /// What is wrong with the parts by themselves.
    fn fault(&self) -> Option<String> {
        match (self, self.count()) {
            (_, 0) => Some("there must be at least one part".to_string()),
            (_, count) if count > MAX_PARTS => Some(format!("{MAX_PARTS} parts are the most, not {count}")),
            (Parts::Sizes(sizes), _) if sizes.contains(&0) => Some("a part cannot be of size 0".to_string()),
            _ => None,
        }
    }

    /// The first position and size of each part of an extent that they fit.
    fn of(&self, extent: usize) -> Vec<(usize, usize)> {
        let mut start = 0;
        let sizes = (0..self.count()).map(|i| match self {
            Parts::Equal(count) => extent / count,
            Parts::Sizes(sizes) => sizes[i],
        });
        let part = |size: usize| {
            start += size;
            (start - size, size)
        };
        sizes.map(part).collect()
    }
}

impl Operator for Split {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let parts = match &self.parts {
            Parts::Equal(count) => ("parts", Attr::Int(*count as i64)),
            Parts::Sizes(sizes) => ("sizes", Attr::Ints(sizes.iter().map(|&size| size as i64).collect())),
        };
        vec![parts, ("axis", Attr::Int(self.axis as i64))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("split", inputs)?;
        let Some(extent) = x.shape.get(self.axis) else {
            return Err(Mismatch::new(format!("{x} has no axis {}", self.axis)).at([0]));
        };
        let wrong = |why: String| Mismatch::new(format!("cannot split dimension {} of {x}: {why}", self.axis)).at([0]);
        if let Some(fault) = self.parts.fault() {
            return Err(wrong(fault));
        }
        let sizes: Vec<D> = match &self.parts {
            Parts::Equal(count) => {
                let size = moves::divided(extent, *count).ok_or_else(|| {
                    let help = moves::divided_if(extent, *count);
                    wrong(format!("{count} parts of one size do not make {extent}"))
                        .help(help.unwrap_or_else(|| "give the sizes of the parts as a list".to_string()))
                })?;
                vec![size; *count]
            }
            Parts::Sizes(sizes) => {
                let sum = sizes.iter().try_fold(0usize, |sum, &size| sum.checked_add(size));
                if !sum.is_some_and(|sum| extent.is(sum)) {
                    let sum = sum.map_or("too much".to_string(), |sum| sum.to_string());
                    return Err(wrong(format!("the parts make {sum}, not {extent}"))
                        .help("the sizes must add up to the extent; a number of parts divides it into equal ones"));
                }
                sizes.iter().map(|&size| D::constant(size)).collect()
            }
        };
        let part = |size: D| {
            let mut part = x.clone();
            part.shape[self.axis] = size;
            part
        };
        Ok(sizes.into_iter().map(part).collect())
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let part = |(start, size): (usize, usize)| {
            let mut shape = x.shape.clone();
            shape[self.axis] = size;
            moves::moved(x, &shape, |at| {
                let mut from = at.to_vec();
                from[self.axis] += start;
                from
            })
        };
        self.parts.of(x.shape[self.axis]).into_iter().map(part).collect()
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let shape = &inputs[0].shape;
        let stage = |(i, (start, size)): (usize, (usize, usize))| Stage {
            kind: Kind::Copy(Pieces::slice(shape, self.axis, start, 1, size)),
            reads: vec![Place::Input(0)],
            write: Place::Result(i),
        };
        let parts = self.parts.of(shape[self.axis]);
        Lowering { temps: Vec::new(), stages: parts.into_iter().enumerate().map(stage).collect() }
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

/// The sizes of parts as source gives them.
fn sizes(given: Vec<i64>, call: &Call<'_>) -> Result<Vec<usize>, CallError> {
    let Some(negative) = given.iter().find(|&&size| size < 0) else {
        return Ok(given.into_iter().map(|size| size as usize).collect());
    };
    let error = CallError::argument("parts", format!("the size of a part cannot be {negative}"));
    // What `reshape` would take it for, where there is one such.
    let known: i64 = given.iter().filter(|&&size| size >= 0).sum();
    let rest =
        shapes::axis(call, call.operands[0], false).map_or(0, |axis| call.operands[0].shape[axis] as i64 - known);
    Err(match given.iter().filter(|&&size| size < 0).count() {
        1 if rest > 0 => error.help(format!("sizes are written out: what the others leave is {rest}")),
        _ => error.help("sizes are written out, none stands for the rest"),
    })
}

impl Declare for Split {
    const ANY_ELEMENTS: bool = true;
    const GIVES_LIST: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "split",
        doc: "a list of the parts of a dimension",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec {
                name: "parts",
                kind: ArgKind::Ints,
                default: Default::Required,
                doc: "how many equal parts, or a list of their sizes",
            },
            ArgSpec { name: "axis", kind: ArgKind::Int, default: Default::Int(1), doc: "the dimension" },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(Split, Vec<ParamSpec>), CallError> {
        let parts = if call.is_list("parts") {
            Parts::Sizes(sizes(call.signed_list("parts")?, call)?)
        } else {
            Parts::Equal(call.int("parts", 1)?)
        };
        if let Some(fault) = parts.fault() {
            return Err(CallError::argument("parts", fault));
        }
        Ok((Split { parts, axis: shapes::axis(call, call.operands[0], false)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Split, String> {
        let (name, parts) = if attributes.has("sizes") {
            ("sizes", Parts::Sizes(attributes.int_list("sizes")?))
        } else {
            ("parts", Parts::Equal(attributes.int("parts")?))
        };
        match parts.fault() {
            None => Ok(Split { parts, axis: attributes.int("axis")? }),
            Some(fault) => Err(format!("attribute `{name}`: {fault}")),
        }
    }

    fn example(rng: &mut Rng) -> Example<Split> {
        let mut x = shapes::random(rng);
        let axis = rng.pick(&[0, 1, 1, 1, x.rank() - 1]);
        let count = rng.range(1, 4);
        let parts = if rng.flip() {
            x.shape[axis] = count * rng.range(1, 9);
            Parts::Equal(count)
        } else {
            let sizes: Vec<usize> = (0..count).map(|_| rng.range(1, 9)).collect();
            x.shape[axis] = sizes.iter().sum();
            Parts::Sizes(sizes)
        };
        Example { op: Split { parts, axis }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn check(x: &[usize], parts: ArgValue, axis: i64, expected: Result<&[&[usize]], &str>) {
        let x = Type::f32(x);
        let given = vec![("parts", parts), ("axis", ArgValue::Int(axis))];
        let found = Split::from_call(&Call::new(&Split::SIGNATURE, &[&x], given)).map_err(|error| error.message);
        let found = found.and_then(|(op, _)| op.infer(&[&x], Mode::Infer).map_err(|error| error.message));
        let expected = expected.map(|shapes| shapes.iter().map(|&shape| Type::f32(shape)).collect());
        assert_eq!(found, expected.map_err(str::to_string));
    }

    #[test]
    fn shape_rule() {
        let sizes = |sizes: &[i64]| ArgValue::List(sizes.iter().map(|&size| ArgValue::Int(size)).collect());
        check(&[1, 6, 2], ArgValue::Int(2), 1, Ok(&[&[1, 3, 2], &[1, 3, 2]]));
        check(&[1, 6, 2], ArgValue::Int(1), -1, Ok(&[&[1, 6, 2]]));
        check(&[1, 6], sizes(&[1, 5]), 1, Ok(&[&[1, 1], &[1, 5]]));
        check(
            &[1, 6],
            ArgValue::Int(4),
            1,
            Err("cannot split dimension 1 of f32[1,6]: 4 parts of one size do not make 6"),
        );
        check(&[1, 6], sizes(&[2, 3]), 1, Err("cannot split dimension 1 of f32[1,6]: the parts make 5, not 6"));
        check(&[1, 6], sizes(&[6, 0]), 1, Err("a part cannot be of size 0"));
        check(&[1, 6], sizes(&[7, -1]), 1, Err("the size of a part cannot be -1"));
        check(&[1, 6], sizes(&[]), 1, Err("there must be at least one part"));
        check(&[1, 6], ArgValue::Int(0), 1, Err("`parts` must be at least 1, not 0"));
        check(&[1, 257], ArgValue::Int(257), 1, Err("256 parts are the most, not 257"));
        check(&[1, 6], ArgValue::Int(2), 2, Err("f32[1,6] has no axis 2"));
        assert_eq!(Parts::Equal(MAX_PARTS).fault(), None);
    }

    #[test]
    fn a_size_is_no_rest() {
        let check = |sizes: &[i64], expected: &str| {
            let x = Type::f32([1, 16]);
            let sizes = ArgValue::List(sizes.iter().map(|&size| ArgValue::Int(size)).collect());
            let error = Split::from_call(&Call::new(&Split::SIGNATURE, &[&x], vec![("parts", sizes)])).unwrap_err();
            assert_eq!(error.help.as_deref(), Some(expected));
        };
        check(&[-1, 9], "sizes are written out: what the others leave is 7");
        check(&[-1, 16], "sizes are written out, none stands for the rest");
        check(&[-1, -1, 3], "sizes are written out, none stands for the rest");
    }

    #[test]
    fn parts_in_order() {
        let x = Bounded::exact(&[2, 3], (0..6).map(f64::from));
        let y = Split { parts: Parts::Sizes(vec![1, 2]), axis: 1 }.evaluate(&[&x], Mode::Infer);
        assert_eq!(y[0], Bounded::exact(&[2, 1], [0.0, 3.0]));
        assert_eq!(y[1], Bounded::exact(&[2, 2], [1.0, 2.0, 4.0, 5.0]));
    }
}
