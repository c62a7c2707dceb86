//! The language of `.net` files: text to syntax tree, with diagnostics that point into the text.
//!
//! Does no IO and knows no operator: names, constants and shapes are the resolver's business. In the order the data
//! takes:
//!
//! - [`source`]: texts, and places in them;
//! - [`limits`]: what a text may hold at most;
//! - [`parser`]: text to tree. A scan finds lexical errors, checks brackets and cuts the text into top-level items;
//!   each item is then parsed by the pest grammar and its pairs are turned into the tree;
//! - [`program`]: a root file and what it imports;
//! - [`ast`]: the tree;
//! - [`dump`]: the tree as text;
//! - [`format`](mod@format): the tree and its comments in the canonical layout;
//! - [`diagnostic`]: errors as data, renderable by miette; `suggestion` shows their fixes;
//! - [`codes`]: the table of error codes.
//!
//! ```
//! use rebirth_lang::{Source, parse};
//!
//! let source = Source::new("tiny.net", "net tiny(x: f32[n, 8]) -> f32[n, 2] { x |> dense(2) as fc }");
//! let file = parse(&source)?;
//! assert_eq!(file.items[0].name().map(|name| name.name.as_str()), Some("tiny"));
//!
//! let report = parse(&Source::new("bad.net", "net tiny(x: f32[n, 8]) -> f32[n, 2] { y = x }")).unwrap_err();
//! let first = report.diagnostics().next().expect("a report is never empty");
//! assert_eq!(first.code, "E0112");
//! assert_eq!(first.help.as_deref(), Some("put `let` in front"));
//! # Ok::<(), rebirth_lang::Report>(())
//! ```

pub mod source;

pub mod limits;

pub mod parser;

pub mod program;

pub mod ast;

pub mod dump;

pub mod format;

pub mod diagnostic;

mod suggestion;

pub mod codes;

pub use diagnostic::{Diagnostic, Fix, Label, Report};
pub use format::format;
pub use parser::parse;
pub use program::{Program, Unreadable};
pub use source::{FileId, Source, Sources, Span};
