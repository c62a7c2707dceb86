//! Operators that are x * scale + shift, with numbers a channel that depend on no input.

use super::patch::{Rewrite, Source};
use crate::graph::{Node, ValueId};
use crate::ops::Op;
use crate::ops::div::Div;
use crate::ops::neg::Neg;
use crate::ops::sqrt::Sqrt;

/// x * scale + shift; each has one element a channel, or one for all. What is absent is 1, or 0.
pub struct Affine {
    /// What is scaled.
    pub x: ValueId,
    /// The factors.
    pub scale: Option<Source>,
    /// The summands.
    pub shift: Option<Source>,
}

impl Affine {
    /// A node as such, with the numbers computed by new nodes of the patch.
    pub fn of(rw: &mut Rewrite<'_, '_>, node: &Node) -> Option<Affine> {
        match (&node.op, &node.inputs[..]) {
            (Op::BatchNorm(norm), &[x, weight, bias, mean, variance]) => {
                if ![weight, bias, mean, variance].into_iter().all(|id| rw.view.is_constant(id)) {
                    return None;
                }
                let [weight, bias, mean, variance] = [weight, bias, mean, variance].map(Source::Old);
                let eps = rw.constant(norm.eps, &[1])?;
                let variance = rw.add(variance, eps)?;
                let deviation = rw.node(Sqrt, &[variance])?;
                let scale = rw.node(Div, &[weight, deviation])?;
                let shifted = rw.mul(mean, scale)?;
                let shift = rw.sub(bias, shifted)?;
                Some(Affine { x, scale: Some(scale), shift: Some(shift) })
            }
            (Op::Scale(_), &[x, weight, ref bias @ ..]) => {
                let all = || [weight].into_iter().chain(bias.iter().copied());
                let constant = all().all(|id| rw.view.is_constant(id));
                let shift = bias.first().map(|&bias| Source::Old(bias));
                constant.then_some(Affine { x, scale: Some(Source::Old(weight)), shift })
            }
            (Op::Neg(_), &[x]) => {
                let scale = rw.constant(-1.0, &[1])?;
                Some(Affine { x, scale: Some(scale), shift: None })
            }
            (Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Div(_), &[a, b]) => Affine::of_two(rw, node, a, b),
            _ => None,
        }
    }

    fn of_two(rw: &mut Rewrite<'_, '_>, node: &Node, a: ValueId, b: ValueId) -> Option<Affine> {
        let is_first = match (rw.view.is_constant(a), rw.view.is_constant(b)) {
            (false, true) => true,
            (true, false) => false,
            _ => return None,
        };
        let (x, constant) = if is_first { (a, b) } else { (b, a) };
        if rw.view.ty(x) != rw.view.ty(node.results[0]) {
            return None;
        }
        let vector = vector(rw, x, constant)?;
        let affine = |scale, shift| Some(Affine { x, scale, shift });
        match (&node.op, is_first) {
            (Op::Add(_), _) => affine(None, Some(vector)),
            (Op::Mul(_), _) => affine(Some(vector), None),
            (Op::Sub(_), true) => {
                let shift = rw.node(Neg, &[vector])?;
                affine(None, Some(shift))
            }
            (Op::Sub(_), false) => {
                let scale = rw.constant(-1.0, &[1])?;
                affine(Some(scale), Some(vector))
            }
            (Op::Div(_), true) => {
                let one = rw.constant(1.0, &[1])?;
                let scale = rw.node(Div, &[one, vector])?;
                affine(Some(scale), None)
            }
            _ => None,
        }
    }
}

/// A constant that is the same but for channels, against `x`: one element a channel, or one.
fn vector(rw: &mut Rewrite<'_, '_>, x: ValueId, constant: ValueId) -> Option<Source> {
    let (rank, shape) = (rw.view.ty(x).rank(), &rw.view.ty(constant).shape);
    let channel = |d: usize| d + rank == shape.len() + 1;
    let length: usize = shape.iter().product();
    let fits =
        rank >= 2 && shape.len() <= rank && shape.iter().enumerate().all(|(d, &extent)| extent == 1 || channel(d));
    if !fits {
        return None;
    }
    rw.reshape(Source::Old(constant), &[length])
}
