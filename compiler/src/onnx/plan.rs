//! The calls of a model as the statements of a body. A `let` begins where a layer has weights, a value has several uses, or
//! several tensors come together; the rest are stages of the pipeline behind it.

use super::call::{Calls, Id, Operand, SourceCall};
use super::constant::Constant;
use super::names::{Taken, of_value, of_weight};
use crate::ops::Operands;

/// Most stages of one statement: expressions have a largest height.
const MAX_STAGES: usize = 24;

/// One statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// The name it binds, or for the last one that its layer has.
    pub(super) name: String,
    /// Positions of the calls: the first, and the stages behind it.
    pub(super) calls: Vec<usize>,
    /// Weights that are operands of the first call, in their order, by name.
    pub(super) weights: Vec<(String, Constant)>,
}

/// The body of a net.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) statements: Vec<Statement>,
    /// Whether the last statement is the final expression of the body, rather than a `let`.
    pub(super) ends_with_expression: bool,
    /// Names of inputs and of what statements bind, by tensor.
    pub(super) names: Vec<Option<String>>,
}

/// How an infix operator is written.
pub(super) fn infix(call: &SourceCall) -> Option<&'static str> {
    match call.entry.signature.name {
        "add" => Some("+"),
        "sub" => Some("-"),
        "mul" => Some("*"),
        "div" => Some("/"),
        _ => None,
    }
}

/// Whether a call can be a stage: what flows in is all it takes.
fn flows(call: &SourceCall) -> Option<Id> {
    match (call.entry.signature.operands, &call.operands[..]) {
        (Operands::Fixed([_]), [Operand::Tensor(id)]) if call.weights.is_empty() => Some(*id),
        _ => None,
    }
}

/// Makes the statements; `inputs` are the names of the inputs.
pub(super) fn plan(calls: &Calls, inputs: &[&str], reserved: &[String]) -> Plan {
    let mut uses = vec![0_usize; calls.tensors.len()];
    calls.calls.iter().flat_map(SourceCall::tensors).for_each(|id| uses[id] += 1);
    calls.outputs.iter().for_each(|(_, id)| uses[*id] += 1);
    let mut taken = Taken::default();
    for name in inputs.iter().copied().chain(reserved.iter().map(String::as_str)) {
        taken.unique(name);
    }
    let mut names = vec![None; calls.tensors.len()];
    for (&id, name) in calls.inputs.iter().zip(inputs) {
        names[id] = Some((*name).to_string());
    }
    // The statement whose last result a tensor is.
    let mut last = vec![None; calls.tensors.len()];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, call) in calls.calls.iter().enumerate() {
        let before = flows(call).filter(|&id| uses[id] == 1).and_then(|id| last[id]);
        let group = match before {
            Some(group) if groups[group as usize].len() < MAX_STAGES => group,
            _ => {
                groups.push(Vec::new());
                groups.len() as u32 - 1
            }
        };
        groups[group as usize].push(at);
        if let Some(&result) = call.results.first() {
            last[result] = Some(group);
        }
    }
    let only_output = match &calls.outputs[..] {
        [(_, id)] if uses[*id] == 1 => last[*id],
        _ => None,
    };
    if let Some(group) = only_output {
        let end = groups.remove(group as usize);
        groups.push(end);
    }
    let mut statements = Vec::new();
    for group in groups {
        let (Some(&first), Some(&end)) = (group.first(), group.last()) else { continue };
        let (head, tail) = (&calls.calls[first], &calls.calls[end]);
        let result = tail.results.first().copied().unwrap_or_default();
        let by_weight = head.weights.first().and_then(|(_, weight)| of_weight(weight.name()?));
        let named = if head.weights.is_empty() { result } else { head.results.first().copied().unwrap_or_default() };
        let wish = by_weight.unwrap_or_else(|| of_value(&calls.tensors[named].name));
        let mut weights = Vec::new();
        for operand in &head.operands {
            if let Operand::Weight(constant) = operand {
                let wish =
                    constant.name().filter(|name| !name.is_empty()).map_or_else(|| format!("{wish}_weight"), of_value);
                weights.push((taken.unique(&wish), constant.clone()));
            }
        }
        let name = taken.unique(&wish);
        names[result] = Some(name.clone());
        statements.push(Statement { name, calls: group, weights });
    }
    Plan { statements, ends_with_expression: only_output.is_some(), names }
}
