//! Nodes whose operands are all known, computed at import: what exporters write to compute shapes.

use super::constant::{Constant, too_large, transpose};
use super::error::OnnxError;
use super::importer::{Importer, Mapped, Value};
use super::node::Node;
use super::tensor::Element;
use super::{codes, shapes};
use crate::ops::shapes::source;

/// The elements of a small known tensor.
#[derive(Clone, Debug)]
enum Data {
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

/// What a node yields where its inputs from `first` on are known; none where they are not, or the operator is not computed here.
pub(super) fn fold(importer: &mut Importer<'_>, node: &Node<'_>) -> Option<Mapped> {
    let mut operands = Vec::new();
    for name in node.inputs() {
        match importer.get(name) {
            Some(Value::Constant(constant)) => operands.push(Some(constant.clone())),
            None if name.is_empty() => operands.push(None),
            _ => return None,
        }
    }
    let folded = compute(importer, node, &operands)?;
    Some(folded.map(|constant| vec![Value::Constant(constant)]))
}

fn compute(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    operands: &[Option<Constant>],
) -> Option<Result<Constant, OnnxError>> {
    let given: Vec<&Constant> = operands.iter().flatten().collect();
    let mut pay = |elements: usize| importer.pay(elements);
    Some(match (node.op_type(), &given[..]) {
        (
            "Add" | "Sub" | "Mul" | "Div" | "Mod" | "Pow" | "Equal" | "Less" | "Greater" | "LessOrEqual"
            | "GreaterOrEqual" | "And" | "Or",
            [a, b],
        ) => binary(node, a, b, &mut pay),
        ("Max" | "Min", [a, b]) => binary(node, a, b, &mut pay),
        ("Max" | "Min", [a]) => Ok((*a).clone()),
        ("Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Floor" | "Ceil" | "Round" | "Reciprocal" | "Not" | "Sign", [x]) => {
            unary(node, x, &mut pay)
        }
        ("Cast", [x]) => cast(node, x, &mut pay),
        ("Gather", [data, indices]) => gather(node, data, indices, &mut pay),
        ("Concat", [_, ..]) => concat(node, &given, &mut pay),
        ("Where", [condition, a, b]) => select(node, condition, a, b, &mut pay),
        ("Range", [start, limit, delta]) => range(node, start, limit, delta, &mut pay),
        ("Expand", [x, shape]) => expand(node, x, shape, &mut pay),
        ("ReduceProd" | "ReduceSum" | "ReduceMax" | "ReduceMin", [x, ..]) => {
            reduce(node, x, given.get(1).copied(), &mut pay)
        }
        _ => return None,
    })
}

fn data(x: &Constant, pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>) -> Result<Data, OnnxError> {
    x.small()?;
    pay(x.count())?;
    Ok(if x.element.is_float() { Data::Floats(x.floats()?) } else { Data::Ints(x.ints()?) })
}

fn misfit(node: &Node<'_>, message: String) -> OnnxError {
    node.error(codes::OPERANDS, message, "the model's shapes do not fit each other: export it again")
}

/// The number of elements of a shape that may be computed.
fn small(shape: &[usize]) -> Result<usize, OnnxError> {
    shapes::count(shape).filter(|&count| count <= super::constant::MAX_FOLDED).ok_or_else(|| too_large(shape))
}

fn binary(
    node: &Node<'_>,
    a: &Constant,
    b: &Constant,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    node.ignore(&["fmod"]);
    let shape = shapes::broadcast(&a.shape, &b.shape)
        .ok_or_else(|| misfit(node, format!("shapes {:?} and {:?} do not fit each other", a.shape, b.shape)))?;
    let count = small(&shape)?;
    pay(count)?;
    let places = (0..count).map(|i| (source(i, &shape, &a.shape), source(i, &shape, &b.shape)));
    let overflow = || misfit(node, "the result of integers does not fit 64 bits, or is divided by 0".to_string());
    match (data(a, pay)?, data(b, pay)?) {
        (Data::Ints(x), Data::Ints(y)) => {
            let pairs = places.map(|(i, j)| (x[i], y[j]));
            let results = pairs.map(|(x, y)| match node.op_type() {
                "Add" => x.checked_add(y),
                "Sub" => x.checked_sub(y),
                "Mul" => x.checked_mul(y),
                "Div" => x.checked_div(y),
                "Mod" => x.checked_rem_euclid(y),
                "Pow" => u32::try_from(y).ok().and_then(|y| x.checked_pow(y)),
                "Max" => Some(x.max(y)),
                "Min" => Some(x.min(y)),
                "Equal" => Some(i64::from(x == y)),
                "Less" => Some(i64::from(x < y)),
                "Greater" => Some(i64::from(x > y)),
                "LessOrEqual" => Some(i64::from(x <= y)),
                "GreaterOrEqual" => Some(i64::from(x >= y)),
                "And" => Some(i64::from(x != 0 && y != 0)),
                _ => Some(i64::from(x != 0 || y != 0)),
            });
            let values = results.collect::<Option<Vec<i64>>>().ok_or_else(overflow)?;
            Ok(Constant::ints_of(compared(node, a.element), shape, values))
        }
        (x, y) => {
            let (x, y) = (floats(x), floats(y));
            let pairs = places.map(|(i, j)| (x[i], y[j]));
            if is_comparison(node) {
                let results = pairs.map(|(x, y)| match node.op_type() {
                    "Equal" => x == y,
                    "Less" => x < y,
                    "Greater" => x > y,
                    "LessOrEqual" => x <= y,
                    "GreaterOrEqual" => x >= y,
                    "And" => x != 0.0 && y != 0.0,
                    _ => x != 0.0 || y != 0.0,
                });
                let values = results.map(i64::from).collect();
                return Ok(Constant::ints_of(Element::Bool, shape, values));
            }
            let results = pairs.map(|(x, y)| match node.op_type() {
                "Add" => x + y,
                "Sub" => x - y,
                "Mul" => x * y,
                "Div" => x / y,
                "Mod" => x % y,
                "Pow" => x.powf(y),
                "Max" => x.max(y),
                _ => x.min(y),
            });
            let values = results.collect();
            Ok(Constant::floats_of(Element::F32, shape, values))
        }
    }
}

fn is_comparison(node: &Node<'_>) -> bool {
    matches!(node.op_type(), "Equal" | "Less" | "Greater" | "LessOrEqual" | "GreaterOrEqual" | "And" | "Or" | "Not")
}

fn compared(node: &Node<'_>, element: Element) -> Element {
    if is_comparison(node) { Element::Bool } else { element }
}

fn floats(data: Data) -> Vec<f32> {
    match data {
        Data::Floats(values) => values,
        Data::Ints(values) => values.into_iter().map(|value| value as f32).collect(),
    }
}

fn unary(
    node: &Node<'_>,
    x: &Constant,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    let results = match data(x, pay)? {
        Data::Ints(values) if matches!(node.op_type(), "Neg" | "Abs" | "Not" | "Sign") => {
            let results = values.into_iter().map(|value| match node.op_type() {
                "Neg" => value.checked_neg(),
                "Abs" => value.checked_abs(),
                "Sign" => Some(value.signum()),
                _ => Some(i64::from(value == 0)),
            });
            let values = results.collect::<Option<Vec<i64>>>();
            let values = values.ok_or_else(|| misfit(node, "the result does not fit 64 bits".to_string()))?;
            return Ok(Constant::ints_of(compared(node, x.element), x.shape.clone(), values));
        }
        other => floats(other).into_iter().map(|value| match node.op_type() {
            "Neg" => -value,
            "Abs" => value.abs(),
            "Sqrt" => value.sqrt(),
            "Exp" => value.exp(),
            "Log" => value.ln(),
            "Floor" => value.floor(),
            "Ceil" => value.ceil(),
            "Round" => value.round_ties_even(),
            "Sign" if value == 0.0 => 0.0,
            "Sign" => value.signum(),
            _ => 1.0 / value,
        }),
    };
    Ok(Constant::floats_of(Element::F32, x.shape.clone(), results.collect()))
}

fn cast(
    node: &Node<'_>,
    x: &Constant,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    node.ignore(&["saturate", "round_mode"]);
    let to = node.int("to", 0)?;
    let element = Element::of(to).ok_or_else(|| node.unsupported(format!("to {}", super::tensor::element_name(to))))?;
    if element.is_float() == x.element.is_float() && element != Element::Bool {
        let mut same = x.clone();
        same.element = element;
        return Ok(same);
    }
    x.small()?;
    pay(x.count())?;
    Ok(match element {
        Element::Bool => {
            let values = x.floats()?.into_iter().map(|value| i64::from(value != 0.0)).collect();
            Constant::ints_of(element, x.shape.clone(), values)
        }
        _ if element.is_float() => Constant::floats_of(element, x.shape.clone(), x.floats()?),
        _ => Constant::ints_of(element, x.shape.clone(), x.ints()?),
    })
}

/// Elements at these places of `x`.
fn pick(
    x: &Constant,
    shape: Vec<usize>,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
    place: impl Fn(usize) -> usize,
) -> Result<Constant, OnnxError> {
    let count = small(&shape)?;
    pay(count)?;
    Ok(match data(x, pay)? {
        Data::Floats(values) => Constant::floats_of(x.element, shape, (0..count).map(|i| values[place(i)]).collect()),
        Data::Ints(values) => Constant::ints_of(x.element, shape, (0..count).map(|i| values[place(i)]).collect()),
    })
}

/// Indices into a dimension, where negative ones count from the end.
pub(super) fn positions(node: &Node<'_>, indices: &Constant, extent: usize) -> Result<Vec<usize>, OnnxError> {
    let place = |index: i64| {
        let from_front = if index < 0 { index.saturating_add(extent as i64) } else { index };
        usize::try_from(from_front).ok().filter(|&index| index < extent).ok_or(index)
    };
    let places = indices.ints()?.into_iter().map(place).collect::<Result<_, _>>();
    places.map_err(|index| misfit(node, format!("its index {index} lies outside of a dimension of {extent}")))
}

fn gather(
    node: &Node<'_>,
    x: &Constant,
    indices: &Constant,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    let axis = shapes::axis(node, node.int("axis", 0)?, x.shape.len())?;
    let extent = x.shape[axis];
    pay(indices.small()?.count())?;
    let at = positions(node, indices, extent)?;
    let inner: usize = x.shape[axis + 1..].iter().product();
    let shape = [&x.shape[..axis], &indices.shape, &x.shape[axis + 1..]].concat();
    let block = at.len() * inner;
    pick(x, shape, pay, |i| (i / block * extent + at[i % block / inner]) * inner + i % inner)
}

fn concat(
    node: &Node<'_>,
    list: &[&Constant],
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    let first = list[0];
    let axis = shapes::axis(node, node.int("axis", 1)?, first.shape.len())?;
    let mut shape = first.shape.clone();
    shape[axis] = 0;
    for x in list {
        let fits = x.shape.len() == shape.len() && (0..shape.len()).all(|d| d == axis || x.shape[d] == shape[d]);
        let sum = x.shape.get(axis).and_then(|&extent| shape[axis].checked_add(extent));
        let Some(sum) = sum.filter(|_| fits) else {
            return Err(misfit(node, format!("shapes {:?} and {:?} do not fit each other", first.shape, x.shape)));
        };
        shape[axis] = sum;
    }
    let outer: usize = shape[..axis].iter().product();
    let parts = list.iter().map(|x| data(x, pay)).collect::<Result<Vec<_>, _>>()?;
    pay(small(&shape)?)?;
    let blocks = |count: usize| count.checked_div(outer).unwrap_or(0);
    if parts.iter().all(|part| matches!(part, Data::Ints(_))) {
        let parts: Vec<Vec<i64>> = list.iter().map(|x| x.ints()).collect::<Result<_, _>>()?;
        let rows =
            (0..outer).flat_map(|o| parts.iter().flat_map(move |p| &p[o * blocks(p.len())..][..blocks(p.len())]));
        return Ok(Constant::ints_of(first.element, shape, rows.copied().collect()));
    }
    let parts: Vec<Vec<f32>> = parts.into_iter().map(floats).collect();
    let rows = (0..outer).flat_map(|o| parts.iter().flat_map(move |p| &p[o * blocks(p.len())..][..blocks(p.len())]));
    Ok(Constant::floats_of(first.element, shape, rows.copied().collect()))
}

fn select(
    node: &Node<'_>,
    condition: &Constant,
    a: &Constant,
    b: &Constant,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    let shape = shapes::broadcast(&a.shape, &b.shape).and_then(|shape| shapes::broadcast(&shape, &condition.shape));
    let shape = shape.ok_or_else(|| misfit(node, "the shapes of its inputs do not fit each other".to_string()))?;
    let count = small(&shape)?;
    pay(count)?;
    let chosen: Vec<bool> = condition.small()?.ints()?.into_iter().map(|value| value != 0).collect();
    let places = (0..count).map(|i| {
        (chosen[source(i, &shape, &condition.shape)], source(i, &shape, &a.shape), source(i, &shape, &b.shape))
    });
    Ok(match (data(a, pay)?, data(b, pay)?) {
        (Data::Ints(x), Data::Ints(y)) => {
            let values = places.map(|(first, i, j)| if first { x[i] } else { y[j] }).collect();
            Constant::ints_of(a.element, shape, values)
        }
        (x, y) => {
            let (x, y) = (floats(x), floats(y));
            let values = places.map(|(first, i, j)| if first { x[i] } else { y[j] }).collect();
            Constant::floats_of(a.element, shape, values)
        }
    })
}

fn range(
    node: &Node<'_>,
    start: &Constant,
    limit: &Constant,
    delta: &Constant,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    let number = |x: &Constant| x.scalar()?.ok_or_else(|| misfit(node, "its inputs must be numbers".to_string()));
    let (start_at, end, step) = (number(start)?, number(limit)?, number(delta)?);
    let count = ((end - start_at) / step).ceil();
    if count.is_nan() || count > super::constant::MAX_FOLDED as f64 {
        return Err(misfit(
            node,
            format!("from {start_at} to {end} in steps of {step} is no range that can be computed"),
        ));
    }
    let count = count.max(0.0) as usize;
    pay(count)?;
    let values = (0..count).map(|i| start_at + i as f64 * step);
    Ok(if start.element.is_float() {
        Constant::floats_of(start.element, vec![count], values.map(|value| value as f32).collect())
    } else {
        Constant::ints_of(start.element, vec![count], values.map(|value| value as i64).collect())
    })
}

fn expand(
    node: &Node<'_>,
    x: &Constant,
    target: &Constant,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    shapes::check_rank(node, target.count())?;
    let target = target.ints()?.into_iter().map(|extent| usize::try_from(extent).ok());
    let shape = target.collect::<Option<Vec<_>>>().and_then(|target| shapes::broadcast(&x.shape, &target));
    let shape = shape.ok_or_else(|| misfit(node, format!("{:?} cannot be expanded like this", x.shape)))?;
    expanded(node, x, &shape, pay)
}

/// A known tensor in a shape that it broadcasts to.
pub(super) fn expanded(
    node: &Node<'_>,
    x: &Constant,
    shape: &[usize],
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    if x.shape == shape {
        return Ok(x.clone());
    }
    if shapes::broadcast(&x.shape, shape).as_deref() != Some(shape) {
        return Err(misfit(node, format!("{:?} cannot be expanded to {shape:?}", x.shape)));
    }
    if let (Some(value), true) = (x.scalar()?, x.element.is_float()) {
        return Constant::fill(x.element, shape.to_vec(), value);
    }
    pick(x, shape.to_vec(), pay, |i| source(i, shape, &x.shape))
}

fn reduce(
    node: &Node<'_>,
    x: &Constant,
    axes: Option<&Constant>,
    pay: &mut dyn FnMut(usize) -> Result<(), OnnxError>,
) -> Result<Constant, OnnxError> {
    let rank = x.shape.len();
    let list = match axes {
        Some(axes) => {
            pay(axes.small()?.count())?;
            Some(axes.ints()?)
        }
        None => node.ints("axes")?.map(<[i64]>::to_vec),
    };
    let (keep, nothing) = (node.flag("keepdims", true)?, node.flag("noop_with_empty_axes", false)?);
    let axes = match list {
        Some(list) if !list.is_empty() => shapes::axes(node, &list, rank)?,
        _ if nothing => return Ok(x.clone()),
        _ => (0..rank).collect(),
    };
    let is_reduced = |d: &usize| axes.contains(d);
    let wide: Vec<usize> = (0..rank).map(|d| if is_reduced(&d) { 1 } else { x.shape[d] }).collect();
    let shape = (0..rank).filter(|d| keep || !is_reduced(d)).map(|d| wide[d]).collect();
    let count = small(&wide)?;
    pay(count)?;
    // Each element with the place of its result.
    let place = |i: usize| source(i, &x.shape, &wide);
    let op = node.op_type();
    match data(x, pay)? {
        Data::Floats(values) => {
            let (start, f): (f32, fn(f32, f32) -> f32) = match op {
                "ReduceProd" => (1.0, |a, b| a * b),
                "ReduceSum" => (0.0, |a, b| a + b),
                "ReduceMax" => (f32::NEG_INFINITY, f32::max),
                _ => (f32::INFINITY, f32::min),
            };
            let mut results = vec![start; count];
            values.into_iter().enumerate().for_each(|(i, value)| results[place(i)] = f(results[place(i)], value));
            Ok(Constant::floats_of(x.element, shape, results))
        }
        Data::Ints(values) => {
            let start = match op {
                "ReduceProd" => 1,
                "ReduceSum" => 0,
                "ReduceMax" => i64::MIN,
                _ => i64::MAX,
            };
            let combined = |a: i64, b: i64| match op {
                "ReduceProd" => a.checked_mul(b),
                "ReduceSum" => a.checked_add(b),
                "ReduceMax" => Some(a.max(b)),
                _ => Some(a.min(b)),
            };
            let mut results = vec![start; count];
            for (i, value) in values.into_iter().enumerate() {
                let result = &mut results[place(i)];
                *result = combined(*result, value)
                    .ok_or_else(|| misfit(node, "the result does not fit 64 bits".to_string()))?;
            }
            Ok(Constant::ints_of(x.element, shape, results))
        }
    }
}

/// A known tensor as often after itself along each dimension.
pub(super) fn tile(importer: &mut Importer<'_>, x: &Constant, times: &[usize]) -> Result<Constant, OnnxError> {
    let extents = x.shape.iter().zip(times).map(|(extent, times)| extent.checked_mul(*times));
    let shape = extents.collect::<Option<Vec<_>>>().ok_or_else(|| too_large(&x.shape))?;
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
    pick(x, shape, &mut |elements| importer.pay(elements), place)
}

/// A piece of a known tensor.
pub(super) fn slice(
    importer: &mut Importer<'_>,
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
    pick(x, shape, &mut |elements| importer.pay(elements), place)
}

/// A known tensor, its elements computed now where that is cheap, so that later steps see plain data.
pub(super) fn settled(x: Constant, perm: &[usize]) -> Result<Constant, OnnxError> {
    /// Larger ones are weights: they stay in the file.
    const SMALL: usize = 4096;
    if x.count() > SMALL || x.element.is_float() {
        return x.transposed(perm);
    }
    let values = transpose(&x.ints()?, &x.shape, perm)?;
    let shape = perm.iter().map(|&d| x.shape[d]).collect();
    Ok(Constant::ints_of(x.element, shape, values))
}
