//! Runs the passes: applies what they propose, as long as they propose something, within limits.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use super::patch::{Patch, apply};
use super::view::View;
use super::{PIPELINE, Pass};
use crate::graph::{Graph, Mode, NodeId, verify};

/// Most sweeps of one pass over a graph; what is left then stays as it is.
const SWEEPS: usize = 64;

/// Most rounds through all passes: one may make room for another.
const ROUNDS: usize = 4;

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Passes that are left out, by name.
    pub disabled: BTreeSet<String>,
    /// The pass after whose first turn the graph stays as it is.
    pub until: Option<String>,
    /// How many patches are applied at most, of all passes together.
    pub stop_after: Option<usize>,
}

impl Options {
    /// No pass at all.
    pub fn none() -> Options {
        let disabled = PIPELINE.iter().map(|pass| pass.name.to_string()).collect();
        Options { disabled, ..Options::default() }
    }
}

/// How many patches each pass has applied, in the order of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Names and numbers.
    pub counts: Vec<(&'static str, usize)>,
}

/// A pass that broke a rule: our bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassError {
    /// The pass.
    pub pass: &'static str,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for PassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pass `{}` broke the graph: {}", self.pass, self.message)
    }
}

impl std::error::Error for PassError {}

/// Runs the passes over a verified graph. One for training stays as it is.
///
/// # Errors
/// A pass proposes what does not fit together.
pub fn run(graph: &Graph, options: &Options) -> Result<(Graph, Applied), PassError> {
    let mut applied_by = Applied { counts: PIPELINE.iter().map(|pass| (pass.name, 0)).collect() };
    let mut graph = graph.clone();
    if graph.mode == Mode::Train {
        return Ok((graph, applied_by));
    }
    let mut left = options.stop_after.unwrap_or(usize::MAX);
    for _ in 0..ROUNDS {
        let before = left;
        for (pass, (_, count)) in PIPELINE.iter().zip(&mut applied_by.counts) {
            if !options.disabled.contains(pass.name) {
                for _ in 0..SWEEPS {
                    let applied = sweep(pass, &mut graph, left)?;
                    *count += applied;
                    left -= applied;
                    if applied == 0 {
                        break;
                    }
                }
            }
            if options.until.as_deref() == Some(pass.name) {
                return Ok((graph, applied_by));
            }
        }
        if left == before {
            break;
        }
    }
    Ok((graph, applied_by))
}

/// Applies what a pass finds, at most `most` patches; how many.
fn sweep(pass: &Pass, graph: &mut Graph, most: usize) -> Result<usize, PassError> {
    if most == 0 {
        return Ok(0);
    }
    let patches = apart((pass.find)(&View::new(graph)), most);
    if patches.is_empty() {
        return Ok(0);
    }
    let error = |message: String| PassError { pass: pass.name, message };
    *graph = apply(graph, &patches).map_err(error)?;
    if cfg!(debug_assertions) {
        verify(graph).map_err(|violation| error(violation.to_string()))?;
    }
    Ok(patches.len())
}

/// Patches of which none touches what an earlier one does.
fn apart(patches: Vec<Patch>, most: usize) -> Vec<Patch> {
    let mut touched: HashSet<NodeId> = HashSet::new();
    let mut chosen = Vec::new();
    for patch in patches {
        if chosen.len() < most && !patch.reads.iter().any(|node| touched.contains(node)) {
            touched.extend(&patch.reads);
            chosen.push(patch);
        }
    }
    chosen
}
