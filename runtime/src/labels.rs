//! Names of classes.

use std::path::{Path, PathBuf};

use crate::error::{Error, FileKind};
use crate::fs::read_capped;
use crate::text::shortened;

/// The most bytes a labels file may have.
pub const MAX_LABELS_BYTES: usize = 16 << 20;

/// The names of a classifier's classes, in the order of its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    path: PathBuf,
    names: Vec<String>,
}

impl Labels {
    /// Reads a text file with one label a line (blank lines at its end don't count), or a JSON array of strings.
    ///
    /// # Errors
    /// E0501 to E0505 when there is no such file or it can't be read, E0531 when it is neither of the two formats.
    pub fn open(path: &Path) -> Result<Labels, Error> {
        let bytes = read_capped(path, FileKind::Labels, MAX_LABELS_BYTES)?;
        match parse(&bytes) {
            Ok(names) => Ok(Labels { path: path.to_owned(), names }),
            Err(reason) => Err(Error::LabelsFormat { path: path.to_owned(), reason: shortened(&reason, 200) }),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none; never so for labels from a file.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a class.
    pub fn get(&self, class: usize) -> Option<&str> {
        self.names.get(class).map(String::as_str)
    }

    /// Checks that there is a name for each class of an output: its last dimension.
    ///
    /// # Errors
    /// E0532 when there are more or fewer.
    pub fn check_count(&self, output: &[usize]) -> Result<(), Error> {
        let expected = output.last().copied().unwrap_or(1);
        if self.len() == expected {
            return Ok(());
        }
        Err(Error::LabelsCount { path: self.path.clone(), found: self.len(), expected })
    }
}

fn parse(bytes: &[u8]) -> Result<Vec<String>, String> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| format!("the byte at {} is not UTF-8", error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let names: Vec<String> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| error.to_string())?
    } else {
        text.trim_end().lines().map(|line| line.trim().to_owned()).collect()
    };
    if names.is_empty() { Err("there is no label in it".to_owned()) } else { Ok(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(content: &[u8]) -> Result<Labels, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        std::fs::write(&path, content).unwrap();
        Labels::open(&path)
    }

    fn check(content: &str, expected: &[&str]) {
        let labels = open(content.as_bytes()).unwrap();
        let found: Vec<_> = (0..labels.len()).filter_map(|class| labels.get(class)).collect();
        assert_eq!(found, expected);
        assert_eq!(labels.get(labels.len()), None);
    }

    #[test]
    fn text() {
        check("cat\ndog", &["cat", "dog"]);
        check("cat\r\n\r\ndog\r\n\r\n", &["cat", "", "dog"]);
        check("\u{feff}cat\n", &["cat"]);
    }

    #[test]
    fn json() {
        check(r#"["cat", "d\"o\"g"]"#, &["cat", "d\"o\"g"]);
        check("\n [ \"a\" ]\n", &["a"]);
    }

    #[test]
    fn malformed() {
        for content in [b"\n \n".as_slice(), b"[]", b"[1]", b"[\"a\"", b"[\"a\"] x", b"\xff\xfe", &b"[".repeat(10_000)]
        {
            assert_eq!(open(content).unwrap_err().code(), "E0531", "{content:?}");
        }
        assert_eq!(open(b"").unwrap_err().code(), "E0503");
    }

    #[test]
    fn the_size_cap_is_inclusive() {
        assert_eq!(open(&vec![b'x'; MAX_LABELS_BYTES]).unwrap().len(), 1);
        assert_eq!(open(&vec![b'x'; MAX_LABELS_BYTES + 1]).unwrap_err().code(), "E0505");
    }

    #[test]
    fn the_count_must_be_that_of_the_classes() {
        let labels = open(b"cat\ndog").unwrap();
        labels.check_count(&[1, 2]).unwrap();
        let error = labels.check_count(&[2, 1000]).unwrap_err();
        assert_eq!(error.code(), "E0532");
        assert!(error.to_string().contains("has 2 labels, but the output has 1000 classes"), "{error}");
        assert_eq!(labels.check_count(&[]).unwrap_err().code(), "E0532");
    }
}
