//! "Did you mean", and lists of names, as diagnostics say them.

use rebirth_lang::{Diagnostic, Span};

pub(super) use rebirth_runtime::suggest::closest as nearest;

/// Helps with a name that does not exist: `did you mean X?` with X in its place as the fix, or what `otherwise` says.
pub(super) fn repair(
    diagnostic: Diagnostic,
    place: Span,
    near: Option<&str>,
    otherwise: impl FnOnce() -> String,
) -> Diagnostic {
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(place, near),
        None => diagnostic.help(otherwise()),
    }
}

/// `did you mean X?`, or what `otherwise` says.
pub(super) fn or_else<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(name, candidates).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

/// As [`or_else`], but `pool` also finds `max_pool` and `avg_pool`: names one of whose words is near.
pub(super) fn or_by_word<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    /// More are no help.
    const SHOWN: usize = 3;
    let candidates: Vec<&str> = candidates.into_iter().collect();
    or_else(name, candidates.iter().copied(), || {
        let like = |candidate: &&&str| {
            let words = || candidate.split('_').filter(|word| word.len() > 2);
            words().count() > 1 && nearest(name, words()).is_some()
        };
        let mut alike: Vec<&str> = candidates.iter().filter(like).copied().collect();
        // The plainest first.
        alike.sort_by_key(|candidate| candidate.split('_').count());
        alike.truncate(SHOWN);
        match alike.as_slice() {
            [] => otherwise(),
            [one] => format!("did you mean `{one}`?"),
            [init @ .., last] => {
                let init: Vec<String> = init.iter().map(|name| format!("`{name}`")).collect();
                format!("did you mean {} or `{last}`?", init.join(", "))
            }
        }
    })
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
    fn names_of_several_words() {
        let names = ["avg_pool", "conv", "global_avg_pool", "max_pool", "relu"];
        let check = |name: &str, expected: &str| {
            assert_eq!(or_by_word(name, names, || "nothing".to_string()), expected);
        };
        check("max_poll", "did you mean `max_pool`?");
        check("poool", "did you mean `avg_pool`, `max_pool` or `global_avg_pool`?");
        check("global", "did you mean `global_avg_pool`?");
        check("dropout", "nothing");
    }

    #[test]
    fn listings() {
        assert_eq!(listing(["a"]), "`a`");
        assert_eq!(listing(["a", "b", "c"]), "`a`, `b` and `c`");
        assert!(listing(["a"; 14]).ends_with("and 2 more"));
    }
}
