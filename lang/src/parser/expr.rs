//! Pairs of expressions to the tree. Every conversion also yields the height of its tree.

use std::iter::{Peekable, from_fn};
use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::structure::begins_line;
use super::{Convert, Pair, Pairs, Rule};
use crate::ast::{Binary, BinaryOp, Expr, ExprKind, Pipeline, Range, Stage, Unary, UnaryOp};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;

/// The precedence of infix and prefix operators, loosest first.
static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    use Rule::{add, and, div, eq, ge, gt, le, lt, mul, ne, neg, not, or, range, rem, sub};
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(or))
        .op(left(and))
        .op(Op::prefix(not))
        .op(left(eq) | left(ne) | left(lt) | left(le) | left(gt) | left(ge))
        .op(left(range))
        .op(left(add) | left(sub))
        .op(left(mul) | left(div) | left(rem))
        .op(Op::prefix(neg))
});

/// An expression under construction.
pub(super) struct Node {
    pub(super) expr: Expr,
    pub(super) height: usize,
    /// Whether parentheses stand around it, which the tree does not show.
    pub(super) closed: bool,
}

impl Node {
    /// Stands in for what has been reported.
    pub(super) fn placeholder(span: Span) -> Node {
        let expr = Expr { kind: ExprKind::Int(0), span };
        Node { expr, height: 0, closed: true }
    }

    fn is_infix(&self) -> bool {
        !self.closed && matches!(self.expr.kind, ExprKind::Binary(_) | ExprKind::Range(_))
    }

    /// Whether it is a comparison (or, with `range`, a range) that the same kind of operator can't follow.
    fn refuses_chain(&self, range: bool) -> bool {
        !self.closed
            && match &self.expr.kind {
                ExprKind::Binary(binary) => !range && binary.op.is_comparison(),
                ExprKind::Range(_) => range,
                _ => false,
            }
    }
}

fn infix_op(rule: Rule) -> Option<BinaryOp> {
    Some(match rule {
        Rule::or => BinaryOp::Or,
        Rule::and => BinaryOp::And,
        Rule::eq => BinaryOp::Eq,
        Rule::ne => BinaryOp::Ne,
        Rule::lt => BinaryOp::Lt,
        Rule::le => BinaryOp::Le,
        Rule::gt => BinaryOp::Gt,
        Rule::ge => BinaryOp::Ge,
        Rule::add => BinaryOp::Add,
        Rule::sub => BinaryOp::Sub,
        Rule::mul => BinaryOp::Mul,
        Rule::div => BinaryOp::Div,
        Rule::rem => BinaryOp::Rem,
        _ => return None,
    })
}

