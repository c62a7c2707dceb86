//! `batch_norm`: normalisation of each channel (Ioffe and Szegedy 2015), with PyTorch's treatment of running statistics.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::{Element, Sum, product, rounded, sum};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Inputs: x [n, c], [n, c, w] or [n, c, h, w]; weight, bias, running_mean and running_var, each `[c]`. Result in inference: x's shape. Results in
/// training: that, normalised by the batch's statistics, then the new running_mean and running_var.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance, not negative.
    pub eps: f64,
    /// Share of the batch in the new running statistics, from 0 to 1.
    pub momentum: f64,
}

/// The tensors after x, in order.
const PARAMS: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

fn channels<D: Extent>(x: &Type<D>) -> Result<usize, Mismatch> {
    match &x.shape[..] {
        [_, c] | [_, c, _] | [_, c, _, _] => shapes::known("batch_norm", "channels", x, c),
        _ => Err(Mismatch::new(format!(
            "batch_norm needs a tensor of rank 2 to 4 with channels in dimension 1, found {x}"
        ))
        .at([0])),
    }
}

impl BatchNorm {
    fn fault(&self) -> Option<(&'static str, String)> {
        if !(0.0..=f64::from(f32::MAX)).contains(&self.eps) {
            Some(("eps", format!("must not be negative nor beyond f32, found {:?}", self.eps)))
        } else if !(0.0..=1.0).contains(&self.momentum) {
            Some(("momentum", format!("must be from 0 to 1, found {}", self.momentum)))
        } else {
            None
        }
    }

    /// weight / sqrt(variance + eps).
    fn scale(&self, weight: Element, variance: Element) -> Element {
        let inverse = |variance: f64| 1.0 / variance.sqrt();
        let base = variance.0 + self.eps;
        // The lower end is the farther one; NaN, where it lies below 0, becomes an infinite bound.
        let deviation = inverse(base - variance.1) - inverse(base);
        let (value, carried) = product(weight, (inverse(base), deviation));
        rounded(value, carried, 4)
    }

    /// (x - mean) * scale + bias, whether computed so or as x * scale + (bias - mean * scale).
    fn normalise(x: Element, mean: Element, scale: Element, bias: Element) -> Element {
        let mut terms = Sum::default();
        terms.add_product(x, scale);
        terms.add_product((-mean.0, mean.1), scale);
        terms.add(bias);
        let (_, bound) = terms.finish(1);
        ((x.0 - mean.0) * scale.0 + bias.0, bound)
    }

    /// (1 - momentum) * running + momentum * batch.
    fn blend(&self, running: Element, batch: Element) -> Element {
        let mut terms = Sum::default();
        terms.add_product((1.0 - self.momentum, 0.0), running);
        terms.add_product((self.momentum, 0.0), batch);
        terms.finish(1)
    }
}

/// Mean and sum of squared deviations.
fn statistics(x: &[Element]) -> [Element; 2] {
    let mut total = Sum::default();
    x.iter().for_each(|&x| total.add(x));
    let mean = total.mean(x.len());
    let mut squares = Sum::default();
    for &x in x {
        let (deviation, carried) = sum(x, (-mean.0, mean.1));
        let deviation = rounded(deviation, carried, 1);
        squares.add_product(deviation, deviation);
    }
    [mean, squares.finish(0)]
}

/// A value divided by a whole number.
fn divide((value, bound): Element, by: usize) -> Element {
    rounded(value / by as f64, bound / by as f64, 2)
}

