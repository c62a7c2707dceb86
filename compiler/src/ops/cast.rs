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

/// Input: x of any shape and type. Result: the same shape. To f32, integers are rounded to nearest. From f32 to an integer, fractions are cut
/// off, and what is beyond the type becomes its nearest, NaN 0. Of an integer the low bits stay. To bool, all but 0 become true. So does
/// Rust's `as`, and ONNX where it says something.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// The type of the operand.
    pub from: DType,
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
    /// What becomes of a number; from f32 rises with it, but for bool.
    fn of(&self, value: f64) -> f64 {
        let low_bits = |bits: u32| (value as i64) << (64 - bits) >> (64 - bits);
        match self.to {
            DType::U8 if self.from != DType::F32 => f64::from(low_bits(8) as u8),
            DType::I8 if self.from != DType::F32 => low_bits(8) as f64,
            DType::I32 if self.from != DType::F32 => low_bits(32) as f64,
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
                let [low, high] = [value - bound, value + bound].map(|end| self.of(end));
                if self.from != DType::F32 && [cast - low, high - cast] != [bound; 2] {
                    // Some of the integers that it may be have other high bits.
                    return (cast, f64::INFINITY);
                }
                // Where nothing is known there may be NaN, which becomes 0.
                let nothing = if bound == f64::INFINITY { cast.abs() } else { 0.0 };
                (cast, (cast - low).abs().max((high - cast).abs()).max(nothing))
            }
        }
    }
}

impl Operator for Cast {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("from", Attr::Word(self.from.to_string())), ("to", Attr::Word(self.to.to_string()))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("cast", inputs)?;
        if x.dtype != self.from {
            return Err(Mismatch::new(format!("this cast is from {}, found {x}", self.from)).at([0]));
        }
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
            Some(&(_, to)) => Ok((Cast { from: call.operands[0].dtype, to }, Vec::new())),
            None => Err(CallError::argument("to", format!("no tensor is of type {word}"))),
        }
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Cast, String> {
        Ok(Cast { from: attributes.word("from", TYPES)?, to: attributes.word("to", TYPES)? })
    }

    fn example(rng: &mut Rng) -> Example<Cast> {
        let [from, to] = [rng.pick(TYPES).1, rng.pick(TYPES).1];
        Example { op: Cast { from, to }, inputs: vec![Type { dtype: from, ..shapes::random(rng) }] }
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
        let cast = Cast { from: DType::F32, to };
        assert_eq!(cast.element(element.0, element.1), expected, "{element:?} to {to}");
    }

    #[test]
    fn integers_keep_their_low_bits() {
        let check = |to: DType, element: Element, expected: Element| {
            let cast = Cast { from: DType::I64, to };
            assert_eq!(cast.element(element.0, element.1), expected, "{element:?} to {to}");
        };
        check(DType::U8, (300.0, 0.0), (44.0, 0.0));
        check(DType::I8, (200.0, 0.0), (-56.0, 0.0));
        check(DType::I32, (-2_147_483_649.0, 0.0), (2_147_483_647.0, 0.0));
        check(DType::I64, (-7.0, 0.0), (-7.0, 0.0));
        check(DType::U8, (100.0, 3.0), (100.0, 3.0));
        check(DType::U8, (255.0, 3.0), (255.0, f64::INFINITY));
        check(DType::F32, (300.0, 0.0), (300.0, 0.0));
        check(DType::Bool, (256.0, 0.0), (1.0, 0.0));
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
