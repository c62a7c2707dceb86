//! Pieces of tensors.

use super::super::call::Operand;
use super::super::codes;
use super::super::error::OnnxError;
use super::super::fold;
use super::super::importer::{Importer, Mapped, Value, single};
use super::super::node::Node;
use super::super::shapes::{self, Piece};
use super::{int, reshape};

/// These pieces of an operand, one axis after the other.
fn cut(importer: &mut Importer<'_>, node: &Node<'_>, mut x: Operand, pieces: &[Piece]) -> Result<Operand, OnnxError> {
    for piece in pieces {
        let extent = importer.ty(&x).shape[piece.axis];
        if piece.start == 0 && piece.step == 1 && piece.count == extent {
            continue;
        }
        let Ok(step @ 1..) = usize::try_from(piece.step) else {
            return Err(node.unsupported("backwards"));
        };
        if piece.count == 0 {
            return Err(node.error(codes::OPERANDS, "its result has no elements", "see whether its bounds are meant"));
        }
        let end = piece.start + (piece.count - 1) * step + 1;
        let mut given = vec![("axis", int(piece.axis)), ("step", int(step))];
        if piece.start > 0 {
            given.push(("start", int(piece.start)));
        }
        if end + step <= extent || (step == 1 && end < extent) {
            given.push(("end", int(end)));
        }
        x = importer.apply(node, "slice", vec![x], given)?;
    }
    Ok(x)
}

pub(super) fn slice(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let (starts, ends, axes, steps) = if node.version < 10 {
        let list = |name: &str| Ok::<_, OnnxError>(node.ints(name)?.map(<[i64]>::to_vec));
        (list("starts")?, list("ends")?, list("axes")?, None)
    } else {
        let list = |index, what| importer.ints(node, index, what);
        (list(1, "starts")?, list(2, "ends")?, list(3, "axes")?, list(4, "steps")?)
    };
    let (Some(starts), Some(ends)) = (starts, ends) else {
        return Err(node.bad_attribute("starts", "missing", "given, and `ends` as well"));
    };
    let value = importer.value(node, 0)?;
    let shape = match &value {
        Value::Constant(constant) => constant.shape.clone(),
        Value::Tensor(id) => importer.out.tensors[*id].ty.shape.clone(),
        Value::Lost => return Err(node.unsupported("")),
    };
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || starts.len() > shape.len() {
        let message = format!(
            "it has {} starts, {} ends, {} axes and {} steps",
            starts.len(),
            ends.len(),
            axes.len(),
            steps.len()
        );
        return Err(node.error(codes::OPERANDS, message, "there must be one of each for an axis"));
    }
    shapes::axes(node, &axes, shape.len())?;
    let mut pieces = Vec::new();
    for i in 0..starts.len() {
        pieces.push(shapes::piece(node, &shape, axes[i], [starts[i], ends[i], steps[i]])?);
    }
    match value {
        Value::Constant(constant) => Ok(vec![Value::Constant(fold::slice(importer, &constant, &pieces)?)]),
        _ => {
            let x = importer.operand(node, 0)?;
            single(cut(importer, node, x, &pieces)?)
        }
    }
}

pub(super) fn split(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let shape = importer.ty(&x).shape;
    let axis = shapes::axis(node, node.int("axis", 0)?, shape.len())?;
    let extent = shape[axis];
    let sizes =
        if node.version < 13 { node.ints("split")?.map(<[i64]>::to_vec) } else { importer.ints(node, 1, "sizes")? };
    let count = node.outputs().len();
    let parts = usize::try_from(node.int("num_outputs", count as i64)?).unwrap_or(0);
    let sizes: Vec<usize> = match sizes {
        Some(sizes) => sizes.iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect(),
        None => {
            // The last part is smaller where the extent is no multiple.
            let each = extent.div_ceil(count.max(1));
            (0..count).map(|i| extent.saturating_sub(i * each).min(each)).collect()
        }
    };
    let total = sizes.iter().try_fold(0_usize, |sum, &size| sum.checked_add(size));
    if sizes.len() != count || parts != count || total != Some(extent) {
        let message = format!("{extent} elements cannot be split into {count} outputs like this");
        return Err(node.error(codes::OPERANDS, message, "the sizes must be as many as outputs, and sum up"));
    }
    let mut start = 0;
    let mut values = Vec::new();
    for (size, output) in sizes.into_iter().zip(node.outputs()) {
        let piece = Piece { axis, start, step: 1, count: size };
        start += size;
        if output.is_empty() {
            values.push(Value::Lost);
            continue;
        }
        let part = cut(importer, node, x.clone(), &[piece])?;
        if let Operand::Tensor(id) = part
            && let Some(made) = importer.out.tensors.get_mut(id)
            && count > 1
        {
            made.name.clone_from(output);
        }
        values.extend(single(part)?);
    }
    Ok(values)
}

/// One index of a tensor along an axis: a piece of one element, without its axis where the index has no dimensions.
pub(super) fn gather(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let indices = importer.constant(node, 1, "indices")?;
    let mut shape = importer.ty(&x).shape;
    let axis_number = node.int("axis", 0)?;
    let axis = shapes::axis(node, axis_number, shape.len())?;
    importer.pay(indices.small()?.count())?;
    let list = indices.ints()?;
    let [first, ..] = list[..] else { return Err(node.unsupported("without indices")) };
    // Only a run of neighbours is a piece.
    if list.windows(2).any(|pair| pair[1] != pair[0].wrapping_add(1)) || indices.shape.len() > 1 {
        return Err(node.unsupported("with indices that are no run"));
    }
    let extent = shape[axis] as i64;
    let start = if first < 0 { first.saturating_add(extent) } else { first };
    let end = start.saturating_add(list.len() as i64);
    if start < 0 || end > extent {
        let message = format!("an index lies outside of dimension {axis}, which has {extent}");
        return Err(node.error(codes::OPERANDS, message, "the model's shapes do not fit each other: export it again"));
    }
    let piece = shapes::piece(node, &shape, axis_number, [start, end, 1])?;
    let part = cut(importer, node, x, &[piece])?;
    if indices.shape.is_empty() {
        shape.remove(axis);
        return single(reshape::to(importer, node, part, shape)?);
    }
    single(part)
}
