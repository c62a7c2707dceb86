//! "Did you mean": the nearest of a set of names.

/// Names longer than this get no suggestion: comparing costs the product of the lengths.
const MAX_NAME: usize = 128;

/// The most candidates that are compared.
const MAX_CANDIDATES: usize = 4096;

/// The candidate with the smallest edit distance to `name`, if at most a third of `name` has to change; the first of
/// several equally near.
pub(crate) fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let limit = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit)
        .map(|candidate| (edit_distance(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The least number of bytes to insert, delete or replace (Levenshtein), one row of the table at a time.
fn edit_distance(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in
            [("", "", 0), ("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("ab", "ba", 2)]
        {
            assert_eq!(edit_distance(from.as_bytes(), to.as_bytes()), expected, "{from} {to}");
            assert_eq!(edit_distance(to.as_bytes(), from.as_bytes()), expected, "{to} {from}");
        }
    }

    #[test]
    fn the_nearest_is_suggested_and_a_far_one_is_not() {
        assert_eq!(closest("stem.weigth", ["fc.weight", "stem.weight"]), Some("stem.weight"));
        assert_eq!(closest("stem.weight", ["fc.bias", "x"]), None);
        assert_eq!(closest("x", ["image"]), None);
        assert_eq!(closest(&"x".repeat(MAX_NAME + 1), ["x"]), None);
    }
}
