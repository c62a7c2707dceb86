//! Nodes whose operands are all known, computed at import: what exporters write to compute shapes, and what they do to weights.
//!
//! `number` is the value of an operation in each element type, `elementwise` applies it, `reduce` folds dimensions, `moved` puts
//! elements elsewhere.

mod elementwise;
mod moved;
mod number;
mod reduce;
#[cfg(test)]
mod tests;

pub(super) use moved::{expanded, positions, settled, slice, tile};
pub(super) use number::Number;

use super::budget::Budget;
use super::codes;
use super::constant::Constant;
use super::error::OnnxError;
use super::importer::{Importer, Mapped, Value};
use super::node::Node;
use number::{Binary, Refusal, Unary};

/// What a node yields where its inputs are known; none where they are not, or the operator is not computed here.
pub(super) fn fold(importer: &mut Importer<'_>, node: &Node<'_>) -> Option<Mapped> {
    let mut operands = Vec::new();
    for name in node.inputs() {
        match importer.get(name) {
            Some(Value::Constant(constant)) => operands.push(constant.clone()),
            None if name.is_empty() => {}
            _ => return None,
        }
    }
    let operands: Vec<&Constant> = operands.iter().collect();
    let folded = compute(node, &operands, &mut importer.budget)?;
    Some(folded.map(|constant| vec![Value::Constant(constant)]))
}

fn compute(node: &Node<'_>, operands: &[&Constant], budget: &mut Budget) -> Option<Result<Constant, OnnxError>> {
    if let Some(operation) = unary(node) {
        let [x] = operands else { return None };
        return Some(elementwise::unary(node, operation, x, budget));
    }
    let operation = match binary(node) {
        Ok(operation) => operation,
        Err(error) => return Some(Err(error)),
    };
    if let Some(operation) = operation {
        let (first, rest) = operands.split_first()?;
        let step = |a: Constant, b: &&Constant| elementwise::binary(node, operation, &a, b, budget);
        return Some(rest.iter().try_fold((*first).clone(), step));
    }
    Some(match (node.op_type(), operands) {
        ("Cast", [x]) => elementwise::cast(node, x, budget),
        ("Where", [condition, a, b]) => elementwise::select(node, condition, a, b, budget),
        ("Range", [start, limit, delta]) => elementwise::range(node, start, limit, delta, budget),
        ("Gather", [data, indices]) => moved::gather(node, data, indices, budget),
        ("Concat", [_, ..]) => moved::concat(node, operands, budget),
        ("Expand", [x, shape]) => moved::expand(node, x, shape, budget),
        (
            "ReduceProd" | "ReduceSum" | "ReduceMax" | "ReduceMin" | "ReduceMean" | "ReduceL1" | "ReduceL2"
            | "ReduceSumSquare",
            [x, rest @ ..],
        ) => reduce::reduce(node, x, rest.first().copied(), budget),
        _ => return None,
    })
}

fn unary(node: &Node<'_>) -> Option<Unary> {
    Some(match node.op_type() {
        "Neg" => Unary::Neg,
        "Abs" => Unary::Abs,
        "Sign" => Unary::Sign,
        "Not" => Unary::Not,
        "Sqrt" => Unary::Sqrt,
        "Exp" => Unary::Exp,
        "Log" => Unary::Log,
        "Floor" => Unary::Floor,
        "Ceil" => Unary::Ceil,
        "Round" => Unary::Round,
        "Reciprocal" => Unary::Reciprocal,
        _ => return None,
    })
}

fn binary(node: &Node<'_>) -> Result<Option<Binary>, OnnxError> {
    Ok(Some(match node.op_type() {
        "Add" | "Sum" => Binary::Add,
        "Sub" => Binary::Sub,
        "Mul" => Binary::Mul,
        "Div" => Binary::Div,
        "Mod" if node.flag("fmod", false)? => Binary::Remainder,
        "Mod" => Binary::Modulo,
        "Pow" => Binary::Pow,
        "Max" => Binary::Max,
        "Min" => Binary::Min,
        "Equal" => Binary::Equal,
        "Less" => Binary::Less,
        "Greater" => Binary::Greater,
        "LessOrEqual" => Binary::LessOrEqual,
        "GreaterOrEqual" => Binary::GreaterOrEqual,
        "And" => Binary::And,
        "Or" => Binary::Or,
        _ => return Ok(None),
    }))
}

fn misfit(node: &Node<'_>, message: String) -> OnnxError {
    node.error(codes::OPERANDS, message, "the model's shapes do not fit each other: export it again")
}

fn refused(node: &Node<'_>) -> impl Fn(Refusal) -> OnnxError {
    |Refusal(what)| node.unsupported(what)
}

/// Where operands must be of one type.
fn same_type(node: &Node<'_>, operands: &[&Constant]) -> Result<(), OnnxError> {
    let Some(pair) = operands.windows(2).find(|pair| pair[0].element != pair[1].element) else { return Ok(()) };
    let [a, b] = [pair[0], pair[1]].map(|x| x.element.name());
    let message = format!("its operands are of {a} and of {b}, but must be of one type");
    Err(node.error(codes::OPERANDS, message, "the file may be damaged, or its exporter has an error"))
}
