//! `constant`: a number as a tensor. Source writes the number; the resolver makes the call.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering};

/// No input. Result: a tensor of this shape with `value` everywhere, as the nearest f32.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The number as written; it is finite as f32.
    pub value: f64,
    /// Extents of the result.
    pub shape: Vec<usize>,
}

impl Constant {
    /// A number that broadcasts to anything; none where f32 cannot hold it.
    pub fn scalar(value: f64) -> Option<Constant> {
        (value as f32).is_finite().then(|| Constant { value, shape: vec![1] })
    }
}

impl Operator for Constant {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let shape = self.shape.iter().map(|&extent| extent as i64).collect();
        vec![("value", Attr::Float(self.value)), ("shape", Attr::Ints(shape))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        if !inputs.is_empty() {
            return Err(Mismatch::new(format!("constant takes no tensor, not {}", inputs.len())));
        }
        Ok(vec![shapes::fits(Type::f32(self.shape.as_slice()).lift())?])
    }

    fn evaluate(&self, _inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let elements = self.shape.iter().product();
        vec![Bounded::exact(&self.shape, std::iter::repeat_n(f64::from(self.value as f32), elements))]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pointwise(Expr::Const(self.value as f32)), 0)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Constant {
    const SIGNATURE: Signature = Signature {
        name: "constant",
        doc: "a number as a tensor",
        operands: Operands::Fixed(&[]),
        args: &[ArgSpec { name: "value", kind: ArgKind::Float, default: Default::Required, doc: "the number" }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Constant, Vec<ParamSpec>), CallError> {
        let value = call.float("value")?;
        let constant = Constant::scalar(value)
            .ok_or_else(|| CallError::argument("value", format!("{value:?} is too large for f32")))?;
        Ok((constant, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Constant, String> {
        let value = attributes.float("value")?;
        if !(value as f32).is_finite() {
            return Err(format!("{value:?} is too large for f32"));
        }
        Ok(Constant { value, shape: attributes.int_list("shape")? })
    }

    fn example(rng: &mut Rng) -> Example<Constant> {
        let shape = if rng.flip() { vec![1] } else { shapes::random(rng).shape };
        Example { op: Constant { value: rng.range(0, 2000) as f64 / 100.0 - 10.0, shape }, inputs: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn call(value: ArgValue) -> Result<Constant, CallError> {
        let call = Call::new(&Constant::SIGNATURE, &[], vec![("value", value)]);
        Constant::from_call(&call).map(|(op, _)| op)
    }

    #[test]
    fn is_the_nearest_f32() {
        let constant = call(ArgValue::Float(0.1)).unwrap();
        assert_eq!(constant.infer(&[], Mode::Infer), Ok(vec![Type::f32([1])]));
        assert_eq!(constant.evaluate(&[], Mode::Infer)[0].value, [f64::from(0.1_f32)]);
        assert_eq!(call(ArgValue::Int(-3)).unwrap().value, -3.0);
    }

    #[test]
    fn refuses_what_f32_cannot_hold() {
        assert_eq!(call(ArgValue::Float(1e39)).unwrap_err().message, "1e39 is too large for f32");
        let vast = Constant { value: 0.0, shape: vec![1 << 30, 1 << 30] };
        assert_eq!(
            vast.infer::<usize>(&[], Mode::Infer).unwrap_err().message,
            "the result would be f32[1073741824,1073741824], which has more than 1 TiB, the most that a tensor may take"
        );
    }
}
