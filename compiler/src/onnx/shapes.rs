//! Shape arithmetic of ONNX that both known values and tensors need.

use rebirth_runtime::shape::MAX_RANK;

use super::codes;
use super::error::{OnnxError, shown};
use super::node::Node;

/// The number of elements; none where the extents that are not 0 have a product beyond what fits, so that no part of a shape overflows.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    let product = shape
        .iter()
        .filter(|&&extent| extent != 0)
        .try_fold(1_usize, |product, &extent| product.checked_mul(extent))?;
    Some(if shape.contains(&0) { 0 } else { product })
}

/// The axis that a number means, counted from the end where it is negative.
pub(super) fn axis(node: &Node<'_>, axis: i64, rank: usize) -> Result<usize, OnnxError> {
    let from_front = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
    usize::try_from(from_front).ok().filter(|&axis| axis < rank).ok_or_else(|| {
        let message = format!("its operand of {rank} dimensions has no axis {axis}");
        node.error(codes::OPERANDS, message, "the model's shapes do not fit each other: export it again")
    })
}

/// Whether a tensor can have so many dimensions.
pub(super) fn check_rank(node: &Node<'_>, rank: usize) -> Result<(), OnnxError> {
    if rank <= MAX_RANK {
        return Ok(());
    }
    let message = format!("its result would have {rank} dimensions, and {MAX_RANK} is the most");
    Err(node.error(codes::OPERANDS, message, "combine some of the dimensions"))
}

/// Distinct axes, in ascending order.
pub(super) fn axes(node: &Node<'_>, list: &[i64], rank: usize) -> Result<Vec<usize>, OnnxError> {
    let mut axes = list.iter().map(|&one| axis(node, one, rank)).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    match axes.windows(2).any(|pair| pair[0] == pair[1]) {
        false => Ok(axes),
        true => {
            let message = format!("its axes {} name one twice", shown(&format!("{list:?}")));
            Err(node.error(codes::OPERANDS, message, "name each axis once"))
        }
    }
}

/// The shape that Reshape makes of `from`: 0 keeps an extent (unless `allow_zero`), -1 is what is left.
pub(super) fn reshape(
    node: &Node<'_>,
    from: &[usize],
    target: &[i64],
    allow_zero: bool,
) -> Result<Vec<usize>, OnnxError> {
    check_rank(node, target.len())?;
    let wrong = || {
        let message = format!("a tensor of shape {from:?} cannot be brought to {target:?}");
        node.error(codes::OPERANDS, message, "the model's shapes do not fit each other: export it again")
    };
    let mut shape = Vec::new();
    let mut open = None;
    for (d, &extent) in target.iter().enumerate() {
        shape.push(match extent {
            -1 if open.is_none() => {
                open = Some(d);
                1
            }
            0 if !allow_zero => *from.get(d).ok_or_else(wrong)?,
            extent => usize::try_from(extent).map_err(|_| wrong())?,
        });
    }
    let (have, fixed) = (count(from).ok_or_else(wrong)?, count(&shape).ok_or_else(wrong)?);
    if let Some(open) = open {
        if fixed == 0 || have % fixed != 0 {
            return Err(wrong());
        }
        shape[open] = have / fixed;
    } else if have != fixed {
        return Err(wrong());
    }
    Ok(shape)
}

/// The shape without these axes, each of extent 1; without any list, without all such.
pub(super) fn squeeze(node: &Node<'_>, from: &[usize], list: Option<&[i64]>) -> Result<Vec<usize>, OnnxError> {
    let gone = match list {
        Some(list) => axes(node, list, from.len())?,
        None => (0..from.len()).filter(|&d| from[d] == 1).collect(),
    };
    if let Some(&d) = gone.iter().find(|&&d| from[d] != 1) {
        let message = format!("dimension {d} of {from:?} is not 1");
        return Err(node.error(codes::OPERANDS, message, "only dimensions of 1 can be squeezed"));
    }
    Ok((0..from.len()).filter(|d| !gone.contains(d)).map(|d| from[d]).collect())
}

/// The shape with dimensions of 1 at these axes of the result.
pub(super) fn unsqueeze(node: &Node<'_>, from: &[usize], list: &[i64]) -> Result<Vec<usize>, OnnxError> {
    let rank = from.len().saturating_add(list.len());
    check_rank(node, rank)?;
    let new = axes(node, list, rank)?;
    let mut old = from.iter();
    Ok((0..rank).filter_map(|d| if new.contains(&d) { Some(1) } else { old.next().copied() }).collect())
}

/// The order of dimensions; reversed where none is given.
pub(super) fn permutation(node: &Node<'_>, rank: usize) -> Result<Vec<usize>, OnnxError> {
    let Some(list) = node.ints("perm")? else { return Ok((0..rank).rev().collect()) };
    let perm = list.iter().filter_map(|&d| usize::try_from(d).ok()).collect::<Vec<_>>();
    let mut sorted = perm.clone();
    sorted.sort_unstable();
    if perm.len() == list.len() && sorted.into_iter().eq(0..rank) {
        return Ok(perm);
    }
    Err(node.bad_attribute("perm", format!("{list:?}"), "each dimension once"))
}

/// The axis before which Flatten splits, from 0 to the rank.
pub(super) fn flatten(node: &Node<'_>, rank: usize) -> Result<usize, OnnxError> {
    let given = node.int("axis", 1)?;
    match usize::try_from(given) {
        Ok(end) if end == rank => Ok(rank),
        _ => axis(node, given, rank),
    }
}

/// A piece along one axis: `count` elements from `start`, `step` apart (backwards where it is negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) axis: usize,
    pub(super) start: usize,
    pub(super) step: i64,
    pub(super) count: usize,
}

/// A piece as Slice says it: ends are cut to the extent, negative ones count from the end.
pub(super) fn piece(
    node: &Node<'_>,
    shape: &[usize],
    axis_number: i64,
    [start, end, step]: [i64; 3],
) -> Result<Piece, OnnxError> {
    let axis = axis(node, axis_number, shape.len())?;
    let extent = shape[axis] as i64;
    if step == 0 || step == i64::MIN {
        return Err(node.error(codes::OPERANDS, format!("its step is {step}"), "a step is positive or negative"));
    }
    let from_front = |at: i64| if at < 0 { at.saturating_add(extent) } else { at };
    let (low, high) = if step > 0 { (0, extent) } else { (-1, extent - 1) };
    let start = from_front(start).clamp(low.max(0), high.max(0));
    let end = if step < 0 && end < 0 && end.saturating_add(extent) < 0 { -1 } else { from_front(end).clamp(low, high) };
    let room = if step > 0 { end - start } else { start - end };
    let count = if room <= 0 { 0 } else { (room - 1) / step.abs() + 1 };
    Ok(Piece { axis, start: start as usize, step, count: count as usize })
}

/// The shape of two operands combined element by element, as numpy broadcasts; none where they do not fit.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let extent = |x: &[usize], d: usize| (d + x.len()).checked_sub(rank).map_or(1, |d| x[d]);
    (0..rank)
        .map(|d| match (extent(a, d), extent(b, d)) {
            (x, y) if x == y || y == 1 => Some(x),
            (1, y) => Some(y),
            _ => None,
        })
        .collect()
}
