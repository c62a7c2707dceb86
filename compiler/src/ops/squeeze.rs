//! `squeeze`: dimensions of extent 1 left out.

use super::call::AttrReader;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x of any shape. Result: x without the dimensions named.
#[derive(Clone, Debug, PartialEq)]
pub struct Squeeze {
    /// Dimensions of x, ascending.
    pub axes: Vec<usize>,
}

impl Operator for Squeeze {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Ints(self.axes.iter().map(|&axis| axis as i64).collect()))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("squeeze", inputs)?;
        for &axis in &self.axes {
            match x.shape.get(axis) {
                None => return Err(Mismatch::new(format!("{x} has no axis {axis}")).at([0])),
                Some(extent) if !extent.is(1) => {
                    let message = format!("squeeze leaves out extents of 1, and dimension {axis} of {x} is {extent}");
                    return Err(Mismatch::new(message)
                        .at([0])
                        .help("`reshape` joins dimensions, `slice` takes a part"));
                }
                Some(_) => {}
            }
        }
        let kept = x.shape.iter().enumerate().filter(|(d, _)| !self.axes.contains(d));
        Ok(vec![Type { dtype: x.dtype, shape: kept.map(|(_, extent)| extent.clone()).collect() }])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let kept = inputs[0].shape.iter().enumerate().filter(|(d, _)| !self.axes.contains(d));
        vec![inputs[0].reshape(kept.map(|(_, &extent)| extent).collect::<Vec<_>>())]
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

impl Declare for Squeeze {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "squeeze",
        doc: "without dimensions of extent 1",
        operands: Operands::Fixed(&["x"]),
        args: &[moves::AXES],
    };

    fn from_call(call: &Call<'_>) -> Result<(Squeeze, Vec<ParamSpec>), CallError> {
        Ok((Squeeze { axes: moves::axes(call, call.operands[0].rank())? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Squeeze, String> {
        Ok(Squeeze { axes: moves::ascending(attributes.int_list("axis")?)? })
    }

    fn example(rng: &mut Rng) -> Example<Squeeze> {
        let mut x = shapes::random(rng);
        let axes: Vec<usize> = (0..x.rank()).filter(|_| rng.flip()).collect();
        axes.iter().for_each(|&axis| x.shape[axis] = 1);
        Example { op: Squeeze { axes }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn check(x: &[usize], given: &[i64], expected: Result<&[usize], &str>) {
        let x = Type::f32(x);
        let list = ArgValue::List(given.iter().map(|&axis| ArgValue::Int(axis)).collect());
        let found = Squeeze::from_call(&Call::new(&Squeeze::SIGNATURE, &[&x], vec![("axis", list)]));
        let found = found.map_err(|error| error.message);
        let found = found.and_then(|(op, _)| op.infer(&[&x], Mode::Infer).map_err(|error| error.message));
        assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
    }

    #[test]
    fn axes() {
        check(&[1, 8, 1, 1], &[2, 3], Ok(&[1, 8]));
        check(&[1, 8, 1, 1], &[-1, 0], Ok(&[8, 1]));
        check(&[1, 8], &[], Ok(&[1, 8]));
        check(&[1, 8], &[1], Err("squeeze leaves out extents of 1, and dimension 1 of f32[1,8] is 8"));
        check(&[1, 8], &[2], Err("there is no axis 2 among 2 dimensions"));
        check(&[1, 8], &[-3], Err("there is no axis -3 among 2 dimensions"));
        check(&[1, 8], &[0, -2], Err("axis 0 is named twice"));
    }
}
