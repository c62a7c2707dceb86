//! What pest derives from `grammar.pest`.

#![allow(missing_docs, reason = "the derived rules have none")]

#[derive(pest_derive::Parser)]
#[grammar = "grammar.pest"]
pub(super) struct Grammar;
