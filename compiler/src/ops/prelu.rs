//! `prelu`: x, and a learnt slope times x below 0, one slope a channel (He et al. 2015).

use super::call::AttrReader;
use super::value::{closed, product, rounded};
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand};

/// Inputs: x [n, c, ..] and weight `[c]`. Result: x's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Prelu;

impl Operator for Prelu {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        Ok(vec![shapes::channelwise("prelu", inputs, &["weight"])?.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let (x, weight) = (inputs[0], inputs[1]);
        let [_, channels, inner] = shapes::around(&x.shape, 1);
        let elements = (0..x.value.len()).map(|i| {
            let (value, bound) = x.at(i);
            let slope = weight.at(i / inner % channels);
            // A kink at most: where the sign is not certain, whichever branch is farther.
            let below = (value.min(0.0), if value - bound < 0.0 { bound } else { 0.0 });
            let (scaled, carried) = product(below, slope);
            if value.is_nan() || value < 0.0 && slope.0.is_nan() {
                return (f64::NAN, 0.0);
            }
            let above = if value + bound > 0.0 { bound } else { 0.0 };
            let (_, scaled_bound) = rounded(scaled, carried, 1);
            closed(value.max(0.0) + scaled, above + scaled_bound)
        });
        vec![Bounded::new(x.shape.clone(), elements)]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let [x, slope] = [0, 1].map(|i| Expr::Leaf(Operand(i)));
        Lowering::single(Kind::Channelwise(x.clone().relu() + x.negative_part() * slope), 2)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Prelu {
    const SIGNATURE: Signature = Signature {
        name: "prelu",
        doc: "x, and a learnt slope a channel times x below 0",
        operands: Operands::Fixed(&["x"]),
        args: &[],
    };

    fn from_call(call: &Call<'_>) -> Result<(Prelu, Vec<ParamSpec>), CallError> {
        let c = shapes::channels("prelu", call.operands[0])?;
        Ok((Prelu, vec![ParamSpec::weight("weight", [c])]))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<Prelu, String> {
        Ok(Prelu)
    }

    fn example(rng: &mut Rng) -> Example<Prelu> {
        let x = shapes::random(rng);
        let weight = Type::f32([x.shape[1]]);
        Example { op: Prelu, inputs: vec![x, weight] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_for_each_channel() {
        let x = Bounded::new([1, 2, 2], [(1.0, 0.0), (-4.0, 0.5), (-4.0, 0.0), (f64::NAN, 0.0)]);
        let weight = Bounded::exact(&[2], [0.25, 2.0]);
        let y = &Prelu.evaluate(&[&x, &weight], Mode::Infer)[0];
        assert_eq!(y.value[..3], [1.0, -1.0, -8.0]);
        assert!(y.value[3].is_nan());
        assert!((0.125..0.1251).contains(&y.bound[1]), "{y:?}");
    }

    #[test]
    fn shape_rule() {
        let check = |x: &[usize], c: usize, expected: Option<&str>| {
            let error = Prelu.infer(&[&Type::f32(x), &Type::f32([c])], Mode::Infer).err();
            assert_eq!(error.as_ref().map(|error| error.message.as_str()), expected);
        };
        check(&[1, 3, 4], 3, None);
        check(&[1, 3], 4, Some("weight must be f32[3], found f32[4]"));
        check(&[3], 3, Some("prelu needs a tensor with channels in dimension 1, found f32[3]"));
    }
}
