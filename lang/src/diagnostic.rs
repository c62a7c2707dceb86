//! Diagnostics as data, and their bridge to miette. Prints nothing: the caller chooses a handler.

use std::fmt;

use crate::codes::Code;
use crate::source::{FileId, Source, Sources, Span};
use crate::suggestion::suggestion;

/// A place in the text and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty.
    pub text: String,
}

/// A replacement of text that would repair the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The text to replace; empty for an insertion.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// One error in a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, such as `E0105`.
    pub code: &'static str,
    /// One line: what is wrong, with what.
    pub message: String,
    /// Every party to the error; the first is the place of the error itself.
    pub labels: Vec<Label>,
    /// How to repair it.
    pub help: Option<String>,
    /// The repair as an edit, where there is exactly one likely.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// A diagnostic without labels, help or fix.
    pub fn new(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code: code.id, message: message.into(), labels: Vec::new(), help: None, fix: None }
    }

    /// Adds a label. The first one added is the primary one.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the help text.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Sets the edit that repairs the error.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Box::new(Fix { span, replacement: replacement.into() }));
        self
    }

    /// The place of the error, where it has one.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Bytes of the longest line that is drawn; for errors on longer ones the place stands in the message. miette pads lines
/// to their labels' columns, which must stay below 2^16 even where every byte is a tab.
const LONGEST_LINE: usize = 8192;

/// One diagnostic together with the program's texts: what miette needs to render it.
///
/// Labels in other files than the first label's follow as related notes, one a file.
#[derive(Clone, Debug)]
pub struct Entry {
    sources: Sources,
    diagnostic: Diagnostic,
    elsewhere: Vec<Elsewhere>,
}

impl Entry {
    /// A diagnostic about a program of these texts.
    pub fn new(sources: Sources, diagnostic: Diagnostic) -> Entry {
        let mut entry = Entry { sources, diagnostic, elsewhere: Vec::new() };
        let home = entry.home();
        let mut elsewhere: Vec<Elsewhere> = Vec::new();
        for label in entry.diagnostic.labels.iter().filter(|label| label.span.file != home) {
            match elsewhere.iter_mut().find(|note| note.file == label.span.file) {
                Some(note) => note.labels.push(label.clone()),
                None => {
                    let source = entry.sources.get(label.span.file).clone();
                    let drawn = entry.can_show(label.span.file);
                    elsewhere.push(Elsewhere { file: label.span.file, source, drawn, labels: vec![label.clone()] });
                }
            }
        }
        entry.elsewhere = elsewhere;
        entry
    }

    /// The diagnostic.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }

    /// The texts its spans are places in.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The help text, and below it the lines as the fix leaves them.
    fn help_and_fix(&self) -> Option<String> {
        let help = self.diagnostic.help.as_deref();
        let fix = self.diagnostic.fix.as_ref();
        match fix.and_then(|fix| suggestion(self.sources.get(fix.span.file), fix)) {
            Some(lines) => Some(format!("{}\n{lines}", help.unwrap_or("try this"))),
            None => help.map(str::to_owned),
        }
    }

    /// Whether the lines that the labels in a file are on, and their neighbours, are short enough to be drawn.
    fn can_show(&self, file: FileId) -> bool {
        let text = self.sources.get(file).text();
        let line_start = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).unwrap_or(0);
        let line_end = |at: usize| text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
        let mut here = self.diagnostic.labels.iter().filter(|label| label.span.file == file);
        here.all(|label| {
            let range = label.span.range();
            let (start, end) = (line_start(line_start(range.start)), line_end(line_end(range.end).saturating_add(1)));
            text.get(start..end).is_none_or(|lines| lines.split('\n').all(|line| line.len() <= LONGEST_LINE))
        })
    }

    /// The file of the error itself.
    fn home(&self) -> FileId {
        self.diagnostic.span().map_or(FileId::ROOT, |span| span.file)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)?;
        let home = self.home();
        if self.can_show(home) {
            return Ok(());
        }
        tell(f, self.sources.get(home), self.diagnostic.labels.iter().filter(|label| label.span.file == home))
    }
}

/// Labels that cannot be drawn, as text: ` (a.net:3:5: here)`.
fn tell<'a>(f: &mut fmt::Formatter<'_>, source: &Source, labels: impl Iterator<Item = &'a Label>) -> fmt::Result {
    for label in labels {
        write!(f, " ({}:{}", source.name(), source.position(label.span.start))?;
        if !label.text.is_empty() {
            write!(f, ": {}", label.text)?;
        }
        f.write_str(")")?;
    }
    Ok(())
}

impl std::error::Error for Entry {}

impl miette::Diagnostic for Entry {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help_and_fix().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        let home = self.home();
        self.can_show(home).then(|| self.sources.get(home) as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let home = self.home();
        if !self.can_show(home) {
            return None;
        }
        let labels = self.diagnostic.labels.iter().filter(move |label| label.span.file == home);
        (!self.diagnostic.labels.is_empty()).then(|| labeled(labels, true))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|note| note as &dyn miette::Diagnostic)))
    }
}

