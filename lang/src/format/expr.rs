//! Expressions: parentheses, operators, pipelines, calls, `if` and `for`.

use super::STAGES;
use super::doc::Doc;
use super::layout::{CURLY, Layout, ROUND};
use crate::ast::{Arguments, Binary, BinaryOp, Call, Expr, ExprKind, For, If, NamedArgument, Pipeline, Unary, UnaryOp};

/// How tightly an expression holds together, as the parser's table of precedence has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Pipeline,
    Or,
    And,
    Not,
    Comparison,
    Range,
    Sum,
    Product,
    Negation,
    /// `if`, `for`, a call with `as`: an operand that can't be indexed.
    Operand,
    Indexable,
}

impl Level {
    /// The next tighter level.
    fn tighter(self) -> Level {
        match self {
            Level::Pipeline => Level::Or,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Comparison,
            Level::Comparison => Level::Range,
            Level::Range => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Negation,
            Level::Negation => Level::Operand,
            Level::Operand | Level::Indexable => Level::Indexable,
        }
    }
}

fn infix_level(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Or => Level::Or,
        BinaryOp::And => Level::And,
        BinaryOp::Add | BinaryOp::Sub => Level::Sum,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => Level::Product,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => Level::Comparison,
    }
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Pipeline(_) => Level::Pipeline,
        ExprKind::Binary(binary) => infix_level(binary.op),
        ExprKind::Range(_) => Level::Range,
        ExprKind::Unary(unary) if unary.op == UnaryOp::Not => Level::Not,
        ExprKind::Unary(_) => Level::Negation,
        ExprKind::If(_) | ExprKind::For(_) => Level::Operand,
        ExprKind::Call(call) if call.alias.is_some() => Level::Operand,
        _ => Level::Indexable,
    }
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Place {
    kind: PlaceKind,
    /// Whether it begins a line that can't begin with a sign.
    guarded: bool,
}

#[derive(Clone, Copy)]
enum PlaceKind {
    /// Between brackets, commas or lines.
    Free,
    /// What flows into a pipeline.
    Head,
    /// An operand, of at least this level.
    Operand(Level),
}

const FREE: Place = Place { kind: PlaceKind::Free, guarded: false };

fn operand(level: Level) -> Place {
    Place { kind: PlaceKind::Operand(level), guarded: false }
}

impl Place {
    /// The first operand of an expression that stands here.
    fn first(self, kind: PlaceKind) -> Place {
        Place { kind, ..self }
    }
}

/// The level the left operand of an operator must have.
fn left_level(op: BinaryOp) -> Level {
    let level = infix_level(op);
    if op.is_comparison() { level.tighter() } else { level }
}

