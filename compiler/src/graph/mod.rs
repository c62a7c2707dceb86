//! The graph: SSA over typed tensors. Each value is defined once; nodes stand in topological order and may have several
//! results; parameters and state are typed values like any other.
//!
//! Modules in the order of use: [`ids`] and [`types`] name things, [`build`] appends nodes while checking shapes,
//! [`print`](mod@print) and [`parse`](mod@parse) are the text form (they round-trip; errors have the [`codes`]),
//! [`verify`](mod@verify) states and checks the rules, [`notes`] are what the source says beyond types,
//! [`interpret`](mod@interpret) is the slow reference in f64 with error bounds, [`random`] grows graphs for tests.

pub mod build;
pub mod codes;
pub mod ids;
pub mod interpret;
mod lex;
pub mod notes;
pub mod parse;
pub mod print;
pub mod random;
pub mod types;
pub mod verify;

pub use build::Builder;
pub use ids::{NodeId, ValueId};
pub use interpret::{interpret, within};
pub use notes::{Init, Notes};
pub use parse::parse;
pub use types::Type;
pub use verify::verify;

use crate::ops::Op;

/// Most nodes a graph may have.
pub const MAX_NODES: usize = 1_000_000;

/// What a graph is for. Dropout and batch norm read it; the source never does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Statistics are constants, dropout is the identity.
    #[default]
    Infer,
    /// Statistics are computed from the batch and threaded through as results.
    Train,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Def {
    /// The position in [`Graph::inputs`].
    Input(usize),
    /// A tensor of the weights file that training changes by gradient.
    Param,
    /// A tensor of the weights file that training changes otherwise (running statistics).
    State,
    /// A node and which of its results.
    Node(NodeId, usize),
}

/// A value: its unique name, type and definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Unique in the graph among the values spelled with the same sigil (`@` for parameters and state, `%` for the others).
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its definition.
    pub def: Def,
    /// What the source says about it, where that is something.
    pub notes: Option<Box<Notes>>,
}

/// One application of an operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operator with its attributes.
    pub op: Op,
    /// Operands, tensors first, then parameters in the operator's order.
    pub inputs: Vec<ValueId>,
    /// One value a result.
    pub results: Vec<ValueId>,
}

/// A result of the whole graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name for `--output` and callers.
    pub name: String,
    /// What it is.
    pub value: ValueId,
    /// Whether it exists in training only; never in a graph for inference.
    pub train: bool,
}

/// A network as an SSA graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The net's name.
    pub name: String,
    /// Inference or training.
    pub mode: Mode,
    /// All values. In a compact graph: the inputs, then the parameters, then the results of the nodes, each in its list's order.
    pub values: Vec<Value>,
    /// All nodes, in topological order.
    pub nodes: Vec<Node>,
    /// Inputs of the network, in the order of its header.
    pub inputs: Vec<ValueId>,
    /// Parameters and state, in order of first use.
    pub params: Vec<ValueId>,
    /// Outputs of the network, in the order of its header.
    pub outputs: Vec<Output>,
}

impl Graph {
    /// The value behind an id.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.index()]
    }

    /// The type of a value.
    pub fn ty(&self, id: ValueId) -> &Type {
        &self.values[id.index()].ty
    }

    /// The node behind an id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Types of a node's inputs, in order.
    pub fn input_types(&self, node: &Node) -> Vec<&Type> {
        node.inputs.iter().map(|&v| self.ty(v)).collect()
    }

    /// Types of a node's results, in order.
    pub fn result_types(&self, node: &Node) -> Vec<&Type> {
        node.results.iter().map(|&v| self.ty(v)).collect()
    }

    /// Values in the canonical order: inputs, parameters, results of nodes.
    pub(crate) fn defined(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.inputs
            .iter()
            .chain(&self.params)
            .copied()
            .chain(self.nodes.iter().flat_map(|node| node.results.iter().copied()))
    }

    /// Numbers the values in the canonical order (inputs, parameters, results of nodes) and drops those that nothing defines, so
    /// that equal texts are equal graphs. Node ids and names stay.
    ///
    /// # Panics
    /// An id lies outside its table, or a value is used that nothing defines.
    pub fn compact(&mut self) {
        const GONE: usize = usize::MAX;
        let mut position = vec![GONE; self.values.len()];
        let mut values = Vec::with_capacity(self.values.len());
        let order: Vec<ValueId> = self.defined().collect();
        for id in order {
            position[id.index()] = values.len();
            values.push(self.values[id.index()].clone());
        }
        self.values = values;
        let nodes = self.nodes.iter_mut().flat_map(|node| node.inputs.iter_mut().chain(&mut node.results));
        let outputs = self.outputs.iter_mut().map(|output| &mut output.value);
        for id in self.inputs.iter_mut().chain(&mut self.params).chain(nodes).chain(outputs) {
            assert!(position[id.index()] != GONE, "{id} is used and never defined");
            *id = ValueId::new(position[id.index()]);
        }
    }

    /// Leaves out the outputs that exist in training only, with the nodes and weights that serve them alone. What no output uses at
    /// all stays. Says for each former node whether it is still there.
    pub fn leave_out_training(&mut self) -> Vec<bool> {
        let (train, main): (Vec<Output>, Vec<Output>) = self.outputs.drain(..).partition(|output| output.train);
        let (for_train, for_main) = (self.cone(&train), self.cone(&main));
        let drop = |id: ValueId| for_train[id.index()] && !for_main[id.index()];
        let kept: Vec<bool> = self.nodes.iter().map(|node| !node.results.iter().any(|&id| drop(id))).collect();
        let mut position = Vec::with_capacity(kept.len());
        let mut count = 0;
        for &kept in &kept {
            position.push(NodeId::new(count));
            count += usize::from(kept);
        }
        self.params.retain(|&id| !drop(id));
        let mut still = kept.iter();
        self.nodes.retain(|_| still.next().is_some_and(|&kept| kept));
        for value in &mut self.values {
            if let Def::Node(node, _) = &mut value.def {
                *node = position[node.index()];
            }
        }
        self.outputs = main;
        self.compact();
        kept
    }

    /// Which values some outputs depend on.
    fn cone(&self, outputs: &[Output]) -> Vec<bool> {
        let mut needed = vec![false; self.values.len()];
        for output in outputs {
            needed[output.value.index()] = true;
        }
        for node in self.nodes.iter().rev() {
            if node.results.iter().any(|&id| needed[id.index()]) {
                node.inputs.iter().chain(&node.results).for_each(|&id| needed[id.index()] = true);
            }
        }
        needed
    }

    /// How graph text spells a value: `@path` for parameters and state, `%name` for the rest.
    pub fn spelling(&self, id: ValueId) -> String {
        let value = self.value(id);
        match value.def {
            Def::Param | Def::State => format!("@{}", value.name),
            Def::Input(_) | Def::Node(..) => format!("%{}", value.name),
        }
    }
}

/// Whether text can hold this name: one or more letters, digits, `_` and `.`.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(lex::is_name_byte)
}

/// Whether text can hold this name without a sigil, as output names stand: it also does not begin with a digit or `.`.
pub fn is_word(name: &str) -> bool {
    is_name(name) && name.bytes().next().is_some_and(lex::is_word_start)
}
