//! Pairs of `if` and `for` to the tree.

use super::body::names_of;
use super::expr::Node;
use super::{Convert, Pair, Rule};
use crate::ast::{Branch, Expr, ExprKind, For, If};
use crate::codes;
use crate::diagnostic::Diagnostic;

impl Convert<'_> {
    /// `if`, `else if` and `else` with their bodies.
    pub(super) fn if_expr(&self, pair: Pair<'_>) -> Node {
        let start = self.span(&pair);
        let mut branches = Vec::new();
        let mut condition = None;
        let mut otherwise = None;
        let mut height = 0;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::expr => {
                    let (expr, expr_height) = self.expr(part);
                    height = height.max(expr_height);
                    condition = Some(expr);
                }
                Rule::body => {
                    let (body, body_height) = self.body(part);
                    height = height.max(body_height);
                    match condition.take() {
                        Some(condition) => branches.push(Branch { condition, body }),
                        None => otherwise = Some(body),
                    }
                }
                _ => {}
            }
        }
        let last = otherwise.as_ref().or(branches.last().map(|branch| &branch.body));
        let span = last.map_or(start, |body| start.until(body.span));
        let height = self.raise(height, span);
        let Some(otherwise) = otherwise else {
            self.report(
                Diagnostic::new(codes::IF_WITHOUT_ELSE, "this `if` has no `else`")
                    .label(start.head(2), "has no value when the condition is false")
                    .help(
                        "`if` is an expression: add `else { .. }`, with the unchanged value if there is nothing to do",
                    ),
            );
            return Node::placeholder(span);
        };
        self.lowered(Expr { kind: ExprKind::If(Box::new(If { branches, otherwise })), span }, height)
    }

    /// A loop.
    pub(super) fn for_expr(&self, pair: Pair<'_>) -> Node {
        let start = self.span(&pair);
        let mut patterns = Vec::new();
        let mut exprs = Vec::new();
        let mut body = None;
        let mut height = 0;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name | Rule::group => patterns.push(self.pattern(part)),
                Rule::expr => {
                    let (expr, expr_height) = self.expr(part);
                    height = height.max(expr_height);
                    exprs.push(expr);
                }
                Rule::body => {
                    self.header.replace(patterns.iter().flat_map(names_of).collect());
                    let (converted, body_height) = self.body(part);
                    height = height.max(body_height);
                    body = Some(converted);
                }
                _ => {}
            }
        }
        let span = body.as_ref().map_or(start, |body| start.until(body.span));
        let height = self.raise(height, span);
        let state = patterns.pop().filter(|_| !patterns.is_empty());
        let (Some(body), Some(pattern), Some(state)) = (body, patterns.pop(), state) else {
            self.report(
                Diagnostic::new(codes::FOR_WITHOUT_STATE, "this `for` has no `with`")
                    .label(start.head(3), "carries no value from turn to turn")
                    .help("a loop yields its last state: `for i in 0..4 with x = x { .. }`"),
            );
            return Node::placeholder(span);
        };
        let (Some(init), Some(list)) = (exprs.pop(), exprs.pop()) else {
            return Node::placeholder(span);
        };
        let kind = ExprKind::For(Box::new(For { pattern, list, state, init, body }));
        self.lowered(Expr { kind, span }, height)
    }
}
