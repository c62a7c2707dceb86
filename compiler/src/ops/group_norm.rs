//! `group_norm`: normalisation of each image's groups of channels (Wu and He 2018).

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::normalisation::{self, AFFINE, EPS};
use super::value::Element;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Lowering, Operand, Place, Stage};

/// Inputs: x [n, c, ..], and optionally weight and bias, each `[c]`. Result: x's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupNorm {
    /// Groups of neighbouring channels.
    pub groups: usize,
    /// Added to the variance, not negative.
    pub eps: f64,
}

/// The shape rule of [`GroupNorm`] and of normalising each channel; the number of channels.
///
/// # Errors
/// There are no channels, or parameters that do not fit them.
pub(super) fn channels<D: Extent>(name: &str, inputs: &[&Type<D>]) -> Result<usize, Mismatch> {
    let (x, params) = match *inputs {
        [x] => (x, [].as_slice()),
        [x, _, _] => (x, &inputs[1..]),
        _ => {
            let found = format!("{name} takes a tensor and perhaps weight and bias, not {} inputs", inputs.len());
            return Err(Mismatch::new(found));
        }
    };
    let channels = match &x.shape[..] {
        [_, c, ..] if !x.shape[1..].iter().any(|extent| extent.is(0)) => shapes::known(name, "channels", x, c)?,
        _ => {
            let found = format!("{name} needs a tensor with channels in dimension 1, found {x}");
            return Err(Mismatch::new(found).at([0]).help("an image is declared as f32[n, channels, height, width]"));
        }
    };
    for (i, (param, name)) in params.iter().zip(["weight", "bias"]).enumerate() {
        if !param.has_shape(&[channels]) {
            let expected = Type::f32([channels]);
            return Err(Mismatch::new(format!("{name} must be {expected}, found {param}")).at([1 + i, 0]));
        }
    }
    Ok(channels)
}

/// Each group of channels of each image normalised, then weight and bias of each channel.
pub(super) fn evaluate(inputs: &[&Bounded], groups: usize, eps: f64) -> Bounded {
    let x = inputs[0];
    let [n, channels, inner] = shapes::around(&x.shape, 1);
    let count = channels / groups * inner;
    let elements = (0..n * groups).flat_map(|group| {
        let elements: Vec<Element> = (group * count..(group + 1) * count).map(|i| x.at(i)).collect();
        let normalised = normalisation::normalised(&elements, eps).into_iter().enumerate();
        let channel = |i: usize| (group * count + i) / inner % channels;
        normalised.map(|(i, value)| normalisation::affine_element(value, &inputs[1..], channel(i))).collect::<Vec<_>>()
    });
    Bounded::new(x.shape.clone(), elements)
}

/// The stages of [`evaluate`]: over x as a matrix with a row for each group, and then as it is.
pub(super) fn lower(inputs: &[&Type], groups: usize, eps: f64) -> Lowering {
    let x = inputs[0];
    let rows = x.shape[0] * groups;
    let matrix = Type::f32([rows, x.elements() / rows]);
    let mut lowering = Lowering { temps: vec![matrix.clone(), matrix.clone()], stages: Vec::new() };
    let reshape = |from, to| Stage { kind: Kind::Reshape, reads: vec![from], write: to };
    let [rows_of_x, normalised] = [0, 1].map(Place::Temp);
    lowering.stages.push(reshape(Place::Input(0), rows_of_x));
    normalisation::lower(&mut lowering, rows_of_x, &matrix, 1, eps, normalised, &[]);
    if inputs.len() == 1 {
        lowering.stages.push(reshape(normalised, Place::Result(0)));
        return lowering;
    }
    let first = lowering.temps.len();
    let mut channel = vec![x.shape[1]];
    channel.resize(x.rank() - 1, 1);
    lowering.temps.extend([x.clone(), Type::f32(&channel[..]), Type::f32(channel)]);
    let [whole, weight, bias] = [0, 1, 2].map(|i| Place::Temp(first + i));
    let from = [(normalised, whole), (Place::Input(1), weight), (Place::Input(2), bias)];
    lowering.stages.extend(from.map(|(from, to)| reshape(from, to)));
    let kind = Kind::Pointwise(normalisation::affine_expr(Expr::Leaf(Operand(0)), 1));
    lowering.stages.push(Stage { kind, reads: vec![whole, weight, bias], write: Place::Result(0) });
    lowering
}