impl Operator for BatchNorm {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("eps", Attr::Float(self.eps)), ("momentum", Attr::Float(self.momentum))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let [x, params @ ..] = inputs else {
            return Err(Mismatch::new("batch_norm takes a tensor and four parameters, not 0 inputs"));
        };
        if params.len() != PARAMS.len() {
            return Err(Mismatch::new(format!(
                "batch_norm takes a tensor and four parameters, not {} inputs",
                inputs.len()
            )));
        }
        let c = channels(x)?;
        let expected = Type::f32([c]);
        for (i, (&param, name)) in params.iter().zip(PARAMS).enumerate() {
            if param.dtype != expected.dtype || !param.has_shape(&expected.shape) {
                return Err(Mismatch::new(format!("{name} must be {expected}, found {param}")).at([1 + i, 0]));
            }
        }
        let values_a_channel = || shapes::product(&[&x.shape[..1], &x.shape[2..]].concat());
        match mode {
            Mode::Infer => Ok(vec![(*x).clone()]),
            // The unbiased variance divides by one less than the count.
            Mode::Train if c > 0 && values_a_channel().is_some_and(|count| count.room(&D::constant(2)).is_none()) => {
                Err(Mismatch::new(format!("training batch_norm needs at least two values a channel, found {x}"))
                    .at([0]))
            }
            Mode::Train => Ok(vec![(*x).clone(), expected.lift(), expected.lift()]),
        }
    }

    fn evaluate(&self, inputs: &[&Bounded], mode: Mode) -> Vec<Bounded> {
        let [x, weight, bias, mean, variance] = [0, 1, 2, 3, 4].map(|i| inputs[i]);
        let [n, channels, inner] = shapes::around(&x.shape, 1);
        let mut out = x.clone();
        let (mut new_mean, mut new_variance) = (mean.clone(), variance.clone());
        for c in 0..channels {
            let positions: Vec<usize> =
                (0..n).flat_map(|image| (0..inner).map(move |i| (image * channels + c) * inner + i)).collect();
            let (mut used_mean, mut used_variance) = (mean.at(c), variance.at(c));
            if mode == Mode::Train {
                let elements: Vec<Element> = positions.iter().map(|&p| x.at(p)).collect();
                let [batch_mean, squares] = statistics(&elements);
                (used_mean, used_variance) = (batch_mean, divide(squares, elements.len()));
                (new_mean.value[c], new_mean.bound[c]) = self.blend(mean.at(c), batch_mean);
                let unbiased = divide(squares, elements.len() - 1);
                (new_variance.value[c], new_variance.bound[c]) = self.blend(variance.at(c), unbiased);
            }
            let scale = self.scale(weight.at(c), used_variance);
            for p in positions {
                (out.value[p], out.bound[p]) = BatchNorm::normalise(x.at(p), used_mean, scale, bias.at(c));
            }
        }
        match mode {
            Mode::Infer => vec![out],
            Mode::Train => vec![out, new_mean, new_variance],
        }
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::BatchNorm { eps: self.eps }, 1 + PARAMS.len())
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for BatchNorm {
    const SIGNATURE: Signature = Signature {
        name: "batch_norm",
        doc: "normalisation of each channel",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "eps", kind: ArgKind::Float, default: Default::Float(1e-5), doc: "added to the variance" },
            ArgSpec {
                name: "momentum",
                kind: ArgKind::Float,
                default: Default::Float(0.1),
                doc: "share of a new batch in the statistics",
            },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(BatchNorm, Vec<ParamSpec>), CallError> {
        let c = channels(call.operands[0])?;
        let norm = BatchNorm { eps: call.float("eps")?, momentum: call.float("momentum")? };
        if let Some((name, why)) = norm.fault() {
            let help = match name {
                "eps" => "`eps` is a small number from 0 up, such as `1e-5`",
                _ => "`momentum` is the share of the batch in the statistics, such as `0.1`",
            };
            return Err(CallError::argument(name, format!("`{name}` {why}")).help(help));
        }
        let [weight, bias, mean, variance] = PARAMS;
        let params = vec![
            ParamSpec::weight(weight, [c]),
            ParamSpec::weight(bias, [c]),
            ParamSpec::state(mean, [c]),
            ParamSpec::state(variance, [c]),
        ];
        Ok((norm, params))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<BatchNorm, String> {
        let norm = BatchNorm { eps: attributes.float("eps")?, momentum: attributes.float("momentum")? };
        match norm.fault() {
            None => Ok(norm),
            Some((name, why)) => Err(format!("attribute `{name}` {why}")),
        }
    }

    fn example(rng: &mut Rng) -> Example<BatchNorm> {
        let x = shapes::random(rng);
        let param = Type::f32([x.shape[1]]);
        let norm = BatchNorm { eps: rng.pick(&[1e-5, 1e-3]), momentum: 0.1 };
        Example { op: norm, inputs: vec![x, param.clone(), param.clone(), param.clone(), param] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORM: BatchNorm = BatchNorm { eps: 0.0, momentum: 0.25 };

    fn check(mode: Mode, x: &Bounded, params: [&[f64]; 4], expected: &[&[f64]]) -> Vec<Bounded> {
        let params = params.map(|values| Bounded::exact(&[values.len()], values.iter().copied()));
        let inputs: Vec<&Bounded> = std::iter::once(x).chain(&params).collect();
        let found = NORM.evaluate(&inputs, mode);
        assert_eq!(found.iter().map(|result| result.value.as_slice()).collect::<Vec<_>>(), expected);
        found
    }

    #[test]
    fn inference_uses_the_running_statistics() {
        let x = Bounded::new([1, 2, 1, 2], [(1.0, 0.0), (3.0, 0.5), (1.0, 0.0), (1.0, 0.0)]);
        let found = check(
            Mode::Infer,
            &x,
            [&[2.0, 1.0], &[10.0, 0.0], &[1.0, 100_001.0], &[4.0, 0.25]],
            &[&[10.0, 12.0, -200_000.0, -200_000.0]],
        );
        // scale 1: the operand's error stays what it is.
        assert!((0.5..0.51).contains(&found[0].bound[1]), "{found:?}");
        assert!(found[0].bound[2] > 200_000.0 / f64::from(1 << 24), "{found:?}");
    }

    #[test]
    fn training_returns_new_statistics() {
        // Mean 2, squared deviations 4 in all: biased variance 1, unbiased 4/3.
        let x = Bounded::exact(&[4, 1], [1.0, 3.0, 1.0, 3.0]);
        let unbiased = 0.75 * 8.0 + 0.25 * (4.0 / 3.0);
        let found =
            check(Mode::Train, &x, [&[3.0], &[1.0], &[6.0], &[8.0]], &[&[-2.0, 4.0, -2.0, 4.0], &[5.0], &[unbiased]]);
        assert!(found.iter().flat_map(|result| &result.bound).all(|&bound| bound > 0.0 && bound < 1e-4), "{found:?}");
    }

    #[test]
    fn a_negative_variance_is_nan() {
        let x = Bounded::exact(&[1, 1], [1.0]);
        let params = [1.0, 0.0, 0.0, -1.0].map(|v| Bounded::exact(&[1], [v]));
        let y = &NORM.evaluate(&[&x, &params[0], &params[1], &params[2], &params[3]], Mode::Infer)[0];
        assert!(y.value[0].is_nan() && !y.bound[0].is_nan());
    }

    fn check_types(x: &[usize], param: &[usize], mode: Mode, expected: Result<usize, &str>) {
        let (x, param) = (Type::f32(x), Type::f32(param));
        let found = NORM.infer(&[&x, &param, &param, &param, &param], mode);
        assert_eq!(found.map(|types| types.len()).map_err(|error| error.message), expected.map_err(str::to_string));
    }

    #[test]
    fn shape_rule() {
        check_types(&[1, 3, 4, 4], &[3], Mode::Infer, Ok(1));
        check_types(&[2, 3], &[3], Mode::Train, Ok(3));
        check_types(&[1, 3, 4], &[3], Mode::Infer, Ok(1));
        check_types(
            &[1, 3],
            &[3],
            Mode::Train,
            Err("training batch_norm needs at least two values a channel, found f32[1,3]"),
        );
        check_types(&[1, 3, 4, 4], &[4], Mode::Infer, Err("weight must be f32[3], found f32[4]"));
        check_types(
            &[3],
            &[3],
            Mode::Infer,
            Err("batch_norm needs a tensor of rank 2 to 4 with channels in dimension 1, found f32[3]"),
        );
    }

    #[test]
    fn statistics_are_state() {
        let x = Type::f32([1, 8, 4, 4]);
        let operands = [&x];
        let (norm, params) = BatchNorm::from_call(&Call::new(&BatchNorm::SIGNATURE, &operands, Vec::new())).unwrap();
        assert_eq!(norm, BatchNorm { eps: 1e-5, momentum: 0.1 });
        let params: Vec<_> = params.iter().map(|param| (param.suffix, param.state)).collect();
        assert_eq!(params, [("weight", false), ("bias", false), ("running_mean", true), ("running_var", true)]);
    }
}
