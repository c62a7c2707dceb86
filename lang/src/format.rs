//! The formatter: a file's text in the one canonical layout. Reads nothing but the text: names may be unknown, imports
//! missing. Only what the parser refuses can't be formatted.
//!
//! In the order the data takes: [`trivia`] finds the comments and blank lines that the tree does not hold; [`layout`]
//! decides where they go; [`items`], [`body`], [`expr`] and [`table`] turn the tree into a document; [`print`] chooses
//! the lines of that [`doc`]ument.
//!
//! The style is rustfmt's, where it applies:
//! - Lines hold [`WIDTH`] columns. What fits stays on one line; what does not is broken at its outermost brackets, one
//!   element a line with a trailing comma. Whether the author broke it or wrote a trailing comma does not matter.
//! - A pipeline of at most [`STAGES`] stages that fits is one line; any other has its head on the first line and one
//!   stage a line below it, indented.
//! - A list of rows of plain literals that does not fit has one row a line, its columns aligned. A list of numbers that
//!   does not fit is filled like text. The list that is a call's only argument hugs the parentheses.
//! - Infix operators end a line, never begin one. Parentheses stand where precedence or the language asks for them, and
//!   around an `if` or `for` that is an operand if the author put them there.
//! - `if` with one `else`, and `for`, are one line if they fit and their bodies hold a single expression that is not
//!   itself an `if` or `for`. The bodies of items have lines of their own.
//! - Attributes of inputs share the input's line if both fit. Those of a statement stand above it if the author put
//!   them there or they are longer than [`ATTRIBUTES`] columns.
//! - One blank line separates items; between imports, constants and functions of one line it may be left out. Bodies
//!   and comments keep one blank line where the author left any.
//! - Numbers, strings and comments are spelled as they were. A comment that ends a line still does; one with a line of
//!   its own keeps one, indented like what follows. What a comment stands in is broken. One before an `else` moves into
//!   the body behind it.

mod body;
mod doc;
mod expr;
mod items;
mod layout;
mod print;
mod table;
mod trivia;

#[cfg(test)]
mod tests;

use self::layout::Layout;
use self::trivia::Trivia;
use crate::ast::File;
use crate::diagnostic::Report;
use crate::dump::dump;
use crate::source::Source;
use crate::{codes, parse};

/// The longest line, in columns. Comments, strings and names may exceed it.
pub const WIDTH: u32 = 100;

/// The most stages a pipeline on one line has.
pub const STAGES: usize = 4;

/// The longest attributes before a statement that may share its line, in columns.
pub const ATTRIBUTES: u32 = 60;

/// The blanks of one level of indentation.
const INDENT: u32 = 4;

/// The text of one file in canonical layout: the same tree, the same comments. Formatting the result changes nothing.
///
/// A text whose layout would exceed what the parser accepts ([`limits`](crate::limits)) comes back unchanged.
///
/// # Errors
/// What [`parse`] reports.
pub fn format(source: &Source) -> Result<String, Report> {
    let file = parse(source)?;
    let text = source.text();
    let formatted = print::print(&Layout::new(text).file(&file));
    match compare(text, &file, &formatted) {
        Outcome::Same => Ok(formatted),
        Outcome::BeyondLimits => Ok(text.to_owned()),
        Outcome::Damaged => {
            debug_assert!(false, "formatting damages\n{text}\ninto\n{formatted}");
            Ok(text.to_owned())
        }
    }
}

enum Outcome {
    Same,
    /// The layout is too long, or its parentheses nest too deep.
    BeyondLimits,
    Damaged,
}

/// Whether a layout has the tree and the comments of the original.
fn compare(text: &str, file: &File, formatted: &str) -> Outcome {
    let source = Source::new("", formatted);
    let reparsed = match parse(&source) {
        Ok(reparsed) => reparsed,
        Err(report) => {
            let limits = [codes::TEXT_TOO_LONG.id, codes::NESTING_TOO_DEEP.id];
            let only_limits = report.diagnostics().all(|diagnostic| limits.contains(&diagnostic.code));
            return if only_limits { Outcome::BeyondLimits } else { Outcome::Damaged };
        }
    };
    let (before, after) = (Trivia::new(text), Trivia::new(formatted));
    let same_comments = before.comments().map(|c| c.text).eq(after.comments().map(|c| c.text));
    if same_comments && dump(file) == dump(&reparsed) { Outcome::Same } else { Outcome::Damaged }
}
