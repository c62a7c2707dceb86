//! `reshape`: the same elements in row-major order under another shape.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x of any shape. Result: the given shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Reshape {
    /// Extents of the result. 0 keeps the operand's extent at that position (as ONNX does, unlike PyTorch), one may be -1: what is left.
    pub shape: Vec<i64>,
}

/// What is wrong with a shape by itself.
fn fault(shape: &[i64]) -> Option<String> {
    if let Some(extent) = shape.iter().find(|&&extent| extent < -1) {
        return Some(format!("an extent cannot be {extent}"));
    }
    let open = shape.iter().filter(|&&extent| extent == -1).count();
    (open > 1).then(|| format!("only one extent can be -1, not {open}"))
}

fn spelled(shape: &[i64]) -> String {
    format!("[{}]", shape.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
}

impl Operator for Reshape {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("shape", Attr::Ints(self.shape.clone()))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("reshape", inputs)?;
        let to = spelled(&self.shape);
        let wrong = |why: String| Mismatch::new(format!("cannot reshape {x} to {to}: {why}")).at([0]);
        if let Some(fault) = fault(&self.shape) {
            return Err(wrong(fault));
        }
        let kept = |d: usize| self.shape.get(d) == Some(&0);
        if let Some(d) = (x.rank()..self.shape.len()).find(|&d| kept(d)) {
            return Err(wrong(format!("0 keeps an extent, and there is no dimension {d}")));
        }
        let others: Vec<D> = (0..x.rank()).filter(|&d| !kept(d)).map(|d| x.shape[d].clone()).collect();
        let given: Vec<usize> = self.shape.iter().filter_map(|&e| usize::try_from(e).ok().filter(|e| *e > 0)).collect();
        let (Some(have), Some(need)) = (shapes::product(&others), shapes::product(&given)) else {
            return Err(wrong("there are too many elements to compute with".to_string()));
        };
        let rest = if self.shape.contains(&-1) {
            moves::divided(&have, need).ok_or_else(|| {
                let why = wrong(format!("{need} does not divide the {have} elements that are to be divided"));
                let help = moves::divided_if(&have, need);
                why.help(help.unwrap_or_else(|| "see whether all of its extents are meant".to_string()))
            })?
        } else if have.is(need) {
            D::constant(1)
        } else {
            let help = "-1 in place of one extent is what is left, and 0 keeps the extent at that position";
            return Err(wrong(format!("the extents that are not kept make {need} elements of {have}")).help(help));
        };
        let extents = self.shape.iter().enumerate().map(|(d, &extent)| match usize::try_from(extent) {
            Err(_) => rest.clone(),
            Ok(0) => x.shape[d].clone(),
            Ok(extent) => D::constant(extent),
        });
        Ok(vec![shapes::fits(Type { dtype: x.dtype, shape: extents.collect() })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let keep = |(d, &extent): (usize, &i64)| if extent == 0 { x.shape[d] } else { extent.unsigned_abs() as usize };
        let mut shape: Vec<usize> = self.shape.iter().enumerate().map(keep).collect();
        if let Some(open) = self.shape.iter().position(|&extent| extent == -1) {
            // It stands as 1 so far.
            let others: usize = shape.iter().product();
            shape[open] = x.value.len().checked_div(others).unwrap_or(0);
        }
        vec![x.reshape(shape)]
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

impl Declare for Reshape {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "reshape",
        doc: "the same elements under another shape",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "shape",
            kind: ArgKind::List,
            default: Default::Required,
            doc: "extents; 0 keeps the one at its position, one may be -1, what is left",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Reshape, Vec<ParamSpec>), CallError> {
        let shape = call.signed_list("shape")?;
        match fault(&shape) {
            None => Ok((Reshape { shape }, Vec::new())),
            Some(fault) => Err(CallError::argument("shape", fault)),
        }
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Reshape, String> {
        let shape = attributes.signed_list("shape")?;
        fault(&shape).map_or(Ok(Reshape { shape }), |fault| Err(format!("attribute `shape`: {fault}")))
    }

    fn example(rng: &mut Rng) -> Example<Reshape> {
        let x = shapes::random(rng);
        let split = rng.range(0, x.rank());
        let behind: usize = x.shape[split..].iter().product();
        let shape = match rng.range(0, 5) {
            0 => vec![-1],
            1 => vec![0, -1],
            2 => vec![0, 0, -1, 1],
            3 => vec![0, -1, 1],
            4 => vec![-1, behind as i64],
            _ => {
                let mut shape: Vec<i64> = x.shape.iter().rev().map(|&extent| extent as i64).collect();
                shape.insert(rng.range(0, x.rank()), 1);
                shape
            }
        };
        Example { op: Reshape { shape }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: &[usize], shape: &[i64], expected: Result<&[usize], &str>) {
        let op = Reshape { shape: shape.to_vec() };
        let found = op.infer(&[&Type::f32(x)], Mode::Infer).map_err(|error| error.message);
        assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
        if let Ok(shape) = expected {
            assert_eq!(op.evaluate(&[&Bounded::zeros(x)], Mode::Infer)[0].shape, shape);
        }
    }

    #[test]
    fn shape_rule() {
        check(&[2, 3, 4], &[4, 6], Ok(&[4, 6]));
        check(&[2, 3, 4], &[-1], Ok(&[24]));
        check(&[2, 3, 4], &[0, -1], Ok(&[2, 12]));
        check(&[2, 3, 4], &[0, 2, 2, -1], Ok(&[2, 2, 2, 3]));
        check(&[2, 3, 4], &[4, 0, 2], Ok(&[4, 3, 2]));
        check(&[1, 1], &[], Ok(&[]));
        check(&[0, 3], &[0, 3, 1], Ok(&[0, 3, 1]));
        check(&[2, 3], &[5], Err("cannot reshape f32[2,3] to [5]: the extents that are not kept make 5 elements of 6"));
        check(
            &[2, 3],
            &[4, -1],
            Err("cannot reshape f32[2,3] to [4, -1]: 4 does not divide the 6 elements that are to be divided"),
        );
        check(
            &[6],
            &[2, 0, 3],
            Err("cannot reshape f32[6] to [2, 0, 3]: 0 keeps an extent, and there is no dimension 1"),
        );
        check(&[6], &[-1, -1], Err("cannot reshape f32[6] to [-1, -1]: only one extent can be -1, not 2"));
        check(&[6], &[-2], Err("cannot reshape f32[6] to [-2]: an extent cannot be -2"));
        check(
            &[6],
            &[1 << 30; 3],
            Err(
                "cannot reshape f32[6] to [1073741824, 1073741824, 1073741824]: there are too many elements to compute with",
            ),
        );
    }

    #[test]
    fn graph_text() {
        for (shape, expected) in [(vec![0, -1], Ok(vec![0, -1])), (vec![-1, -1], Err(())), (vec![-2], Err(()))] {
            let mut reader = AttrReader::new([("shape".to_string(), Attr::Ints(shape))].into());
            assert_eq!(Reshape::from_attributes(&mut reader).map(|op| op.shape).map_err(|_| ()), expected);
        }
    }
}
