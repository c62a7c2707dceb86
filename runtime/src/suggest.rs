//! "Did you mean": the nearest of a set of names.

/// Names longer than this get no suggestion: comparing costs the product of the lengths.
const MAX_NAME: usize = 128;

/// The most candidates that are compared.
const MAX_CANDIDATES: usize = 4096;

/// The candidate with the smallest edit distance to `name`, if at most a third of `name` has to change; the first of
/// several equally near.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let limit = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit)
        .map(|candidate| (edit_distance(name.as_bytes(), candidate.as_bytes()), candidate))
        // A name of one letter is near every other one.
        .filter(|&(distance, _)| distance <= limit && distance < name.len())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The least number of bytes to insert, delete, replace or swap with the next (optimal string alignment).
fn edit_distance(from: &[u8], to: &[u8]) -> usize {
    let mut rows = [vec![0; to.len() + 1], (0..=to.len()).collect::<Vec<usize>>(), vec![0; to.len() + 1]];
    for i in 1..=from.len() {
        rows[2][0] = i;
        for j in 1..=to.len() {
            let replaced = rows[1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = replaced.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = least;
        }
        rows.rotate_left(1);
    }
    rows[1][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("rleu", "relu", 1),
        ] {
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

    #[test]
    fn names_of_one_letter_and_very_long_ones_get_none() {
        assert_eq!(closest("x", ["y"]), None);
        let long = "y".repeat(MAX_NAME + 1);
        assert_eq!(closest(&long, [&long[1..]]), None);
    }
}
