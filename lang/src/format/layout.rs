//! Where comments and blank lines go, and what stands in brackets.
//!
//! Documents are built in the order of the text, and every comment is taken once, before the first token behind it that
//! is printed. So none is lost, and none changes its place among the tokens that stay.

use std::ops::Range;

use super::doc::Doc;
use super::trivia::{Comment, Trivia};

/// A pair of brackets and how their contents are laid out.
#[derive(Clone, Copy)]
pub(super) struct Brackets {
    open: &'static str,
    close: &'static str,
    /// Whether blanks stand inside the brackets on one line.
    padded: bool,
    /// Whether a single element has a comma behind it.
    lone_comma: bool,
}

const fn brackets(open: &'static str, close: &'static str) -> Brackets {
    Brackets { open, close, padded: false, lone_comma: false }
}

pub(super) const ROUND: Brackets = brackets("(", ")");
pub(super) const SQUARE: Brackets = brackets("[", "]");
pub(super) const CURLY: Brackets = brackets("{", "}");
pub(super) const PADDED: Brackets = Brackets { padded: true, ..CURLY };
pub(super) const TUPLE: Brackets = Brackets { lone_comma: true, ..ROUND };

/// What stands between two statements or items.
pub(super) struct Gap<'t> {
    /// The comment behind the first of them.
    trailing: Option<Comment<'t>>,
    own: Vec<Comment<'t>>,
    /// Whether a blank line stands before the second.
    after_blank: bool,
}

impl<'t> Gap<'t> {
    /// The comments and line breaks, with the blank lines that the author left.
    pub(super) fn doc(self) -> Doc<'t> {
        let blank = self.own.first().map_or(self.after_blank, |comment| comment.after_blank);
        self.separated(blank)
    }

    /// The same where it is known whether a blank line comes first.
    pub(super) fn separated(self, blank: bool) -> Doc<'t> {
        let trailing = self.trailing.map(|comment| Doc::trailing(comment.text));
        let parts = trailing.into_iter().chain([Doc::hard_line(blank), self.leading()]);
        Doc::concat(parts.collect())
    }

    /// The comments above the second.
    pub(super) fn leading(&self) -> Doc<'t> {
        let blanks = self.own.iter().skip(1).map(|comment| comment.after_blank).chain([self.after_blank]);
        let comments = self.own.iter().map(|comment| Doc::text(comment.text));
        Doc::concat(comments.zip(blanks).flat_map(|(text, blank)| [text, Doc::hard_line(blank)]).collect())
    }
}

