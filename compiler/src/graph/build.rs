//! Appends values and nodes to a graph, asking each operator for the types of its results.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::{Def, Graph, MAX_NODES, Mode, Node, NodeId, Notes, Output, Type, Value, ValueId};
use crate::ops::{Mismatch, Op};

/// Names that are taken, each with the last number tried behind it.
#[derive(Default)]
pub(crate) struct Names(HashMap<String, usize>);

impl Names {
    /// Takes a name that nothing has.
    pub(crate) fn take(&mut self, name: &str) {
        self.0.insert(name.to_string(), 1);
    }

    /// Takes `base`, or `base_2`, `base_3` ... where it is taken.
    pub(crate) fn free(&mut self, base: &str) -> String {
        let Some(&last) = self.0.get(base) else {
            self.take(base);
            return base.to_string();
        };
        let mut count = last;
        let name = loop {
            count += 1;
            let name = format!("{base}_{count}");
            if !self.0.contains_key(&name) {
                break name;
            }
        };
        self.0.insert(base.to_string(), count);
        self.take(&name);
        name
    }
}

/// Builds a graph in topological order.
pub struct Builder {
    graph: Graph,
    /// Names taken among `%` values.
    names: Names,
    /// Hashes of the paths that are taken; the paths stand in the graph, for they are long and there are many.
    params: HashSet<u64>,
    hasher: RandomState,
}

impl Builder {
    /// An empty graph of this name.
    pub fn new(name: impl Into<String>, mode: Mode) -> Builder {
        let graph = Graph {
            name: name.into(),
            mode,
            values: Vec::new(),
            nodes: Vec::new(),
            inputs: Vec::new(),
            params: Vec::new(),
            outputs: Vec::new(),
        };
        Builder { graph, names: Names::default(), params: HashSet::new(), hasher: RandomState::new() }
    }

    /// The type of a value made so far.
    pub fn ty(&self, value: ValueId) -> &Type {
        self.graph.ty(value)
    }

    /// The graph so far.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    fn value(&mut self, name: String, ty: Type, def: Def) -> ValueId {
        let id = ValueId::new(self.graph.values.len());
        self.graph.values.push(Value { name, ty, def, notes: None });
        id
    }

    /// Declares the next input of the network. The type is the caller's to check ([`Type::check`]).
    pub fn input(&mut self, name: &str, ty: Type) -> ValueId {
        let name = self.names.free(name);
        let id = self.value(name, ty, Def::Input(self.graph.inputs.len()));
        self.graph.inputs.push(id);
        id
    }

    /// Declares a parameter, or a piece of state, under its weight path. `None` when the path is taken. The type is the
    /// caller's to check ([`Type::check`]).
    pub fn param(&mut self, path: &str, ty: Type, state: bool) -> Option<ValueId> {
        let key = self.hasher.hash_one(path);
        // Two paths of one hash do not happen; if they did, the second would count as taken, which is safe.
        if !self.params.insert(key) {
            return None;
        }
        let id = self.value(path.to_string(), ty, if state { Def::State } else { Def::Param });
        self.graph.params.push(id);
        Some(id)
    }

    /// Appends a node; its results are called `name`, `name_2` ... where the name is taken or there are several.
    ///
    /// # Errors
    /// What the operator's shape rule says, that a result is larger than a tensor may be, or that the graph has reached
    /// [`MAX_NODES`].
    pub fn node(&mut self, name: &str, op: Op, inputs: Vec<ValueId>) -> Result<Vec<ValueId>, Mismatch> {
        if self.graph.nodes.len() >= MAX_NODES {
            return Err(Mismatch::new(format!("the network has more than {MAX_NODES} nodes")));
        }
        let types: Vec<&Type> = inputs.iter().map(|&v| self.graph.ty(v)).collect();
        let results = op.infer(&types, self.graph.mode)?;
        for ty in &results {
            ty.check().map_err(|error| Mismatch::new(format!("the result {ty} of {} {error}", op.name())))?;
        }
        let node = NodeId::new(self.graph.nodes.len());
        let results = results
            .into_iter()
            .enumerate()
            .map(|(i, ty)| {
                let name = self.names.free(name);
                self.value(name, ty, Def::Node(node, i))
            })
            .collect::<Vec<_>>();
        self.graph.nodes.push(Node { op, inputs, results: results.clone() });
        Ok(results)
    }

    /// Sets the notes on a value made so far.
    pub fn set_notes(&mut self, value: ValueId, notes: Notes) {
        self.graph.values[value.index()].notes = notes.boxed();
    }

    /// Declares the next output.
    pub fn output(&mut self, name: &str, value: ValueId) {
        self.graph.outputs.push(Output { name: name.to_string(), value, train: false });
    }

    /// Declares the next output, which exists in training only.
    pub fn training_output(&mut self, name: &str, value: ValueId) {
        self.graph.outputs.push(Output { name: name.to_string(), value, train: true });
    }

    /// The finished graph, compacted: [`ValueId`]s given out while building no longer hold; names and [`NodeId`]s do.
    pub fn finish(self) -> Graph {
        let mut graph = self.graph;
        graph.compact();
        graph
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::relu::Relu;

    #[test]
    fn taken_names_get_numbers_that_are_free() {
        let mut b = Builder::new("g", Mode::Infer);
        let x = b.input("y_2", Type::f32([1]));
        for _ in 0..3 {
            b.node("y", Relu.into(), vec![x]).unwrap();
        }
        b.node("y_2", Relu.into(), vec![x]).unwrap();
        let names: Vec<&str> = b.graph().values.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["y_2", "y", "y_3", "y_4", "y_2_2"]);
    }

    #[test]
    fn a_path_is_taken_once_and_is_apart_from_values() {
        let mut b = Builder::new("g", Mode::Infer);
        b.input("w", Type::f32([1]));
        assert!(b.param("w", Type::f32([1]), false).is_some());
        assert_eq!(b.param("w", Type::f32([2]), true), None);
        assert_eq!(b.graph().params.len(), 1);
    }

    #[test]
    fn a_result_too_large_is_refused() {
        let mut b = Builder::new("g", Mode::Infer);
        let x = b.input("x", Type::f32([1 << 30, 1 << 30]));
        let mismatch = b.node("y", Relu.into(), vec![x]).unwrap_err();
        assert_eq!(
            mismatch.message,
            "the result f32[1073741824,1073741824] of relu takes more than 1099511627776 bytes"
        );
    }
}
