//! Matrix products.

use super::super::call::Operand;
use super::super::codes;
use super::super::constant::Constant;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, Value, single};
use super::super::node::Node;
use super::super::tensor::Element;
use super::{arithmetic, int, list};
use crate::ops::ArgValue;

/// `x` times a weight [out, k], plus a bias.
fn dense(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: Operand,
    weight: Constant,
    bias: Option<Constant>,
) -> Result<Operand, OnnxError> {
    let out = weight.shape.first().copied().unwrap_or_default();
    let given = vec![("out", int(out)), ("bias", ArgValue::Bool(bias.is_some()))];
    let weights = std::iter::once(weight).chain(bias).collect();
    let results = importer.emit(node, "dense", vec![x], given, weights)?;
    Ok(Operand::Tensor(results.first().copied().unwrap_or_default()))
}

pub(super) fn gemm(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["broadcast"]);
    let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
    let (turn_a, turn_b) = (node.flag("transA", false)?, node.flag("transB", false)?);
    let mut a = importer.operand(node, 0)?;
    if importer.ty(&a).rank() != 2 {
        let message = format!("its first operand is {}, but must have two dimensions", importer.ty(&a));
        return Err(node.error(codes::OPERANDS, message, "the model's shapes do not fit each other: export it again"));
    }
    if turn_a {
        a = importer.apply(node, "transpose", vec![a], vec![("perm", list(&[1, 0]))])?;
    }
    let third = node.input(2).map(|_| importer.value(node, 2)).transpose()?.filter(|_| beta != 0.0);
    let weight = match importer.value(node, 1)? {
        Value::Constant(weight) if weight.shape.len() == 2 => Some(weight),
        _ => None,
    };
    let Some(weight) = weight else {
        let mut b = importer.operand(node, 1)?;
        if turn_b {
            b = importer.apply(node, "transpose", vec![b], vec![("perm", list(&[1, 0]))])?;
        }
        let product = importer.apply(node, "matmul", vec![a, b], Vec::new())?;
        let product = arithmetic::scaled(importer, node, product, alpha)?;
        return single(plus(importer, node, product, third, beta)?);
    };
    let weight = if turn_b { weight } else { weight.transposed(&[1, 0])? }.scaled(alpha)?;
    let out = weight.shape[0];
    let (bias, rest) = match third {
        Some(Value::Constant(c)) if c.count() == out && c.shape.last() == Some(&out) => {
            (Some(c.reshaped(vec![out]).scaled(beta)?), None)
        }
        Some(Value::Constant(c)) if c.count() == 1 => {
            let value = c.scalar()?.unwrap_or_default() * beta;
            (Some(Constant::fill(Element::F32, vec![out], value)?), None)
        }
        other => (None, other),
    };
    let product = dense(importer, node, a, weight, bias)?;
    single(plus(importer, node, product, rest, beta)?)
}

/// `product + beta * c`
fn plus(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    product: Operand,
    c: Option<Value>,
    beta: f64,
) -> Result<Operand, OnnxError> {
    let c = match c {
        None => return Ok(product),
        Some(Value::Constant(c)) => super::super::importer::weight(c.scaled(beta)?)?,
        Some(Value::Tensor(id)) => arithmetic::scaled(importer, node, Operand::Tensor(id), beta)?,
        Some(Value::Lost) => return Err(node.unsupported("")),
    };
    importer.apply(node, "add", vec![product, c], Vec::new())
}

pub(super) fn matmul(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let a = importer.operand(node, 0)?;
    if let Value::Constant(weight) = importer.value(node, 1)?
        && weight.shape.len() == 2
        && importer.ty(&a).rank() == 2
    {
        let product = dense(importer, node, a, weight.transposed(&[1, 0])?, None)?;
        if let Operand::Tensor(id) = product {
            importer.product(id);
        }
        return single(product);
    }
    let both = [importer.operand(node, 0)?, importer.operand(node, 1)?].into_iter().enumerate().map(|(at, operand)| {
        Ok(match operand {
            // A number broadcasts; a matrix of one element does not.
            Operand::Number(number) => {
                let shape = super::reshape::shape_of(importer, node, at)?;
                Operand::Weight(Constant::fill(Element::F32, shape, number)?)
            }
            other => other,
        })
    });
    let [a, b] = &both.collect::<Result<Vec<_>, OnnxError>>()?[..] else { return Err(node.unsupported("")) };
    let [first, second] = [a, b].map(|x| importer.ty(x).shape);
    // Vectors are a row before and a column behind, whose dimension goes again.
    let a = match first[..] {
        [k] => as_matrix(importer, node, a, [1, k])?,
        _ => a.clone(),
    };
    let b = match second[..] {
        [k] => as_matrix(importer, node, b, [k, 1])?,
        _ => b.clone(),
    };
    let product = importer.apply(node, "matmul", vec![a, b], Vec::new())?;
    let mut shape = importer.ty(&product).shape;
    if second.len() == 1 {
        shape.pop();
    }
    if first.len() == 1 {
        shape.remove(shape.len() - usize::from(second.len() != 1) - 1);
    }
    single(super::reshape::to(importer, node, product, shape)?)
}

/// A vector as a matrix.
fn as_matrix(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: &Operand,
    shape: [usize; 2],
) -> Result<Operand, OnnxError> {
    match x {
        Operand::Weight(constant) => Ok(Operand::Weight(constant.clone().reshaped(shape.to_vec()))),
        x => super::reshape::to(importer, node, x.clone(), shape.to_vec()),
    }
}
