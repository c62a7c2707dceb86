//! The slow reference: evaluates a graph in f64 with error bounds, and compares native results against it.
//!
//! The graph must have passed [`super::verify`](mod@super::verify).

use std::borrow::Cow;
use std::fmt;

use super::{Graph, Node, NodeId, Type, ValueId};
use crate::ops::Bounded;

mod compare;

pub use compare::{Deviation, Element, Worst, coordinates, within};

/// The most elements that results may hold at one time; an element takes 16 bytes.
pub const MAX_LIVE_ELEMENTS: usize = 1 << 27;

/// Why a graph cannot be interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterpretError {
    /// The number of tensors given is not the number the graph has.
    Count {
        /// `inputs` or `parameters`.
        what: &'static str,
        /// How many the graph has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A tensor given has another shape, or as many values or bounds as do not fit its shape.
    Shape {
        /// The value's spelling.
        value: String,
        /// Its type.
        expected: Type,
        /// The shape given.
        found: Vec<usize>,
    },
    /// Evaluating would hold more than [`MAX_LIVE_ELEMENTS`].
    TooLarge {
        /// The elements held at the worst point.
        elements: usize,
    },
    /// An operator's evaluation disagrees with its shape rule.
    Result {
        /// The spelling of the node's first result.
        node: String,
        /// The operator.
        op: &'static str,
        /// The shapes that evaluation gave.
        found: Vec<Vec<usize>>,
    },
}

impl fmt::Display for InterpretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InterpretError::Count { what, expected, found } => {
                write!(f, "the graph has {expected} {what}, {found} were given")
            }
            InterpretError::Shape { value, expected, found } => {
                write!(f, "{value} is {expected}, but the tensor given is {found:?}")
            }
            InterpretError::TooLarge { elements } => {
                write!(f, "interpreting would hold {elements} elements at once, more than {MAX_LIVE_ELEMENTS}")
            }
            InterpretError::Result { node, op, found } => {
                write!(f, "{op} evaluates {node} to {found:?}, against its shape rule")
            }
        }
    }
}

impl std::error::Error for InterpretError {}

/// Whether the results of a graph can be held, before anything is computed.
///
/// # Errors
/// [`InterpretError::TooLarge`].
pub fn can_hold(graph: &Graph) -> Result<(), InterpretError> {
    fits(graph, &last_uses(graph))
}

fn fits(graph: &Graph, dying: &[Vec<ValueId>]) -> Result<(), InterpretError> {
    let elements = most_live(graph, dying);
    if elements > MAX_LIVE_ELEMENTS { Err(InterpretError::TooLarge { elements }) } else { Ok(()) }
}

fn whole(tensor: &Bounded, ty: &Type) -> bool {
    tensor.shape == ty.shape && tensor.value.len() == ty.elements() && tensor.bound.len() == ty.elements()
}

/// The outputs of a graph, in its order, for `inputs` in the order of [`Graph::inputs`] and `params` in that of [`Graph::params`].
/// A value is dropped after its last use.
///
/// # Errors
/// A tensor is missing, superfluous or misshapen, or the graph too large to hold.
pub fn interpret(graph: &Graph, inputs: &[Bounded], params: &[Bounded]) -> Result<Vec<Bounded>, InterpretError> {
    let dying = last_uses(graph);
    fits(graph, &dying)?;
    let mut values: Vec<Option<Cow<'_, Bounded>>> = vec![None; graph.values.len()];
    for (what, ids, tensors) in [("inputs", &graph.inputs, inputs), ("parameters", &graph.params, params)] {
        if ids.len() != tensors.len() {
            return Err(InterpretError::Count { what, expected: ids.len(), found: tensors.len() });
        }
        for (&id, tensor) in ids.iter().zip(tensors) {
            if !whole(tensor, graph.ty(id)) {
                let (value, expected) = (graph.spelling(id), graph.ty(id).clone());
                return Err(InterpretError::Shape { value, expected, found: tensor.shape.clone() });
            }
            values[id.index()] = Some(Cow::Borrowed(tensor));
        }
    }
    for (node, dying) in graph.nodes.iter().zip(&dying) {
        let operands: Vec<&Bounded> =
            node.inputs.iter().map(|id| values[id.index()].as_deref().expect("operands precede their node")).collect();
        let results = node.op.evaluate(&operands, graph.mode);
        check_results(graph, node, &results)?;
        for (id, result) in node.results.iter().zip(results) {
            values[id.index()] = Some(Cow::Owned(result));
        }
        for id in dying {
            values[id.index()] = None;
        }
    }
    let output = |id: ValueId| values[id.index()].as_deref().expect("outputs live to the end").clone();
    Ok(graph.outputs.iter().map(|output_of| output(output_of.value)).collect())
}

pub(super) fn check_results(graph: &Graph, node: &Node, results: &[Bounded]) -> Result<(), InterpretError> {
    let types = graph.result_types(node);
    if types.len() == results.len() && types.iter().zip(results).all(|(ty, result)| whole(result, ty)) {
        return Ok(());
    }
    let spelling = node.results.first().map(|&id| graph.spelling(id)).unwrap_or_default();
    let found = results.iter().map(|result| result.shape.clone()).collect();
    Err(InterpretError::Result { node: spelling, op: node.op.name(), found })
}

/// For each node, the values nobody reads after it; outputs never die.
fn last_uses(graph: &Graph) -> Vec<Vec<ValueId>> {
    let mut dying = vec![Vec::new(); graph.nodes.len()];
    let mut used = vec![false; graph.values.len()];
    for output in &graph.outputs {
        used[output.value.index()] = true;
    }
    for i in (0..graph.nodes.len()).rev() {
        let node = graph.node(NodeId::new(i));
        for &id in node.results.iter().chain(&node.inputs) {
            if !std::mem::replace(&mut used[id.index()], true) {
                dying[i].push(id);
            }
        }
    }
    dying
}

/// The most elements of results that are held at one time. What the caller gives is not counted: it is borrowed.
fn most_live(graph: &Graph, dying: &[Vec<ValueId>]) -> usize {
    let owned = |id: ValueId| match graph.value(id).def {
        super::Def::Node(..) => graph.ty(id).elements(),
        _ => 0,
    };
    let (mut live, mut most) = (0_usize, 0);
    for (node, dying) in graph.nodes.iter().zip(dying) {
        live = node.results.iter().fold(live, |sum, &id| sum.saturating_add(owned(id)));
        most = most.max(live);
        live = dying.iter().fold(live, |sum, &id| sum.saturating_sub(owned(id)));
    }
    most
}

#[cfg(test)]
mod tests;
