//! What is rewritten between a network as it is written and the loops: exact passes, each a file and a row of [`PIPELINE`].
//!
//! A pass proposes patches ([`patch`](mod@patch)) for a graph that it sees through a [`View`]; the [`driver`] applies them, counts, verifies in
//! debug builds, can stop after any patch and leave any pass out. Weights are not touched: what becomes of them is nodes over parameters, which
//! are computed once, in f64, when weights are packed (`graph/constants.rs`).

pub mod affine;
pub mod driver;
pub mod layer;
pub mod patch;
pub mod view;

pub mod common_subexpressions;
pub mod dead;
pub mod fold_affine;
pub mod fold_affine_before;
pub mod fold_pad;
pub mod identity;
pub mod pool_before_conv;

pub use driver::{Applied, Options, PassError, run};
pub use patch::{Patch, Rewrite, Source};
pub use view::View;

/// A pass.
pub struct Pass {
    /// Its name, for `--disable` and `graph@NAME`.
    pub name: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// Patches that the graph allows, in order of their nodes. Those that touch what an earlier one touches are not applied, but may be
    /// found again afterwards.
    pub find: fn(&View<'_>) -> Vec<Patch>,
}

/// All passes, in the order in which they run.
pub static PIPELINE: &[Pass] = &[
    dead::PASS,
    identity::PASS,
    common_subexpressions::PASS,
    fold_pad::PASS,
    fold_affine::PASS,
    fold_affine_before::PASS,
    pool_before_conv::PASS,
];

/// The row of a pass.
pub fn find(name: &str) -> Option<&'static Pass> {
    PIPELINE.iter().find(|pass| pass.name == name)
}
