//! Arithmetic of tensors with each other and with known values.

use super::super::call::Operand;
use super::super::constant::Constant;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, Value, single};
use super::super::node::{Node, shortest};
use super::super::tensor::Element;
use super::composed;
use crate::ops;
use crate::ops::ArgValue;

/// `x * factor`
pub(super) fn scaled(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: Operand,
    factor: f64,
) -> Result<Operand, OnnxError> {
    if factor == 1.0 {
        return Ok(x);
    }
    importer.apply(node, "mul", vec![x, Operand::Number(factor)], Vec::new())
}

/// Whether a constant changes a tensor of this shape per channel only.
fn is_per_channel(shape: &[usize], x: &[usize]) -> bool {
    let Some(&channels) = x.get(1) else { return false };
    let lead = x.len().checked_sub(shape.len());
    channels > 1
        && lead.is_some_and(|lead| {
            shape.iter().enumerate().all(|(d, &extent)| if d + lead == 1 { extent == channels } else { extent == 1 })
        })
        && shape.iter().product::<usize>() == channels
}

pub(super) fn infix(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["consumed_inputs"]);
    let (a, b) = (importer.operand(node, 0)?, importer.operand(node, 1)?);
    // Neutral numbers vanish where the shape stays.
    let neutral = match node.op_type() {
        "Add" | "Sub" => 0.0,
        _ => 1.0,
    };
    let is_neutral = |x: &Operand| matches!(x, Operand::Number(number) if *number == neutral);
    if is_neutral(&b) {
        return single(a);
    }
    if is_neutral(&a) && matches!(node.op_type(), "Add" | "Mul") {
        return single(b);
    }
    if node.op_type() == "Add" {
        for (product, bias, other) in [(0, &b, &a), (1, &a, &b)] {
            if importer.add_bias(node, product, bias)? {
                return single(other.clone());
            }
        }
    }
    if node.op_type() == "Mul"
        && ops::find("scale").is_some()
        && let (Operand::Tensor(_), Operand::Weight(weight)) | (Operand::Weight(weight), Operand::Tensor(_)) = (&a, &b)
    {
        let x = if matches!(a, Operand::Tensor(_)) { &a } else { &b };
        if is_per_channel(&weight.shape, &importer.ty(x).shape) {
            let flat = vec![weight.count()];
            let weight = weight.clone().reshaped(flat);
            let given = vec![("bias", ArgValue::Bool(false))];
            let results = importer.emit(node, "scale", vec![x.clone()], given, vec![weight])?;
            return Ok(results.into_iter().map(Value::Tensor).collect());
        }
    }
    let operator = match node.op_type() {
        "Add" => "add",
        "Mul" => "mul",
        "Sub" => "sub",
        _ => "div",
    };
    let b = match b {
        // A divisor of 0 stands with the weights, since source refuses to write it.
        Operand::Number(zero) if operator == "div" && zero as f32 == 0.0 => {
            Operand::Weight(Constant::fill(Element::F32, vec![1], zero)?)
        }
        other => other,
    };
    single(importer.apply(node, operator, vec![a, b], Vec::new())?)
}

pub(super) fn reciprocal(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    single(importer.apply(node, "div", vec![Operand::Number(1.0), x], Vec::new())?)
}

pub(super) fn extreme(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let operator = if node.op_type() == "Max" { "max" } else { "min" };
    fold(importer, node, operator).and_then(single)
}

pub(super) fn sum(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let total = fold(importer, node, "add")?;
    if node.op_type() == "Sum" {
        return single(total);
    }
    single(scaled(importer, node, total, 1.0 / node.inputs().len() as f64)?)
}

/// All inputs combined, from the first to the last.
fn fold(importer: &mut Importer<'_>, node: &Node<'_>, operator: &'static str) -> Result<Operand, OnnxError> {
    let mut result = importer.operand(node, 0)?;
    for index in 1..node.inputs().len() {
        let next = importer.operand(node, index)?;
        result = importer.apply(node, operator, vec![result, next], Vec::new())?;
    }
    Ok(result)
}

pub(super) fn pow(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let exponent = match importer.value(node, 1)? {
        Value::Constant(constant) => constant.scalar()?,
        Value::Tensor(_) | Value::Lost => None,
    };
    match (x, exponent) {
        // Even where x is no number.
        (x, Some(0.0)) => {
            let shape = importer.ty(&x).shape;
            Ok(vec![Value::Constant(Constant::fill(Element::F32, shape, 1.0)?)])
        }
        (x, Some(exponent)) => single(composed::power(importer, node, &x, shortest(exponent as f32))?),
        (Operand::Number(base), None) if base > 0.0 => {
            let exponent = importer.operand(node, 1)?;
            let exponent = scaled(importer, node, exponent, f64::from(base.ln() as f32))?;
            single(composed::plain(importer, node, "exp", &exponent)?)
        }
        _ => Err(node.unsupported("with an exponent that is not one known number")),
    }
}
