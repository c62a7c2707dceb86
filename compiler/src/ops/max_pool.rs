//! `max_pool`: the largest pixel under a window; NaN if one is NaN.

use super::call::AttrReader;
use super::pooling::{CEIL, DILATION, KERNEL, PAD, Pooling, STRIDE};
use super::value::Element;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x [n, c, h, w] or [n, c, w]. Result: [n, c, oh, ow] or [n, c, ow]. Padding never wins.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxPool {
    /// Window and counting.
    pub pooling: Pooling,
}

/// The largest; its bound is the largest of those that may be the largest.
pub(super) fn largest(elements: &[Element]) -> Element {
    let mut value = f64::NEG_INFINITY;
    // Whatever is below this for certain is not the largest.
    let mut floor = f64::NEG_INFINITY;
    for &(v, b) in elements {
        if v.is_nan() {
            return (v, 0.0);
        }
        value = value.max(v);
        floor = floor.max(v - b);
    }
    let may_win = |&&(v, b): &&Element| b == f64::INFINITY || v + b >= floor;
    (value, elements.iter().filter(may_win).fold(0.0, |bound, &(_, b)| bound.max(b)))
}

impl Operator for MaxPool {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        self.pooling.attributes()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        self.pooling.infer("max_pool", inputs)
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![self.pooling.evaluate(inputs[0], |pixels, _| largest(pixels))]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pool { window: self.pooling.window, average: None }, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        self.pooling.window.field()
    }
}

impl Declare for MaxPool {
    const SIGNATURE: Signature = Signature {
        name: "max_pool",
        doc: "largest pixel under a window",
        operands: Operands::Fixed(&["x"]),
        args: &[KERNEL, STRIDE, PAD, CEIL, DILATION],
    };

    fn from_call(call: &Call<'_>) -> Result<(MaxPool, Vec<ParamSpec>), CallError> {
        Ok((MaxPool { pooling: Pooling::from_call("max_pool", call)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<MaxPool, String> {
        Ok(MaxPool { pooling: Pooling::from_attributes(attributes)? })
    }

    fn example(rng: &mut Rng) -> Example<MaxPool> {
        let (pooling, x) = Pooling::example(rng);
        Example { op: MaxPool { pooling }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{ArgValue, Attr};

    fn call(given: Vec<(&'static str, ArgValue)>) -> Result<MaxPool, CallError> {
        let x = Type::f32([1, 1, 3, 3]);
        MaxPool::from_call(&Call::new(&MaxPool::SIGNATURE, &[&x], given)).map(|(op, _)| op)
    }

    #[test]
    fn the_stride_is_the_kernel() {
        let pool = call(vec![("kernel", ArgValue::Int(2))]).unwrap();
        assert_eq!(
            pool.attributes(),
            [
                ("kernel", Attr::Ints(vec![2, 2])),
                ("stride", Attr::Ints(vec![2, 2])),
                ("pad", Attr::Ints(vec![0; 4])),
                ("ceil", Attr::Bool(false)),
            ]
        );
    }

    #[test]
    fn padding_is_smaller_than_the_kernel() {
        let error =
            call(vec![("kernel", ArgValue::Int(2)), ("pad", ArgValue::List(vec![ArgValue::Int(0), ArgValue::Int(2)]))])
                .unwrap_err();
        assert_eq!(error.argument, Some("pad"));
        assert_eq!(error.message, "2 of padding at the left is as large as the kernel, 2");
        assert!(call(vec![("kernel", ArgValue::Int(2)), ("pad", ArgValue::Str("same".to_string()))]).is_ok());
    }

    #[test]
    fn padding_never_wins() {
        let pool = call(vec![("kernel", ArgValue::Int(2)), ("pad", ArgValue::Int(1))]).unwrap();
        let x = Bounded::exact(&[1, 1, 3, 3], (1..=9).map(|v| -f64::from(v)));
        assert_eq!(pool.evaluate(&[&x], Mode::Infer)[0].value, [-1.0, -2.0, -4.0, -5.0]);
    }

    fn check_largest(elements: &[Element], expected: Element) {
        assert_eq!(largest(elements), expected);
    }

    #[test]
    fn bounds_of_the_largest() {
        check_largest(&[(1.0, 0.0), (3.0, 0.1), (2.0, 0.5)], (3.0, 0.1));
        check_largest(&[(1.0, 0.0), (3.0, 0.1), (2.5, 0.5)], (3.0, 0.5));
        check_largest(&[(-5.0, f64::INFINITY), (3.0, 0.1)], (3.0, f64::INFINITY));
        check_largest(&[(f64::NEG_INFINITY, 0.0)], (f64::NEG_INFINITY, 0.0));
        assert!(largest(&[(1.0, 0.0), (f64::NAN, 0.0), (2.0, 0.0)]).0.is_nan());
    }
}
