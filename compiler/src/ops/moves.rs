//! What operators that move elements share.

use super::value::Bounded;
use super::{ArgKind, ArgSpec, Call, CallError, Mismatch};
use crate::extent::Extent;
use crate::graph::Type;
use crate::loops::pieces::Pieces;
use crate::loops::stage::{Kind, Lowering};

/// The argument `axis` of operators that take one axis or several.
pub const AXES: ArgSpec = ArgSpec {
    name: "axis",
    kind: ArgKind::Ints,
    default: super::call::Default::Required,
    doc: "the dimension, or a list of them",
};

/// A tensor of `shape` whose element at each position is that of `x` at `from(position)`.
pub fn moved(x: &Bounded, shape: &[usize], from: impl Fn(&[usize]) -> Vec<usize>) -> Bounded {
    let mut at = vec![0; shape.len()];
    let elements = (0..shape.iter().product()).map(|mut index: usize| {
        for (position, extent) in at.iter_mut().zip(shape).rev() {
            (*position, index) = (index % extent, index / extent);
        }
        x.at(from(&at).iter().zip(&x.shape).fold(0, |index, (position, extent)| index * extent + position))
    });
    Bounded::new(shape, elements)
}

/// One copy of the operand.
pub fn copy(pieces: Pieces) -> Lowering {
    Lowering::single(Kind::Copy(pieces), 1)
}

/// The axes that a call names among `rank` dimensions, ascending; negative ones count from the end.
///
/// # Errors
/// There is no such axis, or one is named twice.
pub fn axes(call: &Call<'_>, rank: usize) -> Result<Vec<usize>, CallError> {
    let wrong = |message: String| {
        let (low, high) = (-(rank as i64), rank as i64 - 1);
        CallError::argument("axis", message).help(format!("axes are from {low} to {high} here, each at most once"))
    };
    let mut axes = Vec::new();
    for given in call.signed_list("axis")? {
        let axis = if given < 0 { given + rank as i64 } else { given };
        match usize::try_from(axis).ok().filter(|axis| *axis < rank) {
            None => return Err(wrong(format!("there is no axis {given} among {rank} dimensions"))),
            Some(axis) if axes.contains(&axis) => return Err(wrong(format!("axis {axis} is named twice"))),
            Some(axis) => axes.push(axis),
        }
    }
    axes.sort_unstable();
    Ok(axes)
}

/// That attributes of graph text are axes in ascending order.
///
/// # Errors
/// They are not.
pub fn ascending(axes: Vec<usize>) -> Result<Vec<usize>, String> {
    if axes.windows(2).all(|pair| pair[0] < pair[1]) {
        Ok(axes)
    } else {
        Err("attribute `axis` must be ascending".to_string())
    }
}

/// `extent / divisor`, where that is exact for all sizes.
pub fn divided<D: Extent>(extent: &D, divisor: usize) -> Option<D> {
    let quotient = if divisor == 0 { None } else { extent.div_floor(divisor) }?;
    quotient.times(&D::constant(divisor))?.same(extent).then_some(quotient)
}

/// A remedy for an extent that a divisor does not divide for all sizes.
pub fn divided_if<D: Extent>(extent: &D, divisor: usize) -> Option<String> {
    let multiple = extent.div_floor(divisor)?.times(&D::constant(divisor))?;
    let condition = multiple.same_if(extent)?;
    Some(format!("that fits if `{condition}`: write that in the `where` clause"))
}

/// An extent that must be a number, since what is computed depends on it.
///
/// # Errors
/// It is symbolic.
pub fn number<D: Extent>(name: &str, x: &Type<D>, dim: usize) -> Result<usize, Mismatch> {
    x.shape[dim].known().ok_or_else(|| {
        Mismatch::new(format!("{name} needs a number for dimension {dim}, found {} in {x}", x.shape[dim]))
            .at([0])
            .help("write that size in the input's type, or set it with `--set`")
    })
}
