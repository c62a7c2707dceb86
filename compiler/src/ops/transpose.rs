//! `transpose`: dimensions in another order.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::pieces::Pieces;
use crate::loops::stage::Lowering;

/// Input: x of any shape. Result: its dimension d is x's `perm[d]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Transpose {
    /// Each dimension of the operand once.
    pub perm: Vec<usize>,
}

/// Whether the numbers are 0 and up, each once.
fn is_order(perm: &[usize]) -> bool {
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().eq(0..perm.len())
}

impl Operator for Transpose {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("perm", Attr::Ints(self.perm.iter().map(|&dim| dim as i64).collect()))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("transpose", inputs)?;
        if self.perm.len() != x.rank() || !is_order(&self.perm) {
            return Err(Mismatch::new(format!("{:?} is no order of the {} dimensions of {x}", self.perm, x.rank()))
                .at([0])
                .help(format!("name each dimension from 0 to {} once", x.rank().saturating_sub(1))));
        }
        Ok(vec![Type { dtype: x.dtype, shape: self.perm.iter().map(|&dim| x.shape[dim].clone()).collect() }])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let shape: Vec<usize> = self.perm.iter().map(|&dim| x.shape[dim]).collect();
        vec![moves::moved(x, &shape, |at| {
            let mut from = vec![0; at.len()];
            self.perm.iter().zip(at).for_each(|(&dim, &position)| from[dim] = position);
            from
        })]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        moves::copy(Pieces::transpose(&inputs[0].shape, &self.perm))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        if self.perm.get(2..) == Some(&[3, 2]) { Field::Turned } else { Field::Point }
    }
}

impl Declare for Transpose {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "transpose",
        doc: "dimensions in another order",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "perm",
            kind: ArgKind::List,
            default: Default::Required,
            doc: "the operand's dimensions in their new order",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Transpose, Vec<ParamSpec>), CallError> {
        let rank = call.operands[0].rank();
        let given = call.signed_list("perm")?;
        let count = |dim: i64| if dim < 0 { dim + rank as i64 } else { dim };
        let perm: Vec<usize> = given.iter().filter_map(|&dim| usize::try_from(count(dim)).ok()).collect();
        if perm.len() != rank || given.len() != rank || !is_order(&perm) {
            let message = format!("{given:?} is no order of the {rank} dimensions of {}", call.operands[0]);
            let all: Vec<String> = (0..rank).map(|dim| dim.to_string()).collect();
            return Err(CallError::argument("perm", message)
                .help(format!("name each of {} once; negative ones count from the end", all.join(", "))));
        }
        Ok((Transpose { perm }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Transpose, String> {
        Ok(Transpose { perm: attributes.int_list("perm")? })
    }

    fn example(rng: &mut Rng) -> Example<Transpose> {
        let mut x = shapes::random(rng);
        if rng.range(0, 3) == 0 {
            x = Type::f32([rng.range(1, 2), rng.range(1, 40), rng.range(1, 35)]);
        }
        let mut perm: Vec<usize> = (0..x.rank()).collect();
        (1..x.rank()).rev().for_each(|i| perm.swap(i, rng.range(0, i)));
        if rng.range(0, 2) == 0 && x.rank() == 4 {
            // Channels stay.
            perm = rng.pick(&[[0, 1, 3, 2], [3, 1, 2, 0], [2, 1, 0, 3]]).to_vec();
        }
        Example { op: Transpose { perm }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: &[usize], perm: &[usize], expected: Result<&[usize], &str>) {
        let found = Transpose { perm: perm.to_vec() }.infer(&[&Type::f32(x)], Mode::Infer);
        let found = found.map_err(|error| error.message);
        assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
    }

    #[test]
    fn shape_rule() {
        check(&[1, 2, 3, 4], &[0, 2, 3, 1], Ok(&[1, 3, 4, 2]));
        check(&[5], &[0], Ok(&[5]));
        check(&[], &[], Ok(&[]));
        check(&[1, 2], &[0], Err("[0] is no order of the 2 dimensions of f32[1,2]"));
        check(&[1, 2], &[1, 1], Err("[1, 1] is no order of the 2 dimensions of f32[1,2]"));
        check(&[1, 2], &[0, 2], Err("[0, 2] is no order of the 2 dimensions of f32[1,2]"));
    }

    #[test]
    fn moves_elements() {
        let x = Bounded::new([2, 3], (0..6).map(|i| (f64::from(i), f64::from(i) / 8.0)));
        let y = &Transpose { perm: vec![1, 0] }.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.value, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(y.bound, [0.0, 0.375, 0.125, 0.5, 0.25, 0.625]);
    }
}
