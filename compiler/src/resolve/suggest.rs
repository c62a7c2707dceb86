//! "Did you mean", and lists of names, as diagnostics say them.

pub(super) use rebirth_runtime::suggest::closest as nearest;

/// `did you mean X?`, or what `otherwise` says.
pub(super) fn or_else<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(name, candidates).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

/// `a`, `b` and `c`
pub(super) fn listing<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    /// More than these are only counted.
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.into_iter().collect();
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_string(),
        _ if names.len() > SHOWN => {
            format!("{} and {} more", quoted.join(", "), names.len() - SHOWN)
        }
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings() {
        assert_eq!(listing(["a"]), "`a`");
        assert_eq!(listing(["a", "b", "c"]), "`a`, `b` and `c`");
        assert!(listing(["a"; 14]).ends_with("and 2 more"));
    }
}
