//! From the syntax tree to a typed graph: names, constants, shapes, weight paths.
//!
//! Evaluates the chosen net: blocks are called, loops run, everything but tensors vanishes. Does no IO; knows no operator by
//! name except those behind infix arithmetic (`add`, `sub`, `mul`, `div`, `neg`, `constant`).
//!
//! Modules in the order data takes: [`settings`] (`--set`), `modules` (what each file declares and imports),
//! [`header`](mod@header) (a net's inputs and their dimensions), `arrays` (what binds those), `conditions` (`where`),
//! `promises` (what these say of all sizes), `sampling` (sizes that fulfil them) and `sizes` (what holds for all of
//! them), `net` (a net from header to outputs), `attributes` (`@image`, `@labels`, `@train`), `body` and `expr` (walk
//! bodies and expressions) with `scope` (local names), `value` and `eval` (compile-time values), `share` and
//! `free_param` (statements that make weights) with `notes` (their attributes), `calls` (matching arguments with
//! parameters), then what is called: `functions` (`div`, `channels` ..), `blocks` (and the source's own functions),
//! `operators`; `infix` (arithmetic of tensors), `apply` (nodes and parameters), `paths` (weight paths) and `names` (of
//! the graph's values); `uncalled` checks what the net does not call. `resolver` holds the state they share and reports
//! errors; `suggest` is "did you mean", with `others` for the names of other frameworks; [`codes`] is the table of
//! errors.
//!
//! What a returned graph guarantees: every operator's shape rule holds, no tensor exceeds rank 8 or 2^40 bytes, the outputs have the
//! declared types, parameter paths and value names are unique. An error yields the value `Error`, which suppresses errors
//! about whatever uses it.

pub mod codes;
pub mod header;
pub mod settings;

mod apply;
mod arrays;
mod attributes;
mod blocks;
mod body;
mod calls;
mod conditions;
mod eval;
mod expr;
mod free_param;
mod functions;
mod infix;
mod modules;
mod names;
mod net;
mod notes;
mod operators;
mod others;
mod paths;
mod promises;
mod resolver;
mod run;
mod sampling;
mod scope;
mod share;
mod sizes;
mod suggest;
mod uncalled;
mod value;

#[cfg(test)]
mod tests;

pub use arrays::bind_dims;
pub use header::{Dim, Header, HeaderInput, header};
pub use run::Run;
pub use settings::{SetValue, Settings, parse_setting};

use std::collections::BTreeMap;

use rebirth_lang::{Diagnostic, Program, Span};
use rebirth_runtime::image::ImageSpec;

use crate::graph::Graph;

/// Most steps an evaluation takes: expressions, turns of loops, elements of lists.
pub const MAX_STEPS: u64 = 4_000_000;

/// How deep blocks call each other.
pub const MAX_BLOCKS: usize = 64;

/// How deep evaluation nests in all, blocks and expressions together. Bounds the stack: a level takes less than 2 KiB of it.
pub const MAX_DEPTH: usize = 768;

/// A net, resolved.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network.
    pub graph: Graph,
    /// How a file becomes an input: one per input, from `@image`.
    pub images: Vec<Option<ImageSpec>>,
    /// The file of labels, relative to the source's folder: one per output, from `@labels`.
    pub labels: Vec<Option<String>>,
    /// Where nodes come from: one per node.
    pub origins: Vec<Origin>,
    /// What is legal but surely not meant.
    pub warnings: Vec<Diagnostic>,
}

/// Where a node comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The call or infix expression.
    pub span: Span,
    /// For a call with weights what their paths begin with (`stage.0.1.y.main.conv`), else the scope and the operator's name.
    pub path: String,
}

/// Resolves a net of a program's root file.
///
/// # Errors
/// What is wrong, at most [`rebirth_lang::limits::ERRORS`] diagnostics, in the order of their places.
pub fn resolve(program: &Program, settings: &Settings) -> Result<Model, Vec<Diagnostic>> {
    resolver::Resolver::new(program, settings).resolve()
}

/// Checks a program whose root file has no net, as one to import from: constants, and the names in blocks and functions.
///
/// # Errors
/// As [`resolve`](fn@resolve), without what needs values.
pub fn check_library(program: &Program, settings: &Settings) -> Result<(), Vec<Diagnostic>> {
    resolver::Resolver::new(program, settings).check_library()
}

/// A net that is sound for all sizes of its symbolic dimensions that fulfil its `where` clause.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The net for one choice of sizes.
    pub model: Model,
    /// That choice: the sizes that no setting gives, without the batches that are 1.
    pub sizes: BTreeMap<String, i64>,
    /// Sizes from which on all tensors have elements, all windows fit and all positions exist, where the conditions allow smaller ones.
    pub least: BTreeMap<String, i64>,
    /// What else must hold for that and does not follow from the conditions, such as `h - w >= 1`.
    pub needs: Vec<String>,
    /// The conditions of its `where` clause, each on one line.
    pub conditions: Vec<String>,
}

/// Resolves a net of a program's root file for all sizes of the symbolic dimensions that `settings` leave open. Equalities of sizes are
/// proved; that windows are not larger than what they slide over, or that positions exist, is not demanded of all sizes: the result says
/// for which it is so.
///
/// # Errors
/// As [`resolve`](fn@resolve); also equalities that do not hold for all sizes or could not be proved, and whatever depends on a size
/// in another way than through the shapes of tensors.
pub fn prove(program: &Program, settings: &Settings) -> Result<Proven, Vec<Diagnostic>> {
    resolver::Resolver::new(program, settings).prove()
}
