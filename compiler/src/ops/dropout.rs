//! `dropout`: the identity in inference.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// Share of elements that training zeroes, at least 0 and below 1.
    pub p: f64,
}

impl Operator for Dropout {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("p", Attr::Float(self.p))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("dropout", inputs)?;
        match mode {
            Mode::Infer => Ok(vec![x.clone()]),
            Mode::Train => Err(Mismatch::new("dropout cannot be trained: it has no random state in training mode")
                .help("use the graph of inference mode, or leave dropout out")),
        }
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![inputs[0].clone()]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Reshape, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Dropout {
    const SIGNATURE: Signature = Signature {
        name: "dropout",
        doc: "zeroes random elements in training; the identity in inference",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "p",
            kind: ArgKind::Float,
            default: Default::Float(0.5),
            doc: "share of elements to zero",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Dropout, Vec<ParamSpec>), CallError> {
        let p = call.float("p")?;
        if !(0.0..1.0).contains(&p) {
            return Err(CallError::argument("p", format!("`p` must be at least 0 and below 1, not {p}"))
                .help("`p` is the share of elements that are dropped, such as `0.5`"));
        }
        Ok((Dropout { p }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Dropout, String> {
        match attributes.float("p")? {
            p if (0.0..1.0).contains(&p) => Ok(Dropout { p }),
            p => Err(format!("attribute `p` must be at least 0 and below 1, not {p}")),
        }
    }

    fn example(rng: &mut Rng) -> Example<Dropout> {
        Example { op: Dropout { p: rng.range(0, 9) as f64 / 10.0 }, inputs: vec![shapes::random(rng)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn check_p(p: f64, expected: Result<f64, &str>) {
        let x = Type::f32([1, 2]);
        let operands = [&x];
        let call = Call::new(&Dropout::SIGNATURE, &operands, vec![("p", ArgValue::Float(p))]);
        let found = Dropout::from_call(&call).map(|(op, _)| op.p).map_err(|error| error.message);
        assert_eq!(found, expected.map_err(str::to_string));
    }

    #[test]
    fn shares() {
        check_p(0.0, Ok(0.0));
        check_p(0.4, Ok(0.4));
        check_p(1.0, Err("`p` must be at least 0 and below 1, not 1"));
        check_p(-0.1, Err("`p` must be at least 0 and below 1, not -0.1"));
    }

    #[test]
    fn only_inference() {
        let x = Type::f32([1, 2]);
        assert_eq!(Dropout { p: 0.5 }.infer(&[&x], Mode::Infer), Ok(vec![x.clone()]));
        let error = Dropout { p: 0.5 }.infer(&[&x], Mode::Train).unwrap_err();
        assert_eq!(error.message, "dropout cannot be trained: it has no random state in training mode");
    }
}