/// Labels as miette takes them; the first is the primary one where there is one.
fn labeled<'a>(
    labels: impl Iterator<Item = &'a Label> + 'a,
    primary: bool,
) -> Box<dyn Iterator<Item = miette::LabeledSpan> + 'a> {
    Box::new(labels.enumerate().map(move |(index, label)| {
        let text = (!label.text.is_empty()).then(|| label.text.clone());
        let span = label.span.range();
        if primary && index == 0 {
            miette::LabeledSpan::new_primary_with_span(text, span)
        } else {
            miette::LabeledSpan::new_with_span(text, span)
        }
    }))
}

/// The parties to an error in another file than its own.
#[derive(Clone, Debug)]
struct Elsewhere {
    file: FileId,
    source: Source,
    /// Whether its lines are short enough to be drawn; else places and texts stand in the message.
    drawn: bool,
    labels: Vec<Label>,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this involves `{}`", self.source.name())?;
        if self.drawn { Ok(()) } else { tell(f, &self.source, self.labels.iter()) }
    }
}

impl std::error::Error for Elsewhere {}

impl miette::Diagnostic for Elsewhere {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.drawn.then_some(&self.source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.drawn.then(|| labeled(self.labels.iter(), false))
    }
}

/// All diagnostics of one program, in the order of their places. Never empty.
///
/// Renders through any miette handler. A single diagnostic shows as itself, several as a count with the diagnostics
/// as related errors.
#[derive(Clone, Debug)]
pub struct Report {
    sources: Sources,
    entries: Vec<Entry>,
}

impl Report {
    /// A report of the given diagnostics, sorted by place; those without a place come first.
    pub fn new(sources: impl Into<Sources>, mut diagnostics: Vec<Diagnostic>) -> Report {
        let sources = sources.into();
        diagnostics.sort_by_key(Diagnostic::span);
        let entries = diagnostics.into_iter().map(|diagnostic| Entry::new(sources.clone(), diagnostic)).collect();
        Report { sources, entries }
    }

    /// The texts the diagnostics are about.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The diagnostics with their source, each renderable by itself.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bare diagnostics.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.entries.iter().map(Entry::diagnostic)
    }

    fn single(&self) -> Option<&Entry> {
        match self.entries.as_slice() {
            [entry] => Some(entry),
            _ => None,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.single() {
            Some(entry) => entry.fmt(f),
            None => write!(f, "{} errors in {}", self.entries.len(), self.sources.root().name()),
        }
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.single().and_then(miette::Diagnostic::code)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.single().and_then(miette::Diagnostic::help)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.single().and_then(miette::Diagnostic::source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.single().and_then(miette::Diagnostic::labels)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if let Some(entry) = self.single() {
            return entry.related();
        }
        Some(Box::new(self.entries.iter().map(|entry| entry as &dyn miette::Diagnostic)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[track_caller]
    fn rendered(text: &str, at: usize) -> String {
        let diagnostic = Diagnostic::new(codes::UNEXPECTED, "wrong").label(Span::new(FileId::ROOT, at, at + 1), "here");
        let report = Report::new(Source::new("a.net", text), vec![diagnostic]);
        let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
        let mut out = String::new();
        handler.render_report(&mut out, &report).expect("writing into a string");
        out
    }

    #[test]
    fn what_is_not_drawn_is_told() {
        let text = "\t".repeat(LONGEST_LINE + 1);
        let other = FileId::new(1);
        let sources = Sources::new(Source::new("a.net", text.as_str()), [Source::new("b.net", text.as_str())]);
        let diagnostic = Diagnostic::new(codes::UNEXPECTED, "wrong")
            .label(Span::new(FileId::ROOT, 0, 1), "here")
            .label(Span::new(FileId::ROOT, 4, 5), "and here")
            .label(Span::new(other, 2, 3), "there");
        let entry = Entry::new(sources, diagnostic);
        assert_eq!(entry.to_string(), "wrong (a.net:1:1: here) (a.net:1:5: and here)");
        assert_eq!(entry.elsewhere[0].to_string(), "this involves `b.net` (b.net:1:3: there)");
    }

    #[test]
    fn long_lines_are_not_drawn() {
        let line = |length: usize| format!("x\n{}\nx", "\t".repeat(length));
        let drawn = rendered(&line(LONGEST_LINE), LONGEST_LINE - 1);
        assert!(drawn.contains("here") && !drawn.contains("(a.net:2"), "{drawn}");
        let told = rendered(&line(LONGEST_LINE + 1), LONGEST_LINE - 1);
        assert!(told.contains("wrong (a.net:2:8190: here)") && told.len() < 200, "{told}");
        // Also for the lines beside it, and far beyond what formatting can pad to.
        assert!(rendered(&line(300_000), 0).contains("(a.net:1:1: here)"));
        assert!(rendered(&line(300_000), 299_999).contains("(a.net:2:299998: here)"));
        assert!(rendered(&format!("{}\n\nx", " ".repeat(300_000)), 300_002).contains("here"));
    }
}
