//! Source texts and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::codes;
use crate::diagnostic::{Diagnostic, Report};

/// Which text of a program: the root file is the first, imported ones follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u16);

impl FileId {
    /// The root file.
    pub const ROOT: FileId = FileId(0);

    /// The file at a position of a program. Positions beyond `u16` saturate; no program has as many files.
    pub fn new(index: usize) -> FileId {
        FileId(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// Its position.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A range of bytes in a source text. `start <= end`; both lie on character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One behind the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of a text. Offsets beyond `u32` saturate; no text that the parser accepts is that long.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest span that covers both, which are of one text.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end), ..self }
    }

    /// From the start of this one to the end of another of the same text.
    pub fn until(self, other: Span) -> Span {
        Span { end: other.end.max(self.start), ..self }
    }

    /// The first `bytes` bytes.
    pub fn head(self, bytes: u32) -> Span {
        Span { end: self.end.min(self.start.saturating_add(bytes)), ..self }
    }

    /// The empty span behind it.
    pub fn behind(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The byte range, to index a text with.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span covers nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Line and column of a byte, both counted from one; columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A text and the name it is reported under. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// The text as messages draw it, where that differs.
    drawn: Option<Arc<str>>,
}

impl Source {
    /// A source of the given name (usually the path as the user wrote it) and text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        let text = text.into();
        Source { name: name.into(), drawn: drawn(&text).map(Arc::from), text }
    }

    /// A source from the bytes of a file.
    ///
    /// # Errors
    /// E0103 when the bytes are not UTF-8, with the place of the first that is not.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Source, Report> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(name, text)),
            Err(error) => {
                let start = error.valid_up_to();
                let length = error.error_len().unwrap_or(bytes.len() - start);
                // The text ends with the bad bytes: what follows in a binary file would fill the terminal. One character each keeps
                // places what they are in the file.
                let valid = std::str::from_utf8(&bytes[..start]).unwrap_or_default();
                let number = valid.matches('\n').count() + 1;
                let source = Source::new(name, format!("{valid}{}", "?".repeat(length)));
                let what = if length == 1 { "this byte is" } else { "these bytes are" };
                let diagnostic =
                    Diagnostic::new(codes::NOT_UTF8, format!("the file is not UTF-8 text (line {number})"))
                        .label(Span::new(FileId::ROOT, start, start + length), format!("{what} not UTF-8"))
                        .help("save the file as UTF-8; weights never stand in a `.net` file");
                Err(Report::new(source, vec![diagnostic]))
            }
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text under a span; empty when the span does not lie in this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Line and column of a byte offset. An offset behind the end counts as the end.
    pub fn position(&self, offset: u32) -> Position {
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The texts of a program, by [`FileId`]. Never empty; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources(Arc<[Source]>);

impl Sources {
    /// The texts of a program: the root file first.
    pub fn new(root: Source, imported: impl IntoIterator<Item = Source>) -> Sources {
        Sources(std::iter::once(root).chain(imported).collect())
    }

    /// The root file.
    pub fn root(&self) -> &Source {
        &self.0[0]
    }

    /// A text; the root file for an id of another program.
    pub fn get(&self, file: FileId) -> &Source {
        self.0.get(file.index()).unwrap_or_else(|| self.root())
    }

    /// All texts, in the order of their ids.
    pub fn iter(&self) -> std::slice::Iter<'_, Source> {
        self.0.iter()
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).slice(span)
    }
}

impl From<Source> for Sources {
    fn from(source: Source) -> Sources {
        Sources::new(source, [])
    }
}

/// A text as messages draw it, where that differs: with a line end at its end, so that its end can be marked, and with what would move
/// the cursor or hide replaced by as many bytes, so that places stay the same.
fn drawn(text: &str) -> Option<String> {
    let is_plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b' '..=b'~');
    if text.ends_with('\n') && text.bytes().all(is_plain) {
        return None;
    }
    let mut drawn = String::with_capacity(text.len() + 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_kept = match c {
            '\t' | '\n' => true,
            '\r' => chars.peek() == Some(&'\n'),
            // A byte order mark.
            '\u{feff}' => drawn.is_empty(),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => false,
            c => !c.is_control(),
        };
        drawn.push(match (is_kept, c.len_utf8()) {
            (true, _) => c,
            (false, 1) => '?',
            (false, 2) => '¿',
            (false, _) => char::REPLACEMENT_CHARACTER,
        });
    }
    if !drawn.ends_with('\n') {
        drawn.push('\n');
    }
    Some(drawn)
}

