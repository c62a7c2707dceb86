//! `adaptive_avg_pool`: means of windows that share out the image.

use super::adaptive::{ARGS, Adaptive};
use super::call::AttrReader;
use super::value::{Sum, closed};
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::Lowering;

/// Input: x [n, c, h, w] or [n, c, w]. Result: [n, c, size].
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveAvgPool {
    /// The windows.
    pub adaptive: Adaptive,
}

impl Operator for AdaptiveAvgPool {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        self.adaptive.attributes()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        self.adaptive.infer("adaptive_avg_pool", inputs)
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![self.adaptive.evaluate(inputs[0], |pixels| {
            let mut sum = Sum::default();
            pixels.iter().for_each(|&pixel| sum.add(pixel));
            // Two rounded reciprocals, and the products with them.
            let (value, bound) = sum.finish(4);
            closed(value / pixels.len() as f64, bound / pixels.len() as f64)
        })]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        self.adaptive.lower(inputs[0], true)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    /// How much it is depends on the operand's size, which is not known here.
    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for AdaptiveAvgPool {
    const SIGNATURE: Signature = Signature {
        name: "adaptive_avg_pool",
        doc: "means of windows that share out the image",
        operands: Operands::Fixed(&["x"]),
        args: ARGS,
    };

    fn from_call(call: &Call<'_>) -> Result<(AdaptiveAvgPool, Vec<ParamSpec>), CallError> {
        Ok((AdaptiveAvgPool { adaptive: Adaptive::from_call(call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<AdaptiveAvgPool, String> {
        Ok(AdaptiveAvgPool { adaptive: Adaptive::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<AdaptiveAvgPool> {
        let (adaptive, x) = Adaptive::example(rng);
        Example { op: AdaptiveAvgPool { adaptive }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap() {
        let x = Bounded::exact(&[1, 1, 1, 5], [1.0, 2.0, 6.0, 4.0, 8.0]);
        let op = AdaptiveAvgPool { adaptive: Adaptive { size: [1, 3] } };
        assert_eq!(op.evaluate(&[&x], Mode::Infer)[0].value, [1.5, 4.0, 6.0]);
    }
}