impl Convert<'_> {
    /// An expression and its height.
    pub(super) fn expr(&self, pair: Pair<'_>) -> (Expr, usize) {
        let mut parts = pair.into_inner().peekable();
        let head = self.chain(&mut parts);
        if parts.peek().is_none() {
            return (head.expr, head.height);
        }
        let mut mixed = head.is_infix();
        if mixed {
            self.mixed_head(&head.expr);
        }
        let mut height = head.height;
        let mut stages: Vec<Stage> = Vec::new();
        while parts.next_if(|part| part.as_rule() == Rule::pipe).is_some() {
            let mut attributes = Vec::new();
            while let Some(part) = parts.next_if(|part| part.as_rule() == Rule::attribute) {
                let (attribute, attribute_height) = self.attribute(part);
                height = height.max(attribute_height);
                attributes.push(attribute);
            }
            let chain: Vec<Pair<'_>> = from_fn(|| parts.next_if(|part| part.as_rule() != Rule::pipe)).collect();
            let (call, stage_height) = match <[Pair<'_>; 1]>::try_from(chain) {
                Ok([operand]) => self.stage(operand),
                Err(chain) => {
                    if !mixed {
                        self.mixed_stage(&head.expr, &chain);
                    }
                    mixed = true;
                    continue;
                }
            };
            height = height.max(stage_height);
            if let Some(call) = call {
                stages.push(Stage { attributes, call });
            }
        }
        let span = stages.last().map_or(head.expr.span, |stage| head.expr.span.until(stage.call.span));
        let kind = ExprKind::Pipeline(Box::new(Pipeline { head: head.expr, stages }));
        (Expr { kind, span }, self.raise(height, span))
    }

    /// Operands and the operators between them, up to a `|>`.
    fn chain<'i>(&self, parts: &mut Peekable<Pairs<'i>>) -> Node {
        let chain: Vec<Pair<'i>> = from_fn(|| parts.next_if(|part| part.as_rule() != Rule::pipe)).collect();
        let chain = match <[Pair<'i>; 1]>::try_from(chain) {
            Ok([operand]) => return self.operand(operand),
            Err(chain) => chain,
        };
        // The Pratt parser recurses for each `-` of a run, and for every `not`: what follows one belongs to its operand.
        let (mut run, mut nots) = (0, 0);
        for pair in &chain {
            match pair.as_rule() {
                Rule::neg => run += 1,
                Rule::not => nots += 1,
                _ => run = 0,
            }
            if run + nots > limits::EXPRESSION_HEIGHT {
                let span = self.span(pair);
                self.too_high(span);
                return Node::placeholder(span);
            }
        }
        PRECEDENCE
            .map_primary(|pair| self.operand(pair))
            .map_prefix(|op, operand| self.prefix(&op, operand))
            .map_infix(|left, op, right| self.infix(left, &op, right))
            .parse(chain.into_iter())
    }

    fn prefix(&self, op: &Pair<'_>, operand: Node) -> Node {
        let op_span = self.span(op);
        let span = op_span.to(operand.expr.span);
        let height = self.raise(operand.height, span);
        let op = if op.as_rule() == Rule::neg { UnaryOp::Neg } else { UnaryOp::Not };
        let kind = ExprKind::Unary(Box::new(Unary { op, op_span, operand: operand.expr }));
        self.lowered(Expr { kind, span }, height)
    }

    fn infix(&self, left: Node, op: &Pair<'_>, right: Node) -> Node {
        let op_span = self.span(op);
        let span = left.expr.span.to(right.expr.span);
        let height = self.raise(left.height.max(right.height), span);
        if matches!(op.as_rule(), Rule::add | Rule::sub) && !self.bracketed.get() && begins_line(self.text, op_span) {
            self.leading_sign(op.as_str(), op_span, right.expr.span);
        }
        let kind = match infix_op(op.as_rule()) {
            Some(op) => {
                if op.is_comparison() && left.refuses_chain(false) {
                    self.chained_comparison(&left.expr, op, op_span, &right.expr);
                }
                ExprKind::Binary(Box::new(Binary { op, op_span, left: left.expr, right: right.expr }))
            }
            None => {
                if left.refuses_chain(true) {
                    self.report(
                        Diagnostic::new(codes::CHAINED_COMPARISON, "ranges can't be chained")
                            .label(op_span, "a second `..`")
                            .label(left.expr.span, "this is a range already")
                            .help("a range is `start..end`"),
                    );
                }
                ExprKind::Range(Box::new(Range { start: left.expr, end: right.expr }))
            }
        };
        self.lowered(Expr { kind, span }, height)
    }

    /// The height of a node above children of the given height; reports when that is too high.
    pub(super) fn raise(&self, height: usize, span: Span) -> usize {
        if height >= limits::EXPRESSION_HEIGHT {
            self.too_high(span);
        }
        height + 1
    }

    /// Replaces a too high tree: everything that recurses over trees, dropping them included, relies on the cap.
    pub(super) fn lowered(&self, expr: Expr, height: usize) -> Node {
        if height > limits::EXPRESSION_HEIGHT {
            let span = expr.span;
            return Node::placeholder(span);
        }
        Node { expr, height, closed: false }
    }

    fn too_high(&self, span: Span) {
        if self.too_high.replace(true) {
            return;
        }
        let start = span.head(1);
        self.report(
            Diagnostic::new(
                codes::EXPRESSION_TOO_HIGH,
                format!("this expression has more than {} levels", limits::EXPRESSION_HEIGHT),
            )
            .label(start, "begins here")
            .help("give parts of it a name with `let`, or use `for`"),
        );
    }
}
