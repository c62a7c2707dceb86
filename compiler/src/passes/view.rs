//! A graph as passes see it: with the uses of each value.

use super::patch::Patch;
use crate::graph::{Def, Graph, Node, NodeId, Type, ValueId};

/// A graph with what passes ask of it.
pub struct View<'g> {
    /// The graph.
    pub graph: &'g Graph,
    /// Where the uses of each value begin among `users`; one more behind the last.
    starts: Vec<usize>,
    users: Vec<NodeId>,
    is_output: Vec<bool>,
    constant: Vec<bool>,
}

impl<'g> View<'g> {
    /// Looks through a verified graph.
    pub fn new(graph: &'g Graph) -> View<'g> {
        let mut starts = vec![0; graph.values.len() + 1];
        let uses = || graph.nodes.iter().enumerate().flat_map(|(i, node)| node.inputs.iter().map(move |&id| (id, i)));
        uses().for_each(|(id, _)| starts[id.index() + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut users = vec![NodeId::new(0); starts[graph.values.len()]];
        for (id, node) in uses() {
            users[next[id.index()]] = NodeId::new(node);
            next[id.index()] += 1;
        }
        let mut is_output = vec![false; graph.values.len()];
        graph.outputs.iter().for_each(|output| is_output[output.value.index()] = true);
        View { graph, starts, users, is_output, constant: graph.constants() }
    }

    /// The nodes that use a value, one for each use.
    pub fn users(&self, value: ValueId) -> &[NodeId] {
        &self.users[self.starts[value.index()]..self.starts[value.index() + 1]]
    }

    /// Whether a value is an output of the network.
    pub fn is_output(&self, value: ValueId) -> bool {
        self.is_output[value.index()]
    }

    /// Whether one node uses a value, once, and nothing else does.
    pub fn is_used_once(&self, value: ValueId) -> bool {
        self.users(value).len() == 1 && !self.is_output(value)
    }

    /// Whether no input of the network has a part in a value.
    pub fn is_constant(&self, value: ValueId) -> bool {
        self.constant[value.index()]
    }

    /// The node that computes a value.
    pub fn producer(&self, value: ValueId) -> Option<(NodeId, &'g Node)> {
        match self.graph.value(value).def {
            Def::Node(id, _) => Some((id, self.graph.node(id))),
            Def::Input(_) | Def::Param | Def::State => None,
        }
    }

    /// The type of a value.
    pub fn ty(&self, value: ValueId) -> &'g Type {
        self.graph.ty(value)
    }

    /// What `find` proposes for each node, in order.
    pub fn each(&self, find: impl Fn(NodeId, &'g Node) -> Option<Patch>) -> Vec<Patch> {
        self.graph.nodes.iter().enumerate().filter_map(|(i, node)| find(NodeId::new(i), node)).collect()
    }
}