/// An argument of a call or attribute.
#[derive(Clone, Copy)]
enum Argument<'t> {
    Positional(&'t Expr),
    Named(&'t NamedArgument),
}

impl<'t> Layout<'t> {
    /// An expression that nothing binds from outside. The comments before its first token have been taken.
    pub(super) fn expr(&mut self, expr: &'t Expr) -> Doc<'t> {
        self.placed(expr, FREE)
    }

    /// The same with the comments before it.
    pub(super) fn value(&mut self, expr: &'t Expr) -> Doc<'t> {
        let at = self.first(expr);
        let comments = self.amid(at);
        Doc::concat(vec![comments, self.expr(expr)])
    }

    /// The final expression of a body; behind a statement its line can't begin with a sign.
    pub(super) fn result(&mut self, expr: &'t Expr, guarded: bool) -> Doc<'t> {
        self.placed(expr, Place { guarded, ..FREE })
    }

    /// Where the first token stands that is printed of an expression.
    pub(super) fn first(&self, expr: &Expr) -> u32 {
        self.first_placed(expr, FREE)
    }

    pub(super) fn first_of_result(&self, expr: &Expr, guarded: bool) -> u32 {
        self.first_placed(expr, Place { guarded, ..FREE })
    }

    fn first_placed(&self, expr: &Expr, place: Place) -> u32 {
        if self.needs_parentheses(expr, place) {
            return expr.span.start;
        }
        match &expr.kind {
            ExprKind::Tuple(elements) => self.trivia.span(self.tuple_open(elements)).start,
            ExprKind::Unary(unary) => unary.op_span.start,
            ExprKind::Binary(binary) => {
                self.first_placed(&binary.left, place.first(PlaceKind::Operand(left_level(binary.op))))
            }
            ExprKind::Range(range) => self.first_placed(&range.start, place.first(PlaceKind::Operand(Level::Sum))),
            ExprKind::Index(index) => self.first_placed(&index.base, operand(Level::Indexable)),
            ExprKind::Call(call) => call.callee.span.start,
            ExprKind::Pipeline(pipeline) => self.first_placed(&pipeline.head, place.first(PlaceKind::Head)),
            _ => self.trivia.span(self.trivia.inside_parentheses(expr.span.start)).start,
        }
    }

    fn needs_parentheses(&self, expr: &Expr, place: Place) -> bool {
        let is_negation = matches!(&expr.kind, ExprKind::Unary(unary) if unary.op == UnaryOp::Neg);
        if place.guarded && is_negation {
            return true;
        }
        let too_loose = match place.kind {
            PlaceKind::Free => return false,
            PlaceKind::Head => {
                matches!(expr.kind, ExprKind::Binary(_) | ExprKind::Range(_) | ExprKind::Pipeline(_))
            }
            PlaceKind::Operand(least) => level(expr) < least,
        };
        let is_block_like = matches!(expr.kind, ExprKind::If(_) | ExprKind::For(_));
        too_loose || is_block_like && self.trivia.is_enclosed(expr.span)
    }

    fn placed(&mut self, expr: &'t Expr, place: Place) -> Doc<'t> {
        if self.needs_parentheses(expr, place) {
            return self.parenthesised(expr);
        }
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Str(_) | ExprKind::Name(_) => {
                self.token_of(self.trivia.inside_parentheses(expr.span.start))
            }
            ExprKind::List(elements) => self.list(expr, elements),
            ExprKind::Tuple(elements) => self.tuple(elements),
            ExprKind::Record(fields) => {
                let close_at = expr.span.end - 1;
                self.listed(CURLY, close_at, fields.iter(), |_, field| field.name.span.start, Self::named)
            }
            ExprKind::Range(range) => {
                let start = self.placed(&range.start, place.first(PlaceKind::Operand(Level::Sum)));
                let end = self.operand(&range.end, Level::Sum);
                Doc::concat(vec![start, Doc::text(".."), end])
            }
            ExprKind::Unary(unary) => self.unary(unary),
            ExprKind::Binary(binary) => self.chain(binary, place),
            ExprKind::Index(index) => {
                let base = self.placed(&index.base, operand(Level::Indexable));
                let open = self.trivia.token_at(index.base.span.end);
                let at = self.first(&index.index);
                let gap = self.gap(at, Doc::soft_line());
                let value = self.expr(&index.index);
                let end = self.closing_gap(self.trivia.closer(open), false, true);
                let inner = Doc::concat(vec![gap, value, end]).indent();
                let index = Doc::concat(vec![Doc::text("["), inner, Doc::soft_line(), Doc::text("]")]).group();
                Doc::concat(vec![base, index])
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline, place),
            ExprKind::If(choice) => self.choice(choice),
            ExprKind::For(turns) => self.turns(turns),
        }
    }

    /// An operand behind an operator, with the comments before it.
    fn operand(&mut self, expr: &'t Expr, level: Level) -> Doc<'t> {
        let at = self.first_placed(expr, operand(level));
        let comments = self.amid(at);
        Doc::concat(vec![comments, self.placed(expr, operand(level))])
    }

    fn parenthesised(&mut self, expr: &'t Expr) -> Doc<'t> {
        let at = self.first(expr);
        let gap = self.gap(at, Doc::soft_line());
        let inner = self.expr(expr);
        let is_enclosed = self.trivia.is_enclosed(expr.span);
        let end = if is_enclosed { self.closing_gap(expr.span.end - 1, false, true) } else { Doc::text("") };
        let inner = Doc::concat(vec![gap, inner, end]).indent();
        Doc::concat(vec![Doc::text("("), inner, Doc::soft_line(), Doc::text(")")]).group()
    }

    fn unary(&mut self, unary: &'t Unary) -> Doc<'t> {
        let (op, level) = match unary.op {
            UnaryOp::Neg => ("-", Level::Negation),
            UnaryOp::Not => ("not ", Level::Not),
        };
        let comments = self.amid(unary.op_span.start);
        let operand = self.operand(&unary.operand, level);
        Doc::concat(vec![comments, Doc::text(op), operand])
    }

    /// Operators of one level with their operands: broken behind each operator, or behind none.
    fn chain(&mut self, binary: &'t Binary, place: Place) -> Doc<'t> {
        let level = infix_level(binary.op);
        let mut links = vec![binary];
        let mut head = &binary.left;
        while !binary.op.is_comparison()
            && let ExprKind::Binary(left) = &head.kind
            && infix_level(left.op) == level
        {
            links.push(left);
            head = &left.left;
        }
        let head = self.placed(head, place.first(PlaceKind::Operand(left_level(binary.op))));
        let mut parts = Vec::with_capacity(3 * links.len());
        for link in links.into_iter().rev() {
            let place = operand(level.tighter());
            parts.push(Doc::text(format!(" {}", link.op)));
            let at = self.first_placed(&link.right, place);
            parts.push(self.gap(at, Doc::line()));
            parts.push(self.placed(&link.right, place));
        }
        Doc::concat(vec![head, Doc::concat(parts).indent()]).group()
    }

    fn pipeline(&mut self, pipeline: &'t Pipeline, place: Place) -> Doc<'t> {
        let head = self.placed(&pipeline.head, place.first(PlaceKind::Head));
        let mut parts = Vec::with_capacity(3 * pipeline.stages.len());
        for stage in &pipeline.stages {
            let first = stage.attributes.first().map_or(stage.call.span, |attribute| attribute.span);
            let pipe = self.trivia.token_at(first.start).saturating_sub(1);
            parts.push(self.gap(self.trivia.span(pipe).start, Doc::line()));
            parts.push(Doc::text("|> "));
            for attribute in &stage.attributes {
                parts.extend([self.attribute(attribute), Doc::text(" ")]);
            }
            let callee = self.ident(&stage.call.callee);
            parts.push(callee);
            if !stage.call.arguments.is_empty() {
                parts.push(self.arguments(&stage.call.arguments));
            }
            parts.push(self.alias(&stage.call));
        }
        let doc = Doc::concat(vec![head, Doc::concat(parts).indent()]);
        if pipeline.stages.len() > STAGES { doc.broken() } else { doc.group() }
    }

    /// A call that is no stage, with the comments before it.
    pub(super) fn call(&mut self, call: &'t Call) -> Doc<'t> {
        let callee = self.ident(&call.callee);
        let arguments = self.arguments(&call.arguments);
        Doc::concat(vec![callee, arguments, self.alias(call)])
    }

    fn alias(&mut self, call: &'t Call) -> Doc<'t> {
        let Some(alias) = &call.alias else { return Doc::text("") };
        Doc::concat(vec![Doc::text(" as "), self.ident(alias)])
    }

    /// Arguments in their parentheses.
    pub(super) fn arguments(&mut self, arguments: &'t Arguments) -> Doc<'t> {
        let close_at = arguments.span.end.saturating_sub(1);
        if let ([only], []) = (arguments.positional.as_slice(), arguments.named.as_slice())
            && let ExprKind::List(elements) = &only.kind
            && self.is_hugged(arguments, only)
        {
            return Doc::concat(vec![Doc::text("("), self.list(only, elements), Doc::text(")")]);
        }
        let positional = arguments.positional.iter().map(Argument::Positional);
        let all: Vec<Argument<'t>> = positional.chain(arguments.named.iter().map(Argument::Named)).collect();
        self.listed(
            ROUND,
            close_at,
            all.into_iter(),
            |layout, argument| match argument {
                Argument::Positional(value) => layout.first(value),
                Argument::Named(named) => named.name.span.start,
            },
            |layout, argument| match argument {
                Argument::Positional(value) => layout.expr(value),
                Argument::Named(named) => layout.named(named),
            },
        )
    }

    /// Whether no comment stands between the parentheses and the brackets of the list that is their only content.
    fn is_hugged(&self, arguments: &Arguments, list: &Expr) -> bool {
        let open = self.trivia.inside_parentheses(list.span.start);
        let (start, end) = (self.trivia.span(open).start, self.trivia.closer(open));
        !self.has_pending(start) && !self.has_comment(end, arguments.span.end)
    }

    fn named(&mut self, argument: &'t NamedArgument) -> Doc<'t> {
        let name = self.ident(&argument.name);
        Doc::concat(vec![name, Doc::text(": "), self.value(&argument.value)])
    }

    fn choice(&mut self, choice: &'t If) -> Doc<'t> {
        let mut parts = Vec::new();
        for (index, branch) in choice.branches.iter().enumerate() {
            parts.push(Doc::text(if index == 0 { "if " } else { " else if " }));
            let condition = &branch.condition;
            // Comments before an `else` move into its body.
            let doc = if index > 0 && self.has_pending(self.first(condition)) {
                self.postpone(branch.body.span.start, |layout| layout.expr(condition))
            } else {
                self.value(condition)
            };
            parts.push(if matches!(condition.kind, ExprKind::Binary(_)) {
                Doc::concat(vec![doc, Doc::line()]).group()
            } else {
                Doc::concat(vec![doc, Doc::text(" ")])
            });
            parts.push(self.body(&branch.body, false));
        }
        parts.push(Doc::text(" else "));
        parts.push(self.body(&choice.otherwise, false));
        let doc = Doc::concat(parts);
        if choice.branches.len() > 1 { doc.broken() } else { doc.group() }
    }

    fn turns(&mut self, turns: &'t For) -> Doc<'t> {
        let pattern = self.pattern(&turns.pattern);
        let list = self.value(&turns.list);
        let state = self.pattern(&turns.state);
        let init = self.value(&turns.init);
        let mut parts = vec![Doc::text("for "), pattern, Doc::text(" in "), list, Doc::text(" with "), state];
        parts.extend([Doc::text(" = "), init, Doc::text(" "), self.body(&turns.body, false)]);
        Doc::concat(parts).group()
    }
}
