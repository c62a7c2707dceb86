//! Functions of each element, and softmax.

use super::super::importer::{Arguments, Importer, Mapped, Value, single};
use super::super::node::{Node, shortest};
use super::super::shapes;
use super::{float, int, reshape};
use crate::ops::ArgValue;

/// Operators that take no attributes, and their names here.
const PLAIN: [(&str, &str); 12] = [
    ("Abs", "abs"),
    ("Exp", "exp"),
    ("HardSwish", "hard_swish"),
    ("Log", "log"),
    ("Mish", "mish"),
    ("Neg", "neg"),
    ("Relu", "relu"),
    ("Sigmoid", "sigmoid"),
    ("Softplus", "softplus"),
    ("Sqrt", "sqrt"),
    ("Tanh", "tanh"),
    ("Swish", "silu"),
];

fn apply(importer: &mut Importer<'_>, node: &Node<'_>, operator: &'static str, given: Arguments) -> Mapped {
    let x = importer.operand(node, 0)?;
    single(importer.apply(node, operator, vec![x], given)?)
}

pub(super) fn plain(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["consumed_inputs"]);
    let found = PLAIN.iter().find(|(op_type, _)| *op_type == node.op_type());
    let (_, operator) = found.ok_or_else(|| node.unsupported(""))?;
    apply(importer, node, operator, Vec::new())
}

pub(super) fn swish(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    if node.float("alpha", 1.0)? != 1.0 {
        return Err(node.unsupported("with alpha"));
    }
    plain(importer, node)
}

pub(super) fn leaky_relu(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    apply(importer, node, "leaky_relu", vec![("slope", float(node.float("alpha", 0.01)?))])
}

pub(super) fn elu(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    apply(importer, node, "elu", vec![("alpha", float(node.float("alpha", 1.0)?))])
}

pub(super) fn selu(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    /// Klambauer et al. 2017, as ONNX writes them.
    const ALPHA_GAMMA: [f64; 2] = [1.673_263_2, 1.050_701];
    let [alpha, gamma] = ALPHA_GAMMA;
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    if !near(node.float("alpha", alpha)?, alpha) || !near(node.float("gamma", gamma)?, gamma) {
        let x = importer.operand(node, 0)?;
        let (alpha, gamma) = (node.float("alpha", alpha)?, node.float("gamma", gamma)?);
        let x = importer.apply(node, "elu", vec![x], vec![("alpha", float(alpha))])?;
        return single(super::arithmetic::scaled(importer, node, x, gamma)?);
    }
    apply(importer, node, "selu", Vec::new())
}

pub(super) fn hard_sigmoid(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let given = vec![("alpha", float(node.float("alpha", 0.2)?)), ("beta", float(node.float("beta", 0.5)?))];
    apply(importer, node, "hard_sigmoid", given)
}

pub(super) fn gelu(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let tanh = match node.string("approximate", "none")?.as_str() {
        "none" => false,
        "tanh" => true,
        other => return Err(node.bad_attribute("approximate", format!("`{other}`"), "none or tanh")),
    };
    apply(importer, node, "gelu", vec![("tanh", ArgValue::Bool(tanh))])
}

pub(super) fn prelu(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let slope = importer.constant(node, 1, "slope")?;
    if let Some(slope) = slope.scalar()? {
        return single(importer.apply(node, "leaky_relu", vec![x], vec![("slope", float(shortest(slope as f32)))])?);
    }
    let channels = importer.ty(&x).shape.get(1).copied();
    let rank = importer.ty(&x).rank();
    let wide: Vec<usize> =
        std::iter::repeat_n(1, rank.saturating_sub(slope.shape.len())).chain(slope.shape.clone()).collect();
    let is_per_channel = wide.iter().enumerate().all(|(d, &extent)| extent == 1 || d == 1);
    if !is_per_channel || Some(slope.count()) != channels {
        return Err(node.unsupported("with a slope for other than channels"));
    }
    let count = slope.count();
    let results = importer.emit(node, "prelu", vec![x], Vec::new(), vec![slope.reshaped(vec![count])])?;
    Ok(results.into_iter().map(Value::Tensor).collect())
}

pub(super) fn clip(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["consumed_inputs"]);
    let (low, high) = if node.version < 11 {
        let limit = |name: &str| node.has(name).then(|| node.float(name, 0.0)).transpose();
        (limit("min")?, limit("max")?)
    } else {
        let short = |value: Option<f64>| value.map(|value| shortest(value as f32));
        (short(importer.number(node, 1, "minimum")?), short(importer.number(node, 2, "maximum")?))
    };
    let low = low.filter(|&low| low > f64::from(f32::MIN));
    let high = high.filter(|&high| high < f64::from(f32::MAX));
    match (low, high) {
        (None, None) => single(importer.operand(node, 0)?),
        (Some(0.0), None) => apply(importer, node, "relu", Vec::new()),
        (Some(0.0), Some(6.0)) => apply(importer, node, "relu6", Vec::new()),
        (low, high) => {
            let limits = [("min", low), ("max", high)];
            let given = limits.into_iter().filter_map(|(name, limit)| Some((name, float(limit?)))).collect();
            apply(importer, node, "clip", given)
        }
    }
}

pub(super) fn softmax(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let operator = if node.op_type() == "Softmax" { "softmax" } else { "log_softmax" };
    let x = importer.operand(node, 0)?;
    let shape = importer.ty(&x).shape;
    let axis = shapes::axis(node, node.int("axis", if node.version < 13 { 1 } else { -1 })?, shape.len())?;
    let given = vec![("axis", int(axis))];
    if node.version >= 13 || shape[axis + 1..].iter().all(|&extent| extent == 1) {
        return single(importer.apply(node, operator, vec![x], given)?);
    }
    // Before version 13 it was over all dimensions from the axis on together.
    let [before, behind] = [&shape[..axis], &shape[axis..]].map(|part| part.iter().product::<usize>());
    let rows = reshape::to(importer, node, x, vec![before, behind])?;
    let result = importer.apply(node, operator, vec![rows], vec![("axis", int(1))])?;
    single(reshape::to(importer, node, result, shape)?)
}
