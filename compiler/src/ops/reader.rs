//! Attributes of graph text, read back by operators.

use std::collections::BTreeMap;

use super::Attr;
use super::call::MAX_ATTRIBUTE;

/// Reads the attributes of one node of graph text; each may be taken once, and [`AttrReader::finish`] refuses leftovers.
pub struct AttrReader {
    attributes: BTreeMap<String, Attr>,
}

impl AttrReader {
    /// A reader over parsed attributes.
    pub fn new(attributes: BTreeMap<String, Attr>) -> AttrReader {
        AttrReader { attributes }
    }

    fn take(&mut self, name: &str) -> Result<Attr, String> {
        self.attributes.remove(name).ok_or_else(|| format!("attribute `{name}` is missing"))
    }

    /// Whether there is such an attribute, not yet taken.
    pub fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }

    /// Integers of either sign.
    ///
    /// # Errors
    /// It is missing or of another kind.
    pub fn signed_list(&mut self, name: &str) -> Result<Vec<i64>, String> {
        let limits = -MAX_ATTRIBUTE..=MAX_ATTRIBUTE;
        match self.take(name)? {
            Attr::Ints(list) if list.iter().all(|v| limits.contains(v)) => Ok(list),
            _ => Err(format!("attribute `{name}` must be a list of integers from -{MAX_ATTRIBUTE} to {MAX_ATTRIBUTE}")),
        }
    }

    /// An integer of either sign.
    ///
    /// # Errors
    /// It is missing or of another kind.
    pub fn signed(&mut self, name: &str) -> Result<i64, String> {
        match self.take(name)? {
            Attr::Int(v) if (-MAX_ATTRIBUTE..=MAX_ATTRIBUTE).contains(&v) => Ok(v),
            _ => Err(format!("attribute `{name}` must be an integer from -{MAX_ATTRIBUTE} to {MAX_ATTRIBUTE}")),
        }
    }

    /// What one of these words stands for.
    ///
    /// # Errors
    /// It is missing or another.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Result<T, String> {
        let taken = self.take(name)?;
        let known = words.iter().find(|(word, _)| matches!(&taken, Attr::Word(taken) if taken == word));
        known.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("attribute `{name}` must be one of {}", words.join(", "))
        })
    }

    /// A non-negative integer.
    ///
    /// # Errors
    /// It is missing or of another kind.
    pub fn int(&mut self, name: &str) -> Result<usize, String> {
        match self.take(name)? {
            Attr::Int(v) if (0..=MAX_ATTRIBUTE).contains(&v) => Ok(v as usize),
            _ => Err(format!("attribute `{name}` must be an integer from 0 to {MAX_ATTRIBUTE}")),
        }
    }

    /// `N` non-negative integers.
    ///
    /// # Errors
    /// It is missing or of another kind.
    pub fn ints<const N: usize>(&mut self, name: &str) -> Result<[usize; N], String> {
        let list = self.int_list(name)?;
        list.try_into().map_err(|_| format!("attribute `{name}` must be a list of {N} integers"))
    }

    /// Any number of non-negative integers.
    ///
    /// # Errors
    /// It is missing or of another kind.
    pub fn int_list(&mut self, name: &str) -> Result<Vec<usize>, String> {
        match self.take(name)? {
            Attr::Ints(list) if list.iter().all(|v| (0..=MAX_ATTRIBUTE).contains(v)) => {
                Ok(list.into_iter().map(|v| v as usize).collect())
            }
            _ => Err(format!("attribute `{name}` must be a list of integers from 0 to {MAX_ATTRIBUTE}")),
        }
    }

    /// A finite number.
    ///
    /// # Errors
    /// It is missing or of another kind.
    pub fn float(&mut self, name: &str) -> Result<f64, String> {
        match self.take(name)? {
            Attr::Float(v) if v.is_finite() => Ok(v),
            Attr::Int(v) => Ok(v as f64),
            _ => Err(format!("attribute `{name}` must be a finite number")),
        }
    }

    /// A number that f32 can hold.
    ///
    /// # Errors
    /// It is missing, of another kind, or too large.
    pub fn single(&mut self, name: &str) -> Result<f64, String> {
        let value = self.float(name)?;
        if (value as f32).is_finite() { Ok(value) } else { Err(format!("attribute `{name}` must be finite in f32")) }
    }

    /// A truth value.
    ///
    /// # Errors
    /// It is missing or of another kind.
    pub fn bool(&mut self, name: &str) -> Result<bool, String> {
        match self.take(name)? {
            Attr::Bool(v) => Ok(v),
            _ => Err(format!("attribute `{name}` must be true or false")),
        }
    }

    /// Refuses attributes nobody took.
    ///
    /// # Errors
    /// One is left.
    pub fn finish(self) -> Result<(), String> {
        match self.attributes.keys().next() {
            Some(name) => Err(format!("unknown attribute `{name}`")),
            None => Ok(()),
        }
    }
}
