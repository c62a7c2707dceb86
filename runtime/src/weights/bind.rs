//! Finding the tensors a network needs in a weights file.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use super::WeightsFile;
use crate::error::Error;
use crate::suggest::closest;
use crate::text::shortened;

/// The most tensors of a sort that a message lists.
pub const MAX_LISTED: usize = 20;

/// The most characters of a tensor's name that a message shows.
pub(super) const MAX_LISTED_NAME: usize = 120;

/// A tensor that a network needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its weight path.
    pub name: String,
    /// Its dimensions, outermost first.
    pub shape: Vec<usize>,
}

/// Reads the expected tensors, in their order, as f32. The file must hold them with their shapes and no others; the
/// same tensor may be expected several times.
///
/// # Errors
/// E0408, naming every tensor that is missing, superfluous or of another shape; E0808 when there is no memory.
pub fn bind(expected: &[Expected], file: &WeightsFile) -> Result<Vec<Vec<f32>>, Error> {
    if let Some(mismatch) = compare(expected, file) {
        return Err(Error::WeightsMismatch(Box::new(mismatch)));
    }
    expected.iter().map(|tensor| file.to_f32(&tensor.name)).collect()
}

fn compare(expected: &[Expected], file: &WeightsFile) -> Option<Mismatch> {
    let wanted: BTreeSet<&str> = expected.iter().map(|tensor| tensor.name.as_str()).collect();
    let superfluous: Vec<String> = file.names().filter(|name| !wanted.contains(name)).map(str::to_owned).collect();
    let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
    for tensor in expected {
        match file.view(&tensor.name) {
            None => missing.push(Missing {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                // Looking for names costs time, so it is done only for those that are listed.
                similar: (missing.len() < MAX_LISTED)
                    .then(|| closest(&tensor.name, superfluous.iter().map(String::as_str)))
                    .flatten()
                    .map(str::to_owned),
            }),
            Some(view) if view.shape != tensor.shape => misshapen.push(Misshapen {
                name: tensor.name.clone(),
                found: view.shape.to_vec(),
                expected: tensor.shape.clone(),
            }),
            Some(_) => {}
        }
    }
    let fits = missing.is_empty() && superfluous.is_empty() && misshapen.is_empty();
    (!fits).then(|| Mismatch { path: file.path().to_owned(), missing, superfluous, misshapen })
}

/// How a weights file differs from what a network needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The weights file.
    pub path: PathBuf,
    /// Needed but not in the file.
    pub missing: Vec<Missing>,
    /// In the file but not needed, sorted.
    pub superfluous: Vec<String>,
    /// In the file with another shape.
    pub misshapen: Vec<Misshapen>,
}

/// A tensor that is needed but not in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// The dimensions it should have.
    pub shape: Vec<usize>,
    /// A superfluous tensor with nearly the same name.
    pub similar: Option<String>,
}

/// A tensor that has another shape in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misshapen {
    /// Its name.
    pub name: String,
    /// The dimensions in the file.
    pub found: Vec<usize>,
    /// The dimensions it should have.
    pub expected: Vec<usize>,
}

impl Mismatch {
    pub(crate) fn help(&self) -> Option<String> {
        if !self.misshapen.is_empty() && self.missing.is_empty() && self.superfluous.is_empty() {
            return Some("the file belongs to another size of this network".to_owned());
        }
        Some(
            "tensors are named by their weight paths; rename them in the file, or the layers in the network".to_owned(),
        )
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the weights in `{}` do not fit the network", self.path.display())?;
        list(f, "missing", &self.missing, |f, tensor| {
            write!(f, "`{}` {:?}", tensor.name, tensor.shape)?;
            match &tensor.similar {
                Some(name) => {
                    let name = shortened(name, MAX_LISTED_NAME);
                    write!(f, ", did you mean `{name}`, which is in the file?")
                }
                None => Ok(()),
            }
        })?;
        list(f, "not in the network", &self.superfluous, |f, name| {
            write!(f, "`{}`", shortened(name, MAX_LISTED_NAME))
        })?;
        list(f, "of another shape", &self.misshapen, |f, tensor| {
            write!(f, "`{}` is {:?}, but {:?} is expected", tensor.name, tensor.found, tensor.expected)
        })
    }
}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    items: &[T],
    line: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    write!(f, "\n  {} {title}:", items.len())?;
    for item in items.iter().take(MAX_LISTED) {
        f.write_str("\n    ")?;
        line(f, item)?;
    }
    match items.len().checked_sub(MAX_LISTED) {
        None | Some(0) => Ok(()),
        Some(more) => write!(f, "\n    and {more} more"),
    }
}
