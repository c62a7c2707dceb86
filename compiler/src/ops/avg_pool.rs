//! `avg_pool`: the mean of the pixels under a window.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::pooling::{CEIL, DILATION, KERNEL, PAD, Pooling, STRIDE};
use super::value::Sum;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Count, Kind, Lowering};

/// Input: x [n, c, h, w] or [n, c, w]. Result: [n, c, oh, ow] or [n, c, ow].
#[derive(Clone, Debug, PartialEq)]
pub struct AvgPool {
    /// Window and counting of outputs.
    pub pooling: Pooling,
    /// Whether the mean is over padding too, whose value is 0. What hangs over the end of the padding never counts.
    pub count_include_pad: bool,
}

impl Operator for AvgPool {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = self.pooling.attributes();
        attributes.push(("count_include_pad", Attr::Bool(self.count_include_pad)));
        attributes
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        self.pooling.infer("avg_pool", inputs)
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let mean = |pixels: &[_], padded: usize| {
            let mut sum = Sum::default();
            pixels.iter().for_each(|&pixel| sum.add(pixel));
            sum.mean(if self.count_include_pad { padded } else { pixels.len() })
        };
        vec![self.pooling.evaluate(inputs[0], mean)]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let count = if self.count_include_pad { Count::Padded } else { Count::Valid };
        Lowering::single(Kind::Pool { window: self.pooling.window, average: Some(count) }, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        self.pooling.window.field()
    }
}

impl Declare for AvgPool {
    const SIGNATURE: Signature = Signature {
        name: "avg_pool",
        doc: "mean of the pixels under a window",
        operands: Operands::Fixed(&["x"]),
        args: &[
            KERNEL,
            STRIDE,
            PAD,
            CEIL,
            ArgSpec {
                name: "count_include_pad",
                kind: ArgKind::Bool,
                default: Default::Bool(true),
                doc: "divide by padding too",
            },
            DILATION,
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(AvgPool, Vec<ParamSpec>), CallError> {
        let pooling = Pooling::from_call("avg_pool", call)?;
        Ok((AvgPool { pooling, count_include_pad: call.bool("count_include_pad")? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<AvgPool, String> {
        let pooling = Pooling::from_attributes(attributes)?;
        Ok(AvgPool { pooling, count_include_pad: attributes.bool("count_include_pad")? })
    }

    fn example(rng: &mut Rng) -> Example<AvgPool> {
        let (pooling, x) = Pooling::example(rng);
        Example { op: AvgPool { pooling, count_include_pad: rng.flip() }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn check(given: Vec<(&'static str, ArgValue)>, expected: &[f64]) {
        let x = Type::f32([1, 1, 3, 3]);
        let operands = [&x];
        let (pool, _) = AvgPool::from_call(&Call::new(&AvgPool::SIGNATURE, &operands, given)).unwrap();
        let x = Bounded::exact(&[1, 1, 3, 3], (1..=9).map(f64::from));
        let y = &pool.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.value, expected);
        assert!(y.bound.iter().all(|&bound| bound < 1e-5), "{y:?}");
    }

    #[test]
    fn counts() {
        let kernel = ("kernel", ArgValue::Int(2));
        let pad = ("pad", ArgValue::Int(1));
        check(vec![kernel.clone()], &[3.0]);
        check(vec![kernel.clone(), pad.clone()], &[0.25, 1.25, 2.75, 7.0]);
        check(vec![kernel.clone(), pad, ("count_include_pad", ArgValue::Bool(false))], &[1.0, 2.5, 5.5, 7.0]);
        // The part of a window beyond the end counts in neither case.
        check(vec![kernel, ("ceil", ArgValue::Bool(true))], &[3.0, 4.5, 7.5, 9.0]);
    }

    #[test]
    fn needs_an_image() {
        let x = Type::f32([3, 3]);
        let operands = [&x];
        let error = AvgPool::from_call(&Call::new(&AvgPool::SIGNATURE, &operands, vec![("kernel", ArgValue::Int(2))]))
            .unwrap_err();
        assert_eq!(
            error.message,
            "avg_pool needs a tensor of rank 4 (n, channels, height, width) or 3 (n, channels, width), found f32[3,3]"
        );
    }
}
