//! Functions that are compositions of others here.

use super::super::call::Operand;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, single};
use super::super::node::Node;
use super::super::shapes;
use super::arithmetic::scaled;
use super::{float, list};
use crate::ops::ArgValue;

/// A function of one operand without arguments.
pub(super) fn plain(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    operator: &'static str,
    x: &Operand,
) -> Result<Operand, OnnxError> {
    importer.apply(node, operator, vec![x.clone()], Vec::new())
}

/// A function of two operands.
pub(super) fn both(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    operator: &'static str,
    a: &Operand,
    b: &Operand,
) -> Result<Operand, OnnxError> {
    importer.apply(node, operator, vec![a.clone(), b.clone()], Vec::new())
}

/// `x` to a power.
pub(super) fn power(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: &Operand,
    exponent: f64,
) -> Result<Operand, OnnxError> {
    if exponent == 1.0 {
        return Ok(x.clone());
    }
    importer.apply(node, "pow", vec![x.clone()], vec![("exponent", float(exponent))])
}

/// A reduction that keeps the axes, or one that does not.
pub(super) fn reduced(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    operator: &'static str,
    x: &Operand,
    axes: &[usize],
    keep: bool,
) -> Result<Operand, OnnxError> {
    let given = vec![("axes", list(axes)), ("keep", ArgValue::Bool(keep))];
    importer.apply(node, operator, vec![x.clone()], given)
}

/// The p-norm over axes.
pub(super) fn norm(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: &Operand,
    p: f64,
    axes: &[usize],
    keep: bool,
) -> Result<Operand, OnnxError> {
    let terms = magnitudes(importer, node, x, p)?;
    let sum = reduced(importer, node, "reduce_sum", &terms, axes, keep)?;
    root(importer, node, &sum, p)
}

/// |x|^p
pub(super) fn magnitudes(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: &Operand,
    p: f64,
) -> Result<Operand, OnnxError> {
    // Even powers have no sign.
    let x = if p == 2.0 { x.clone() } else { plain(importer, node, "abs", x)? };
    power(importer, node, &x, p)
}

/// x^(1/p)
pub(super) fn root(importer: &mut Importer<'_>, node: &Node<'_>, x: &Operand, p: f64) -> Result<Operand, OnnxError> {
    if p == 2.0 { plain(importer, node, "sqrt", x) } else { power(importer, node, x, 1.0 / p) }
}

/// `x / (1 + |x|)`
pub(super) fn softsign(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let magnitude = plain(importer, node, "abs", &x)?;
    let below = both(importer, node, "add", &magnitude, &Operand::Number(1.0))?;
    single(both(importer, node, "div", &x, &below)?)
}

/// `x * sigmoid(alpha * x)`
pub(super) fn swish(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let alpha = node.float("alpha", 1.0)?;
    if alpha == 1.0 {
        return single(plain(importer, node, "silu", &x)?);
    }
    let argument = scaled(importer, node, x.clone(), alpha)?;
    let gate = plain(importer, node, "sigmoid", &argument)?;
    single(both(importer, node, "mul", &x, &gate)?)
}

/// `alpha * elu(x / alpha)`
pub(super) fn celu(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let alpha = node.float("alpha", 1.0)?;
    if alpha <= 0.0 {
        return Err(node.unsupported("with an alpha that is not positive"));
    }
    let stretched = if alpha == 1.0 { x } else { both(importer, node, "div", &x, &Operand::Number(alpha))? };
    let result = plain(importer, node, "elu", &stretched)?;
    single(scaled(importer, node, result, alpha)?)
}

/// `x - clip(x, -lambd, lambd)`: the soft form, which has no jump.
pub(super) fn shrink(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let (limit, bias) = (node.float("lambd", 0.5)?, node.float("bias", 0.0)?);
    if bias != limit || limit < 0.0 {
        return Err(node.unsupported("that jumps: with another bias than lambd"));
    }
    let limits = vec![("min", float(-limit)), ("max", float(limit))];
    let middle = importer.apply(node, "clip", vec![x.clone()], limits)?;
    single(both(importer, node, "sub", &x, &middle)?)
}

/// Without a jump it is `relu`.
pub(super) fn thresholded_relu(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    if node.float("alpha", 1.0)? != 0.0 {
        return Err(node.unsupported("that jumps: with another alpha than 0"));
    }
    let x = importer.operand(node, 0)?;
    single(plain(importer, node, "relu", &x)?)
}

/// `x` less its mean over axes, and the mean of the square of that.
pub(super) fn moments(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: &Operand,
    axes: &[usize],
) -> Result<[Operand; 3], OnnxError> {
    let mean = reduced(importer, node, "reduce_mean", x, axes, true)?;
    let centred = both(importer, node, "sub", x, &mean)?;
    let squares = power(importer, node, &centred, 2.0)?;
    let variance = reduced(importer, node, "reduce_mean", &squares, axes, true)?;
    Ok([mean, centred, variance])
}

/// `(x - mean) / (deviation + 1e-9)`
pub(super) fn mean_variance(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    /// As ONNX defines it.
    const LEAST: f64 = 1e-9;
    let x = importer.operand(node, 0)?;
    let axes = shapes::axes(node, node.ints("axes")?.unwrap_or(&[0, 2, 3]), importer.ty(&x).rank())?;
    let [_, centred, variance] = moments(importer, node, &x, &axes)?;
    let deviation = plain(importer, node, "sqrt", &variance)?;
    let below = both(importer, node, "add", &deviation, &Operand::Number(LEAST))?;
    single(both(importer, node, "div", &centred, &below)?)
}

/// `x / sqrt(mean of x^2 + epsilon) * scale`
pub(super) fn root_mean_square(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&["stash_type"]);
    let (x, scale) = (importer.operand(node, 0)?, importer.operand(node, 1)?);
    let rank = importer.ty(&x).rank();
    let axis = shapes::axis(node, node.int("axis", -1)?, rank)?;
    let axes: Vec<usize> = (axis..rank).collect();
    let squares = power(importer, node, &x, 2.0)?;
    let mean = reduced(importer, node, "reduce_mean", &squares, &axes, true)?;
    let sum = both(importer, node, "add", &mean, &Operand::Number(node.float("epsilon", 1e-5)?))?;
    let below = plain(importer, node, "sqrt", &sum)?;
    let result = both(importer, node, "div", &x, &below)?;
    single(both(importer, node, "mul", &result, &scale)?)
}
