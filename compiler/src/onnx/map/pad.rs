//! Padding.

use super::super::call::Operand;
use super::super::codes;
use super::super::constant::Constant;
use super::super::error::{OnnxError, shown};
use super::super::fold::Number;
use super::super::importer::{Importer, Mapped, single};
use super::super::node::{Node, shortest};
use super::super::shapes::{self, Piece};
use super::super::tensor::Element;
use super::{directions, float, list, pieces, reshape, text};
use crate::ops::ArgValue;

/// A dimension with how much is put before and behind it.
#[derive(Clone, Copy)]
struct Side {
    extent: usize,
    before: usize,
    behind: usize,
}

impl Side {
    /// A dimension that a reshape adds.
    const ONE: Side = Side { extent: 1, before: 0, behind: 0 };

    fn is_padded(self) -> bool {
        self.before + self.behind > 0
    }
}

/// The same as images: dimensions of 1 are added, neighbours that are not padded become one. None where too many are padded.
fn images(sides: &[Side]) -> Option<[Side; 4]> {
    let mut sides = sides.to_vec();
    while sides.len() > 4 || (sides.len() == 4 && sides.first().is_some_and(|side| side.is_padded())) {
        let at = sides.windows(2).rposition(|pair| !pair.iter().any(|side| side.is_padded()))?;
        sides[at].extent = sides[at].extent.checked_mul(sides[at + 1].extent)?;
        sides.remove(at + 1);
    }
    // The batch stays where it is.
    let place = usize::from(sides.first().is_some_and(|side| !side.is_padded()));
    while sides.len() < 4 {
        sides.insert(place, Side::ONE);
    }
    sides.try_into().ok()
}

