//! The difference that formatting makes.

use std::time::Duration;

use similar::TextDiff;

/// Lines shown of a file.
const LINES: usize = 60;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// After this long the difference is no longer the smallest one; only files of nothing but changes take it.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A unified difference of at most [`LINES`] lines.
pub(super) fn diff(name: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(old, new);
    let formatted = format!("{name} (formatted)");
    let text = diff.unified_diff().context_radius(CONTEXT).header(name, &formatted).to_string();
    let mut shown: Vec<&str> = text.lines().take(LINES).collect();
    let rest = text.lines().count() - shown.len();
    let more = format!("... {rest} more lines");
    if rest > 0 {
        shown.push(&more);
    }
    shown.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_with_their_surroundings() {
        let old = "1\n2\n3\n4\n5 \n6\n7\n8\n9\n";
        let expected = "--- a.net\n+++ a.net (formatted)\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5 \n+5\n 6\n 7\n 8\n";
        assert_eq!(diff("a.net", old, &old.replace(' ', "")), expected);
    }

    #[test]
    fn a_long_difference_is_cut() {
        let (old, new) = ("a\n".repeat(100), "b\n".repeat(100));
        let text = diff("a.net", &old, &new);
        assert_eq!(text.lines().count(), LINES + 1);
        assert!(text.ends_with("\n... 143 more lines\n"), "{text}");
    }
}
