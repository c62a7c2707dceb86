//! Pairs of bodies, their statements and patterns to the tree.

use super::failure::{misplaced_attribute, space_before_bracket};
use super::{Convert, Pair, Rule};
use crate::ast::{Attribute, Body, Expr, ExprKind, Ident, Let, Pattern, Statement};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A statement or an expression, before it is known which expression is the final one.
enum Entry {
    Statement(Statement),
    Expr(Expr),
}

impl Entry {
    fn span(&self) -> Span {
        match self {
            Entry::Statement(Statement::Let(binding)) => binding.span,
            Entry::Expr(expr) => expr.span,
        }
    }
}

impl Convert<'_> {
    /// A body and its height.
    pub(super) fn body(&self, pair: Pair<'_>) -> (Body, usize) {
        let span = self.span(&pair);
        let errors_before = self.error_count();
        let mut entries: Vec<Entry> = Vec::new();
        let mut attributes: Vec<Attribute> = Vec::new();
        let mut height = 0;
        self.within(false, || {
            for part in pair.into_inner() {
                match part.as_rule() {
                    Rule::attribute => {
                        let (attribute, attribute_height) = self.attribute(part);
                        height = height.max(attribute_height);
                        attributes.push(attribute);
                    }
                    Rule::binding | Rule::bare => {
                        let (binding, value_height) = self.binding(part, std::mem::take(&mut attributes));
                        height = height.max(value_height);
                        entries.extend(binding.map(|binding| Entry::Statement(Statement::Let(binding))));
                    }
                    _ => {
                        let (expr, expr_height) = self.expr(part);
                        height = height.max(expr_height);
                        let before =
                            attributes.last().map(|attribute| attribute.span).or(entries.last().map(Entry::span));
                        if self.check_gap(before, expr.span) {
                            attributes.clear();
                        }
                        entries.push(Entry::Expr(expr));
                    }
                }
                if let Some(attribute) = attributes.first()
                    && matches!(entries.last(), Some(Entry::Expr(expr)) if expr.span.start > attribute.span.start)
                {
                    self.report(misplaced_attribute(attribute.span));
                    attributes.clear();
                }
            }
        });
        if let Some(attribute) = attributes.first() {
            self.report(misplaced_attribute(attribute.span));
        }
        let last = match entries.pop() {
            Some(Entry::Expr(expr)) => Some(expr),
            Some(statement) => {
                entries.push(statement);
                None
            }
            None => None,
        };
        // An earlier error in the body, such as two lines joined by a sign, may have taken the final expression.
        if self.error_count() == errors_before {
            self.check_entries(&entries, last.as_ref(), span);
        }
        let result = last.unwrap_or(Expr { kind: ExprKind::Bool(false), span });
        let statements = entries.into_iter().filter_map(|entry| match entry {
            Entry::Statement(statement) => Some(statement),
            Entry::Expr(_) => None,
        });
        let body = Body { statements: statements.collect(), result, span };
        (body, self.raise(height, span))
    }

    /// `let a = conv (x)` reads as a statement and a tuple; true when it was found and reported.
    fn check_gap(&self, before: Option<Span>, span: Span) -> bool {
        let Some(before) = before else { return false };
        let first = self.text.get(span.range()).unwrap_or_default().bytes().next();
        let gap = self.text.get(before.end as usize..span.start as usize).unwrap_or_default();
        if matches!(first, Some(b'(' | b'[')) && !gap.contains('\n') {
            let name_length = self.text[before.range()]
                .bytes()
                .rev()
                .take_while(|&byte| byte == b'_' || byte.is_ascii_alphanumeric())
                .count();
            let name = Span { start: before.end - name_length as u32, end: before.end };
            let bracket = Span { start: span.start, end: span.start + 1 };
            self.report(space_before_bracket(self.text, name, bracket));
            return true;
        }
        false
    }

    fn check_entries(&self, entries: &[Entry], last: Option<&Expr>, span: Span) {
        let unused = entries.iter().find_map(|entry| match entry {
            Entry::Expr(expr) => Some(expr),
            Entry::Statement(_) => None,
        });
        if let (Some(unused), Some(last)) = (unused, last) {
            self.report(
                Diagnostic::new(codes::EXTRA_RESULT, "a body has one final expression, this one has more")
                    .label(unused.span, "nothing uses this value")
                    .label(last.span, "this is the final expression")
                    .help(format!("bind it with `let name = {}`, or delete it", self.snippet(unused.span))),
            );
        } else if last.is_none() {
            let end = Span { start: span.end - 1, end: span.end };
            let diagnostic = Diagnostic::new(codes::NO_RESULT, "this body has no final expression");
            self.report(match (unused, entries.last()) {
                (Some(unused), _) => diagnostic
                    .label(unused.span, "the final expression must come last")
                    .help("move this behind the `let` statements"),
                (None, Some(Entry::Statement(Statement::Let(binding)))) => {
                    let name = self.snippet(binding.pattern.span());
                    diagnostic
                        .label(end, "expected an expression before this")
                        .label(binding.pattern.span(), "the last statement binds this")
                        .help(format!("to yield it, end the body with the line `{name}`"))
                }
                _ => diagnostic
                    .label(end, "expected an expression before this")
                    .help("a body is `let` statements and one final expression: its value"),
            });
        }
    }

    /// `let PATTERN = VALUE`, or `NAME = VALUE` with its error reported.
    fn binding(&self, pair: Pair<'_>, attributes: Vec<Attribute>) -> (Option<Let>, usize) {
        let whole = self.span(&pair);
        let is_bare = pair.as_rule() == Rule::bare;
        let mut pattern = None;
        let mut value = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name | Rule::group => pattern = Some(self.pattern(part)),
                Rule::expr => value = Some(self.expr(part)),
                _ => {}
            }
        }
        let (Some(pattern), Some((value, height))) = (pattern, value) else {
            return (None, 0);
        };
        let start = attributes.first().map_or(whole.start, |attribute| attribute.span.start);
        let span = Span { start, end: value.span.end };
        if is_bare {
            let statement = self.snippet(Span { start: whole.start, end: span.end });
            let statement =
                if statement == ".." { format!("{} = ..", self.snippet(pattern.span())) } else { statement };
            self.report(
                Diagnostic::new(codes::MISSING_LET, "a binding begins with `let`")
                    .label(pattern.span(), "bound without `let`")
                    .help(format!("did you mean `let {statement}`?"))
                    .fix(Span { start: whole.start, end: whole.start }, "let "),
            );
        }
        (Some(Let { attributes, pattern, value, span }), height)
    }

    /// A name, `_`, or a tuple of patterns. Nests as deep as brackets do.
    pub(super) fn pattern(&self, pair: Pair<'_>) -> Pattern {
        let span = self.span(&pair);
        if pair.as_rule() != Rule::group {
            return match pair.as_str() {
                "_" => Pattern::Ignore(span),
                name => Pattern::Name(Ident { name: name.to_owned(), span }),
            };
        }
        let mut parts = Vec::new();
        let mut trailing = false;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::trailing {
                trailing = true;
            } else {
                parts.push(self.pattern(part));
            }
        }
        match parts.pop() {
            Some(only) if parts.is_empty() && !trailing => only,
            last => {
                parts.extend(last);
                Pattern::Tuple(parts, span)
            }
        }
    }
}
