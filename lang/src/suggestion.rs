//! A fix as text: the repaired lines under their numbers, with marks below what is new (`+` inserted, `~` replaced).
//!
//! ```text
//! 4 | let y = x |> relu
//!   | +++
//! ```

use std::ops::Range;

use crate::diagnostic::Fix;
use crate::source::Source;

/// Columns of a line that are shown; with miette's `help:` and the line number it stays within 80.
const WIDTH: usize = 60;

/// Columns shown before the first mark of a line that is too long.
const BEFORE: usize = 20;

/// Lines that are shown.
const LINES: usize = 6;

/// The repaired lines; nothing when the fix lies outside the text, or when it leaves nothing but blanks.
pub(crate) fn suggestion(source: &Source, fix: &Fix) -> Option<String> {
    let text = source.text();
    let old = text.get(fix.span.range())?;
    let (range, new) = insertion(old, fix);
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
    let repaired = [&text[start..range.start], new, &text[range.end..end]].concat();
    if repaired.trim().is_empty() {
        return None;
    }
    let mark = if range.is_empty() { '+' } else { '~' };
    let marked = range.start - start..range.start - start + new.len();
    let number = source.position(fix.span.start).line;

    let lines = lines(&repaired, &marked, mark);
    let indent = lines.iter().filter_map(|line| line.text.iter().position(|c| *c != ' ')).min().unwrap_or(0);
    let gutter = (number + lines.len().min(LINES) - 1).to_string().len();
    let mut out = Vec::new();
    for (index, line) in lines.iter().take(LINES).enumerate() {
        let [shown, marks] = line.clip(indent);
        out.push(format!("{:>gutter$} | {shown}", number + index));
        if !marks.is_empty() {
            out.push(format!("{:>gutter$} | {marks}", ""));
        }
    }
    if lines.len() > LINES {
        out.push(format!("{:>gutter$} | …", ""));
    }
    Some(out.join("\n"))
}

/// The bytes a fix replaces and what it puts there, without the text that stays when that leaves a mere insertion.
fn insertion<'f>(old: &str, fix: &'f Fix) -> (Range<usize>, &'f str) {
    let new = fix.replacement.as_str();
    let same = |(a, b): &(char, char)| a == b;
    let width = |pairs: &mut dyn Iterator<Item = (char, char)>| {
        pairs.take_while(same).map(|(c, _)| c.len_utf8()).sum::<usize>()
    };
    let head = width(&mut old.chars().zip(new.chars()));
    let tail = width(&mut old[head..].chars().rev().zip(new[head..].chars().rev()));
    let range = fix.span.range();
    if head + tail < old.len() {
        return (range, new);
    }
    (range.start + head..range.start + head, &new[head..new.len() - tail])
}

/// A line by columns: tabs are four blanks, other control characters replaced.
struct Line {
    text: Vec<char>,
    /// For each column its mark, or a blank.
    marks: Vec<char>,
}

fn lines(text: &str, marked: &Range<usize>, mark: char) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for whole in text.split('\n') {
        let mut line = Line { text: Vec::new(), marks: Vec::new() };
        for (at, c) in whole.strip_suffix('\r').unwrap_or(whole).char_indices() {
            let (c, count) = match c {
                '\t' => (' ', 4),
                c if c.is_control() => ('\u{fffd}', 1),
                c => (c, 1),
            };
            let mark = if marked.contains(&(start + at)) && c != ' ' { mark } else { ' ' };
            line.text.extend(std::iter::repeat_n(c, count));
            line.marks.extend(std::iter::repeat_n(mark, count));
        }
        // Blanks between marks are marked too.
        let is_mark = |c: &char| *c == mark;
        if let (Some(first), Some(last)) = (line.marks.iter().position(is_mark), line.marks.iter().rposition(is_mark)) {
            line.marks[first..=last].fill(mark);
        }
        lines.push(line);
        start += whole.len() + 1;
    }
    lines
}

