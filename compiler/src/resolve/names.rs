//! Names of the graph's values: stable, unique, after the source.

use std::collections::{HashMap, HashSet};

use crate::graph::{Builder, Def, Graph, ValueId};

/// The wished names of nodes, in order of definition. A node's is the path of its scope and its `as` name or operator; a `let` renames
/// what it binds.
#[derive(Debug, Default)]
pub(super) struct Names {
    nodes: Vec<String>,
}

impl Names {
    /// Names the next node.
    pub(super) fn push(&mut self, name: String) {
        self.nodes.push(name);
    }

    /// Renames the node of a value when it is not one of the first `older` nodes.
    pub(super) fn rename(&mut self, builder: &Builder, value: ValueId, older: usize, name: &str) {
        if let Def::Node(node, _) = builder.graph().value(value).def
            && node.index() >= older
            && let Some(slot) = self.nodes.get_mut(node.index())
        {
            name.clone_into(slot);
        }
    }

    /// Gives the results of nodes their names, numbered from 2 where several wish for one.
    pub(super) fn apply(mut self, graph: &mut Graph) {
        let mut taken: HashSet<String> = graph.inputs.iter().map(|&input| graph.value(input).name.clone()).collect();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for value in &mut graph.values {
            let Def::Node(node, _) = value.def else {
                continue;
            };
            let Some(wish) = self.nodes.get_mut(node.index()) else {
                continue;
            };
            let mut name = wish.clone();
            while !taken.insert(name.clone()) {
                let count = counts.entry(wish.clone()).or_insert(1);
                *count += 1;
                name = format!("{wish}_{count}");
            }
            value.name = name;
        }
    }
}
