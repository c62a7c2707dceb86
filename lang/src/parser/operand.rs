//! Pairs of operands to the tree: atoms, calls, indices, stages of pipelines.

use super::expr::Node;
use super::item::no_arguments;
use super::{Convert, Pair, Rule};
use crate::ast::{Call, Expr, ExprKind, Ident, Index};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

impl Convert<'_> {
    /// An atom, what is appended to it, and its `as`.
    pub(super) fn operand(&self, pair: Pair<'_>) -> Node {
        let mut node = self.appended(pair.clone(), false);
        if let Some(alias) = pair.into_inner().find(|part| part.as_rule() == Rule::alias) {
            let alias = self.alias(alias);
            let span = node.expr.span.until(alias.span);
            match &mut node.expr.kind {
                ExprKind::Call(call) if !node.closed => {
                    call.span = span;
                    call.alias = Some(alias);
                }
                kind => {
                    let last = match kind {
                        ExprKind::Call(call) => Some(&**call),
                        ExprKind::Pipeline(pipeline) => pipeline.stages.last().map(|stage| &stage.call),
                        _ => None,
                    };
                    let diagnostic = Diagnostic::new(codes::ALIAS_WITHOUT_CALL, "`as` names a call, and this is none")
                        .label(node.expr.span, "not a call")
                        .label(alias.span, "the name");
                    self.report(match last {
                        Some(call) if call.alias.is_none() && node.closed => {
                            let behind = Span { start: node.expr.span.end - 1, ..alias.span };
                            diagnostic
                                .help(format!("move it into the parentheses, behind the call of `{}`", call.callee))
                                .fix(behind, format!(" as {alias})"))
                        }
                        _ => diagnostic.help("to name a value use `let`"),
                    });
                }
            }
            node.expr.span = span;
        }
        node
    }

    /// What follows a `|>`.
    pub(super) fn stage(&self, pair: Pair<'_>) -> (Option<Call>, usize) {
        let alias = pair.clone().into_inner().find(|part| part.as_rule() == Rule::alias).map(|part| self.alias(part));
        let node = self.appended(pair, true);
        match node.expr.kind {
            ExprKind::Call(mut call) if !node.closed => {
                if let Some(alias) = alias {
                    call.span.end = alias.span.end;
                    call.alias = Some(alias);
                }
                (Some(*call), node.height)
            }
            _ => {
                self.not_a_stage(node.expr.span);
                (None, 0)
            }
        }
    }

    fn alias(&self, pair: Pair<'_>) -> Ident {
        let span = self.span(&pair);
        let name = pair.into_inner().find(|part| part.as_rule() == Rule::name);
        name.map_or(Ident { name: String::new(), span }, |name| self.ident(&name))
    }

    /// An atom with its argument lists and indices; in a stage, a bare name is a call.
    fn appended(&self, pair: Pair<'_>, in_stage: bool) -> Node {
        let whole = self.span(&pair);
        let mut parts = pair.into_inner().peekable();
        let Some(atom) = parts.next() else {
            return Node::placeholder(whole);
        };
        let is_called = parts.peek().is_some_and(|part| part.as_rule() == Rule::arguments);
        let is_stage = in_stage && parts.peek().is_none_or(|part| part.as_rule() == Rule::alias);
        let mut node = if atom.as_rule() == Rule::name && (is_called || is_stage) {
            let callee = self.ident(&atom);
            let (arguments, height) = match parts.next_if(|_| is_called) {
                Some(arguments) => self.arguments(arguments),
                None => (no_arguments(callee.span), 0),
            };
            let span = callee.span.to(arguments.span);
            let height = self.raise(height, span);
            let kind = ExprKind::Call(Box::new(Call { callee, arguments, alias: None, span }));
            self.lowered(Expr { kind, span }, height)
        } else {
            self.atom(atom)
        };
        for part in parts {
            let span = node.expr.span.to(self.span(&part));
            match part.as_rule() {
                Rule::index => {
                    let Some(index) = part.into_inner().next() else {
                        continue;
                    };
                    let (index, height) = self.within(true, || self.expr(index));
                    let height = self.raise(node.height.max(height), span);
                    let kind = ExprKind::Index(Box::new(Index { base: node.expr, index }));
                    node = self.lowered(Expr { kind, span }, height);
                }
                Rule::arguments => self.report(
                    Diagnostic::new(codes::UNEXPECTED, "only a name can be called")
                        .label(self.span(&part), "arguments without a name before them")
                        .label(node.expr.span, "this is no name")
                        .help("blocks and operators are called by name: `conv(x, 32, 3)`"),
                ),
                _ => {}
            }
        }
        node
    }

    fn atom(&self, pair: Pair<'_>) -> Node {
        let span = self.span(&pair);
        let (kind, height) = match pair.as_rule() {
            Rule::name if pair.as_str() == "_" => {
                self.report(
                    Diagnostic::new(codes::IGNORED_VALUE_READ, "`_` has no value")
                        .label(span, "read here")
                        .help("`_` in a pattern drops a value; give it a name to use it"),
                );
                (ExprKind::Int(0), 0)
            }
            Rule::name => (ExprKind::Name(pair.as_str().to_owned()), 0),
            Rule::boolean => (ExprKind::Bool(pair.as_str() == "true"), 0),
            Rule::number => (self.number(pair.as_str(), span), 0),
            Rule::string => (self.string(pair.as_str(), span), 0),
            Rule::paren => return self.paren(pair),
            Rule::if_expr => return self.if_expr(pair),
            Rule::for_expr => return self.for_expr(pair),
            _ => {
                let (elements, height, _) = self.elements(pair);
                (ExprKind::List(elements), self.raise(height, span))
            }
        };
        self.lowered(Expr { kind, span }, height)
    }

    /// The expressions between brackets, their height, and whether a comma ends them.
    fn elements(&self, pair: Pair<'_>) -> (Vec<Expr>, usize, bool) {
        let mut elements = Vec::new();
        let mut height = 0;
        let mut trailing = false;
        self.within(true, || {
            for part in pair.into_inner() {
                if part.as_rule() == Rule::trailing {
                    trailing = true;
                    continue;
                }
                let (element, element_height) = self.expr(part);
                height = height.max(element_height);
                elements.push(element);
            }
        });
        (elements, height, trailing)
    }

    fn paren(&self, pair: Pair<'_>) -> Node {
        let span = self.span(&pair);
        let (mut elements, height, trailing) = self.elements(pair);
        match elements.pop() {
            Some(only) if elements.is_empty() && !trailing => {
                Node { expr: Expr { kind: only.kind, span }, height, closed: true }
            }
            Some(last) => {
                elements.push(last);
                let height = self.raise(height, span);
                self.lowered(Expr { kind: ExprKind::Tuple(elements), span }, height)
            }
            None => {
                self.report(
                    Diagnostic::new(codes::EMPTY_TUPLE, "there is no empty tuple")
                        .label(span, "nothing between the parentheses")
                        .help("an empty list is `[]`"),
                );
                Node::placeholder(span)
            }
        }
    }
}