/// Numbers of padding for each dimension, before and behind, negative where elements are taken away; and the border's value.
fn given(importer: &Importer<'_>, node: &Node<'_>, rank: usize) -> Result<(Vec<[i64; 2]>, f64), OnnxError> {
    let (pads, value) = if node.version < 11 {
        (node.ints("pads")?.map(<[i64]>::to_vec), node.float("value", 0.0)?)
    } else {
        (
            importer.ints(node, 1, "padding")?,
            importer.number(node, 2, "value")?.map_or(0.0, |value| shortest(value as f32)),
        )
    };
    let pads = pads.unwrap_or_default();
    let axes = match importer.ints(node, 3, "axes")? {
        Some(axes) => axes.iter().map(|&axis| shapes::axis(node, axis, rank)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        let message = format!("it has {} numbers of padding for {} axes", pads.len(), axes.len());
        return Err(node.error(codes::OPERANDS, message, "there must be two for each axis"));
    }
    let mut all = vec![[0; 2]; rank];
    for (i, &axis) in axes.iter().enumerate() {
        all[axis] = [pads[i], pads[i + axes.len()]];
    }
    Ok((all, value))
}

pub(super) fn pad(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let mut x = importer.operand(node, 0)?;
    let mut shape = importer.ty(&x).shape;
    let mode = node.string("mode", "constant")?;
    let (pads, value) = given(importer, node, shape.len())?;
    if !matches!(mode.as_str(), "constant" | "reflect" | "edge") {
        return Err(node.unsupported(format!("with mode `{}`", shown(&mode))));
    }
    // What is taken away is so first: a border of what is left.
    let mut kept = Vec::new();
    for (axis, &[before, behind]) in pads.iter().enumerate() {
        let cut = |pad: i64| usize::try_from(pad.min(0).unsigned_abs()).unwrap_or(usize::MAX);
        let (start, end) = (cut(before), shape[axis].saturating_sub(cut(behind)));
        if start + (shape[axis] - end) == 0 {
            continue;
        }
        if start >= end {
            let help = "see whether its padding is meant";
            return Err(node.error(codes::OPERANDS, format!("nothing is left of dimension {axis}"), help));
        }
        kept.push(Piece { axis, start, step: 1, count: end - start });
        shape[axis] = end - start;
    }
    x = pieces::cut(importer, node, x, &kept)?;
    let side = |(&extent, &[before, behind]): (&usize, &[i64; 2])| {
        let [before, behind] = [before, behind].map(|pad| usize::try_from(pad.max(0)).unwrap_or(usize::MAX));
        Side { extent, before, behind }
    };
    let mut sides: Vec<Side> = shape.iter().zip(&pads).map(side).collect();
    let mut word = Vec::new();
    let border = border(importer, &sides, value)?.filter(|_| mode == "constant");
    match mode.as_str() {
        "constant" if border.is_some() => {}
        "constant" if value != 0.0 => word.push(("value", float(value))),
        "constant" => {}
        _ => word.push(("mode", text(&mode))),
    }
    if let Some(images) = images(&sides) {
        x = padded(importer, node, x, &sides, images, &word)?;
        return single(bordered(importer, node, x, border)?);
    }
    // Too many at once: one dimension after the other.
    for d in 0..sides.len() {
        let at_rest =
            |(i, side): (usize, &Side)| if i == d { *side } else { Side { extent: side.extent, ..Side::ONE } };
        let alone: Vec<Side> = sides.iter().enumerate().map(at_rest).collect();
        let images = images(&alone).ok_or_else(|| too_large(node))?;
        x = padded(importer, node, x, &alone, images, &word)?;
        sides[d] = Side { extent: importer.ty(&x).shape[d], ..Side::ONE };
    }
    single(bordered(importer, node, x, border)?)
}

/// What is added to a border of 0 to make it a value that is not finite, which source cannot write.
fn border(importer: &mut Importer<'_>, sides: &[Side], value: f64) -> Result<Option<Constant>, OnnxError> {
    if value.is_finite() || !sides.iter().any(|side| side.is_padded()) {
        return Ok(None);
    }
    let whole = |side: &Side| side.extent.saturating_add(side.before).saturating_add(side.behind);
    let shape: Vec<usize> = sides.iter().map(|side| if side.is_padded() { whole(side) } else { 1 }).collect();
    importer.budget.pay(importer.budget.room(&shape)?)?;
    let border = Constant::computed(Element::F32, shape.clone(), |mut place| {
        let mut is_inside = true;
        for (side, extent) in sides.iter().zip(&shape).rev() {
            let at = place % extent;
            place /= extent;
            is_inside &= !side.is_padded() || (side.before..side.before + side.extent).contains(&at);
        }
        Ok(Number::Float(if is_inside { 0.0 } else { value }))
    })?;
    Ok(Some(border))
}

fn bordered(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: Operand,
    border: Option<Constant>,
) -> Result<Operand, OnnxError> {
    match border {
        Some(border) => importer.apply(node, "add", vec![x, Operand::Weight(border)], Vec::new()),
        None => Ok(x),
    }
}

fn too_large(node: &Node<'_>) -> OnnxError {
    node.error(codes::OPERANDS, "its result is too large", "the file may be damaged")
}

/// An operand of these dimensions with its padding, applied to it as `images`.
fn padded(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: Operand,
    sides: &[Side],
    images: [Side; 4],
    word: &[(&'static str, ArgValue)],
) -> Result<Operand, OnnxError> {
    if !sides.iter().any(|side| side.is_padded()) {
        return Ok(x);
    }
    let extents = sides.iter().map(|side| side.extent.checked_add(side.before)?.checked_add(side.behind));
    let Some(result) = extents.collect::<Option<Vec<_>>>() else {
        return Err(too_large(node));
    };
    let x = reshape::to(importer, node, x, images.iter().map(|side| side.extent).collect())?;
    let [_, channels, rows, columns] = images;
    let (before, behind) = ([rows.before, columns.before], [rows.behind, columns.behind]);
    let sides = if before == behind { directions(&before) } else { list(&[before, behind].concat()) };
    let mut given = vec![("pad", sides)];
    given.extend(word.iter().cloned());
    if channels.is_padded() {
        given.push(("channels", list(&[channels.before, channels.behind])));
    }
    let x = importer.apply(node, "pad", vec![x], given)?;
    reshape::to(importer, node, x, result)
}
