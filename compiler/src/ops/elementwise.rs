//! What all element-wise operators share: the rest of [`Operator`] and [`Declare`], so that a file says only what is special.
//!
//! - [`Function`]: a function of one element without arguments.
//! - [`Elementwise`]: a function of one element with arguments.
//! - [`Broadcast`]: a function of two elements, broadcast as numpy does.

use super::call::{ArgSpec, AttrReader};
use super::value::Element;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand};

/// An element as a stage reads it.
pub type X = Expr<Operand>;

/// A function of one element without arguments.
pub trait Function: Default {
    /// The operator's name.
    const NAME: &'static str;
    /// One line for people.
    const DOC: &'static str;

    /// The function in f64 with its bound.
    fn element(x: Element) -> Element;

    /// The function as a stage computes it.
    fn expr(x: X) -> X;
}

/// A function of one element with arguments. Input: x of any shape. Result: the same shape.
pub trait Elementwise: Sized {
    /// The operator's name.
    const NAME: &'static str;
    /// One line for people.
    const DOC: &'static str;
    /// Its arguments.
    const ARGS: &'static [ArgSpec];

    /// See [`Operator::attributes`].
    fn attributes(&self) -> Attributes;

    /// See [`Declare::from_call`].
    ///
    /// # Errors
    /// An argument is out of range.
    fn from_call(call: &Call<'_>) -> Result<Self, CallError>;

    /// See [`Declare::from_attributes`].
    ///
    /// # Errors
    /// An attribute is missing, unknown, or of the wrong kind.
    fn from_attributes(attributes: &mut AttrReader) -> Result<Self, String>;

    /// Random arguments.
    fn random(rng: &mut Rng) -> Self;

    /// The function in f64 with its bound.
    fn element(&self, x: Element) -> Element;

    /// The function as a stage computes it.
    fn expr(&self, x: X) -> X;
}

impl<T: Function> Elementwise for T {
    const NAME: &'static str = T::NAME;
    const DOC: &'static str = T::DOC;
    const ARGS: &'static [ArgSpec] = &[];

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn from_call(_call: &Call<'_>) -> Result<T, CallError> {
        Ok(T::default())
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<T, String> {
        Ok(T::default())
    }

    fn random(_rng: &mut Rng) -> T {
        T::default()
    }

    fn element(&self, x: Element) -> Element {
        T::element(x)
    }

    fn expr(&self, x: X) -> X {
        T::expr(x)
    }
}

impl<T: Elementwise> Operator for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn attributes(&self) -> Attributes {
        Elementwise::attributes(self)
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        shapes::one(T::NAME, inputs).map(|x| vec![x.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![inputs[0].map(|value, bound| self.element((value, bound)))]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Pointwise(self.expr(Expr::Leaf(Operand(0)))), 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl<T: Elementwise> Declare for T {
    const SIGNATURE: Signature =
        Signature { name: T::NAME, doc: T::DOC, operands: Operands::Fixed(&["x"]), args: T::ARGS };

    fn from_call(call: &Call<'_>) -> Result<(T, Vec<ParamSpec>), CallError> {
        Ok((<T as Elementwise>::from_call(call)?, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<T, String> {
        <T as Elementwise>::from_attributes(attributes)
    }

    fn example(rng: &mut Rng) -> Example<T> {
        Example { op: T::random(rng), inputs: vec![shapes::random(rng)] }
    }
}

/// A function of two elements. Inputs: a and b, whose shapes are aligned at the last dimension; extents of 1 repeat. Result: the
/// larger extents. [`broadcast`] makes an operator of it.
pub trait Broadcast: Default {
    /// The operator's name.
    const NAME: &'static str;
    /// One line for people.
    const DOC: &'static str;
    /// What it does to two tensors, for messages.
    const VERB: &'static str;

    /// The function in f64 with its bound.
    fn element(a: Element, b: Element) -> Element;

    /// The function as a stage computes it.
    fn expr(a: X, b: X) -> X;

    /// See [`Operator::infer`].
    ///
    /// # Errors
    /// There are not two operands, or they do not broadcast.
    fn result<D: Extent>(inputs: &[&Type<D>]) -> Result<Vec<Type<D>>, Mismatch> {
        let [a, b] = shapes::two(Self::NAME, inputs)?;
        Ok(vec![shapes::broadcast(Self::VERB, a, b)?])
    }

    /// See [`Operator::lower`].
    fn lowering() -> Lowering {
        let [a, b] = [0, 1].map(|i| Expr::Leaf(Operand(i)));
        Lowering::single(Kind::Pointwise(Self::expr(a, b)), 2)
    }
}

/// Implements [`Operator`] and [`Declare`] for a [`Broadcast`]. A blanket implementation would overlap with that for [`Elementwise`].
macro_rules! broadcast {
    ($Op:ident) => {
        impl $crate::ops::Operator for $Op {
            fn name(&self) -> &'static str {
                <$Op as $crate::ops::elementwise::Broadcast>::NAME
            }

            fn attributes(&self) -> $crate::ops::Attributes {
                Vec::new()
            }

            fn infer<D: $crate::extent::Extent>(
                &self,
                inputs: &[&$crate::graph::Type<D>],
                _mode: $crate::graph::Mode,
            ) -> Result<Vec<$crate::graph::Type<D>>, $crate::ops::Mismatch> {
                <$Op as $crate::ops::elementwise::Broadcast>::result(inputs)
            }

            fn evaluate(
                &self,
                inputs: &[&$crate::ops::Bounded],
                _mode: $crate::graph::Mode,
            ) -> Vec<$crate::ops::Bounded> {
                let element = <$Op as $crate::ops::elementwise::Broadcast>::element;
                vec![$crate::ops::shapes::combine(inputs[0], inputs[1], element)]
            }

            fn lower(
                &self,
                _inputs: &[&$crate::graph::Type],
                _results: &[&$crate::graph::Type],
            ) -> $crate::loops::stage::Lowering {
                <$Op as $crate::ops::elementwise::Broadcast>::lowering()
            }

            fn cost(&self, _inputs: &[&$crate::graph::Type], _results: &[&$crate::graph::Type]) -> $crate::ops::Cost {
                $crate::ops::Cost::default()
            }

            fn field(&self) -> $crate::ops::Field {
                $crate::ops::Field::Point
            }
        }

        impl $crate::ops::Declare for $Op {
            const SIGNATURE: $crate::ops::Signature = $crate::ops::Signature {
                name: <$Op as $crate::ops::elementwise::Broadcast>::NAME,
                doc: <$Op as $crate::ops::elementwise::Broadcast>::DOC,
                operands: $crate::ops::Operands::Broadcast(&["a", "b"]),
                args: &[],
            };

            fn from_call(
                _call: &$crate::ops::Call<'_>,
            ) -> Result<($Op, Vec<$crate::ops::ParamSpec>), $crate::ops::CallError> {
                Ok(($Op, Vec::new()))
            }

            fn from_attributes(_attributes: &mut $crate::ops::call::AttrReader) -> Result<$Op, String> {
                Ok($Op)
            }

            fn example(rng: &mut $crate::ops::Rng) -> $crate::ops::Example<$Op> {
                $crate::ops::Example { op: $Op, inputs: $crate::ops::shapes::random_pair(rng) }
            }
        }
    };
}
pub(super) use broadcast;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Checks an operator at points: its value to 1e-12 of `expected`'s size, NaN where that is expected.
    pub(in crate::ops) fn check<T: Elementwise>(op: &T, points: &[(f64, f64)]) {
        for &(x, expected) in points {
            let (value, bound) = Elementwise::element(op, (x, 0.0));
            let same = value == expected || value.is_nan() && expected.is_nan();
            assert!(
                same || (value - expected).abs() <= 1e-12 * expected.abs(),
                "{}({x}) is {value} instead of {expected}",
                T::NAME
            );
            assert!(bound >= 0.0, "{}({x}): bound {bound}", T::NAME);
        }
    }

    /// Checks that the bound of an operand known to be within `off` of `x` covers all operands within.
    pub(in crate::ops) fn check_carried<T: Elementwise>(op: &T, x: f64, off: f64) {
        let (value, bound) = Elementwise::element(op, (x, off));
        for step in -50..=50 {
            let (near, _) = Elementwise::element(op, (x + off * f64::from(step) / 50.0, 0.0));
            assert!((near - value).abs() <= bound, "{}({x} +- {off}): {near} is not {value} +- {bound}", T::NAME);
        }
    }

    #[test]
    fn takes_one_tensor() {
        let error = crate::ops::relu::Relu.infer::<usize>(&[], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "relu takes one tensor, not 0");
    }

    #[test]
    fn takes_two_tensors() {
        let x = Type::f32([1]);
        let error = crate::ops::add::Add.infer(&[&x], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "add takes two tensors, not 1");
    }
}