impl Line {
    /// Text and marks without an indentation, cut to [`WIDTH`] columns around the first mark.
    fn clip(&self, indent: usize) -> [String; 2] {
        let first = self.marks.iter().position(|mark| *mark != ' ');
        let length = self.text.len();
        let mut start = indent.min(length);
        if length - start > WIDTH {
            let wanted = first.map_or(start, |first| first.saturating_sub(BEFORE));
            start = wanted.clamp(start, length - WIDTH);
        }
        let end = length.min(start + WIDTH);
        let cut = |columns: &[char]| columns[start..end].iter().collect::<String>();
        let (mut text, mut marks) = (cut(&self.text), cut(&self.marks));
        if start > indent {
            text = format!("…{text}");
            marks = format!(" {marks}");
        }
        if end < length {
            text.push('…');
        }
        [text.trim_end().to_owned(), marks.trim_end().to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    /// What is shown when `old`, which is marked as `<old>` in the text, becomes `new`.
    fn check(text: &str, new: &str, expected: &[&str]) {
        let (before, rest) = text.split_once('<').expect("a mark");
        let (old, after) = rest.split_once('>').expect("the end of the mark");
        let span = Span::new(FileId::ROOT, before.len(), before.len() + old.len());
        let source = Source::new("x.net", [before, old, after].concat());
        let shown = suggestion(&source, &Fix { span, replacement: new.to_owned() });
        assert_eq!(shown.unwrap_or_default().lines().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn what_is_inserted_is_marked() {
        check("net\n    <>y = x\n", "let ", &["2 | let y = x", "  | +++"]);
        check("\tf<>x)", "(", &["1 | f(x)", "  |  +"]);
        check("a<>", " b", &["1 | a b", "  |   +"]);
    }

    #[test]
    fn what_is_replaced_is_marked() {
        check("x |> <rleu>\r\n", "relu", &["1 | x |> relu", "  |      ~~~~"]);
        check("“é” <a>", "b", &["1 | “é” b", "  |     ~"]);
    }

    #[test]
    fn a_replacement_that_only_adds_counts_as_insertion() {
        check("pad: <1>,", "[1, 1]", &["1 | pad: [1, 1],", "  |      ~~~~~~"]);
        check("conv<>", "", &["1 | conv"]);
        check("<conv>", "conv1", &["1 | conv1", "  |     +"]);
        check("<aa>", "aaa", &["1 | aaa", "  |   +"]);
        check("<é>", "éé", &["1 | éé", "  |  +"]);
    }

    #[test]
    fn what_is_removed_is_not_there() {
        check("conv< >(3)", "", &["1 | conv(3)"]);
        check("a\n<b>\nc", "", &[]);
    }

    #[test]
    fn lines_keep_their_order_and_relative_indentation() {
        check("    <x>", "a(\n        b\n    )", &["1 | a(", "  | ~~", "2 |     b", "  |     ~", "3 | )", "  | ~"]);
        let many = ["1 | x", "2 | x", "3 | x", "4 | x", "5 | x", "6 | x"].into_iter();
        let many: Vec<&str> = many.flat_map(|line| [line, "  | ~"]).chain(["  | …"]).collect();
        check("<y>", &["x"; 7].join("\n"), &many);
        check(&format!("{}a\n<b\nc>", "\n".repeat(8)), "d", &["10 | d", "   | ~"]);
    }

    #[test]
    fn long_lines_are_cut_around_the_change() {
        let (a, b) = ("a".repeat(100), "b".repeat(100));
        let text = format!("…{}c{}…", "a".repeat(BEFORE), "b".repeat(WIDTH - BEFORE - 1));
        check(&format!("    {a}<>{b}"), "c", &[&format!("1 | {text}"), &format!("  | {}+", " ".repeat(BEFORE + 1))]);
        check(&format!("<>{b}"), "c", &[&format!("1 | c{}…", "b".repeat(WIDTH - 1)), "  | +"]);
        let text = format!("…{}c", "a".repeat(WIDTH - 1));
        check(&format!("{a}<>"), "c", &[&format!("1 | {text}"), &format!("  | {}+", " ".repeat(WIDTH))]);
    }

    #[test]
    fn a_fix_outside_the_text_is_not_shown() {
        let source = Source::new("x.net", "é");
        for (start, end) in [(0, 1), (1, 2), (0, 9)] {
            let fix = Fix { span: Span::new(FileId::ROOT, start, end), replacement: "x".to_owned() };
            assert_eq!(suggestion(&source, &fix), None, "{start}..{end}");
        }
    }
}
