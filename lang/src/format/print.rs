//! Documents to text: which groups are broken.

use super::doc::{Doc, Kind, MUST_BREAK, width};
use super::{INDENT, WIDTH};

/// What is still to be printed, and how.
struct Entry<'d, 't> {
    indent: u32,
    flat: bool,
    doc: &'d Doc<'t>,
}

struct Printer {
    out: String,
    /// The width of the line so far, its indentation included.
    column: u32,
    /// The indentation of the line.
    indent: u32,
    /// Whether nothing but indentation stands on the line; that is written with what follows.
    empty: bool,
}

/// The text of a document. Lines end in LF, without blanks before it; the last one does too.
pub(super) fn print(doc: &Doc<'_>) -> String {
    let mut printer = Printer { out: String::new(), column: 0, indent: 0, empty: true };
    let mut stack = vec![Entry { indent: 0, flat: false, doc }];
    while let Some(Entry { indent, flat, doc }) = stack.pop() {
        match &doc.kind {
            Kind::Text(text) => printer.text(text),
            Kind::Comma if flat => {}
            Kind::Comma => printer.text(","),
            Kind::Row(texts) => printer.text(if flat { &texts.0 } else { &texts.1 }),
            Kind::Line | Kind::Fill(_) if flat => printer.text(" "),
            Kind::SoftLine if flat => {}
            Kind::Fill(next) if printer.column.saturating_add(*next + 2) <= WIDTH => printer.text(" "),
            Kind::Line | Kind::SoftLine | Kind::Fill(_) => printer.line(indent),
            Kind::HardLine { blank } => {
                if *blank {
                    printer.line(indent);
                }
                printer.line(indent);
            }
            Kind::Trailing(text) => printer.comment(text),
            Kind::Amid { text, own_line } => printer.amid(text, *own_line, indent),
            Kind::Concat(parts) => stack.extend(parts.iter().rev().map(|doc| Entry { indent, flat, doc })),
            Kind::Indent(doc) => stack.push(Entry { indent: indent + INDENT, flat, doc }),
            Kind::Group(inner) => {
                let flat = flat || fits(doc, &stack, WIDTH.saturating_sub(printer.column));
                stack.push(Entry { indent, flat, doc: inner });
            }
        }
    }
    if !printer.out.is_empty() && !printer.empty {
        printer.line(0);
    }
    printer.out
}

impl Printer {
    fn text(&mut self, text: &str) {
        if self.empty {
            self.out.extend(std::iter::repeat_n(' ', self.indent as usize));
            self.empty = false;
        }
        self.out.push_str(text);
        self.column = self.column.saturating_add(width(text));
    }

    fn trim(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
    }

    fn line(&mut self, indent: u32) {
        self.trim();
        self.out.push('\n');
        (self.column, self.indent, self.empty) = (indent, indent, true);
    }

    fn comment(&mut self, text: &str) {
        if !self.empty {
            self.trim();
            self.text(" ");
        }
        self.text(text);
    }

    /// A comment where no line break is expected: what follows it is indented more than what precedes.
    fn amid(&mut self, text: &str, own_line: bool, indent: u32) {
        let below = if self.empty { self.indent } else { indent + INDENT };
        if own_line && !self.empty {
            self.line(below);
        }
        self.comment(text);
        self.line(below);
    }
}

/// Whether a group and what follows it up to the next possible line break fit.
fn fits(group: &Doc<'_>, rest: &[Entry<'_, '_>], columns: u32) -> bool {
    if !group.fits(columns) || group.flat == MUST_BREAK {
        return false;
    }
    let mut left = columns - group.flat;
    for entry in rest.iter().rev() {
        match measure(entry.doc, entry.flat, &mut left) {
            Measured::Line => return true,
            Measured::Full => return false,
            Measured::More => {}
        }
    }
    true
}

/// What a look at the rest of a line found.
enum Measured {
    /// The line can end here.
    Line,
    /// The line is too long.
    Full,
    /// Neither yet.
    More,
}

fn measure(doc: &Doc<'_>, flat: bool, left: &mut u32) -> Measured {
    let columns = match &doc.kind {
        Kind::Concat(parts) if !flat => {
            for part in parts {
                match measure(part, false, left) {
                    Measured::More => {}
                    decided => return decided,
                }
            }
            return Measured::More;
        }
        Kind::Indent(inner) | Kind::Group(inner) if !flat => return measure(inner, false, left),
        Kind::Line | Kind::SoftLine | Kind::Fill(_) if !flat => return Measured::Line,
        Kind::HardLine { .. } | Kind::Trailing(_) | Kind::Amid { .. } => return Measured::Line,
        Kind::Comma if !flat => 1,
        Kind::Row(texts) if !flat => width(&texts.1),
        _ => doc.flat,
    };
    match left.checked_sub(columns) {
        Some(less) => {
            *left = less;
            Measured::More
        }
        None => Measured::Full,
    }
}
