//! Text to tree.
//!
//! [`scan`] cuts the text into tokens and reports what is no token; [`structure`] matches brackets, caps their nesting
//! and cuts the tokens into top-level items; only items that came through both unharmed go to pest, one by one, so an
//! error in one hides none in the next. [`failure`] explains where pest stopped; [`item`], [`body`], [`expr`],
//! [`operators`], [`operand`], [`control`] and [`literal`] turn pairs into the tree and report what the grammar alone lets through.

mod body;
mod control;
mod expr;
mod failure;
mod grammar;
mod item;
mod literal;
mod operand;
mod operators;
pub(crate) mod scan;
mod structure;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};

use pest::Parser as _;

use self::grammar::{Grammar, Rule};

use crate::ast::{File, Ident};
use crate::codes;
use crate::diagnostic::{Diagnostic, Report};
use crate::limits;
use crate::source::{FileId, Source, Span};

type Pair<'i> = pest::iterators::Pair<'i, Rule>;
type Pairs<'i> = pest::iterators::Pairs<'i, Rule>;

/// Every word that can't be a name outside of parameter and argument names. The grammar's `keyword` rule lists the
/// same; a test compares them.
const KEYWORDS: &[&str] = &[
    "net", "block", "const", "let", "as", "for", "in", "with", "if", "else", "and", "or", "not", "true", "false",
    "import", "fn", "share", "param", "where",
];

/// Parses a source text.
///
/// # Errors
/// All the E01xx errors found in one run, at most [`limits::ERRORS`]: one syntax error an item, and every error that
/// leaves the rest of its item readable.
pub fn parse(source: &Source) -> Result<File, Report> {
    let (file, mut errors) = parse_file(FileId::ROOT, source.text());
    if errors.is_empty() {
        return Ok(file);
    }
    errors.sort_by_key(Diagnostic::span);
    errors.truncate(limits::ERRORS);
    Err(Report::new(source.clone(), errors))
}

/// Parses one file of a program: the items that could be read, with placeholders for what is wrong in them, and the errors.
pub(crate) fn parse_file(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    if text.len() > limits::TEXT_BYTES {
        let diagnostic = Diagnostic::new(
            codes::TEXT_TOO_LONG,
            format!("the text has {} bytes; at most {} are read", text.len(), limits::TEXT_BYTES),
        )
        .label(Span::new(file, 0, 0), "begins here")
        .help("weights never stand in a `.net` file; repeat layers with blocks and `for`");
        return (File { items: Vec::new() }, vec![diagnostic]);
    }
    let (tokens, mut errors) = scan::scan(file, text);
    let segments = structure::segments(text, &tokens, &mut errors);
    let mut items = Vec::new();
    for segment in segments.iter().filter(|segment| !segment.broken) {
        match Grammar::parse(Rule::item, &text[segment.span.range()]) {
            Ok(pairs) => {
                let convert = Convert::new(text, segment.span);
                items.extend(convert.item(pairs));
                errors.append(&mut convert.errors.into_inner());
            }
            Err(error) => errors.push(failure::explain(text, &tokens[segment.tokens.clone()], segment.span, &error)),
        }
    }
    (File { items }, errors)
}

/// Turns the pairs of one item into the tree.
///
/// Where it reports an error it goes on with some placeholder; the tree is thrown away when there are errors.
struct Convert<'t> {
    text: &'t str,
    /// The item: pest counts from its start.
    segment: Span,
    errors: RefCell<Vec<Diagnostic>>,
    /// Whether the innermost open bracket is `(` or `[`: only there may a line begin with a sign.
    bracketed: Cell<bool>,
    /// What the header binds in the scope of the body that comes next.
    header: RefCell<Vec<Ident>>,
    /// Whether the item's too high expression has been reported.
    too_high: Cell<bool>,
}

impl<'t> Convert<'t> {
    fn new(text: &'t str, segment: Span) -> Convert<'t> {
        Convert {
            text,
            segment,
            errors: RefCell::default(),
            bracketed: Cell::new(false),
            header: RefCell::default(),
            too_high: Cell::new(false),
        }
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    fn error_count(&self) -> usize {
        self.errors.borrow().len()
    }

    fn span(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        let base = self.segment.start as usize;
        Span::new(self.segment.file, base + span.start(), base + span.end())
    }

    fn ident(&self, pair: &Pair<'_>) -> Ident {
        Ident { name: pair.as_str().to_owned(), span: self.span(pair) }
    }

    /// Runs `convert` inside brackets of the given kind.
    fn within<T>(&self, bracketed: bool, convert: impl FnOnce() -> T) -> T {
        let outer = self.bracketed.replace(bracketed);
        let result = convert();
        self.bracketed.set(outer);
        result
    }

    /// The text under a span for use within a message: on one line, shortened in the middle where long.
    fn snippet(&self, span: Span) -> String {
        const LONGEST: usize = 40;
        // Chains of operators ask for ever longer prefixes of themselves.
        if span.len() > 10 * LONGEST {
            return "..".to_owned();
        }
        let text = self.text.get(span.range()).unwrap_or_default();
        let mut words = String::new();
        for word in text.split_whitespace() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
            if words.len() > LONGEST {
                break;
            }
        }
        if words.len() <= LONGEST && !words.contains("//") { words } else { "..".to_owned() }
    }
}
