//! `layer_norm`: normalisation over an axis and all behind it (Ba, Kiros and Hinton 2016).

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::normalisation::{self, AFFINE, EPS};
use super::value::Element;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Lowering, Place};

/// Inputs: x, and optionally weight and bias of its shape from the axis on. Result: x's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNorm {
    /// The first axis that is normalised.
    pub axis: usize,
    /// Added to the variance, not negative.
    pub eps: f64,
}

impl Operator for LayerNorm {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("axis", Attr::Int(self.axis as i64)), ("eps", Attr::Float(self.eps))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let (x, params) = match *inputs {
            [x] => (x, [].as_slice()),
            [x, _, _] => (x, &inputs[1..]),
            _ => {
                let found =
                    format!("layer_norm takes a tensor and perhaps weight and bias, not {} inputs", inputs.len());
                return Err(Mismatch::new(found));
            }
        };
        if self.axis >= x.rank() {
            return Err(Mismatch::new(format!("{x} has no axis {}", self.axis)).at([0]));
        }
        if x.shape[self.axis..].iter().any(|extent| extent.is(0)) {
            return Err(Mismatch::new(format!("layer_norm needs elements, found {x}")).at([0]));
        }
        for (i, (param, name)) in params.iter().zip(["weight", "bias"]).enumerate() {
            let expected = &x.shape[self.axis..];
            let fits = param.rank() == expected.len() && param.shape.iter().zip(expected).all(|(a, b)| a.same(b));
            if !fits {
                let expected = Type { dtype: x.dtype, shape: expected.to_vec() };
                return Err(Mismatch::new(format!("{name} must be {expected}, found {param}")).at([1 + i, 0]));
            }
        }
        Ok(vec![x.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let count: usize = x.shape[self.axis..].iter().product();
        let elements = (0..x.value.len() / count).flat_map(|row| {
            let elements: Vec<Element> = (row * count..(row + 1) * count).map(|i| x.at(i)).collect();
            let normalised = normalisation::normalised(&elements, self.eps).into_iter().enumerate();
            normalised.map(|(i, value)| normalisation::affine_element(value, &inputs[1..], i)).collect::<Vec<_>>()
        });
        vec![Bounded::new(x.shape.clone(), elements)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let mut lowering = Lowering::default();
        let params: Vec<Place> = (1..inputs.len()).map(Place::Input).collect();
        normalisation::lower(&mut lowering, Place::Input(0), inputs[0], self.axis, self.eps, Place::Result(0), &params);
        lowering
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for LayerNorm {
    const SIGNATURE: Signature = Signature {
        name: "layer_norm",
        doc: "normalisation over an axis and all behind it",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec {
                name: "axis",
                kind: ArgKind::Int,
                default: Default::Int(-1),
                doc: "the first axis that is normalised",
            },
            EPS,
            AFFINE,
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(LayerNorm, Vec<ParamSpec>), CallError> {
        let x = call.operands[0];
        let axis = shapes::axis(call, x, false)?;
        let params = normalisation::affine(call, &x.shape[axis..])?;
        Ok((LayerNorm { axis, eps: normalisation::eps(call)? }, params))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<LayerNorm, String> {
        let op = LayerNorm { axis: attributes.int("axis")?, eps: attributes.float("eps")? };
        normalisation::fault(op.eps).map_or(Ok(op), |fault| Err(format!("attribute `eps` {fault}")))
    }

    fn example(rng: &mut Rng) -> Example<LayerNorm> {
        let x = match rng.range(0, 2) {
            0 => Type::f32([rng.range(1, 3), rng.range(1, 5), rng.range(2, 19)]),
            _ => shapes::random(rng),
        };
        let axis = if rng.flip() { x.rank() - 1 } else { rng.range(0, x.rank() - 1) };
        let param = Type::f32(&x.shape[axis..]);
        let inputs = if rng.flip() { vec![x, param.clone(), param] } else { vec![x] };
        Example { op: LayerNorm { axis, eps: rng.pick(&[1e-5, 1e-3, 0.1]) }, inputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn call(given: Vec<(&'static str, ArgValue)>) -> Result<(LayerNorm, Vec<ParamSpec>), CallError> {
        let x = Type::f32([2, 3, 4]);
        LayerNorm::from_call(&Call::new(&LayerNorm::SIGNATURE, &[&x], given))
    }

    #[test]
    fn parameters_have_the_shape_of_what_is_normalised() {
        let (op, params) = call(Vec::new()).unwrap();
        assert_eq!(op, LayerNorm { axis: 2, eps: 1e-5 });
        assert_eq!(params, [ParamSpec::weight("weight", [4]), ParamSpec::weight("bias", [4])]);
        let (_, params) = call(vec![("axis", ArgValue::Int(1))]).unwrap();
        assert_eq!(params[0], ParamSpec::weight("weight", [3, 4]));
        assert_eq!(call(vec![("affine", ArgValue::Bool(false))]).unwrap().1, []);
        let error = call(vec![("eps", ArgValue::Float(-1.0))]).unwrap_err();
        assert_eq!(error.message, "`eps` must not be negative nor beyond f32, found -1.0");
    }

    #[test]
    fn rows_and_their_parameters() {
        let x = Bounded::exact(&[2, 2], [1.0, 3.0, 10.0, 10.0]);
        let (weight, bias) = (Bounded::exact(&[2], [2.0, 3.0]), Bounded::exact(&[2], [0.5, -0.5]));
        let y = &LayerNorm { axis: 1, eps: 3.0 }.evaluate(&[&x, &weight, &bias], Mode::Infer)[0];
        assert_eq!(y.value, [-0.5, 1.0, 0.5, -0.5]);
    }

    #[test]
    fn parameters_that_do_not_fit() {
        let (x, weight) = (Type::f32([2, 3, 4]), Type::f32([3]));
        let error = LayerNorm { axis: 2, eps: 0.0 }.infer(&[&x, &weight, &weight], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "weight must be f32[4], found f32[3]");
    }
}
