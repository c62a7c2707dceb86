//! Pairs of expressions to the tree. Every conversion also yields the height of its tree.

use std::iter::{Peekable, from_fn};
use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::item::no_arguments;
use super::structure::begins_line;
use super::{Convert, Pair, Pairs, Rule};
use crate::ast::{
    Binary, BinaryOp, Branch, Call, Expr, ExprKind, For, Ident, If, Index, Pipeline, Range, Stage,
    Unary, UnaryOp,
};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;

/// The precedence of infix and prefix operators, loosest first.
static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    use Rule::{add, and, div, eq, ge, gt, le, lt, mul, ne, neg, not, or, range, sub};
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(or))
        .op(left(and))
        .op(Op::prefix(not))
        .op(left(eq) | left(ne) | left(lt) | left(le) | left(gt) | left(ge))
        .op(left(range))
        .op(left(add) | left(sub))
        .op(left(mul) | left(div))
        .op(Op::prefix(neg))
});

/// An expression under construction.
struct Node {
    expr: Expr,
    height: usize,
    /// Whether parentheses stand around it, which the tree does not show.
    closed: bool,
}

impl Node {
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
            let chain: Vec<Pair<'_>> =
                from_fn(|| parts.next_if(|part| part.as_rule() != Rule::pipe)).collect();
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
        let end = stages
            .last()
            .map_or(head.expr.span.end, |stage| stage.call.span.end);
        let span = Span {
            start: head.expr.span.start,
            end,
        };
        let kind = ExprKind::Pipeline(Box::new(Pipeline {
            head: head.expr,
            stages,
        }));
        (Expr { kind, span }, self.raise(height, span))
    }

    /// Operands and the operators between them, up to a `|>`.
    fn chain<'i>(&self, parts: &mut Peekable<Pairs<'i>>) -> Node {
        let chain: Vec<Pair<'i>> =
            from_fn(|| parts.next_if(|part| part.as_rule() != Rule::pipe)).collect();
        let chain = match <[Pair<'i>; 1]>::try_from(chain) {
            Ok([operand]) => return self.operand(operand),
            Err(chain) => chain,
        };
        // The Pratt parser recurses for each prefix operator of a run.
        let mut run = 0;
        for pair in &chain {
            run = if matches!(pair.as_rule(), Rule::neg | Rule::not) {
                run + 1
            } else {
                0
            };
            if run > limits::EXPRESSION_HEIGHT {
                let span = self.span(pair);
                self.too_high(span);
                return Node {
                    expr: Expr {
                        kind: ExprKind::Int(0),
                        span,
                    },
                    height: 0,
                    closed: false,
                };
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
        let op = if op.as_rule() == Rule::neg {
            UnaryOp::Neg
        } else {
            UnaryOp::Not
        };
        let kind = ExprKind::Unary(Box::new(Unary {
            op,
            op_span,
            operand: operand.expr,
        }));
        self.lowered(Expr { kind, span }, height)
    }

    fn infix(&self, left: Node, op: &Pair<'_>, right: Node) -> Node {
        let op_span = self.span(op);
        let span = left.expr.span.to(right.expr.span);
        let height = self.raise(left.height.max(right.height), span);
        if matches!(op.as_rule(), Rule::add | Rule::sub)
            && !self.bracketed.get()
            && begins_line(self.text, op_span)
        {
            self.leading_sign(op.as_str(), op_span, right.expr.span);
        }
        let kind = match infix_op(op.as_rule()) {
            Some(op) => {
                if op.is_comparison() && left.refuses_chain(false) {
                    self.chained_comparison(&left.expr, op, op_span, &right.expr);
                }
                ExprKind::Binary(Box::new(Binary {
                    op,
                    op_span,
                    left: left.expr,
                    right: right.expr,
                }))
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
                ExprKind::Range(Box::new(Range {
                    start: left.expr,
                    end: right.expr,
                }))
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
    fn lowered(&self, expr: Expr, height: usize) -> Node {
        if height > limits::EXPRESSION_HEIGHT {
            let span = expr.span;
            return Node {
                expr: Expr {
                    kind: ExprKind::Int(0),
                    span,
                },
                height: 0,
                closed: false,
            };
        }
        Node {
            expr,
            height,
            closed: false,
        }
    }

    fn too_high(&self, span: Span) {
        if self.too_high.replace(true) {
            return;
        }
        let start = Span {
            start: span.start,
            end: span.start + 1,
        };
        self.report(
            Diagnostic::new(
                codes::EXPRESSION_TOO_HIGH,
                format!(
                    "this expression has more than {} levels",
                    limits::EXPRESSION_HEIGHT
                ),
            )
            .label(start, "begins here")
            .help("give parts of it a name with `let`, or use `for`"),
        );
    }

    /// An atom, what is appended to it, and its `as`.
    fn operand(&self, pair: Pair<'_>) -> Node {
        let mut node = self.appended(pair.clone(), false);
        if let Some(alias) = pair.into_inner().find(|part| part.as_rule() == Rule::alias) {
            let alias = self.alias(alias);
            let span = Span {
                start: node.expr.span.start,
                end: alias.span.end,
            };
            match &mut node.expr.kind {
                ExprKind::Call(call) if !node.closed => {
                    call.span = span;
                    call.alias = Some(alias);
                }
                _ => self.report(
                    Diagnostic::new(
                        codes::ALIAS_WITHOUT_CALL,
                        "`as` names a call, and this is none",
                    )
                    .label(node.expr.span, "not a call")
                    .label(alias.span, "the name")
                    .help("to name a value use `let`"),
                ),
            }
            node.expr.span = span;
        }
        node
    }

    /// What follows a `|>`.
    fn stage(&self, pair: Pair<'_>) -> (Option<Call>, usize) {
        let alias = pair
            .clone()
            .into_inner()
            .find(|part| part.as_rule() == Rule::alias)
            .map(|part| self.alias(part));
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
                self.report(
                    Diagnostic::new(codes::STAGE_NOT_A_CALL, "what follows `|>` must be a call")
                        .label(node.expr.span, "not a call")
                        .help("write the name of an operator or block, with its further arguments: `|> conv(32, 3)`"),
                );
                (None, 0)
            }
        }
    }

    fn alias(&self, pair: Pair<'_>) -> Ident {
        let span = self.span(&pair);
        let name = pair.into_inner().find(|part| part.as_rule() == Rule::name);
        name.map_or(
            Ident {
                name: String::new(),
                span,
            },
            |name| self.ident(&name),
        )
    }

    /// An atom with its argument lists and indices; in a stage, a bare name is a call.
    fn appended(&self, pair: Pair<'_>, in_stage: bool) -> Node {
        let mut parts = pair.into_inner().peekable();
        let Some(atom) = parts.next() else {
            return Node {
                expr: Expr {
                    kind: ExprKind::Int(0),
                    span: Span::new(0, 0),
                },
                height: 0,
                closed: false,
            };
        };
        let is_called = parts
            .peek()
            .is_some_and(|part| part.as_rule() == Rule::arguments);
        let is_stage = in_stage
            && parts
                .peek()
                .is_none_or(|part| part.as_rule() == Rule::alias);
        let mut node = if atom.as_rule() == Rule::name && (is_called || is_stage) {
            let callee = self.ident(&atom);
            let (arguments, height) = match parts.next_if(|_| is_called) {
                Some(arguments) => self.arguments(arguments),
                None => (no_arguments(callee.span.end), 0),
            };
            let span = callee.span.to(arguments.span);
            let height = self.raise(height, span);
            let kind = ExprKind::Call(Box::new(Call {
                callee,
                arguments,
                alias: None,
                span,
            }));
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
                    let kind = ExprKind::Index(Box::new(Index {
                        base: node.expr,
                        index,
                    }));
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
            Some(only) if elements.is_empty() && !trailing => Node {
                expr: Expr {
                    kind: only.kind,
                    span,
                },
                height,
                closed: true,
            },
            Some(last) => {
                elements.push(last);
                let height = self.raise(height, span);
                self.lowered(
                    Expr {
                        kind: ExprKind::Tuple(elements),
                        span,
                    },
                    height,
                )
            }
            None => {
                self.report(
                    Diagnostic::new(codes::EMPTY_TUPLE, "there is no empty tuple")
                        .label(span, "nothing between the parentheses")
                        .help("an empty list is `[]`"),
                );
                Node {
                    expr: Expr {
                        kind: ExprKind::Int(0),
                        span,
                    },
                    height: 0,
                    closed: true,
                }
            }
        }
    }

    fn if_expr(&self, pair: Pair<'_>) -> Node {
        let start = self.span(&pair).start;
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
        let last = otherwise
            .as_ref()
            .or(branches.last().map(|branch| &branch.body));
        let span = Span {
            start,
            end: last.map_or(start, |body| body.span.end),
        };
        let height = self.raise(height, span);
        let Some(otherwise) = otherwise else {
            self.report(
                Diagnostic::new(codes::IF_WITHOUT_ELSE, "this `if` has no `else`")
                    .label(Span { start, end: start + 2 }, "has no value when the condition is false")
                    .help("`if` is an expression: add `else { .. }`, with the unchanged value if there is nothing to do"),
            );
            return Node {
                expr: Expr {
                    kind: ExprKind::Int(0),
                    span,
                },
                height: 0,
                closed: true,
            };
        };
        self.lowered(
            Expr {
                kind: ExprKind::If(Box::new(If {
                    branches,
                    otherwise,
                })),
                span,
            },
            height,
        )
    }

    fn for_expr(&self, pair: Pair<'_>) -> Node {
        let start = self.span(&pair).start;
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
                    let (converted, body_height) = self.body(part);
                    height = height.max(body_height);
                    body = Some(converted);
                }
                _ => {}
            }
        }
        let span = Span {
            start,
            end: body.as_ref().map_or(start, |body| body.span.end),
        };
        let height = self.raise(height, span);
        let state = patterns.pop().filter(|_| !patterns.is_empty());
        let (Some(body), Some(pattern), Some(state)) = (body, patterns.pop(), state) else {
            self.report(
                Diagnostic::new(codes::FOR_WITHOUT_STATE, "this `for` has no `with`")
                    .label(
                        Span {
                            start,
                            end: start + 3,
                        },
                        "carries no value from turn to turn",
                    )
                    .help("a loop yields its last state: `for i in 0..4 with x = x { .. }`"),
            );
            return Node {
                expr: Expr {
                    kind: ExprKind::Int(0),
                    span,
                },
                height: 0,
                closed: true,
            };
        };
        let (Some(init), Some(list)) = (exprs.pop(), exprs.pop()) else {
            return Node {
                expr: Expr {
                    kind: ExprKind::Int(0),
                    span,
                },
                height: 0,
                closed: true,
            };
        };
        let kind = ExprKind::For(Box::new(For {
            pattern,
            list,
            state,
            init,
            body,
        }));
        self.lowered(Expr { kind, span }, height)
    }
}
