//! Bodies, their statements, and patterns.

use super::ATTRIBUTES;
use super::doc::Doc;
use super::layout::{Layout, TUPLE};
use crate::ast::{Attribute, Body, ExprKind, Pattern, Statement};

impl<'t> Layout<'t> {
    /// A body in its braces; on lines of its own if `tall`, or if more than one plain expression stands in it.
    pub(super) fn body(&mut self, body: &'t Body, tall: bool) -> Doc<'t> {
        let tall = tall
            || !body.statements.is_empty()
            || matches!(body.result.kind, ExprKind::If(_) | ExprKind::For(_))
            || self.has_pending(body.span.end);
        let close_at = body.span.end - 1;
        let mut parts = Vec::with_capacity(2 * body.statements.len() + 3);
        for (index, statement) in body.statements.iter().enumerate() {
            let start = statement.span().start;
            let gap = self.spaced_gap(start, start);
            parts.push(if index == 0 { gap.separated(false) } else { gap.doc() });
            parts.push(self.statement(statement));
        }
        // A line can't begin with a sign: behind a statement it would be read as infix.
        let is_guarded = !body.statements.is_empty();
        let at = self.first_of_result(&body.result, is_guarded);
        let gap = self.spaced_gap(body.result.span.start, at);
        parts.push(match (tall, is_guarded) {
            (false, _) => Doc::line(),
            (true, false) => gap.separated(false),
            (true, true) => gap.doc(),
        });
        parts.push(self.result(&body.result, is_guarded));
        parts.push(self.closing_gap(close_at, true, true));
        let close = if tall { Doc::hard_line(false) } else { Doc::line() };
        Doc::concat(vec![Doc::text("{"), Doc::concat(parts).indent(), close, Doc::text("}")])
    }

    fn statement(&mut self, statement: &'t Statement) -> Doc<'t> {
        let mut parts = Vec::new();
        if let Some(last) = statement.attributes().last() {
            parts.push(self.statement_attributes(statement.attributes(), last));
        }
        match statement {
            Statement::Let(binding) => {
                parts.extend([Doc::text("let "), self.pattern(&binding.pattern), Doc::text(" = ")]);
                parts.push(self.value(&binding.value));
            }
            Statement::Share(share) => {
                parts.extend([Doc::text("share "), self.ident(&share.name), Doc::text(" = ")]);
                parts.push(self.call(&share.call));
            }
            Statement::Param(param) => {
                parts.extend([Doc::text("param "), self.ident(&param.name), Doc::text(": "), self.tensor(&param.ty)]);
                parts.extend([Doc::text(" = "), self.call(&param.init)]);
            }
        }
        Doc::concat(parts)
    }

    /// The attributes before a statement, and what separates them from it.
    fn statement_attributes(&mut self, attributes: &'t [Attribute], last: &'t Attribute) -> Doc<'t> {
        let mut parts = Vec::new();
        for (index, attribute) in attributes.iter().enumerate() {
            if index > 0 {
                parts.push(self.gap(attribute.span.start, Doc::line()));
            }
            parts.push(self.attribute(attribute));
        }
        let attributes = Doc::concat(parts).group();
        let keyword = self.trivia.span(self.trivia.token_at(last.span.end)).start;
        let gap = self.text.get(last.span.end as usize..keyword as usize).unwrap_or_default();
        let is_above = gap.contains('\n') || self.has_pending(keyword) || !attributes.fits(ATTRIBUTES);
        let line = if is_above { Doc::hard_line(false) } else { Doc::text(" ") };
        let gap = self.gap(keyword, line);
        Doc::concat(vec![attributes, gap])
    }

    pub(super) fn pattern(&mut self, pattern: &'t Pattern) -> Doc<'t> {
        match pattern {
            Pattern::Name(name) => self.ident(name),
            Pattern::Ignore(span) => self.token(span.start, "_"),
            Pattern::Tuple(parts, span) => {
                let comments = self.amid(span.start);
                let parts = self.listed(
                    TUPLE,
                    span.end - 1,
                    parts.iter(),
                    |_, part: &Pattern| part.span().start,
                    Self::pattern,
                );
                Doc::concat(vec![comments, parts])
            }
        }
    }
}
