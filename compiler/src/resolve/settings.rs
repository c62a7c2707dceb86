//! `--set name=value`, and whatever else a caller decides about a net.

use std::collections::BTreeMap;

use rebirth_lang::Diagnostic;

use super::codes;
use crate::graph::Mode;

/// The value of a `--set`.
#[derive(Clone, Debug, PartialEq)]
pub enum SetValue {
    /// An integer.
    Int(i64),
    /// A finite number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Anything else, without the quotes it may have.
    Str(String),
}

/// What a caller decides about a net.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Constants to override and symbolic dimensions to bind.
    pub set: BTreeMap<String, SetValue>,
    /// Symbolic dimensions bound by the sizes of inputs (see [`bind_dims`](super::bind_dims)); `set` goes before.
    pub dims: BTreeMap<String, usize>,
    /// The net, where the file has several.
    pub net: Option<String>,
    /// What the graph is for; outputs with `@train` exist in [`Mode::Train`] only.
    pub mode: Mode,
}

/// Parses `name=value`.
///
/// # Errors
/// It has no `=`, the name is not a name, or the value is empty, too large or not finite.
pub fn parse_setting(text: &str) -> Result<(String, SetValue), Diagnostic> {
    let wrong = |message: String| {
        Diagnostic::new(codes::MALFORMED_SETTING, message).help("write `--set name=value`, such as `--set classes=10`")
    };
    let Some((name, value)) = text.split_once('=') else {
        return Err(wrong(format!("`{text}` has no `=`")));
    };
    let (name, value) = (name.trim(), value.trim());
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(wrong(format!("`{name}` is not a name")));
    }
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let value = if value.is_empty() {
        return Err(wrong(format!("`{name}` gets no value")));
    } else if value == "true" || value == "false" {
        SetValue::Bool(value == "true")
    } else if digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty() {
        SetValue::Int(value.parse().map_err(|_| wrong(format!("{value} does not fit 64 bits")))?)
    } else if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && let Ok(number) = value.parse::<f64>()
    {
        if !number.is_finite() {
            return Err(wrong(format!("{value} is not finite")));
        }
        SetValue::Float(number)
    } else {
        let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        SetValue::Str(bare.to_string())
    };
    Ok((name.to_string(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (text, expected) in [
            ("n=8", SetValue::Int(8)),
            ("n = -8", SetValue::Int(-8)),
            ("eps=1e-3", SetValue::Float(0.001)),
            ("x=.5", SetValue::Float(0.5)),
            ("x=true", SetValue::Bool(true)),
            ("x=same", SetValue::Str("same".into())),
            ("x=\"a=b\"", SetValue::Str("a=b".into())),
            ("x=inf", SetValue::Str("inf".into())),
        ] {
            assert_eq!(parse_setting(text).unwrap().1, expected, "{text}");
        }
    }

    #[test]
    fn malformed() {
        for text in ["n", "=3", "n=", "2n=3", "a b=3", "n=99999999999999999999", "x=1e999", ""] {
            assert_eq!(parse_setting(text).unwrap_err().code, "E0229", "{text}");
        }
    }
}