/// A random operand with channels in this many groups, and perhaps parameters.
pub(super) fn example(rng: &mut Rng, groups: usize) -> Vec<Type> {
    let channels = groups * rng.range(1, 5);
    let mut x = Type::f32([rng.range(1, 2), channels, rng.range(2, 5)]);
    if rng.flip() {
        x.shape.push(rng.range(1, 6));
    }
    let param = Type::f32([channels]);
    if rng.flip() { vec![x, param.clone(), param] } else { vec![x] }
}

impl GroupNorm {
    fn indivisible(&self, channels: usize) -> Option<String> {
        (self.groups == 0 || !channels.is_multiple_of(self.groups))
            .then(|| format!("{channels} channels are not divisible by {} groups", self.groups))
    }
}

impl Operator for GroupNorm {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("groups", Attr::Int(self.groups as i64)), ("eps", Attr::Float(self.eps))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let channels = channels("group_norm", inputs)?;
        match self.indivisible(channels) {
            Some(message) => Err(Mismatch::new(message).at([0])),
            None => Ok(vec![inputs[0].clone()]),
        }
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![evaluate(inputs, self.groups, self.eps)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        lower(inputs, self.groups, self.eps)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for GroupNorm {
    const SIGNATURE: Signature = Signature {
        name: "group_norm",
        doc: "normalisation of each image's groups of channels",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "groups", kind: ArgKind::Int, default: Default::Required, doc: "groups of channels" },
            EPS,
            AFFINE,
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(GroupNorm, Vec<ParamSpec>), CallError> {
        let channels = channels("group_norm", call.operands)?;
        let op = GroupNorm { groups: call.int("groups", 1)?, eps: normalisation::eps(call)? };
        match op.indivisible(channels) {
            Some(message) => Err(CallError::argument("groups", message)
                .help(format!("`groups` divides the number of channels, {channels}"))),
            None => Ok((op, normalisation::affine(call, &[channels])?)),
        }
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<GroupNorm, String> {
        let op = GroupNorm { groups: attributes.int("groups")?, eps: attributes.float("eps")? };
        normalisation::fault(op.eps).map_or(Ok(op), |fault| Err(format!("attribute `eps` {fault}")))
    }

    fn example(rng: &mut Rng) -> Example<GroupNorm> {
        let groups = rng.range(1, 4);
        Example { op: GroupNorm { groups, eps: rng.pick(&[1e-5, 1e-3, 0.1]) }, inputs: example(rng, groups) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    #[test]
    fn groups_divide_channels() {
        let x = Type::f32([1, 6, 2, 2]);
        let call = |groups| {
            GroupNorm::from_call(&Call::new(&GroupNorm::SIGNATURE, &[&x], vec![("groups", ArgValue::Int(groups))]))
        };
        assert_eq!(call(3).unwrap().1, [ParamSpec::weight("weight", [6]), ParamSpec::weight("bias", [6])]);
        assert_eq!(call(4).unwrap_err().message, "6 channels are not divisible by 4 groups");
    }

    #[test]
    fn each_group_on_its_own() {
        let x = Bounded::exact(&[1, 4, 1], [1.0, 3.0, 20.0, 40.0]);
        let (weight, bias) = (Bounded::exact(&[4], [1.0, 2.0, 3.0, 4.0]), Bounded::exact(&[4], [0.0, 0.0, 1.0, 1.0]));
        let y = &GroupNorm { groups: 2, eps: 0.0 }.evaluate(&[&x, &weight, &bias], Mode::Infer)[0];
        assert_eq!(y.value, [-1.0, 2.0, -2.0, 5.0]);
        assert!(y.bound.iter().all(|&bound| bound < 1e-4), "{y:?}");
    }
}
