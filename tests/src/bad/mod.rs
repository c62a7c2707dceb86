//! Bad files as tables: what is wrong with each, its bytes, and the error that says so.

pub mod large;
pub mod models;
mod nodes;
pub mod weights;

/// A bad file.
#[derive(Clone, Debug)]
pub struct Bad {
    /// What is wrong with it.
    pub name: String,
    /// The code of the error.
    pub code: &'static str,
    /// A part of its message.
    pub word: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Bad {
    fn new(name: impl Into<String>, code: &'static str, word: &'static str, bytes: Vec<u8>) -> Bad {
        Bad { name: name.into(), code, word, bytes }
    }
}

/// Compares the errors about all files with what is expected; panics with all that differ. `error` yields code, message and help.
#[track_caller]
pub fn check(files: &[Bad], mut error: impl FnMut(&Bad) -> Option<(&'static str, String, String)>) {
    let mut wrong = Vec::new();
    for bad in files {
        let Some((code, message, help)) = error(bad) else {
            wrong.push(format!("{}: nothing is wrong", bad.name));
            continue;
        };
        let is_plain = |text: &str| !text.chars().any(|c| c.is_control() && c != '\n');
        if code != bad.code || !message.contains(bad.word) {
            wrong.push(format!("{}: expected {} with `{}`: {code} {message}", bad.name, bad.code, bad.word));
        } else if help.len() < 10 {
            wrong.push(format!("{}: without help: {code} {message}", bad.name));
        } else if !is_plain(&message) || !is_plain(&help) || message.len() > 4000 {
            wrong.push(format!("{}: no text for a terminal: {message:?} {help:?}", bad.name));
        }
    }
    let mut names: Vec<&str> = files.iter().map(|bad| bad.name.as_str()).collect();
    names.sort_unstable();
    wrong.extend(names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| format!("{} comes twice", pair[0])));
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}
