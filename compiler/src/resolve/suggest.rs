//! "Did you mean": the nearest of a set of names.

/// Longer names get no suggestion: the comparison costs the product of the lengths.
const MAX_NAME: usize = 64;

/// Most names that are compared.
const MAX_CANDIDATES: usize = 512;

/// The candidate that differs from `name` in the fewest letters, if they are at most a third of it; the first of equals.
pub(super) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let limit = (name.len() / 3).max(1);
    let mut best = None;
    for candidate in candidates.into_iter().take(MAX_CANDIDATES) {
        if candidate.len().abs_diff(name.len()) > limit {
            continue;
        }
        let distance = distance(name.as_bytes(), candidate.as_bytes());
        // A name of one letter is near every other one.
        if distance <= limit && distance < name.len() && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

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

/// Insertions, deletions, replacements and swaps of neighbours that turn one name into the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let (mut before, mut previous) = (Vec::new(), (0..=b.len()).collect::<Vec<usize>>());
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = previous[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(previous[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let two_back: &Vec<usize> = &before;
                least = least.min(two_back[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in
            [("", "abc", 3), ("conv", "conv", 0), ("cnov", "conv", 1), ("sotfmax", "softmax", 1), ("abc", "xyz", 3)]
        {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_or_nothing() {
        assert_eq!(nearest("strid", ["stride", "pad"]), Some("stride"));
        assert_eq!(nearest("strid", ["pad", "out"]), None);
        assert_eq!(nearest("y", ["x"]), None);
        assert_eq!(nearest(&"y".repeat(MAX_NAME + 1), ["x"]), None);
    }

    #[test]
    fn listings() {
        assert_eq!(listing(["a"]), "`a`");
        assert_eq!(listing(["a", "b", "c"]), "`a`, `b` and `c`");
        assert!(listing(["a"; 14]).ends_with("and 2 more"));
    }
}
