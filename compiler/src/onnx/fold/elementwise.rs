//! Elements computed from those at the same place.

use super::super::budget::Budget;
use super::super::constant::Constant;
use super::super::error::OnnxError;
use super::super::node::Node;
use super::super::shapes;
use super::super::tensor::{Element, element_name};
use super::number::{Binary, Number, Unary};
use super::{misfit, refused, same_type};
use crate::ops::shapes::source;

pub(super) fn unary(
    node: &Node<'_>,
    operation: Unary,
    x: &Constant,
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    node.ignore(&["consumed_inputs"]);
    operation.check(x.element).map_err(refused(node))?;
    budget.pay(budget.room(&x.shape)?)?;
    let values = x.elements(budget)?;
    Constant::computed(x.element, x.shape.clone(), |i| Ok(operation.value(x.element, values.at(i))))
}

pub(super) fn binary(
    node: &Node<'_>,
    operation: Binary,
    a: &Constant,
    b: &Constant,
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    node.ignore(&["consumed_inputs"]);
    if operation != Binary::Pow {
        same_type(node, &[a, b])?;
    }
    operation.check(a.element).map_err(refused(node))?;
    operation.check(b.element).map_err(refused(node))?;
    let shape = shapes::broadcast(&a.shape, &b.shape)
        .ok_or_else(|| misfit(node, format!("shapes {:?} and {:?} do not fit each other", a.shape, b.shape)))?;
    budget.pay(budget.room(&shape)?)?;
    let (x, y) = (a.elements(budget)?, b.elements(budget)?);
    let element = if operation.is_test() { Element::Bool } else { a.element };
    let place = |i: usize, from: &[usize]| if shape == from { i } else { source(i, &shape, from) };
    Constant::computed(element, shape.clone(), |i| {
        let pair = (x.at(place(i, &a.shape)), y.at(place(i, &b.shape)));
        operation.value(a.element, pair.0, pair.1).map_err(refused(node))
    })
}

pub(super) fn cast(node: &Node<'_>, x: &Constant, budget: &mut Budget) -> Result<Constant, OnnxError> {
    node.ignore(&["saturate", "round_mode"]);
    let to = node.int("to", 0)?;
    let element = Element::of(to).ok_or_else(|| node.unsupported(format!("to {}", element_name(to))))?;
    if element == x.element {
        return Ok(x.clone());
    }
    // Weights stay in the file.
    if element.is_float() && x.element.is_float() {
        return x.clone().into_floats(element);
    }
    budget.pay(budget.room(&x.shape)?)?;
    let values = x.elements(budget)?;
    Constant::computed(element, x.shape.clone(), |i| element.cast(values.at(i)).map_err(refused(node)))
}

pub(super) fn select(
    node: &Node<'_>,
    condition: &Constant,
    a: &Constant,
    b: &Constant,
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    same_type(node, &[a, b])?;
    let shape = shapes::broadcast(&a.shape, &b.shape).and_then(|shape| shapes::broadcast(&shape, &condition.shape));
    let shape = shape.ok_or_else(|| misfit(node, "the shapes of its inputs do not fit each other".to_string()))?;
    budget.pay(budget.room(&shape)?)?;
    let (chosen, x, y) = (condition.elements(budget)?, a.elements(budget)?, b.elements(budget)?);
    Constant::computed(a.element, shape.clone(), |i| {
        let first = chosen.at(source(i, &shape, &condition.shape)).to_f64() != 0.0;
        Ok(if first { x.at(source(i, &shape, &a.shape)) } else { y.at(source(i, &shape, &b.shape)) })
    })
}

pub(super) fn range(
    node: &Node<'_>,
    start: &Constant,
    limit: &Constant,
    delta: &Constant,
    budget: &mut Budget,
) -> Result<Constant, OnnxError> {
    same_type(node, &[start, limit, delta])?;
    let mut number = |x: &Constant| match x.count() {
        1 => Ok(x.elements(budget)?.at(0)),
        _ => Err(misfit(node, "its inputs must be numbers".to_string())),
    };
    let (first, end, step) = (number(start)?, number(limit)?, number(delta)?);
    let count = match (first, end, step) {
        (Number::Int(first), Number::Int(end), Number::Int(step)) if step != 0 => {
            let room = if step > 0 { end - first } else { first - end };
            let step = step.abs();
            Some((room.max(0) + step - 1) / step).and_then(|count| usize::try_from(count).ok())
        }
        (Number::Float(first), Number::Float(end), Number::Float(step)) => {
            let count = ((end - first) / step).ceil();
            // Beyond what fits, it is the largest number, which there is no room for.
            (!count.is_nan()).then_some(count.max(0.0) as usize)
        }
        _ => None,
    };
    let Some(count) = count else {
        let (first, end, step) = (first.to_f64(), end.to_f64(), step.to_f64());
        return Err(misfit(node, format!("from {first} to {end} in steps of {step} is no range that can be computed")));
    };
    budget.pay(budget.room(&[count])?)?;
    Constant::computed(start.element, vec![count], |i| {
        Ok(match (first, step) {
            (Number::Int(first), Number::Int(step)) => Number::Int(first + i as i128 * step),
            _ => Number::Float(start.element.rounded(first.to_f64() + i as f64 * step.to_f64())),
        })
    })
}
