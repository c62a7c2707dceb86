//! `dense`: a fully connected layer.

use rebirth_runtime::DType;

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::Sum;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Inputs: x [n, k], weight [out, k], and optionally bias `[out]`. Result: [n, out].
#[derive(Clone, Debug, PartialEq)]
pub struct Dense;

/// The extents of a tensor of rank 2.
fn rows<D: Extent>(x: &Type<D>) -> Result<(&D, usize), Mismatch> {
    match &x.shape[..] {
        [n, k] => Ok((n, shapes::known("dense", "features", x, k)?)),
        _ => Err(Mismatch::new(format!("dense needs a tensor of rank 2 (n, features), found {x}"))
            .at([0])
            .help("put `|> flatten` before it")),
    }
}

impl Operator for Dense {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let (x, weight, bias) = match *inputs {
            [x, weight] => (x, weight, None),
            [x, weight, bias] => (x, weight, Some(bias)),
            _ => {
                return Err(Mismatch::new(format!(
                    "dense takes a tensor, a weight and perhaps a bias, not {} inputs",
                    inputs.len()
                )));
            }
        };
        let (n, features) = rows(x)?;
        let out = match &weight.shape[..] {
            [out, k] if k.is(features) => out,
            _ => {
                return Err(Mismatch::new(format!("the weight must be f32[out,{features}], found {weight}")).at([1, 0]));
            }
        };
        if let Some(bias) = bias
            && !matches!(&bias.shape[..], [b] if b.same(out))
        {
            return Err(Mismatch::new(format!("the bias must be f32[{out}], found {bias}")).at([2, 1]));
        }
        Ok(vec![shapes::fits(Type { dtype: DType::F32, shape: vec![n.clone(), out.clone()] })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let (x, weight, bias) = (inputs[0], inputs[1], inputs.get(2));
        let (n, k, out) = (x.shape[0], x.shape[1], weight.shape[0]);
        let mut elements = Vec::with_capacity(n * out);
        for row in 0..n {
            for o in 0..out {
                let mut sum = Sum::default();
                if let Some(bias) = bias {
                    sum.add(bias.at(o));
                }
                for i in 0..k {
                    sum.add_product(x.at(row * k + i), weight.at(o * k + i));
                }
                // A batch norm folded into the weights rounds each once more.
                elements.push(sum.finish(1));
            }
        }
        vec![Bounded::new([n, out], elements)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Gemm, inputs.len())
    }

    fn cost(&self, inputs: &[&Type], results: &[&Type]) -> Cost {
        Cost { macs: (results[0].elements() as u64).saturating_mul(inputs[0].shape[1] as u64) }
    }

    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for Dense {
    const SIGNATURE: Signature = Signature {
        name: "dense",
        doc: "fully connected layer",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "out", kind: ArgKind::Int, default: Default::Required, doc: "output features" },
            ArgSpec { name: "bias", kind: ArgKind::Bool, default: Default::Bool(true), doc: "add a learnt bias" },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(Dense, Vec<ParamSpec>), CallError> {
        let (_, features) = rows(call.operands[0])?;
        let out = call.int("out", 1)?;
        let mut params = vec![ParamSpec::weight("weight", [out, features])];
        if call.bool("bias")? {
            params.push(ParamSpec::weight("bias", [out]));
        }
        Ok((Dense, params))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<Dense, String> {
        Ok(Dense)
    }

    fn example(rng: &mut Rng) -> Example<Dense> {
        let (k, out) = (rng.range(1, 70), rng.range(1, 40));
        let mut inputs = vec![Type::f32([rng.range(1, 4), k]), Type::f32([out, k])];
        if rng.flip() {
            inputs.push(Type::f32([out]));
        }
        Example { op: Dense, inputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    #[test]
    fn parameters_follow_from_the_operand() {
        let x = Type::f32([4, 512]);
        let operands = [&x];
        let given = vec![("out", ArgValue::Int(10))];
        let (_, params) = Dense::from_call(&Call::new(&Dense::SIGNATURE, &operands, given)).unwrap();
        assert_eq!(params, [ParamSpec::weight("weight", [10, 512]), ParamSpec::weight("bias", [10])]);
    }

    #[test]
    fn an_image_must_be_flattened() {
        let x = Type::f32([1, 512, 1, 1]);
        let operands = [&x];
        let error =
            Dense::from_call(&Call::new(&Dense::SIGNATURE, &operands, vec![("out", ArgValue::Int(10))])).unwrap_err();
        assert_eq!(error.message, "dense needs a tensor of rank 2 (n, features), found f32[1,512,1,1]");
        assert_eq!(error.help.as_deref(), Some("put `|> flatten` before it"));
    }

    #[test]
    fn the_weight_must_fit() {
        let (x, weight) = (Type::f32([1, 3]), Type::f32([2, 4]));
        let error = Dense.infer(&[&x, &weight], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "the weight must be f32[out,3], found f32[2,4]");
        let (weight, bias) = (Type::f32([2, 3]), Type::f32([3]));
        let error = Dense.infer(&[&x, &weight, &bias], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "the bias must be f32[2], found f32[3]");
    }

    #[test]
    fn multiplies_rows() {
        let x = Bounded::new([1, 2], [(1.0, 0.5), (2.0, 0.0)]);
        let weight = Bounded::exact(&[2, 2], [3.0, 4.0, -5.0, 6.0]);
        let bias = Bounded::exact(&[2], [100.0, 0.0]);
        let y = &Dense.evaluate(&[&x, &weight, &bias], Mode::Infer)[0];
        assert_eq!(y.value, [111.0, 7.0]);
        assert!((1.5..1.501).contains(&y.bound[0]) && (2.5..2.501).contains(&y.bound[1]), "{y:?}");
    }
}
