//! The rules of a graph. Run after the resolver and after every pass.
//!
//! Rules, in the order they are checked (a later one may rely on the earlier):
//!
//! | rule             | what it demands                                                                                      |
//! |------------------|------------------------------------------------------------------------------------------------------|
//! | `node count`     | at most [`MAX_NODES`] nodes                                                                            |
//! | `ids`            | every id lies in its table                                                                             |
//! | `name`           | names are well-formed: the graph, values ([`is_name`]), outputs ([`is_word`])                          |
//! | `unique name`    | no two values are spelled the same; `%` and `@` are apart                                              |
//! | `rank`           | a type has at most [`MAX_RANK`](rebirth_runtime::shape::MAX_RANK) dimensions                           |
//! | `extent`         | no extent is 0                                                                                         |
//! | `dtype`          | elements are of a type that tensors have; parameters are f32                                           |
//! | `bytes`          | a type takes at most [`MAX_TENSOR_BYTES`](rebirth_runtime::shape::MAX_TENSOR_BYTES)                    |
//! | `notes`          | numbers are finite, rates and spreads positive; `keep` is on results, the others on weights            |
//! | `definition`     | what inputs, parameters and results list says in its `def` that it is there                            |
//! | `single`         | each value is listed exactly once among inputs, parameters and results                                 |
//! | `order`          | operands are defined before the node that uses them                                                    |
//! | `attributes`     | an operator reads back from its attributes as itself                                                   |
//! | `operands`       | the operator's shape rule accepts its operands                                                         |
//! | `results`        | a node has results, in number and type what the shape rule says                                        |
//! | `outputs`        | there is an output                                                                                     |
//! | `unique output`  | no two outputs have the same name                                                                      |
//! | `train output`   | an inference graph has no output for training                                                          |
//! | `numbering`      | values are numbered in the order of [`Graph::compact`]                                                 |
//!
//! Passing guarantees: size arithmetic on the graph's types cannot overflow; printing, interpreting and lowering do not panic; parsing the
//! printed text gives an equal graph.
//!
//! Not checked: that the graph computes what its source means, that every node contributes to an output, that several tensors together
//! fit into memory.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use rebirth_runtime::DType;

use super::types::TypeError;
use super::{Def, Graph, MAX_NODES, Mode, Node, NodeId, Notes, ValueId, is_name, is_word};
use crate::ops::{self, Op, call::AttrReader};

/// A rule that a graph breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule, as the table in [this module](self) names it.
    pub rule: &'static str,
    /// The value, node or output at fault, as graph text spells it; for a node, its first result.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (rule `{}`)", self.place, self.message, self.rule)
    }
}

impl std::error::Error for Violation {}

fn violation<T>(rule: &'static str, place: impl fmt::Display, message: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { rule, place: place.to_string(), message: message.into() })
}

/// Checks every rule.
///
/// # Errors
/// The first violation, in the order of the rules.
pub fn verify(graph: &Graph) -> Result<(), Violation> {
    if graph.nodes.len() > MAX_NODES {
        return violation("node count", "the graph", format!("has {} nodes, more than {MAX_NODES}", graph.nodes.len()));
    }
    ids(graph)?;
    names(graph)?;
    types(graph)?;
    notes(graph)?;
    definitions(graph)?;
    let mut defined = vec![false; graph.values.len()];
    for id in graph.inputs.iter().chain(&graph.params) {
        defined[id.index()] = true;
    }
    for (i, node) in graph.nodes.iter().enumerate() {
        let place = place(graph, NodeId::new(i));
        if let Some(&early) = node.inputs.iter().find(|id| !defined[id.index()]) {
            return violation("order", place, format!("uses {} before it is defined", graph.spelling(early)));
        }
        check_node(graph, node, &place)?;
        for id in &node.results {
            defined[id.index()] = true;
        }
    }
    outputs(graph)?;
    match graph.defined().enumerate().find(|&(at, id)| at != id.index()) {
        Some((at, id)) => {
            violation("numbering", graph.spelling(id), format!("is value {}, but stands in place {at}", id.index()))
        }
        None => Ok(()),
    }
}

/// A node as messages name it. Its results must lie in the table.
fn place(graph: &Graph, id: NodeId) -> String {
    graph.node(id).results.first().map_or_else(|| id.to_string(), |&result| graph.spelling(result))
}

fn ids(graph: &Graph) -> Result<(), Violation> {
    let listed = |place: &str, id: ValueId| match graph.values.get(id.index()) {
        Some(_) => Ok(()),
        None => violation("ids", place, format!("lists {id}, but there are {} values", graph.values.len())),
    };
    for &id in &graph.inputs {
        listed("the inputs", id)?;
    }
    for &id in &graph.params {
        listed("the parameters", id)?;
    }
    for (i, node) in graph.nodes.iter().enumerate() {
        for &id in node.inputs.iter().chain(&node.results) {
            listed(&NodeId::new(i).to_string(), id)?;
        }
    }
    for output in &graph.outputs {
        listed(&format!("output `{}`", output.name), output.value)?;
    }
    Ok(())
}

