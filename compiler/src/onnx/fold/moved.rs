//! Elements of known tensors in other places.

use super::super::budget::Budget;
use super::super::constant::{Constant, transpose};
use super::super::error::OnnxError;
use super::super::node::Node;
use super::super::shapes;
use super::{misfit, same_type};
use crate::ops::shapes::source;

/// Elements at these places of `x`.
fn pick(
    x: &Constant,
    shape: Vec<usize>,
    budget: &mut Budget,
    place: impl Fn(usize) -> usize,
) -> Result<Constant, OnnxError> {
    budget.pay(budget.room(&shape)?)?;
    let values = x.elements(budget)?;
    Constant::computed(x.element, shape, |i| Ok(values.at(place(i))))
}

/// Indices into a dimension, where negative ones count from the end.
pub(in super::super) fn positions(node: &Node<'_>, indices: &Constant, extent: usize) -> Result<Vec<usize>, OnnxError> {
    let place = |index: i64| {
        let from_front = if index < 0 { index.saturating_add(extent as i64) } else { index };
        usize::try_from(from_front).ok().filter(|&index| index < extent).ok_or(index)
    };
    let places = indices.ints()?.into_iter().map(place).collect::<Result<_, _>>();
    places.map_err(|index| misfit(node, format!("its index {index} lies outside of a dimension of {extent}")))
}

pub(super) fn gather(
    node: &Node<'_>,
    x: &Constant,
    indices: &Constant,
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    let axis = shapes::axis(node, node.int("axis", 0)?, x.shape.len())?;
    let extent = x.shape[axis];
    budget.pay(budget.room(&indices.shape)?)?;
    let at = positions(node, indices, extent)?;
    let inner: usize = x.shape[axis + 1..].iter().product();
    let shape = [&x.shape[..axis], &indices.shape, &x.shape[axis + 1..]].concat();
    let block = at.len() * inner;
    pick(x, shape, budget, |i| (i / block * extent + at[i % block / inner]) * inner + i % inner)
}

pub(super) fn concat(node: &Node<'_>, list: &[&Constant], budget: &mut Budget) -> Result<Constant, OnnxError> {
    same_type(node, list)?;
    let first = list[0];
    let axis = shapes::axis(node, node.int("axis", 1)?, first.shape.len())?;
    let mut shape = first.shape.clone();
    shape[axis] = 0;
    // Where each begins.
    let mut starts = Vec::new();
    for x in list {
        let fits = x.shape.len() == shape.len() && (0..shape.len()).all(|d| d == axis || x.shape[d] == shape[d]);
        let sum = x.shape.get(axis).and_then(|&extent| shape[axis].checked_add(extent));
        let Some(sum) = sum.filter(|_| fits) else {
            return Err(misfit(node, format!("shapes {:?} and {:?} do not fit each other", first.shape, x.shape)));
        };
        starts.push(shape[axis]);
        shape[axis] = sum;
    }
    budget.pay(budget.room(&shape)?)?;
    let parts = list.iter().map(|x| x.elements(budget)).collect::<Result<Vec<_>, _>>()?;
    let inner: usize = shape[axis + 1..].iter().product();
    let extent = shape[axis];
    Constant::computed(first.element, shape, |i| {
        let (outer, at, rest) = (i / inner / extent, i / inner % extent, i % inner);
        // Of parts without elements, which begin at one place, it is the last.
        let part = starts.partition_point(|&start| start <= at) - 1;
        let place = (outer * list[part].shape[axis] + at - starts[part]) * inner + rest;
        Ok(parts[part].at(place))
    })
}

pub(super) fn expand(
    node: &Node<'_>,
    x: &Constant,
    target: &Constant,
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    shapes::check_rank(node, target.count())?;
    let target = target.ints()?.into_iter().map(|extent| usize::try_from(extent).ok());
    let shape = target.collect::<Option<Vec<_>>>().and_then(|target| shapes::broadcast(&x.shape, &target));
    let shape = shape.ok_or_else(|| misfit(node, format!("{:?} cannot be expanded like this", x.shape)))?;
    expanded(node, x, &shape, budget)
}

/// A known tensor in a shape that it broadcasts to.
pub(in super::super) fn expanded(
    node: &Node<'_>,
    x: &Constant,
    shape: &[usize],
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    if x.shape == shape {
        return Ok(x.clone());
    }
    if shapes::broadcast(&x.shape, shape).as_deref() != Some(shape) {
        return Err(misfit(node, format!("{:?} cannot be expanded to {shape:?}", x.shape)));
    }
    if let Some(value) = x.only()? {
        return Constant::filled(x.element, shape.to_vec(), value);
    }
    pick(x, shape.to_vec(), budget, |i| source(i, shape, &x.shape))
}

/// A known tensor as often after itself along each dimension.
pub(in super::super) fn tile(budget: &mut Budget, x: &Constant, times: &[usize]) -> Result<Constant, OnnxError> {
    let shape: Vec<usize> = x.shape.iter().zip(times).map(|(extent, times)| extent.saturating_mul(*times)).collect();
    let to = shape.clone();
    let place = |mut index: usize| {
        let (mut at, mut stride) = (0, 1);
        for d in (0..to.len()).rev() {
            at += index % to[d] % x.shape[d] * stride;
            index /= to[d];
            stride *= x.shape[d];
        }
        at
    };
    pick(x, shape, budget, place)
}

/// A piece of a known tensor.
pub(in super::super) fn slice(
    budget: &mut Budget,
    x: &Constant,
    pieces: &[shapes::Piece],
) -> Result<Constant, OnnxError> {
    let mut shape = x.shape.clone();
    pieces.iter().for_each(|piece| shape[piece.axis] = piece.count);
    let to = shape.clone();
    let place = |mut index: usize| {
        let (mut at, mut stride) = (0, 1);
        for d in (0..to.len()).rev() {
            let i = index % to[d];
            index /= to[d];
            let i = match pieces.iter().find(|piece| piece.axis == d) {
                Some(piece) => (piece.start as i64 + i as i64 * piece.step) as usize,
                None => i,
            };
            at += i * stride;
            stride *= x.shape[d];
        }
        at
    };
    pick(x, shape, budget, place)
}

/// A known tensor, its elements computed now where that is cheap, so that later steps see plain data.
pub(in super::super) fn settled(x: Constant, perm: &[usize]) -> Result<Constant, OnnxError> {
    /// Larger ones are weights: they stay in the file.
    const SMALL: usize = 4096;
    if x.count() > SMALL || x.element.is_float() {
        return x.transposed(perm);
    }
    let values = transpose(&x.ints()?, &x.shape, perm)?;
    let shape = perm.iter().map(|&d| x.shape[d]).collect();
    Ok(Constant::ints_of(x.element, shape, values))
}