/// The state of a walk over the tree.
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
    pub(super) trivia: Trivia<'t>,
    /// How many comments have been taken.
    taken: usize,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str) -> Layout<'t> {
        Layout { text, trivia: Trivia::new(text), taken: 0 }
    }

    /// The indices of the comments before a place that have not been taken.
    fn take(&mut self, at: u32) -> Range<usize> {
        let start = self.taken;
        self.taken = self.trivia.comments_before(at).max(start);
        start..self.taken
    }

    /// Whether comments before a place have not been taken.
    pub(super) fn has_pending(&self, at: u32) -> bool {
        self.taken < self.trivia.comments_before(at)
    }

    /// Whether comments in `start..end` have not been taken.
    pub(super) fn has_comment(&self, start: u32, end: u32) -> bool {
        self.trivia.comments_before(start).max(self.taken) < self.trivia.comments_before(end)
    }

    /// Runs `build` without the comments before a place that it ends before; they are there again behind it.
    pub(super) fn postpone<T>(&mut self, at: u32, build: impl FnOnce(&mut Self) -> T) -> T {
        let postponed = self.take(at);
        let result = build(self);
        self.taken = postponed.start;
        result
    }

    fn comments(&self, indices: Range<usize>) -> Vec<Comment<'t>> {
        indices.filter_map(|index| self.trivia.comment(index)).collect()
    }

    /// The comments before a place in the midst of a line.
    pub(super) fn amid(&mut self, at: u32) -> Doc<'t> {
        let taken = self.take(at);
        let comments = self.comments(taken);
        Doc::concat(comments.iter().map(|comment| Doc::amid(comment.text, comment.own_line)).collect())
    }

    /// A token with the comments before it.
    pub(super) fn token(&mut self, at: u32, text: &'t str) -> Doc<'t> {
        if !self.has_pending(at) {
            return Doc::text(text);
        }
        let comments = self.amid(at);
        Doc::concat(vec![comments, Doc::text(text)])
    }

    /// A token of the text with the comments before it.
    pub(super) fn token_of(&mut self, index: usize) -> Doc<'t> {
        self.token(self.trivia.span(index).start, self.trivia.spelling(index))
    }

    /// A line break before an element, with the comments that stand there: behind the line before it, or above it.
    pub(super) fn gap(&mut self, at: u32, line: Doc<'t>) -> Doc<'t> {
        let taken = self.take(at);
        let (trailing, own) = split(self.comments(taken));
        if trailing.is_none() && own.is_empty() {
            return line;
        }
        let mut parts = Vec::new();
        parts.extend(trailing.map(|comment| Doc::trailing(comment.text)));
        parts.push(line);
        for comment in own {
            parts.push(Doc::text(comment.text));
            parts.push(Doc::hard_line(false));
        }
        Doc::concat(parts)
    }

    /// The comments before a statement or item whose first printed token stands at `at`, behind parentheses that are
    /// not printed perhaps, the first at `start`.
    pub(super) fn spaced_gap(&mut self, start: u32, at: u32) -> Gap<'t> {
        let taken = self.take(at);
        let (trailing, own) = split(self.comments(taken));
        let after_blank = self.trivia.after_blank(if own.is_empty() { start } else { at });
        Gap { trailing, own, after_blank }
    }

    /// The comments before a closing bracket or the end of the file, without the last line break. `blanks` says whether
    /// blank lines stay, `first` whether a line break precedes a comment on its own line.
    pub(super) fn closing_gap(&mut self, at: u32, blanks: bool, first: bool) -> Doc<'t> {
        let taken = self.take(at);
        let (trailing, own) = split(self.comments(taken));
        let mut parts = Vec::new();
        let mut line = first || trailing.is_some();
        parts.extend(trailing.map(|comment| Doc::trailing(comment.text)));
        for comment in own {
            if line {
                parts.push(Doc::hard_line(blanks && comment.after_blank));
            }
            line = true;
            parts.push(Doc::text(comment.text));
        }
        Doc::concat(parts)
    }

    /// Elements in brackets: on one line, or one a line with a comma behind each.
    pub(super) fn listed<T: Copy>(
        &mut self,
        brackets: Brackets,
        close_at: u32,
        elements: impl ExactSizeIterator<Item = T>,
        start: impl Fn(&Self, T) -> u32,
        show: impl Fn(&mut Self, T) -> Doc<'t>,
    ) -> Doc<'t> {
        let count = elements.len();
        if count == 0 && !self.has_pending(close_at) {
            return Doc::concat(vec![Doc::text(brackets.open), Doc::text(brackets.close)]);
        }
        let edge = || if brackets.padded { Doc::line() } else { Doc::soft_line() };
        let mut parts = Vec::with_capacity(3 * count + 2);
        for (index, element) in elements.enumerate() {
            let line = if index == 0 { edge() } else { Doc::line() };
            let at = start(self, element);
            parts.push(self.gap(at, line));
            parts.push(show(self, element));
            let always = index + 1 < count || brackets.lone_comma && count == 1;
            parts.push(if always { Doc::text(",") } else { Doc::comma() });
        }
        parts.push(self.closing_gap(close_at, false, true));
        let inner = Doc::concat(parts).indent();
        Doc::concat(vec![Doc::text(brackets.open), inner, edge(), Doc::text(brackets.close)]).group()
    }
}

/// The comment behind the code before them, if the first is one, and those on lines of their own.
fn split<'t>(mut comments: Vec<Comment<'t>>) -> (Option<Comment<'t>>, Vec<Comment<'t>>) {
    if comments.first().is_none_or(|comment| comment.own_line) {
        return (None, comments);
    }
    (Some(comments.remove(0)), comments)
}
