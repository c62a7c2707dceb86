//! Brackets and top-level items: a linear scan over the tokens, before anything recurses.
//!
//! Passing guarantees that brackets match within each unbroken segment and nest at most [`limits::NESTING`] deep.

use std::ops::Range;

use super::KEYWORDS;
use super::scan::{Token, TokenKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;

/// The tokens from one top-level keyword to the next.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) tokens: Range<usize>,
    /// From the first token to the next segment, comments included.
    pub(super) span: Span,
    /// An error in it has been reported: it is not worth parsing.
    pub(super) broken: bool,
}

/// What other languages begin an item with, and what it is here.
const ITEMS_OF_OTHERS: &[(&str, &str)] = &[
    ("class", "block"),
    ("def", "block"),
    ("from", "import"),
    ("func", "fn"),
    ("function", "fn"),
    ("layer", "block"),
    ("let", "const"),
    ("model", "net"),
    ("module", "block"),
    ("network", "net"),
];

/// The keywords that begin an item.
const ITEM_KEYWORDS: &[&str] = &["net", "block", "const", "import", "fn"];

struct Structure<'t, 'e> {
    text: &'t str,
    tokens: &'t [Token],
    /// What is open, as token indices: brackets, and `if` and `for` whose `{` has not come yet, for those nest too.
    stack: Vec<usize>,
    /// The first `}` of the segment that closed a body though what follows begins no item.
    early: Option<usize>,
    segments: Vec<Segment>,
    errors: &'e mut Vec<Diagnostic>,
}

/// Cuts the tokens into items; reports unmatched and too deep brackets, and what is no item.
pub(super) fn segments(text: &str, tokens: &[Token], errors: &mut Vec<Diagnostic>) -> Vec<Segment> {
    let mut structure = Structure { text, tokens, stack: Vec::new(), early: None, segments: Vec::new(), errors };
    for index in 0..tokens.len() {
        if !structure.token(index) {
            return Vec::new();
        }
    }
    structure.close_all(tokens.len());
    structure.finish()
}

