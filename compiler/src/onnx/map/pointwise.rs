//! Functions of each element, and softmax.

use super::super::call::Operand;
use super::super::codes;
use super::super::error::OnnxError;
use super::super::importer::{Arguments, Importer, Mapped, Value, single};
use super::super::node::{Node, shortest};
use super::super::shapes;
use super::composed::both;
use super::{float, int, reshape};
use crate::ops::ArgValue;

/// Operators that take no attributes, and their names here.
const PLAIN: [(&str, &str); 11] = [
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
    let Value::Constant(slope) = importer.value(node, 1)? else {
        let slope = importer.operand(node, 1)?;
        return sloped(importer, node, &x, &slope);
    };
    if let Some(slope) = slope.scalar()? {
        return single(importer.apply(node, "leaky_relu", vec![x], vec![("slope", float(shortest(slope as f32)))])?);
    }
    let channels = importer.ty(&x).shape.get(1).copied();
    let rank = importer.ty(&x).rank();
    let wide: Vec<usize> =
        std::iter::repeat_n(1, rank.saturating_sub(slope.shape.len())).chain(slope.shape.clone()).collect();
    let is_per_channel = wide.iter().enumerate().all(|(d, &extent)| extent == 1 || d == 1);
    if !is_per_channel || Some(slope.count()) != channels {
        return sloped(importer, node, &x, &Operand::Weight(slope));
    }
    let count = slope.count();
    let results = importer.emit(node, "prelu", vec![x], Vec::new(), vec![slope.reshaped(vec![count])])?;
    Ok(results.into_iter().map(Value::Tensor).collect())
}

/// `relu(x) + slope * min(x, 0)`, for a slope that broadcasts to x.
fn sloped(importer: &mut Importer<'_>, node: &Node<'_>, x: &Operand, slope: &Operand) -> Mapped {
    let above = importer.apply(node, "relu", vec![x.clone()], Vec::new())?;
    let below = importer.apply(node, "clip", vec![x.clone()], vec![("max", float(0.0))])?;
    let below = both(importer, node, "mul", &below, slope)?;
    let result = both(importer, node, "add", &above, &below)?;
    let (found, wanted) = (importer.ty(&result), importer.ty(x));
    if found != wanted {
        let message = format!("its slope, {}, does not fit {wanted}", importer.ty(slope));
        return Err(node.error(codes::OPERANDS, message, "the slope must broadcast to the operand"));
    }
    single(result)
}

/// A bound of Clip.
enum Bound {
    Open,
    Number(f64),
    /// Computed while the network runs.
    Computed(Operand),
}

/// The bound of Clip that is an attribute of this name, from version 11 on an input.
fn bound(importer: &Importer<'_>, node: &Node<'_>, name: &str, index: usize) -> Result<Bound, OnnxError> {
    let number = if node.version < 11 {
        node.has(name).then(|| node.float(name, 0.0)).transpose()?
    } else {
        match node.input(index).map(|_| importer.value(node, index)).transpose()? {
            Some(Value::Tensor(id)) => {
                let bound = Operand::Tensor(id);
                let ty = importer.ty(&bound);
                if ty.elements() == 1 {
                    return Ok(Bound::Computed(bound));
                }
                let message = format!("its {name} must be one number, not {ty}");
                return Err(node.error(
                    codes::OPERANDS,
                    message,
                    "the model's shapes do not fit each other: export it again",
                ));
            }
            _ => importer.number(node, index, name)?.map(|number| shortest(number as f32)),
        }
    };
    match number {
        Some(number) if number.is_nan() => {
            let help = "the model's weights may be damaged: export it again";
            Err(node.error(codes::OPERANDS, format!("its {name} is not a number"), help))
        }
        Some(number) => Ok(Bound::Number(number)),
        None => Ok(Bound::Open),
    }
}

pub(super) fn clip(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["consumed_inputs"]);
    let (low, high) = (bound(importer, node, "min", 1)?, bound(importer, node, "max", 2)?);
    let mut x = importer.operand(node, 0)?;
    let number = |bound: &Bound| match bound {
        Bound::Number(number) if number.abs() < f64::from(f32::MAX) => Some(*number),
        _ => None,
    };
    let is_open = |bound: &Bound, open: f64| match bound {
        Bound::Open => true,
        Bound::Number(number) => number * open >= f64::from(f32::MAX),
        Bound::Computed(_) => false,
    };
    match (number(&low), number(&high)) {
        (Some(0.0), None) if is_open(&high, 1.0) => return apply(importer, node, "relu", Vec::new()),
        (Some(0.0), Some(6.0)) => return apply(importer, node, "relu6", Vec::new()),
        (Some(low), Some(high)) if low <= high => {
            return apply(importer, node, "clip", vec![("min", float(low)), ("max", float(high))]);
        }
        _ => {}
    }
    // Where the lower bound is above the upper one, the upper one counts.
    for (bound, open, side, extreme) in [(low, -1.0, "min", "max"), (high, 1.0, "max", "min")] {
        x = match bound {
            bound if is_open(&bound, open) => x,
            Bound::Number(number) => importer.apply(node, "clip", vec![x], vec![(side, float(number))])?,
            Bound::Computed(bound) => importer.apply(node, extreme, vec![x, bound], Vec::new())?,
            Bound::Open => x,
        };
    }
    single(x)
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