/// Lines end with `\n`, and columns count characters, as everywhere here; miette's own implementations count otherwise.
impl miette::SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let bytes = self.drawn.as_ref().unwrap_or(&self.text).as_bytes();
        let (mut start, mut end) = (span.offset(), span.offset().saturating_add(span.len()));
        if end > bytes.len() {
            return Err(miette::MietteError::OutOfBounds);
        }
        let mut position = self.position(u32::try_from(start).unwrap_or(u32::MAX));
        if lines_before + lines_after > 0 {
            let line_start = |at: usize| bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            let line_end =
                |at: usize| bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
            start = line_start(start);
            for _ in 0..lines_before.min(position.line - 1) {
                start = line_start(start - 1);
                position.line -= 1;
            }
            position.column = 1;
            // A span that ends with a line does not reach the next one.
            end = line_end(end.saturating_sub(1).max(span.offset()));
            for _ in 0..lines_after {
                end = line_end(end);
            }
        }
        let data = &bytes[start..end];
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.name.to_string(),
            data,
            (start, data.len()).into(),
            position.line - 1,
            position.column - 1,
            data.iter().filter(|&&byte| byte == b'\n').count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frame around the bytes of `marked` in a text.
    #[track_caller]
    fn check(text: &str, marked: &str, expected: &[&str]) {
        let start = text.find(marked).expect("the mark");
        let at = if marked.is_empty() { text.len()..text.len() } else { start..start + marked.len() };
        let diagnostic =
            Diagnostic::new(codes::UNEXPECTED, "wrong").label(Span::new(FileId::ROOT, at.start, at.end), "here");
        frame(&Report::new(Source::new("a.net", text), vec![diagnostic]), expected);
    }

    #[track_caller]
    fn frame(report: &Report, expected: &[&str]) {
        let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
        let mut out = String::new();
        handler.render_report(&mut out, report).expect("writing into a string");
        let lines = out.lines().skip_while(|line| !line.contains('╭'));
        let lines = lines.take_while(|line| !line.contains("╰────")).filter(|line| !line.contains("╰── "));
        assert_eq!(lines.map(str::trim_end).collect::<Vec<_>>(), expected, "{out}");
    }

    #[test]
    fn columns_of_frames_are_characters() {
        check("\té😀 q\n", "q", &["   ╭─[a.net:1:5]", " 1 │     é😀 q", "   ·         ┬"]);
    }

    #[test]
    fn one_line_before_and_one_after() {
        let text = "a\r\nb\r\nc\r\nd\r\ne";
        check(text, "c", &["   ╭─[a.net:3:1]", " 2 │ b", " 3 │ c", "   · ┬", " 4 │ d"]);
        check(text, "e", &["   ╭─[a.net:5:1]", " 4 │ d", " 5 │ e", "   · ┬"]);
        check(text, "a", &["   ╭─[a.net:1:1]", " 1 │ a", "   · ┬", " 2 │ b"]);
    }

    #[test]
    fn the_end_can_be_marked() {
        check("net  q", "", &["   ╭─[a.net:1:7]", " 1 │ net  q", "   ·       ▲"]);
    }

    #[test]
    fn what_would_move_the_cursor_or_hide_is_replaced() {
        let text = "a\0\r\u{1b}[1m\u{85}\u{200b}\u{202e}b";
        check(text, "b", &["   ╭─[a.net:1:11]", " 1 │ a???[1m¿\u{fffd}\u{fffd}b", "   ·           ┬"]);
    }

    #[test]
    fn places_of_bytes_that_are_no_text_are_those_of_the_file() {
        for (bytes, place, span) in [
            (&b"net a\n\tb // \xff\xfe abc\n"[..], (2, 7), (12, 13)),
            (b"net m(\xff", (1, 7), (6, 7)),
            ("é😀".as_bytes().split_last().expect("not empty").1, (1, 2), (2, 5)),
        ] {
            let report = Source::from_bytes("a.net", bytes).expect_err("no text");
            let found = report.diagnostics().next().and_then(Diagnostic::span).expect("a place");
            assert_eq!((found.start, found.end), span);
            assert!(found.end as usize <= bytes.len());
            let position = report.sources().root().position(found.start);
            assert_eq!((position.line, position.column), place);
        }
        let report = Source::from_bytes("a.net", b"a\nbc\xff\xff\nd").expect_err("no text");
        frame(&report, &["   ╭─[a.net:2:3]", " 1 │ a", " 2 │ bc?", "   ·   ┬"]);
    }
}