fn names(graph: &Graph) -> Result<(), Violation> {
    let allowed = "may hold letters, digits, `_` and `.` only, and not be empty";
    if !is_name(&graph.name) {
        return violation("name", "the graph", format!("its name {:?} {allowed}", graph.name));
    }
    let mut seen = HashSet::new();
    for (i, value) in graph.values.iter().enumerate() {
        if !is_name(&value.name) {
            return violation("name", ValueId::new(i), format!("its name {:?} {allowed}", value.name));
        }
        if !seen.insert((matches!(value.def, Def::Param | Def::State), value.name.as_str())) {
            return violation("unique name", graph.spelling(ValueId::new(i)), "another value has the same name");
        }
    }
    match graph.outputs.iter().find(|output| !is_word(&output.name)) {
        Some(output) => violation(
            "name",
            "the outputs",
            format!("the name {:?} {allowed}, and begin with a letter or `_`", output.name),
        ),
        None => Ok(()),
    }
}

fn types(graph: &Graph) -> Result<(), Violation> {
    for (i, value) in graph.values.iter().enumerate() {
        if let Err(error) = value.ty.check() {
            let rule = match error {
                TypeError::Rank => "rank",
                TypeError::Extent => "extent",
                TypeError::Elements => "dtype",
                TypeError::Bytes => "bytes",
            };
            return violation(rule, graph.spelling(ValueId::new(i)), format!("{} {error}", value.ty));
        }
        if matches!(value.def, Def::Param | Def::State) && value.ty.dtype != DType::F32 {
            return violation("dtype", graph.spelling(ValueId::new(i)), format!("a weight of {}", value.ty));
        }
    }
    Ok(())
}

fn notes(graph: &Graph) -> Result<(), Violation> {
    for (i, value) in graph.values.iter().enumerate() {
        let Some(notes) = &value.notes else { continue };
        let weight = matches!(value.def, Def::Param | Def::State);
        let result = matches!(value.def, Def::Node(..));
        let others = Notes { keep: false, ..notes.as_ref().clone() } != Notes::default();
        let wrong = match notes.check() {
            Err(why) => why,
            Ok(()) if notes.keep && !result => "is no result to keep",
            Ok(()) if others && !weight => "is no weight to train",
            Ok(()) if **notes == Notes::default() => "has empty notes",
            Ok(()) => continue,
        };
        return violation("notes", graph.spelling(ValueId::new(i)), wrong);
    }
    Ok(())
}

fn definitions(graph: &Graph) -> Result<(), Violation> {
    let mut times = vec![0_usize; graph.values.len()];
    let mut listed = |id: ValueId, fits: bool, place: &str| {
        times[id.index()] += 1;
        let value = graph.value(id);
        if fits {
            Ok(())
        } else {
            violation("definition", graph.spelling(id), format!("{place} lists it, but it says {:?}", value.def))
        }
    };
    for (at, &id) in graph.inputs.iter().enumerate() {
        listed(id, graph.value(id).def == Def::Input(at), "the inputs")?;
    }
    for &id in &graph.params {
        listed(id, matches!(graph.value(id).def, Def::Param | Def::State), "the parameters")?;
    }
    for (i, node) in graph.nodes.iter().enumerate() {
        for (at, &id) in node.results.iter().enumerate() {
            let node = NodeId::new(i);
            listed(id, graph.value(id).def == Def::Node(node, at), &node.to_string())?;
        }
    }
    match times.iter().position(|&count| count != 1) {
        Some(i) => violation("single", graph.spelling(ValueId::new(i)), format!("is defined {} times", times[i])),
        None => Ok(()),
    }
}

fn check_node(graph: &Graph, node: &Node, place: &str) -> Result<(), Violation> {
    let name = node.op.name();
    if let Err(message) = reads_back(&node.op) {
        return violation("attributes", place, format!("{name}: {message}"));
    }
    let inputs = graph.input_types(node);
    let expected = match node.op.infer(&inputs, graph.mode) {
        Ok(expected) => expected,
        Err(mismatch) => {
            return violation("operands", place, format!("{name}: {}", mismatch.message));
        }
    };
    if expected.is_empty() || expected.len() != node.results.len() {
        return violation(
            "results",
            place,
            format!("{name} has {} results, the node {}", expected.len(), node.results.len()),
        );
    }
    for (&id, expected) in node.results.iter().zip(&expected) {
        if graph.ty(id) != expected {
            return violation(
                "results",
                graph.spelling(id),
                format!("{name} makes {expected}, but the value is {}", graph.ty(id)),
            );
        }
    }
    Ok(())
}

/// Whether an operator's attributes read back as the same operator.
fn reads_back(op: &Op) -> Result<(), String> {
    let attributes = op.attributes();
    let map: BTreeMap<_, _> = attributes.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
    if map.len() != attributes.len() {
        return Err("an attribute is listed twice".to_string());
    }
    let entry = ops::find(op.name()).ok_or("is not in the operator table")?;
    let mut reader = AttrReader::new(map);
    let again = (entry.from_attributes)(&mut reader)?;
    reader.finish()?;
    if again == *op { Ok(()) } else { Err("the attributes read back as another operator".to_string()) }
}

fn outputs(graph: &Graph) -> Result<(), Violation> {
    if graph.outputs.is_empty() {
        return violation("outputs", "the graph", "has no output");
    }
    if graph.mode == Mode::Infer
        && let Some(output) = graph.outputs.iter().find(|output| output.train)
    {
        return violation("train output", format!("output `{}`", output.name), "exists in training only");
    }
    let mut seen = HashSet::new();
    match graph.outputs.iter().find(|output| !seen.insert(output.name.as_str())) {
        Some(output) => {
            violation("unique output", format!("output `{}`", output.name), "another output has the same name")
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
