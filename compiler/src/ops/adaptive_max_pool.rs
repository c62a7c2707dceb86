//! `adaptive_max_pool`: the largest pixels of windows that share out the image; NaN if one is NaN.

use super::adaptive::{ARGS, Adaptive};
use super::call::AttrReader;
use super::max_pool::largest;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::Lowering;

/// Input: x [n, c, h, w] or [n, c, w]. Result: [n, c, size].
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveMaxPool {
    /// The windows.
    pub adaptive: Adaptive,
}

impl Operator for AdaptiveMaxPool {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        self.adaptive.attributes()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        self.adaptive.infer("adaptive_max_pool", inputs)
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![self.adaptive.evaluate(inputs[0], largest)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        self.adaptive.lower(inputs[0], false)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    /// How much it is depends on the operand's size, which is not known here.
    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for AdaptiveMaxPool {
    const SIGNATURE: Signature = Signature {
        name: "adaptive_max_pool",
        doc: "largest of windows that share out the image",
        operands: Operands::Fixed(&["x"]),
        args: ARGS,
    };

    fn from_call(call: &Call<'_>) -> Result<(AdaptiveMaxPool, Vec<ParamSpec>), CallError> {
        Ok((AdaptiveMaxPool { adaptive: Adaptive::from_call(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<AdaptiveMaxPool, String> {
        Ok(AdaptiveMaxPool { adaptive: Adaptive::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<AdaptiveMaxPool> {
        let (adaptive, x) = Adaptive::example(rng);
        Example { op: AdaptiveMaxPool { adaptive }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    #[test]
    fn windows_overlap() {
        let x = Bounded::exact(&[1, 1, 1, 5], [1.0, 2.0, 6.0, 4.0, 8.0]);
        let op = AdaptiveMaxPool { adaptive: Adaptive { size: [1, 3] } };
        assert_eq!(op.evaluate(&[&x], Mode::Infer)[0].value, [2.0, 6.0, 8.0]);
    }

    #[test]
    fn a_sequence_has_a_size_of_one_number() {
        let x = Type::f32([1, 2, 5]);
        let call = |size: ArgValue| {
            let (op, _) =
                AdaptiveMaxPool::from_call(&Call::new(&AdaptiveMaxPool::SIGNATURE, &[&x], vec![("size", size)]))
                    .map_err(|error| error.message)?;
            Ok((op.adaptive.size, op.infer(&[&x], Mode::Infer).unwrap()))
        };
        assert_eq!(call(ArgValue::Int(3)), Ok(([1, 3], vec![Type::f32([1, 2, 3])])));
        let pair = ArgValue::List(vec![ArgValue::Int(1), ArgValue::Int(3)]);
        assert_eq!(call(pair), Err("`size` over a tensor of rank 3 is one number".to_string()));
    }
}
