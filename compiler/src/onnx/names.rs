//! Names for source and graph, from those of a model, which can be anything.

use std::collections::{HashMap, HashSet};

use crate::ops;

/// Longest name that is made, in bytes.
const LONGEST: usize = 48;

/// Words that no name may be.
const KEYWORDS: [&str; 18] = [
    "net", "block", "const", "import", "fn", "let", "share", "param", "where", "as", "for", "in", "with", "if", "else",
    "and", "or", "not",
];

/// Names of compile-time functions, which no item may have.
const FUNCTIONS: [&str; 9] = ["ceil_div", "channels", "dim", "div", "len", "max", "min", "rank", "round_to"];

/// A text as a name of the language: letters, digits and `_`, no keyword, no digit first.
pub(super) fn identifier(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if name.len() >= LONGEST {
            break;
        }
    }
    let name = name.trim_end_matches('_');
    if name.is_empty() {
        return "x".to_string();
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("x{name}");
    }
    if KEYWORDS.contains(&name) || matches!(name, "true" | "false") { format!("{name}_") } else { name.to_string() }
}

/// A text as the name of a net: no operator's or function's either.
pub(super) fn item(text: &str) -> String {
    let name = identifier(text);
    let is_taken = ops::find(&name).is_some() || FUNCTIONS.contains(&name.as_str());
    if is_taken { format!("{name}_net") } else { name }
}

/// A short name for a value of the model: `layer1_0_relu` for `/layer1/layer1.0/relu/Relu_output_0`.
pub(super) fn of_value(name: &str) -> String {
    let trimmed = match name.rsplit_once("_output_") {
        Some((front, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => front,
        _ => name,
    };
    let parts: Vec<&str> = trimmed.split('/').filter(|part| !part.is_empty()).collect();
    let mut kept: Vec<&str> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let is_repeated =
            parts.get(i + 1).is_some_and(|next| next.strip_prefix(part).is_some_and(|rest| rest.starts_with('.')));
        if !is_repeated {
            kept.push(part);
        }
    }
    // The operator at the end says what is read beside it anyway.
    if kept.len() > 1 && kept.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_uppercase())) {
        kept.pop();
    }
    let name = identifier(&kept.join("_"));
    if parts.len() == 1 && name.starts_with(|c: char| c.is_ascii_uppercase()) {
        name.to_ascii_lowercase()
    } else {
        name
    }
}

/// A short name for a layer by that of its weight: `layer1_0_conv1` for `layer1.0.conv1.weight`; none where that has no path.
pub(super) fn of_weight(name: &str) -> Option<String> {
    let (front, last) = name.rsplit_once('.')?;
    (matches!(last, "weight" | "gamma" | "scale" | "kernel") && !front.contains("::")).then(|| identifier(front))
}

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    names: HashSet<String>,
    counts: HashMap<String, usize>,
}

impl Taken {
    /// The name, with a number from 2 behind it where it is taken.
    pub(super) fn unique(&mut self, wish: &str) -> String {
        let mut name = wish.to_string();
        while !self.names.insert(name.clone()) {
            let count = self.counts.entry(wish.to_string()).or_insert(1);
            *count += 1;
            name = format!("{wish}_{count}");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        for (text, expected) in [
            ("data_0", "data_0"),
            ("gpu_0/data:0", "gpu_0_data_0"),
            ("12", "x12"),
            ("", "x"),
            ("in", "in_"),
            ("é!", "x"),
            ("true", "true_"),
            ("__a__b__", "a_b"),
        ] {
            assert_eq!(identifier(text), expected, "{text}");
        }
        assert_eq!(identifier(&"a".repeat(1000)).len(), LONGEST);
        assert_eq!(item("relu"), "relu_net");
    }

    #[test]
    fn values_have_short_names() {
        for (name, expected) in [
            ("/layer1/layer1.0/relu/Relu_output_0", "layer1_0_relu"),
            ("/features/features.0/Conv_output_0", "features_0"),
            ("/Flatten_output_0", "flatten"),
            ("conv_stem", "conv_stem"),
            ("/conv1/Conv_output_0", "conv1"),
            ("output", "output"),
        ] {
            assert_eq!(of_value(name), expected, "{name}");
        }
        assert_eq!(of_weight("layer1.0.conv1.weight").as_deref(), Some("layer1_0_conv1"));
        assert_eq!(of_weight("onnx::Conv_497"), None);
    }

    #[test]
    fn taken_names_get_numbers() {
        let mut taken = Taken::default();
        assert_eq!(["a", "a", "a_2", "a"].map(|wish| taken.unique(wish)), ["a", "a_2", "a_2_2", "a_3"]);
    }
}
