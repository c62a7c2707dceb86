//! Resize, and Upsample, which it replaced.

use super::super::codes;
use super::super::error::{OnnxError, shown};
use super::super::importer::{Arguments, Importer, Mapped, single};
use super::super::node::{Node, shortest};
use super::super::shapes;
use super::{directions, float, list, reshape, text};
use crate::ops::ArgValue;

/// What is asked for: factors and extents of all dimensions.
fn target(importer: &Importer<'_>, node: &Node<'_>, shape: &[usize]) -> Result<(Vec<f64>, Vec<usize>), OnnxError> {
    let (scales, sizes) = match (node.op_type(), node.version) {
        ("Upsample", ..9) => (node.floats("scales")?.map(<[f32]>::to_vec), None),
        ("Upsample", _) | (_, ..11) => (floats(importer, node, 1)?, None),
        _ => (floats(importer, node, 2)?, importer.ints(node, 3, "sizes")?.filter(|sizes| !sizes.is_empty())),
    };
    let rank = shape.len();
    let axes: Vec<usize> = match node.ints("axes")? {
        Some(axes) => axes.iter().map(|&axis| shapes::axis(node, axis, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let wrong = |what: &str| {
        node.error(
            codes::OPERANDS,
            format!("its {what} do not fit its operand"),
            "there must be one for each axis, from 0 up",
        )
    };
    let (mut factors, mut extents) = (vec![1.0; rank], shape.to_vec());
    match (scales.filter(|scales| !scales.is_empty()), sizes) {
        (Some(scales), None) if scales.len() == axes.len() => {
            for (&axis, &scale) in axes.iter().zip(&scales) {
                // In f32, as ONNX infers it.
                let extent = shape[axis] as f32 * scale;
                if !(1.0..1e12).contains(&extent) {
                    return Err(wrong("factors"));
                }
                (factors[axis], extents[axis]) = (shortest(scale), extent as usize);
            }
        }
        (_, Some(sizes)) if sizes.len() == axes.len() => {
            let policy = node.string("keep_aspect_ratio_policy", "stretch")?;
            let mut ratios = Vec::new();
            for (&axis, &size) in axes.iter().zip(&sizes) {
                let extent = usize::try_from(size).ok().filter(|&size| size > 0).ok_or_else(|| wrong("sizes"))?;
                let ratio = extent as f64 / shape[axis] as f64;
                (factors[axis], extents[axis]) = (ratio, extent);
                ratios.push(ratio);
            }
            let common = match policy.as_str() {
                "stretch" => None,
                "not_larger" => ratios.into_iter().reduce(f64::min),
                "not_smaller" => ratios.into_iter().reduce(f64::max),
                other => {
                    let wanted = "stretch, not_larger or not_smaller";
                    return Err(node.bad_attribute("keep_aspect_ratio_policy", format!("`{other}`"), wanted));
                }
            };
            for (&axis, ratio) in axes.iter().zip(common.into_iter().cycle()) {
                let extent = (ratio * shape[axis] as f64 + 0.5).floor();
                if !(1.0..1e12).contains(&extent) {
                    return Err(wrong("sizes"));
                }
                (factors[axis], extents[axis]) = (ratio, extent as usize);
            }
        }
        _ => return Err(wrong("factors or sizes")),
    }
    Ok((factors, extents))
}

fn floats(importer: &Importer<'_>, node: &Node<'_>, index: usize) -> Result<Option<Vec<f32>>, OnnxError> {
    let Some(constant) = importer.known(node, index, "factors")? else { return Ok(None) };
    shapes::check_rank(node, constant.count())?;
    constant.floats().map(Some)
}

pub(super) fn resize(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    node.ignore(&[
        "cubic_coeff_a",
        "exclude_outside",
        "extrapolation_value",
        "keep_aspect_ratio_policy",
        "mode",
        "nearest_mode",
    ]);
    let x = importer.operand(node, 0)?;
    let shape = importer.ty(&x).shape;
    let (factors, extents) = target(importer, node, &shape)?;
    // Where pixels become more there is nothing to smooth.
    if node.flag("antialias", false)? && factors.iter().any(|&factor| factor < 1.0) {
        return Err(node.unsupported("with antialiasing"));
    }
    let crops = node.string("coordinate_transformation_mode", "")? == "tf_crop_and_resize";
    if extents == shape && factors.iter().all(|&factor| factor == 1.0) && !crops {
        return single(x);
    }
    // A sequence is an image of one row.
    let is_sequence = shape.len() == 3;
    let from = shape;
    let wide = |list: &[usize]| match list {
        [n, c, w] => vec![*n, *c, 1, *w],
        list => list.to_vec(),
    };
    let (shape, to) = (wide(&from), wide(&extents));
    let factors = if is_sequence { vec![factors[0], factors[1], 1.0, factors[2]] } else { factors };
    if shape.len() != 4 || to[..2] != shape[..2] {
        return Err(node.unsupported("of other dimensions than height and width"));
    }
    let given = arguments(node, &shape, &to, &factors)?;
    let x = reshape::to(importer, node, x, shape)?;
    let x = importer.apply(node, "resize", vec![x], given)?;
    let found = importer.ty(&x).shape;
    if found != to {
        return Err(node.unsupported(format!("by these factors to {to:?}, which here yields {found:?}")));
    }
    single(reshape::to(importer, node, x, extents)?)
}

/// The arguments of `resize` for images of these extents.
fn arguments(node: &Node<'_>, shape: &[usize], extents: &[usize], factors: &[f64]) -> Result<Arguments, OnnxError> {
    let old = node.op_type() == "Upsample" || node.version < 11;
    let default = if old { "asymmetric" } else { "half_pixel" };
    let coordinates = node.string("coordinate_transformation_mode", default)?;
    let rounding = node.string("nearest_mode", if old { "floor" } else { "round_prefer_floor" })?;
    let mode = node.string("mode", "nearest")?;
    let whole = |d: usize| extents[d].is_multiple_of(shape[d]) && factors[d] == (extents[d] / shape[d]) as f64;
    let repeats = match (coordinates.as_str(), rounding.as_str()) {
        ("asymmetric", "floor") => true,
        // For whole factors no coordinate lies between two pixels.
        ("half_pixel" | "half_pixel_symmetric", "round_prefer_floor" | "round_prefer_ceil") => true,
        _ => false,
    };
    if mode == "nearest" && repeats && whole(2) && whole(3) {
        let scale = directions(&[extents[2] / shape[2], extents[3] / shape[3]]);
        return Ok(vec![("scale", scale)]);
    }
    let is_even = |d: usize| (factors[d] * shape[d] as f64 - extents[d] as f64).abs() < 1e-4 * extents[d] as f64;
    let is_even = is_even(2) && is_even(3);
    if !is_even && coordinates == "half_pixel_symmetric" {
        return Err(node.unsupported("with coordinates `half_pixel_symmetric` by factors that do not come out even"));
    }
    let coordinates = match coordinates.as_str() {
        known @ ("half_pixel" | "asymmetric" | "align_corners" | "pytorch_half_pixel") => known,
        "half_pixel_symmetric" => "half_pixel",
        other => return Err(node.unsupported(format!("with coordinates `{}`", shown(other)))),
    };
    // Factors that do not come out even shift the coordinates, which sizes cannot say.
    let mut given = match is_even || coordinates == "align_corners" {
        true => vec![("size", list(&extents[2..]))],
        false => vec![("scale", ArgValue::List(vec![float(factors[2]), float(factors[3])]))],
    };
    given.push(("coordinates", text(coordinates)));
    match mode.as_str() {
        "nearest" if rounding == "round_prefer_floor" => {}
        "nearest" => given.push(("rounding", text(&rounding))),
        "linear" | "bilinear" => given.push(("mode", text("linear"))),
        other => return Err(node.unsupported(format!("with mode `{}`", shown(other)))),
    }
    Ok(given)
}
