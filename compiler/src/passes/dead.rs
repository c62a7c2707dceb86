//! `dead`: what no output needs.
//!
//! ```text
//! %a = relu %x : f32[1,8]      ->
//! %b = tanh %x : f32[1,8]          %b = tanh %x : f32[1,8]
//! return %b                        return %b
//! ```

use super::{Pass, Patch, View};

/// Its row.
pub const PASS: Pass = Pass { name: "dead", doc: "leave out what no output needs", find };

fn find(view: &View<'_>) -> Vec<Patch> {
    view.each(|at, node| {
        let unused = node.results.iter().all(|&id| view.users(id).is_empty() && !view.is_output(id));
        // Whatever is unused vanishes with any patch.
        unused.then(|| Patch { at, reads: vec![at], nodes: Vec::new(), replace: Vec::new() })
    })
}
