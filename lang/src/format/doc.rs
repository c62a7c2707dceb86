//! Documents: text with the places where it may be broken into lines, in the manner of Wadler ("A prettier printer",
//! 2003). A group is printed on one line if it fits; otherwise all of its own line breaks are taken, while the groups
//! within it choose for themselves.

use std::borrow::Cow;

/// The flat width of what can't stand on one line.
pub(super) const MUST_BREAK: u32 = u32::MAX;

/// A piece of a document.
pub(super) struct Doc<'t> {
    pub(super) kind: Kind<'t>,
    /// Its width on one line, in columns, or [`MUST_BREAK`].
    pub(super) flat: u32,
}

pub(super) enum Kind<'t> {
    Text(Cow<'t, str>),
    /// A comma where broken.
    Comma,
    /// The first text where flat, the second, of the given width, where broken.
    Row(Box<(String, String)>),
    /// A blank, or a new line where broken.
    Line,
    /// Nothing, or a new line where broken.
    SoftLine,
    /// A blank; where broken a new line if the next so many columns do not fit.
    Fill(u32),
    /// A new line, perhaps with a blank one before it.
    HardLine {
        blank: bool,
    },
    /// A comment behind code. A line break must follow.
    Trailing(&'t str),
    /// A comment between tokens that share a line, with the line break it needs.
    Amid {
        text: &'t str,
        own_line: bool,
    },
    Concat(Vec<Doc<'t>>),
    Indent(Box<Doc<'t>>),
    Group(Box<Doc<'t>>),
}

/// The width of a text in columns.
pub(super) fn width(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(MUST_BREAK)
}

impl<'t> Doc<'t> {
    fn new(kind: Kind<'t>, flat: u32) -> Doc<'t> {
        Doc { kind, flat }
    }

    pub(super) fn text(text: impl Into<Cow<'t, str>>) -> Doc<'t> {
        let text = text.into();
        let flat = width(&text);
        Doc::new(Kind::Text(text), flat)
    }

    pub(super) fn comma() -> Doc<'t> {
        Doc::new(Kind::Comma, 0)
    }

    pub(super) fn row(flat: String, broken: String) -> Doc<'t> {
        let columns = width(&flat);
        Doc::new(Kind::Row(Box::new((flat, broken))), columns)
    }

    pub(super) fn line() -> Doc<'t> {
        Doc::new(Kind::Line, 1)
    }

    pub(super) fn soft_line() -> Doc<'t> {
        Doc::new(Kind::SoftLine, 0)
    }

    pub(super) fn fill(next: u32) -> Doc<'t> {
        Doc::new(Kind::Fill(next), 1)
    }

    pub(super) fn hard_line(blank: bool) -> Doc<'t> {
        Doc::new(Kind::HardLine { blank }, MUST_BREAK)
    }

    pub(super) fn trailing(text: &'t str) -> Doc<'t> {
        Doc::new(Kind::Trailing(text), MUST_BREAK)
    }

    pub(super) fn amid(text: &'t str, own_line: bool) -> Doc<'t> {
        Doc::new(Kind::Amid { text, own_line }, MUST_BREAK)
    }

    pub(super) fn concat(parts: Vec<Doc<'t>>) -> Doc<'t> {
        let flat = parts.iter().fold(0, |sum: u32, part| sum.saturating_add(part.flat));
        Doc::new(Kind::Concat(parts), flat)
    }

    pub(super) fn indent(self) -> Doc<'t> {
        let flat = self.flat;
        Doc::new(Kind::Indent(Box::new(self)), flat)
    }

    pub(super) fn group(self) -> Doc<'t> {
        let flat = self.flat;
        Doc::new(Kind::Group(Box::new(self)), flat)
    }

    /// A group that is broken even if it fits.
    pub(super) fn broken(self) -> Doc<'t> {
        let group = if matches!(self.kind, Kind::Group(_)) { self } else { self.group() };
        Doc { flat: MUST_BREAK, ..group }
    }

    /// Whether it can stand on a line of so many columns.
    pub(super) fn fits(&self, columns: u32) -> bool {
        self.flat <= columns
    }
}