/// The closing bracket that matches an opening one.
pub(super) fn closer(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

impl<'t> Structure<'t, '_> {
    fn spelling(&self, index: usize) -> &'t str {
        self.tokens.get(index).map_or("", |token| token.text(self.text))
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    fn is_name(&self, index: usize) -> bool {
        self.kind(index) == Some(TokenKind::Word) && !KEYWORDS.contains(&self.spelling(index))
    }

    fn begins_line(&self, index: usize) -> bool {
        begins_line(self.text, self.tokens[index].span)
    }

    fn starts_item(&self, index: usize) -> bool {
        if !ITEM_KEYWORDS.contains(&self.spelling(index)) || self.ends_foreign_import(index) {
            return false;
        }
        if self.stack.iter().all(|&open| self.is_head(open)) {
            // `const net = 1` is one item with a bad name.
            return self.segments.last().is_none_or(|segment| index != segment.tokens.start + 1);
        }
        // Within brackets these words are names of parameters and arguments, which no name follows.
        self.begins_line(index) && (self.is_name(index + 1) || self.kind(index + 1) == Some(TokenKind::String))
    }

    /// Whether this is the second word of `from .. import ..`.
    fn ends_foreign_import(&self, index: usize) -> bool {
        let first = self.segments.last().map_or("", |segment| self.spelling(segment.tokens.start));
        self.spelling(index) == "import" && first == "from" && !self.begins_line(index)
    }

    /// False when the rest is not worth a look.
    fn token(&mut self, index: usize) -> bool {
        let token = self.tokens[index];
        if self.starts_item(index) {
            self.close_all(index);
            self.begin(index);
        } else if self.segments.is_empty() {
            self.begin(index);
        }
        match token.kind {
            TokenKind::Open => {
                if token.is(self.text, "{") && self.stack.last().is_some_and(|&open| self.is_head(open)) {
                    self.stack.pop();
                }
                return self.open(index);
            }
            TokenKind::Close => self.close(index),
            TokenKind::Bad => self.mark_broken(),
            TokenKind::Word if matches!(self.spelling(index), "let" | "share" | "param") => self.let_keyword(index),
            // As the name of a parameter or argument it is followed by one of these.
            TokenKind::Word if self.is_head(index) && ![":", ",", ")", "="].contains(&self.spelling(index + 1)) => {
                return self.open(index);
            }
            _ => {}
        }
        true
    }

    fn is_head(&self, index: usize) -> bool {
        matches!(self.spelling(index), "if" | "for")
    }

    /// False when that is too deep.
    fn open(&mut self, index: usize) -> bool {
        self.stack.push(index);
        if self.stack.len() <= limits::NESTING {
            return true;
        }
        self.errors.push(
            Diagnostic::new(codes::NESTING_TOO_DEEP, format!("this nests more than {} deep", limits::NESTING))
                .label(self.tokens[index].span, "one too many")
                .help("give inner parts a name with `let`, or move them into a block"),
        );
        false
    }

    /// `let`, `share` or `param` followed by a name or pattern begins a statement, so round and square brackets should be closed.
    fn let_keyword(&mut self, index: usize) {
        let pattern = self.spelling(index) == "let" && self.spelling(index + 1) == "(";
        if !(self.is_name(index + 1) || pattern) {
            return;
        }
        while let Some(&open) = self.stack.last()
            && self.spelling(open) != "{"
        {
            self.stack.pop();
            self.unclosed(open, Some(index));
        }
    }

    fn close(&mut self, index: usize) {
        let found = self.spelling(index);
        let closes = |&open: &usize| !self.is_head(open) && closer(self.spelling(open)) == found;
        match self.stack.iter().rposition(closes) {
            Some(depth) => {
                while self.stack.len() > depth + 1
                    && let Some(open) = self.stack.pop()
                {
                    self.unclosed(open, Some(index));
                }
                self.stack.pop();
                if self.early.is_none() && self.ends_early(index) {
                    self.early = Some(index);
                }
            }
            None => {
                let span = self.tokens[index].span;
                let innermost = self.stack.iter().rfind(|&&open| !self.is_head(open));
                let diagnostic = Diagnostic::new(codes::STRAY_BRACKET, format!("`{found}` closes nothing"));
                self.bracket_error(match (innermost, self.early) {
                    (None, Some(early)) if found == "}" => {
                        Diagnostic::new(codes::STRAY_BRACKET, "there is a `}` too many")
                            .label(self.tokens[early].span, "this closes the body, though it seems to go on")
                            .label(span, "so nothing is left for this one to close")
                            .help("delete one of the two")
                    }
                    (Some(&open), _) => {
                        let spelling = self.spelling(open);
                        diagnostic
                            .label(span, format!("no bracket of this kind is open; expected `{}`", closer(spelling)))
                            .label(self.tokens[open].span, format!("this `{spelling}` is"))
                            .help("exchange or delete it, or add the opening bracket")
                    }
                    (None, _) => {
                        diagnostic.label(span, "no bracket is open here").help("delete it, or add the opening bracket")
                    }
                });
            }
        }
    }

    /// Whether a `}` just closed the outermost bracket and something follows that neither begins an item nor belongs to a header.
    fn ends_early(&self, index: usize) -> bool {
        let next = self.spelling(index + 1);
        let goes_on = next.is_empty() || matches!(next, "{" | "}" | "where") || ITEM_KEYWORDS.contains(&next);
        self.stack.is_empty() && self.spelling(index) == "}" && !goes_on
    }

    fn unclosed(&mut self, open: usize, stopper: Option<usize>) {
        if self.is_head(open) {
            // What is missing is the body; pest says so.
            return;
        }
        let spelling = self.spelling(open);
        let mut diagnostic = Diagnostic::new(codes::UNCLOSED_BRACKET, format!("`{spelling}` is never closed"))
            .label(self.tokens[open].span, "opened here");
        if let Some(stopper) = stopper {
            diagnostic =
                diagnostic.label(self.tokens[stopper].span, format!("`{}` should be closed before this", spelling));
        }
        self.bracket_error(diagnostic.help(format!("add the missing `{}`", closer(spelling))));
    }

    /// Reports the first bracket error of a segment; others, and those behind a bad token, are likely its followers.
    fn bracket_error(&mut self, diagnostic: Diagnostic) {
        if self.segments.last().is_some_and(|segment| !segment.broken) {
            self.errors.push(diagnostic);
        }
        self.mark_broken();
    }

    fn mark_broken(&mut self) {
        if let Some(segment) = self.segments.last_mut() {
            segment.broken = true;
        }
    }

    fn close_all(&mut self, stopper: usize) {
        while let Some(open) = self.stack.pop() {
            self.unclosed(open, (stopper < self.tokens.len()).then_some(stopper));
        }
    }

    fn begin(&mut self, index: usize) {
        let start = self.tokens[index].span;
        if let Some(last) = self.segments.last_mut() {
            last.tokens.end = index;
            last.span.end = start.start;
        }
        let end = self.text.len() as u32;
        self.early = None;
        self.segments.push(Segment { tokens: index..self.tokens.len(), span: Span { end, ..start }, broken: false });
    }

    /// Reports the segments that begin with no keyword.
    fn finish(mut self) -> Vec<Segment> {
        for segment in &mut self.segments {
            let first = &self.tokens[segment.tokens.start];
            let spelling = first.text(self.text);
            if ITEM_KEYWORDS.contains(&spelling) {
                continue;
            }
            if !segment.broken {
                self.errors.push(not_an_item(spelling, first.span));
            }
            segment.broken = true;
        }
        self.segments
    }
}

/// Whether only blanks stand before the span on its line.
pub(super) fn begins_line(text: &str, span: Span) -> bool {
    let before = text.get(..span.start as usize).unwrap_or_default().trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with('\n')
}

/// The error for a token at the top level that begins no item.
pub(super) fn not_an_item(found: &str, span: Span) -> Diagnostic {
    let message = match found {
        "let" | "share" | "param" => format!("`{found}` stands outside of a net or block"),
        _ => format!("expected `net`, `block`, `fn`, `const` or `import`, found `{found}`"),
    };
    let meant = ITEMS_OF_OTHERS.iter().find(|(other, _)| *other == found).map(|(_, meant)| *meant);
    let help = match found {
        "let" => "use `const` for a value that the whole file sees",
        "@" => "attributes stand inside of nets and blocks: `@image` before an input, `@labels` before an output",
        _ if meant == Some("block") => "layers are put together in a `block`",
        _ if meant == Some("net") => "a network is a `net`",
        _ if meant == Some("import") => "an import names the file first: `import \"blocks.net\" { conv_relu }`",
        _ if meant == Some("fn") => "a function of numbers is a `fn`; layers are put together in a `block`",
        "share" | "param" => "weights belong to a net or block: move it into one",
        _ => "at the top level of a file stand nets, blocks, functions, constants and imports only",
    };
    let diagnostic = Diagnostic::new(codes::NOT_AN_ITEM, message).label(span, "not an item").help(help);
    match meant {
        // More than the word is wrong.
        Some("import") | None => diagnostic,
        Some(meant) => diagnostic.fix(span, meant),
    }
}
