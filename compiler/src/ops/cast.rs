//! `cast`: the same numbers as another type.

use rebirth_runtime::DType;

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::{Element, U};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand};

/// Input: x of any shape and type. Result: the same shape. To f32, integers are rounded to nearest. To an integer, fractions are cut off,
/// and what is beyond the type becomes its nearest, as in Rust: NaN becomes 0. To bool, all but 0 become true.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// The type of the result.
    pub to: DType,
}

/// The names of types that tensors have.
const NAMES: &[&str] = &["f32", "u8", "i8", "i32", "i64", "bool"];
const TYPES: &[(&str, DType)] = &[
    ("f32", DType::F32),
    ("u8", DType::U8),
    ("i8", DType::I8),
    ("i32", DType::I32),
    ("i64", DType::I64),
    ("bool", DType::Bool),
];

impl Cast {
    /// What becomes of a number; rises with it, but for bool.
    fn of(&self, value: f64) -> f64 {
        match self.to {
            DType::U8 => f64::from(value as u8),
            DType::I8 => f64::from(value as i8),
            DType::I32 => f64::from(value as i32),
            DType::I64 => value as i64 as f64,
            DType::Bool => f64::from(value != 0.0),
            _ => value,
        }
    }

    fn element(&self, value: f64, bound: f64) -> Element {
        let cast = self.of(value);
        match self.to {
            // The integers that f32 has are not rounded.
            DType::F32 => (value, if value.abs() <= 1.0 / U { bound } else { bound + U * (value.abs() + bound) }),
            _ if bound == 0.0 || value.is_nan() => (cast, 0.0),
            DType::Bool => (cast, f64::from(bound >= value.abs())),
            _ => {
                let off = |end: f64| (self.of(end) - cast).abs();
                // Where nothing is known there may be NaN, which becomes 0.
                let nothing = if bound == f64::INFINITY { cast.abs() } else { 0.0 };
                (cast, off(value - bound).max(off(value + bound)).max(nothing))
            }
        }
    }
}

impl Operator for Cast {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("to", Attr::Word(self.to.to_string()))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("cast", inputs)?;
        Ok(vec![shapes::fits(Type { dtype: self.to, shape: x.shape.clone() })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![inputs[0].map(|value, bound| self.element(value, bound))]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pointwise(Expr::Leaf(Operand(0))), 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Cast {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "cast",
        doc: "the same numbers as another type",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "to",
            kind: ArgKind::Word(NAMES),
            default: Default::Required,
            doc: "the type of the result's elements",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Cast, Vec<ParamSpec>), CallError> {
        let word = call.word("to")?;
        match TYPES.iter().find(|(name, _)| *name == word) {
            Some(&(_, to)) => Ok((Cast { to }, Vec::new())),
            None => Err(CallError::argument("to", format!("no tensor is of type {word}"))),
        }
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Cast, String> {
        Ok(Cast { to: attributes.word("to", TYPES)? })
    }

    fn example(rng: &mut Rng) -> Example<Cast> {
        let [from, to] = [rng.pick(TYPES).1, rng.pick(TYPES).1];
        Example { op: Cast { to }, inputs: vec![Type { dtype: from, ..shapes::random(rng) }] }
    }
}

#[cfg(test)]
mod tests {
    use rebirth_runtime::elements::Elements;

    use super::*;

    #[test]
    fn every_type_of_tensors_can_be_cast_to() {
        let types: Vec<DType> = TYPES.iter().map(|row| row.1).collect();
        assert_eq!(types, Elements::TYPES);
        assert_eq!(types.iter().map(|dtype| dtype.name()).collect::<Vec<_>>(), NAMES);
    }

    fn check(to: DType, element: Element, expected: Element) {
        assert_eq!(Cast { to }.element(element.0, element.1), expected, "{element:?} to {to}");
    }

    #[test]
    fn elements() {
        check(DType::U8, (-0.9, 0.0), (0.0, 0.0));
        check(DType::U8, (255.9, 0.0), (255.0, 0.0));
        check(DType::U8, (f64::NAN, 0.0), (0.0, 0.0));
        check(DType::I8, (-1e9, 0.0), (-128.0, 0.0));
        check(DType::I32, (2.5, 0.4), (2.0, 0.0));
        check(DType::I32, (2.5, 0.5), (2.0, 1.0));
        check(DType::I32, (7.0, f64::INFINITY), (7.0, 2_147_483_655.0));
        check(DType::I64, (1e30, 0.0), (i64::MAX as f64, 0.0));
        check(DType::Bool, (f64::NAN, 0.0), (1.0, 0.0));
        check(DType::Bool, (0.5, 0.5), (1.0, 1.0));
        check(DType::Bool, (-0.0, 0.0), (0.0, 0.0));
        check(DType::F32, (16_777_216.0, 0.0), (16_777_216.0, 0.0));
        check(DType::F32, (33_554_432.0, 0.0), (33_554_432.0, 2.0));
    }
}
