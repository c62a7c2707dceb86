//! What is wrong with a model.

use std::fmt;

use rebirth_lang::codes::Code;
use rebirth_runtime::Error;

/// Why an ONNX model is not taken.
#[derive(Debug)]
pub enum OnnxError {
    /// Something about the model itself, under a code of [`codes`](super::codes).
    Model {
        /// The code.
        code: Code,
        /// What is wrong, with what.
        message: String,
        /// How to mend it.
        help: String,
    },
    /// A file cannot be read, or there is no memory.
    Runtime(Error),
}

impl OnnxError {
    pub(super) fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> OnnxError {
        OnnxError::Model { code, message: message.into(), help: help.into() }
    }

    /// Puts what it is about in front of the message.
    pub(super) fn within(self, what: impl fmt::Display) -> OnnxError {
        match self {
            OnnxError::Model { code, message, help } => {
                OnnxError::Model { code, message: format!("{what}: {message}"), help }
            }
            OnnxError::Runtime(error) => OnnxError::Runtime(error),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            OnnxError::Model { code, .. } => code.id,
            OnnxError::Runtime(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            OnnxError::Model { help, .. } => Some(help.clone()),
            OnnxError::Runtime(error) => error.help().or_else(|| {
                let beside = "it holds the model's weights: fetch or export the model again, with all of its files";
                error.code().starts_with("E04").then(|| beside.to_string())
            }),
        }
    }
}

impl fmt::Display for OnnxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OnnxError::Model { message, .. } => f.write_str(message),
            OnnxError::Runtime(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OnnxError {}

impl From<Error> for OnnxError {
    fn from(error: Error) -> OnnxError {
        OnnxError::Runtime(error)
    }
}

/// A text from a file, cut to what a message can show, without characters that control a terminal or the direction of text.
pub(super) fn shown(text: &str) -> String {
    /// Most characters of a name in a message.
    const LONGEST: usize = 80;
    let is_control = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean = |c: char| if is_control(c) { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    short
}
