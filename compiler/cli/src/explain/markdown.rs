//! Markdown for a terminal: paragraphs and items of lists are broken into lines, blocks of code indented, fences left out.

use crate::console::Style;

/// Blanks before code.
const INDENT: &str = "    ";

/// A text as lines of at most `width` columns; code keeps its own. Paragraphs of one line that end with a colon are bold.
pub(super) fn plain(markdown: &str, width: usize, color: bool) -> String {
    let mut out = String::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut code = false;
    for line in markdown.lines() {
        let fence = line.starts_with("```");
        if code && !fence {
            out += format!("{INDENT}{line}").trim_end();
            out.push('\n');
            continue;
        }
        if fence || line.trim().is_empty() || line.starts_with("- ") {
            out += &wrapped(&paragraph, width, color);
            paragraph.clear();
        }
        if fence || line.trim().is_empty() {
            separate(&mut out);
            code ^= fence;
        } else {
            paragraph.push(line.trim());
        }
    }
    out += &wrapped(&paragraph, width, color);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Ends what is there with one empty line.
fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

/// The words of some lines, in lines of at most `width` columns; an item of a list hangs behind its dash.
fn wrapped(paragraph: &[&str], width: usize, color: bool) -> String {
    let [first, ..] = paragraph else { return String::new() };
    if paragraph.len() == 1 && first.ends_with(':') {
        return Style::Bold.on(first, color) + "\n";
    }
    let hang = if first.starts_with("- ") { "  " } else { "" };
    let mut out = String::new();
    let mut line = String::new();
    for word in paragraph.iter().flat_map(|line| line.split_whitespace()) {
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            out += &format!("{line}\n");
            line = hang.to_owned();
        } else if !line.trim().is_empty() {
            line.push(' ');
        }
        line += word;
    }
    out + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(markdown: &str, expected: &str) {
        assert_eq!(plain(markdown, 20, false), expected);
    }

    #[test]
    fn paragraphs_are_broken() {
        check("one two three\nfour five\n\n\nsix\n", "one two three four\nfive\n\nsix\n");
        check("a word_that_is_longer_than_a_line b", "a\nword_that_is_longer_than_a_line\nb\n");
        check("", "\n");
    }

    #[test]
    fn items_hang() {
        check("these:\n- one two three four\n- five\n", "these:\n- one two three four\n- five\n");
        check("- one two three four\n  five\n", "- one two three four\n  five\n");
    }

    #[test]
    fn code_is_indented() {
        check(
            "Wrong:\n```net\nnet x(\n\n  y\n```\n\nRight:\n\n```sh\nls\n```",
            "Wrong:\n\n    net x(\n\n      y\n\nRight:\n\n    ls\n",
        );
    }

    #[test]
    fn headings_are_bold_where_there_is_colour() {
        assert_eq!(plain("Wrong:\n```\nx:\n```\n", 20, true), "\x1b[1mWrong:\x1b[0m\n\n    x:\n");
    }
}
