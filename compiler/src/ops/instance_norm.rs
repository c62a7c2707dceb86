//! `instance_norm`: normalisation of each channel of each image (Ulyanov, Vedaldi and Lempitsky 2016).

use super::call::AttrReader;
use super::normalisation::{self, AFFINE, EPS};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, group_norm,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::Lowering;

/// Inputs: x [n, c, ..], and optionally weight and bias, each `[c]`. Result: x's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceNorm {
    /// Added to the variance, not negative.
    pub eps: f64,
}

impl Operator for InstanceNorm {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("eps", Attr::Float(self.eps))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        group_norm::channels("instance_norm", inputs)?;
        Ok(vec![inputs[0].clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![group_norm::evaluate(inputs, inputs[0].shape[1], self.eps)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        group_norm::lower(inputs, inputs[0].shape[1], self.eps)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for InstanceNorm {
    const SIGNATURE: Signature = Signature {
        name: "instance_norm",
        doc: "normalisation of each channel of each image",
        operands: Operands::Fixed(&["x"]),
        args: &[EPS, AFFINE],
    };

    fn from_call(call: &Call<'_>) -> Result<(InstanceNorm, Vec<ParamSpec>), CallError> {
        let channels = group_norm::channels("instance_norm", call.operands)?;
        Ok((InstanceNorm { eps: normalisation::eps(call)? }, normalisation::affine(call, &[channels])?))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<InstanceNorm, String> {
        let op = InstanceNorm { eps: attributes.float("eps")? };
        normalisation::fault(op.eps).map_or(Ok(op), |fault| Err(format!("attribute `eps` {fault}")))
    }

    fn example(rng: &mut Rng) -> Example<InstanceNorm> {
        Example { op: InstanceNorm { eps: rng.pick(&[1e-5, 1e-3, 0.1]) }, inputs: group_norm::example(rng, 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_on_its_own() {
        let x = Bounded::exact(&[1, 2, 2], [1.0, 3.0, 20.0, 40.0]);
        let y = &InstanceNorm { eps: 0.0 }.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.value, [-1.0, 1.0, -1.0, 1.0]);
    }

    #[test]
    fn parameters_are_of_channels() {
        let (x, weight) = (Type::f32([1, 3, 4, 4]), Type::f32([4]));
        let error = InstanceNorm { eps: 0.0 }.infer(&[&x, &weight, &weight], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "weight must be f32[3], found f32[4]");
        assert!(InstanceNorm { eps: 0.0 }.infer(&[&Type::f32([3])], Mode::Infer).is_err());
    }
}
