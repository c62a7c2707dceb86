//! Messages as JSON, one object a line.
//!
//! Errors and warnings have all of these fields:
//!
//! - `level`: `error` or `warning`;
//! - `code`: such as `E0112`;
//! - `message`: what is wrong;
//! - `help`: how to mend it, or null;
//! - `fix`: the edit that mends it, or null: a place and `replacement`, the text to put there;
//! - `labels`: the parties, each a place with `text` and `primary`, which is true for the first, the place of the error itself;
//!   empty where the error is not about a `.net` text.
//!
//! A place has `file` (the path as given), the bytes `start..end`, and `line`, `column`, `end_line`, `end_column`, which count from
//! one, columns in characters, the end being one behind the last character. Notes have `level` and `message` only.

use rebirth_lang::{Sources, Span};
use serde::Serialize;

use super::Message;

#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    message: &'a str,
    #[serde(flatten)]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
struct Details<'a> {
    code: &'static str,
    help: Option<&'a str>,
    fix: Option<Fix<'a>>,
    labels: Vec<Label<'a>>,
}

#[derive(Serialize)]
struct Fix<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl<'a> Place<'a> {
    fn new(sources: &'a Sources, span: Span) -> Place<'a> {
        let source = sources.get(span.file);
        let (from, to) = (source.position(span.start), source.position(span.end));
        Place {
            file: source.name(),
            start: span.start,
            end: span.end,
            line: from.line,
            column: from.column,
            end_line: to.line,
            end_column: to.column,
        }
    }
}

/// The line, without its end.
pub(crate) fn json(message: Message<'_>) -> Result<String, serde_json::Error> {
    let mut details = message.code().map(|code| Details { code, help: message.help(), fix: None, labels: Vec::new() });
    if let (Some(details), Some(entry)) = (&mut details, message.entry()) {
        let (sources, diagnostic) = (entry.sources(), entry.diagnostic());
        let labels = diagnostic.labels.iter().enumerate();
        details.labels = labels
            .map(|(index, label)| Label {
                place: Place::new(sources, label.span),
                text: &label.text,
                primary: index == 0,
            })
            .collect();
        let fix = diagnostic.fix.as_ref();
        details.fix = fix.map(|fix| Fix { place: Place::new(sources, fix.span), replacement: &fix.replacement });
    }
    serde_json::to_string(&Line { level: message.level(), message: message.text(), details })
}
