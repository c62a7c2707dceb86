//! `common_subexpressions`: what is computed twice is computed once.
//!
//! ```text
//! %a = relu %x : f32[1,8]          ->
//! %b = relu %x : f32[1,8]
//! %y = add %a, %b : f32[1,8]           %y = add %a, %a : f32[1,8]
//! ```

use std::collections::HashMap;

use super::{Pass, Patch, Source, View};
use crate::graph::{NodeId, ValueId};

/// Its row.
pub const PASS: Pass = Pass { name: "common_subexpressions", doc: "compute once what is computed twice", find };

fn find(view: &View<'_>) -> Vec<Patch> {
    let graph = view.graph;
    let mut same: Vec<ValueId> = (0..graph.values.len()).map(ValueId::new).collect();
    let mut seen: HashMap<(String, Vec<ValueId>), NodeId> = HashMap::new();
    let mut patches = Vec::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        let at = NodeId::new(i);
        let inputs: Vec<ValueId> = node.inputs.iter().map(|id| same[id.index()]).collect();
        // The attributes as printed read back as the operator.
        let key = (format!("{} {:?}", node.op.name(), node.op.attributes()), inputs);
        let Some(&first) = seen.get(&key) else {
            seen.insert(key, at);
            continue;
        };
        let pairs: Vec<(ValueId, ValueId)> =
            node.results.iter().copied().zip(graph.node(first).results.iter().copied()).collect();
        pairs.iter().for_each(|(twice, once)| same[twice.index()] = *once);
        let replace = pairs.into_iter().map(|(twice, once)| (twice, Source::Old(once))).collect();
        patches.push(Patch { at, reads: vec![at], nodes: Vec::new(), replace });
    }
    patches
}
