//! `scale`: a learnt factor a channel, and a learnt term unless `bias` is off.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::Sum;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand};

/// Inputs: x [n, c, ..], weight `[c]` and perhaps bias `[c]`. Result: x weight + bias, of x's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale;

impl Operator for Scale {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let params: &[&str] = if inputs.len() < 3 { &["weight"] } else { &["weight", "bias"] };
        Ok(vec![shapes::channelwise("scale", inputs, params)?.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let (x, weight) = (inputs[0], inputs[1]);
        let [_, channels, inner] = shapes::around(&x.shape, 1);
        let elements = (0..x.value.len()).map(|i| {
            let c = i / inner % channels;
            let mut terms = Sum::default();
            terms.add_product(x.at(i), weight.at(c));
            if let Some(bias) = inputs.get(2) {
                terms.add(bias.at(c));
            }
            terms.finish(1)
        });
        vec![Bounded::new(x.shape.clone(), elements)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let [x, weight, bias] = [0, 1, 2].map(|i| Expr::Leaf(Operand(i)));
        let expr = if inputs.len() == 3 { Expr::mul_add(x, weight, bias) } else { x * weight };
        Lowering::single(Kind::Channelwise(expr), inputs.len())
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Scale {
    const SIGNATURE: Signature = Signature {
        name: "scale",
        doc: "a learnt factor a channel",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec { name: "bias", kind: ArgKind::Bool, default: Default::Bool(true), doc: "add a learnt bias" }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Scale, Vec<ParamSpec>), CallError> {
        let c = shapes::channels("scale", call.operands[0])?;
        let mut params = vec![ParamSpec::weight("weight", [c])];
        if call.bool("bias")? {
            params.push(ParamSpec::weight("bias", [c]));
        }
        Ok((Scale, params))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<Scale, String> {
        Ok(Scale)
    }

    fn example(rng: &mut Rng) -> Example<Scale> {
        let x = shapes::random(rng);
        let param = Type::f32([x.shape[1]]);
        let mut inputs = vec![x, param.clone()];
        if rng.flip() {
            inputs.push(param);
        }
        Example { op: Scale, inputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_and_a_term_for_each_channel() {
        let x = Bounded::new([1, 2, 1, 1], [(1.0, 0.5), (3.0, 0.0)]);
        let (weight, bias) = (Bounded::exact(&[2], [2.0, -1.0]), Bounded::exact(&[2], [10.0, 0.5]));
        let y = &Scale.evaluate(&[&x, &weight, &bias], Mode::Infer)[0];
        assert_eq!(y.value, [12.0, -2.5]);
        assert!((1.0..1.00001).contains(&y.bound[0]), "{y:?}");
        assert_eq!(Scale.evaluate(&[&x, &weight], Mode::Infer)[0].value, [2.0, -3.0]);
    }

    #[test]
    fn shape_rule() {
        let (x, c, wrong) = (Type::f32([1, 3, 4]), Type::f32([3]), Type::f32([4]));
        assert_eq!(Scale.infer(&[&x, &c, &c], Mode::Infer).map(|types| types.len()), Ok(1));
        let error = Scale.infer(&[&x, &c, &wrong], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "bias must be f32[3], found f32[4]");
        let error = Scale.infer(&[&x], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "scale takes a tensor and weight, not 1 inputs");
    }
}
