//! The nearest of a set of names, for "did you mean".

/// Longer names get no suggestion: comparing costs the product of the lengths.
const MAX_NAME: usize = 64;

/// The candidate that `name` becomes with the fewest edits, if they change at most a third of it; the first of several as near.
pub(super) fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| {
            candidate.len().max(name.len()) <= MAX_NAME && candidate.len().abs_diff(name.len()) <= limit
        })
        .map(|candidate| (edits(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|&(count, _)| count <= limit)
        .min_by_key(|&(count, _)| count)
        .map(|(_, candidate)| candidate)
}

/// Bytes to insert, delete or replace between two names (Levenshtein).
fn edits(a: &[u8], b: &[u8]) -> usize {
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            row.push((above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1));
        }
        above = row;
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        for (name, expected) in [
            ("cnov", None),
            ("con", Some("conv")),
            ("rellu", Some("relu")),
            ("softmax", None),
            ("", None),
            ("soft_max_pool", Some("soft_max_pol")),
        ] {
            assert_eq!(closest(name, ["relu", "conv", "soft_max_pol"]), expected, "{name}");
        }
        let long = "x".repeat(MAX_NAME + 1);
        assert_eq!(closest(&long, [long.as_str()]), None);
    }
}
