//! What the tree does not hold: comments, blank lines, and where brackets stand.

use std::ops::Range;

use crate::parser::scan::{Token, TokenKind, scan};
use crate::source::{FileId, Span};

/// A comment and how it stands in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'t> {
    pub(super) start: u32,
    /// From `//` to the last character that is not blank.
    pub(super) text: &'t str,
    /// Whether nothing stands before it on its line.
    pub(super) own_line: bool,
    /// Whether a blank line stands before it.
    pub(super) after_blank: bool,
}

/// The tokens and comments of a text that the parser accepts.
pub(super) struct Trivia<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// For each opening bracket the index of the closing one; 0 elsewhere.
    partners: Vec<usize>,
    comments: Vec<Comment<'t>>,
}

impl<'t> Trivia<'t> {
    pub(super) fn new(text: &'t str) -> Trivia<'t> {
        let (tokens, _) = scan(FileId::ROOT, text);
        let mut comments = Vec::new();
        let mut open = Vec::new();
        let mut partners = vec![0; tokens.len()];
        let mut end = 0;
        for (index, token) in tokens.iter().enumerate() {
            find_comments(text, end..token.span.start as usize, &mut comments);
            end = token.span.end as usize;
            match token.kind {
                TokenKind::Open => open.push(index),
                TokenKind::Close => {
                    if let Some(opener) = open.pop() {
                        partners[opener] = index;
                    }
                }
                _ => {}
            }
        }
        find_comments(text, end..text.len(), &mut comments);
        Trivia { text, tokens, partners, comments }
    }

    pub(super) fn comments(&self) -> std::slice::Iter<'_, Comment<'t>> {
        self.comments.iter()
    }

    /// A comment by its index.
    pub(super) fn comment(&self, index: usize) -> Option<Comment<'t>> {
        self.comments.get(index).copied()
    }

    /// How many comments begin before a place.
    pub(super) fn comments_before(&self, at: u32) -> usize {
        self.comments.partition_point(|comment| comment.start < at)
    }

    /// Whether a blank line stands before a place.
    pub(super) fn after_blank(&self, at: u32) -> bool {
        after_blank(self.text, at as usize)
    }

    /// The index of the first token that begins at or behind a place.
    pub(super) fn token_at(&self, at: u32) -> usize {
        self.tokens.partition_point(|token| token.span.start < at)
    }

    /// The place of a token; the text's end for an index out of range.
    pub(super) fn span(&self, index: usize) -> Span {
        let end = Span::new(FileId::ROOT, self.text.len(), self.text.len());
        self.tokens.get(index).map_or(end, |token| token.span)
    }

    pub(super) fn spelling(&self, index: usize) -> &'t str {
        self.text.get(self.span(index).range()).unwrap_or_default()
    }

    /// The index of the first token at or behind a place that is no `(`.
    pub(super) fn inside_parentheses(&self, at: u32) -> usize {
        let mut index = self.token_at(at);
        while self.spelling(index) == "(" {
            index += 1;
        }
        index
    }

    /// Where the bracket stands that closes the one with the given token index.
    pub(super) fn closer(&self, open: usize) -> u32 {
        self.span(self.partners.get(open).copied().unwrap_or(usize::MAX)).start
    }

    /// Whether a parenthesis opens where a span begins and closes where it ends.
    pub(super) fn is_enclosed(&self, span: Span) -> bool {
        let open = self.token_at(span.start);
        self.spelling(open) == "(" && self.closer(open) + 1 == span.end
    }
}

/// The comments of a gap between tokens, which holds blanks and comments only.
fn find_comments<'t>(text: &'t str, gap: Range<usize>, comments: &mut Vec<Comment<'t>>) {
    let mut from = gap.start;
    while let Some(offset) = text[from..gap.end].find("//") {
        let start = from + offset;
        let length = text[start..gap.end].find('\n').unwrap_or(gap.end - start);
        comments.push(Comment {
            start: Span::new(FileId::ROOT, start, start).start,
            text: text[start..start + length].trim_end(),
            own_line: from > gap.start || gap.start == 0 || text[gap.start..start].contains('\n'),
            after_blank: after_blank(text, start),
        });
        from = start + length;
    }
}

fn after_blank(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let code = before.trim_end_matches([' ', '\t', '\r', '\n']);
    before[code.len()..].bytes().filter(|&byte| byte == b'\n').count() > 1
}
