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
}

impl Source {
    /// A source of the given name (usually the path as the user wrote it) and text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        Source { name: name.into(), text: text.into() }
    }

    /// A source from the bytes of a file.
    ///
    /// # Errors
    /// E0103 when the bytes are not UTF-8, with the place of the first that is not.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Source, Report> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(name, text)),
            Err(error) => {
                // Only the line of the bad byte is shown: a binary file would fill the terminal otherwise.
                let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
                let line = valid.rsplit('\n').next().unwrap_or_default();
                let source = Source::new(name, format!("{line}\u{fffd}"));
                let number = valid.matches('\n').count() + 1;
                let diagnostic =
                    Diagnostic::new(codes::NOT_UTF8, format!("the file is not UTF-8 text (line {number})"))
                        .label(
                            Span::new(FileId::ROOT, line.len(), line.len() + '\u{fffd}'.len_utf8()),
                            "this byte is not UTF-8",
                        )
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

impl miette::SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let inner = self.text.as_ref().read_span(span, lines_before, lines_after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.name.to_string(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}
