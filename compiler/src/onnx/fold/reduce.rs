//! Dimensions of known tensors folded to one element.

use super::super::budget::Budget;
use super::super::constant::Constant;
use super::super::error::OnnxError;
use super::super::node::Node;
use super::super::shapes;
use super::super::tensor::Element;
use super::number::{Binary, Number, Refusal};
use super::refused;
use crate::ops::shapes::source;

pub(super) fn reduce(
    node: &Node<'_>,
    x: &Constant,
    axes: Option<&Constant>,
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    let rank = x.shape.len();
    let list = match axes {
        Some(axes) => {
            budget.pay(budget.room(&axes.shape)?)?;
            Some(axes.ints()?)
        }
        None => node.ints("axes")?.map(<[i64]>::to_vec),
    };
    let (keep, nothing) = (node.flag("keepdims", true)?, node.flag("noop_with_empty_axes", false)?);
    let axes = match list {
        Some(list) if !list.is_empty() => shapes::axes(node, &list, rank)?,
        _ if nothing => Vec::new(),
        _ => (0..rank).collect(),
    };
    let is_reduced = |d: &usize| axes.contains(d);
    let wide: Vec<usize> = (0..rank).map(|d| if is_reduced(&d) { 1 } else { x.shape[d] }).collect();
    let shape = (0..rank).filter(|d| keep || !is_reduced(d)).map(|d| wide[d]).collect();
    let count = budget.room(&wide)?;
    budget.pay(count)?;
    budget.pay(budget.room(&x.shape)?)?;
    let values = x.elements(budget)?;
    let mut results = vec![start(node, x.element); count];
    for i in 0..x.count() {
        let result = &mut results[source(i, &x.shape, &wide)];
        *result = step(node, x.element, *result, values.at(i)).map_err(refused(node))?;
    }
    let folded = x.count().checked_div(count).unwrap_or(0) as f64;
    Constant::computed(x.element, shape, |i| {
        Ok(match (node.op_type(), results[i]) {
            ("ReduceMean", Number::Float(sum)) => Number::Float(x.element.rounded(sum / folded)),
            ("ReduceL2", Number::Float(sum)) => Number::Float(x.element.rounded(sum.sqrt())),
            (_, Number::Float(result)) => Number::Float(x.element.rounded(result)),
            (_, result) => result,
        })
    })
}

/// What a result is before the first element.
fn start(node: &Node<'_>, element: Element) -> Number {
    let number = |value: u8| if element.is_float() { Number::Float(value.into()) } else { Number::Int(value.into()) };
    match node.op_type() {
        "ReduceProd" => number(1),
        "ReduceMax" => element.extreme(false),
        "ReduceMin" => element.extreme(true),
        _ => number(0),
    }
}

/// A result with one more element. Sums of floats are rounded when all are in: their order is nowhere defined.
fn step(node: &Node<'_>, element: Element, result: Number, x: Number) -> Result<Number, Refusal> {
    use Number::Float;
    let by = |operation: Binary| operation.value(element, result, x);
    match (node.op_type(), result, x) {
        ("ReduceMax", ..) => by(Binary::Max),
        ("ReduceMin", ..) => by(Binary::Min),
        (_, _, _) if element == Element::Bool => Err(Refusal("of BOOL values".to_string())),
        ("ReduceProd", ..) => by(Binary::Mul),
        ("ReduceSum" | "ReduceMean", Float(sum), Float(x)) => Ok(Float(sum + x)),
        ("ReduceL1", Float(sum), Float(x)) => Ok(Float(sum + x.abs())),
        ("ReduceL2" | "ReduceSumSquare", Float(sum), Float(x)) => Ok(Float(sum + x * x)),
        ("ReduceSum", ..) => by(Binary::Add),
        _ => Err(Refusal(format!("of {} values", element.name()))),
    }
}
