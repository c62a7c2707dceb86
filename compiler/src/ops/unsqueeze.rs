//! `unsqueeze`: dimensions of extent 1 put in.

use rebirth_runtime::shape::MAX_RANK;

use super::call::AttrReader;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x of any shape. Result: x with further dimensions of extent 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsqueeze {
    /// Where they are in the result, ascending.
    pub axes: Vec<usize>,
}

impl Unsqueeze {
    fn widened<D: Extent>(&self, shape: &[D]) -> Vec<D> {
        let mut own = shape.iter().cloned();
        let extent = |d: usize| if self.axes.contains(&d) { Some(D::constant(1)) } else { own.next() };
        (0..shape.len() + self.axes.len()).filter_map(extent).collect()
    }
}

impl Operator for Unsqueeze {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Ints(self.axes.iter().map(|&axis| axis as i64).collect()))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("unsqueeze", inputs)?;
        let rank = x.rank() + self.axes.len();
        if let Some(axis) = self.axes.iter().find(|&&axis| axis >= rank) {
            let message = format!("{x} with {} more dimensions has no axis {axis}", self.axes.len());
            return Err(Mismatch::new(message).at([0]));
        }
        Ok(vec![shapes::fits(Type { dtype: x.dtype, shape: self.widened(&x.shape) })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![inputs[0].reshape(self.widened(&inputs[0].shape))]
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

impl Declare for Unsqueeze {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "unsqueeze",
        doc: "with further dimensions of extent 1",
        operands: Operands::Fixed(&["x"]),
        args: &[moves::AXES],
    };

    fn from_call(call: &Call<'_>) -> Result<(Unsqueeze, Vec<ParamSpec>), CallError> {
        let more = call.signed_list("axis")?.len();
        Ok((Unsqueeze { axes: moves::axes(call, call.operands[0].rank() + more)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Unsqueeze, String> {
        Ok(Unsqueeze { axes: moves::ascending(attributes.int_list("axis")?)? })
    }

    fn example(rng: &mut Rng) -> Example<Unsqueeze> {
        let x = shapes::random(rng);
        let more = rng.range(0, (MAX_RANK - x.rank()).min(3));
        let mut all: Vec<usize> = (0..x.rank() + more).collect();
        let mut axes: Vec<usize> = (0..more).map(|_| all.swap_remove(rng.range(0, all.len() - 1))).collect();
        axes.sort_unstable();
        Example { op: Unsqueeze { axes }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn check(x: &[usize], given: &[i64], expected: Result<&[usize], &str>) {
        let x = Type::f32(x);
        let list = ArgValue::List(given.iter().map(|&axis| ArgValue::Int(axis)).collect());
        let found = Unsqueeze::from_call(&Call::new(&Unsqueeze::SIGNATURE, &[&x], vec![("axis", list)]));
        let found = found.map_err(|error| error.message);
        let found = found.and_then(|(op, _)| op.infer(&[&x], Mode::Infer).map_err(|error| error.message));
        assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
    }

    #[test]
    fn axes_count_in_the_result() {
        check(&[2, 8], &[2, 3], Ok(&[2, 8, 1, 1]));
        check(&[2, 8], &[-1, 0], Ok(&[1, 2, 8, 1]));
        check(&[2, 8], &[1], Ok(&[2, 1, 8]));
        check(&[], &[0], Ok(&[1]));
        check(&[2], &[2], Err("there is no axis 2 among 2 dimensions"));
        check(&[2], &[0, 0], Err("axis 0 is named twice"));
        check(
            &[2; 8],
            &[0],
            Err("the result would be f32[1,2,2,2,2,2,2,2,2], which has 9 dimensions, and 8 is the most"),
        );
    }
}
