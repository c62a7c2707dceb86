//! Pieces of tensors.

use super::super::call::Operand;
use super::super::codes;
use super::super::error::OnnxError;
use super::super::fold;
use super::super::importer::{Importer, Mapped, Value, single};
use super::super::node::Node;
use super::super::shapes::{self, Piece};
use super::repeat::MAX_PARTS;
use super::{int, reshape};
use crate::ops::ArgValue;

/// These pieces of an operand, one axis after the other.
pub(super) fn cut(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    mut x: Operand,
    pieces: &[Piece],
) -> Result<Operand, OnnxError> {
    for piece in pieces {
        let extent = importer.ty(&x).shape[piece.axis];
        if piece.start == 0 && piece.step == 1 && piece.count == extent {
            continue;
        }
        if piece.count == 0 {
            return Err(node.error(codes::OPERANDS, "its result has no elements", "see whether its bounds are meant"));
        }
        let (start, step) = (piece.start as i64, piece.step);
        // Lies within the extent, as the start does.
        let last = start.saturating_add((piece.count as i64 - 1).saturating_mul(step));
        let mut given = vec![("axis", int(piece.axis)), ("step", ArgValue::Int(step))];
        let (first, behind) = if step > 0 { (0, extent as i64) } else { (extent as i64 - 1, -1) };
        if start != first {
            given.push(("start", ArgValue::Int(start)));
        }
        let next = last.saturating_add(step);
        if (0..extent as i64).contains(&next) || (step.abs() == 1 && next != behind) {
            given.push(("end", ArgValue::Int(last + step.signum())));
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
        Value::Constant(constant) => Ok(vec![Value::Constant(fold::slice(&mut importer.budget, &constant, &pieces)?)]),
        _ => {
            let x = importer.operand(node, 0)?;
            single(cut(importer, node, x, &pieces)?)
        }
    }
}

pub(super) fn split(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = match importer.value(node, 0)? {
        Value::Constant(constant) => Value::Constant(constant.loaded(&mut importer.budget)?),
        other => other,
    };
    let shape = reshape::shape(importer, node)?;
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
        if !importer.is_used(node, values.len()) {
            values.push(Value::Lost);
            continue;
        }
        let x = match &x {
            Value::Constant(constant) => {
                values.push(Value::Constant(fold::slice(&mut importer.budget, constant, &[piece])?));
                continue;
            }
            _ => importer.operand(node, 0)?,
        };
        let part = cut(importer, node, x, &[piece])?;
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

/// Runs of equal steps in a list of positions.
fn runs(axis: usize, positions: &[usize]) -> Vec<Piece> {
    let mut runs: Vec<Piece> = Vec::new();
    for &position in positions {
        let step = runs.last().map(|run| position as i64 - (run.start as i64 + (run.count as i64 - 1) * run.step));
        match (runs.last_mut(), step) {
            (Some(run), Some(step)) if step != 0 && (run.count == 1 || run.step == step) => {
                run.step = step;
                run.count += 1;
            }
            _ => runs.push(Piece { axis, start: position, step: 1, count: 1 }),
        }
    }
    runs
}

/// Positions along an axis: pieces, joined.
pub(super) fn gather(importer: &mut Importer<'_>, node: &Node<'_>) -> Mapped {
    let x = importer.operand(node, 0)?;
    let indices = importer.constant(node, 1, "indices")?;
    let shape = importer.ty(&x).shape;
    let axis = shapes::axis(node, node.int("axis", 0)?, shape.len())?;
    shapes::check_rank(node, shape.len() - 1 + indices.shape.len())?;
    importer.budget.pay(importer.budget.room(&indices.shape)?)?;
    let positions = fold::positions(node, &indices, shape[axis])?;
    let runs = runs(axis, &positions);
    if runs.len() > MAX_PARTS {
        let message = format!("with indices of {} runs, where {MAX_PARTS} is the most", runs.len());
        return Err(node.unsupported(message));
    }
    importer.budget.cut(runs.len())?;
    let parts = runs.iter().map(|run| cut(importer, node, x.clone(), &[*run])).collect::<Result<Vec<_>, _>>()?;
    let joined = match &parts[..] {
        [] => {
            return Err(node.error(codes::OPERANDS, "its result has no elements", "see whether its indices are meant"));
        }
        [only] => only.clone(),
        _ => importer.apply(node, "concat", parts, vec![("axis", int(axis))])?,
    };
    let target = [&shape[..axis], &indices.shape, &shape[axis + 1..]].concat();
    single(reshape::to(importer, node, joined, target)?)
}
