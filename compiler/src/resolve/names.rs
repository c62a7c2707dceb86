//! Names of the graph's values: stable, unique, after the source.

use std::collections::{HashMap, HashSet};

use super::Origin;
use crate::graph::{Builder, Def, Graph, ValueId};

/// The wished names of nodes, in order of definition. A node's is the path of its scope and its `as` name or operator; a `let` renames
/// what it binds.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// `None` for those called like the path of their origin: storing it once saves memory.
    nodes: Vec<Option<String>>,
}

impl Names {
    /// Names the next node, whose origin has this path.
    pub(super) fn push(&mut self, name: String, path: &str) {
        self.nodes.push((name != path).then_some(name));
    }

    /// Renames the node of a value when it is not one of the first `older` nodes.
    pub(super) fn rename(&mut self, builder: &Builder, value: ValueId, older: usize, name: &str) {
        if let Def::Node(node, _) = builder.graph().value(value).def
            && node.index() >= older
            && let Some(slot) = self.nodes.get_mut(node.index())
        {
            *slot = Some(name.to_string());
        }
    }

    /// Gives the results of nodes their names, numbered from 2 where several wish for one.
    pub(super) fn apply(self, graph: &mut Graph, origins: &[Origin]) {
        let mut taken: HashSet<String> = graph.inputs.iter().map(|&input| graph.value(input).name.clone()).collect();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for value in &mut graph.values {
            let Def::Node(node, _) = value.def else {
                continue;
            };
            let own = self.nodes.get(node.index()).and_then(Option::as_ref);
            let Some(wish) = own.or_else(|| origins.get(node.index()).map(|origin| &origin.path)) else {
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
