//! Resize, and Upsample, which it replaced.

use super::super::codes;
use super::super::error::OnnxError;
use super::super::importer::{Importer, Mapped, single};
use super::super::node::Node;
use super::super::shapes;
use super::{directions, list, text};

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
                let extent = shape[axis] as f64 * f64::from(scale);
                if !(1.0..1e12).contains(&extent) {
                    return Err(wrong("factors"));
                }
                (factors[axis], extents[axis]) = (f64::from(scale), extent as usize);
            }
        }
        (_, Some(sizes)) if sizes.len() == axes.len() => {
            if node.string("keep_aspect_ratio_policy", "stretch")? != "stretch" {
                return Err(node.unsupported("that keeps the aspect ratio"));
            }
            for (&axis, &size) in axes.iter().zip(&sizes) {
                let extent = usize::try_from(size).ok().filter(|&size| size > 0).ok_or_else(|| wrong("sizes"))?;
                (factors[axis], extents[axis]) = (extent as f64 / shape[axis] as f64, extent);
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
    node.ignore(&["cubic_coeff_a", "exclude_outside", "extrapolation_value", "keep_aspect_ratio_policy"]);
    let x = importer.operand(node, 0)?;
    let shape = importer.ty(&x).shape;
    let (factors, extents) = target(importer, node, &shape)?;
    let mode = node.string("mode", "nearest")?;
    let old = node.op_type() == "Upsample" || node.version < 11;
    let default = if old { "asymmetric" } else { "half_pixel" };
    let coordinates = node.string("coordinate_transformation_mode", default)?;
    let rounding = node.string("nearest_mode", if old { "floor" } else { "round_prefer_floor" })?;
    if node.flag("antialias", false)? {
        return Err(node.unsupported("with antialiasing"));
    }
    if extents == shape && factors.iter().all(|&factor| factor == 1.0) {
        return single(x);
    }
    if shape.len() != 4 || extents[..2] != shape[..2] {
        return Err(node.unsupported("of other dimensions than height and width"));
    }
    let whole = |d: usize| extents[d].is_multiple_of(shape[d]) && factors[d] == (extents[d] / shape[d]) as f64;
    let repeats = match (coordinates.as_str(), rounding.as_str()) {
        ("asymmetric", "floor") => true,
        // For whole factors no coordinate lies between two pixels.
        ("half_pixel" | "half_pixel_symmetric", "round_prefer_floor" | "round_prefer_ceil") => true,
        _ => false,
    };
    if mode == "nearest" && repeats && whole(2) && whole(3) {
        let scale = directions(&[extents[2] / shape[2], extents[3] / shape[3]]);
        return single(importer.apply(node, "resize", vec![x], vec![("scale", scale)])?);
    }
    // Factors that do not come out even shift the coordinates; sizes cannot say that.
    let exact = (2..4).all(|d| (factors[d] * shape[d] as f64 - extents[d] as f64).abs() < 1e-4 * extents[d] as f64);
    if !exact && coordinates != "align_corners" {
        return Err(node.unsupported("by factors that do not come out even"));
    }
    let coordinates = match coordinates.as_str() {
        known @ ("half_pixel" | "asymmetric" | "align_corners" | "pytorch_half_pixel") => known,
        "half_pixel_symmetric" => "half_pixel",
        other => return Err(node.unsupported(format!("with coordinates `{}`", super::super::error::shown(other)))),
    };
    let mut given = vec![("size", list(&extents[2..])), ("coordinates", text(coordinates))];
    match mode.as_str() {
        "nearest" => given.push(("rounding", text(&rounding))),
        "linear" | "bilinear" => given.push(("mode", text("linear"))),
        other => return Err(node.unsupported(format!("with mode `{}`", super::super::error::shown(other)))),
    }
    single(importer.apply(node, "resize", vec![x], given)?)
}
