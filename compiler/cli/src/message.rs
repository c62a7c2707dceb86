//! What is said on the second stream, as data. Each form of `--message-format` is one renderer of it: miette for people (see
//! [`console`](crate::console)), [`short`] and [`json`] for programs.

pub(crate) mod json;
pub(crate) mod short;

use rebirth_lang::diagnostic::Entry;

use crate::failure::Problem;

/// What is said.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message<'a> {
    /// An error about a `.net` text.
    Error(&'a Entry),
    /// A warning about a `.net` text.
    Warning(&'a Entry),
    /// An error without a place in a text.
    Problem(&'a Problem),
    /// Neither error nor warning.
    Note(&'a str),
}

impl<'a> Message<'a> {
    /// `error`, `warning` or `note`.
    pub(crate) fn level(self) -> &'static str {
        match self {
            Message::Error(_) | Message::Problem(_) => "error",
            Message::Warning(_) => "warning",
            Message::Note(_) => "note",
        }
    }

    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            Message::Error(entry) | Message::Warning(entry) => Some(entry.diagnostic().code),
            Message::Problem(problem) => Some(problem.code),
            Message::Note(_) => None,
        }
    }

    /// What is wrong.
    pub(crate) fn text(self) -> &'a str {
        match self {
            Message::Error(entry) | Message::Warning(entry) => &entry.diagnostic().message,
            Message::Problem(problem) => &problem.message,
            Message::Note(text) => text,
        }
    }

    fn help(self) -> Option<&'a str> {
        match self {
            Message::Error(entry) | Message::Warning(entry) => entry.diagnostic().help.as_deref(),
            Message::Problem(problem) => problem.help.as_deref(),
            Message::Note(_) => None,
        }
    }

    /// The diagnostic of a text, with the texts its places are in.
    fn entry(self) -> Option<&'a Entry> {
        match self {
            Message::Error(entry) | Message::Warning(entry) => Some(entry),
            Message::Problem(_) | Message::Note(_) => None,
        }
    }
}
