//! Text from files in messages.

/// At most `limit` characters of `text`, control characters escaped: messages stay short, and what a file says can't
/// steer a terminal.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let mut short = String::new();
    let mut chars = text.chars();
    for char in chars.by_ref().take(limit) {
        if char.is_control() {
            short.extend(char.escape_default());
        } else {
            short.push(char);
        }
    }
    if chars.next().is_some() {
        short.push_str("...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_inclusive_and_counts_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöü!", 3), "äöü...");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(shortened("a\x1b[31m\n'b'", 20), "a\\u{1b}[31m\\n'b'");
    }
}
