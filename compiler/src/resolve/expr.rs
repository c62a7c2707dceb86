//! Walks expressions.

use std::rc::Rc;

use rebirth_lang::ast::{self, BinaryOp, Expr, ExprKind, Item, UnaryOp};
use rebirth_lang::{Diagnostic, Span};

use super::calls::Arg;
use super::eval::{self, Fault};
use super::resolver::Resolver;
use super::value::Value;
use super::{codes, suggest};
use crate::extent::Form;

impl<'a> Resolver<'a> {
    /// The value of an expression.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Value {
        if !self.down(expr.span) {
            return Value::Error;
        }
        let value = match &expr.kind {
            ExprKind::Int(v) => Value::Int(*v),
            ExprKind::Float(v) => Value::Float(*v),
            ExprKind::Bool(v) => Value::Bool(*v),
            ExprKind::Str(text) if self.pay(text.len(), expr.span) => Value::Str(text.clone().into()),
            ExprKind::Name(name) if self.pay(name.len(), expr.span) => self.name(name, expr.span),
            ExprKind::Str(_) | ExprKind::Name(_) => Value::Error,
            ExprKind::List(items) | ExprKind::Tuple(items) => self.list(items, expr.span),
            ExprKind::Record(fields) => self.record(fields),
            ExprKind::Range(range) => self.range(range, expr.span),
            ExprKind::Unary(unary) => self.unary(unary, expr.span),
            ExprKind::Binary(binary) => self.binary(binary, expr.span),
            ExprKind::Index(index) => self.index(index),
            ExprKind::Call(call) => self.call(call, None, &[]),
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
            ExprKind::If(branches) => self.if_else(branches),
            ExprKind::For(for_loop) => self.for_loop(for_loop, expr.span),
        };
        self.up();
        value
    }

    fn name(&mut self, name: &'a str, span: Span) -> Value {
        if let Some(binding) = self.scopes.get(name) {
            return binding.value.clone();
        }
        if self.is_unclear(name) {
            return Value::Error;
        }
        if let Some(Item::Const(item)) = self.item(name) {
            return self.constant(item, span);
        }
        match self.find_callee(name) {
            Some(callee) => self.callable(callee),
            None => self.no_value(name, span),
        }
    }

    #[cold]
    #[inline(never)]
    fn no_value(&mut self, name: &str, span: Span) -> Value {
        if self.is_known(codes::UNKNOWN_NAME.id, Some(span)) {
            return Value::Error;
        }
        if let Some(Item::Net(_)) = self.item(name) {
            return self.error(
                codes::NOT_A_VALUE,
                format!("`{name}` is a net, not a value"),
                span,
                "a value is expected here",
                "put what nets have in common into a block",
            );
        }
        let diagnostic = Diagnostic::new(codes::UNKNOWN_NAME, format!("there is no `{name}` here"));
        if let Some(bound) = self.scopes.ended(name).filter(|bound| self.in_one_item(*bound, span)) {
            return self.report(
                diagnostic
                    .label(span, "not declared here")
                    .label(bound, "bound in an inner body, which has ended")
                    .help(
                        "what an inner body binds ends with it: let that body yield the value, and bind what it yields",
                    ),
            );
        }
        let consts = self.constants().map(|(name, _)| name);
        let near = suggest::nearest(name, self.scopes.names().chain(consts));
        let diagnostic = suggest::repair(diagnostic.label(span, "not declared"), span, near, || {
            "names come from `let`, `const`, the parameters of a block, the inputs of a net or a loop".to_string()
        });
        self.report(diagnostic)
    }

    /// Whether two places lie in one top-level item.
    fn in_one_item(&self, a: Span, b: Span) -> bool {
        let holds = |item: Span, place: Span| (item.start..item.end).contains(&place.start);
        a.file == b.file
            && self.program.file(a.file).items.iter().any(|item| holds(item.span(), a) && holds(item.span(), b))
    }

    fn record(&mut self, fields: &'a [ast::NamedArgument]) -> Value {
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            let mut value = self.expr(&field.value);
            // Nothing that nests: dropping a value recurses.
            if value.is_error() {
                value = Value::Error;
            } else if matches!(value, Value::Record(_) | Value::List(_)) {
                value = self.no_field(field, &value);
            }
            if !self.pay(field.name.name.len(), field.name.span) {
                return Value::Error;
            }
            values.push((field.name.clone(), value));
        }
        Value::Record(values.into())
    }

    #[cold]
    #[inline(never)]
    fn no_field(&mut self, field: &ast::NamedArgument, value: &Value) -> Value {
        let found = self.describe(value);
        self.report(
            Diagnostic::new(codes::NOT_A_TENSOR, format!("the output `{}` must be a tensor, not {found}", field.name))
                .label(field.value.span, format!("this is {found}"))
                .help("join tensors with `concat`, or give each an output of its own: `{a: x, b: y}`"),
        )
    }

    fn list(&mut self, items: &'a [Expr], span: Span) -> Value {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.expr(item));
        }
        self.new_list(values, span)
    }

    fn new_list(&mut self, values: Vec<Value>, span: Span) -> Value {
        match Value::list(values) {
            Some(list) => list,
            None => self.fault(Fault::list(), span),
        }
    }

    fn range(&mut self, range: &'a ast::Range, span: Span) -> Value {
        let (start, end) = (self.expr(&range.start), self.expr(&range.end));
        match (start, end) {
            (Value::Int(start), Value::Int(end)) => {
                let length = i128::from(end) - i128::from(start);
                if length > super::value::MAX_LIST as i128 {
                    return self.fault(Fault::list(), span);
                }
                if !self.budget.spend(usize::try_from(length).unwrap_or(0)) {
                    return self.fault(Fault::steps(), span);
                }
                self.new_list((start..end).map(Value::Int).collect(), span)
            }
            (Value::Int(_), end) => self.wrong_kind(&end, range.end.span, "the end of a range", "an integer"),
            (start, _) => self.wrong_kind(&start, range.start.span, "the start of a range", "an integer"),
        }
    }

    /// Reports that a value is not of the kind its place wants; silent about errors.
    #[cold]
    #[inline(never)]
    pub(super) fn wrong_kind(&mut self, value: &Value, span: Span, place: &str, wanted: &str) -> Value {
        let help = match value {
            Value::Tensor(_) => "the elements of tensors are known only when the network runs; `channels(x)` and `dim(x, i)` are integers".to_string(),
            Value::Op(op) => format!("call it: `{}(..)`", op.name),
            _ => "check where this value comes from".to_string(),
        };
        self.wrong_kind_with(value, span, place, wanted, |diagnostic| diagnostic.help(help))
    }

    /// As [`Resolver::wrong_kind`], with a help of its own.
    #[cold]
    #[inline(never)]
    pub(super) fn wrong_kind_with(
        &mut self,
        value: &Value,
        span: Span,
        place: &str,
        wanted: &str,
        help: impl FnOnce(Diagnostic) -> Diagnostic,
    ) -> Value {
        match value {
            _ if value.is_error() => return Value::Error,
            Value::Size(form) => return self.depends(form, span),
            _ => {}
        }
        let found = self.describe(value);
        let diagnostic = Diagnostic::new(codes::WRONG_KIND, format!("{place} must be {wanted}, not {found}"))
            .label(span, format!("this is {found}"));
        self.report(help(diagnostic))
    }

    /// Reports a condition that is no truth value.
    pub(super) fn wrong_condition(&mut self, value: &Value, condition: &Expr) -> Value {
        let (span, place, wanted) = (condition.span, "a condition", "`true` or `false`");
        match (value, &condition.kind) {
            (Value::Int(_) | Value::Float(_), ExprKind::Name(_) | ExprKind::Call(_) | ExprKind::Index(_)) => self
                .wrong_kind_with(value, span, place, wanted, |diagnostic| {
                    diagnostic.help("numbers are no truth values: compare").fix(span.behind(), " != 0")
                }),
            _ => self.wrong_kind(value, span, place, wanted),
        }
    }

    fn unary(&mut self, unary: &'a ast::Unary, whole: Span) -> Value {
        let operand = self.expr(&unary.operand);
        match (unary.op, &operand) {
            _ if operand.is_error() => Value::Error,
            (UnaryOp::Not, Value::Bool(v)) => Value::Bool(!v),
            (UnaryOp::Not, _) => {
                self.wrong_kind(&operand, unary.operand.span, "the operand of `not`", "`true` or `false`")
            }
            (UnaryOp::Neg, Value::Size(form)) => self.negative_size(form, unary.op_span),
            (UnaryOp::Neg, Value::Tensor(id)) => self.tensor_negation(*id, unary, whole),
            (UnaryOp::Neg, _) => match eval::negate(&operand) {
                Some(Ok(value)) => value,
                Some(Err(fault)) => self.fault(fault, unary.op_span),
                None => self.wrong_kind(&operand, unary.operand.span, "the operand of `-`", "a number or a tensor"),
            },
        }
    }

    fn binary(&mut self, binary: &'a ast::Binary, span: Span) -> Value {
        let left = self.expr(&binary.left);
        if matches!(binary.op, BinaryOp::And | BinaryOp::Or) {
            return self.logic(binary, left);
        }
        let right = self.expr(&binary.right);
        if left.is_error() || right.is_error() {
            return Value::Error;
        }
        if matches!(left, Value::Size(_)) || matches!(right, Value::Size(_)) {
            return self.size_binary(binary, &left, &right);
        }
        if left.is_tensor() || right.is_tensor() {
            return self.tensor_infix(binary, span, &left, &right);
        }
        match eval::binary(binary.op, &left, &right, &mut self.budget) {
            Some(Ok(value)) => value,
            Some(Err(fault)) => self.fault(fault, binary.op_span),
            None => match lists_with_size(binary.op, &left, &right) {
                Some(form) => self.depends(&form, binary.left.span.to(binary.right.span)),
                None => self.bad_operands(binary, &left, &right),
            },
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn bad_operands(&mut self, binary: &ast::Binary, left: &Value, right: &Value) -> Value {
        let (a, b) = (self.describe(left), self.describe(right));
        let help = match binary.op {
            op if op.is_comparison() && (left.is_tensor() || right.is_tensor()) => {
                "the elements of tensors are known only when the network runs; what is compared is known before"
            }
            BinaryOp::Eq | BinaryOp::Ne => {
                "only values of one kind compare: numbers, truth values, strings, lists, operators"
            }
            op if op.is_comparison() => "only numbers have an order",
            BinaryOp::Add => "`+` takes numbers, tensors, two lists, or a string and what follows it",
            BinaryOp::Rem => "`%` takes integers",
            _ => "it takes numbers and tensors",
        };
        self.report(
            Diagnostic::new(codes::WRONG_KIND, format!("`{}` does not take {a} and {b}", binary.op))
                .label(binary.op_span, "here")
                .label(binary.left.span, format!("this is {a}"))
                .label(binary.right.span, format!("this is {b}"))
                .help(help),
        )
    }

    fn logic(&mut self, binary: &'a ast::Binary, left: Value) -> Value {
        let place = if binary.op == BinaryOp::And { "an operand of `and`" } else { "an operand of `or`" };
        let Value::Bool(first) = left else {
            return self.wrong_kind(&left, binary.left.span, place, "`true` or `false`");
        };
        if first == (binary.op == BinaryOp::Or) {
            return Value::Bool(first);
        }
        match self.expr(&binary.right) {
            Value::Bool(second) => Value::Bool(second),
            right => self.wrong_kind(&right, binary.right.span, place, "`true` or `false`"),
        }
    }

    fn index(&mut self, index: &'a ast::Index) -> Value {
        let (base, at) = (self.expr(&index.base), self.expr(&index.index));
        let list = match &base {
            Value::List(list) => list,
            _ => {
                return self.wrong_kind(&base, index.base.span, "what is indexed", "a list or tuple");
            }
        };
        let Value::Int(position) = at else {
            return self.wrong_kind(&at, index.index.span, "an index", "an integer");
        };
        match usize::try_from(position).ok().and_then(|position| list.items.get(position)) {
            Some(value) => value.clone(),
            None => {
                let length = list.items.len();
                let diagnostic = Diagnostic::new(
                    codes::NO_SUCH_ELEMENT,
                    format!("there is no element {position} in a list of {length}"),
                )
                .label(index.index.span, format!("this is {position}"))
                .label(index.base.span, format!("this has {length} elements"));
                let back = position.checked_neg().filter(|back| (1..=length as i64).contains(back));
                self.report(match (back, &index.base.kind) {
                    (Some(back), ExprKind::Name(name)) => diagnostic
                        .help("elements are counted from 0; from the end they are counted with `len`")
                        .fix(index.index.span, format!("len({name}) - {back}")),
                    _ => diagnostic.help("elements are counted from 0"),
                })
            }
        }
    }

    fn pipeline(&mut self, pipeline: &'a ast::Pipeline) -> Value {
        let mut flow = Arg::expr(self.expr(&pipeline.head), &pipeline.head);
        for stage in &pipeline.stages {
            let span = stage.call.span;
            flow = Arg { value: self.call(&stage.call, Some(flow), &stage.attributes), span, expr: None };
        }
        flow.value
    }
}

/// A size that is not set in one of two lists that are compared.
fn lists_with_size(op: BinaryOp, left: &Value, right: &Value) -> Option<Rc<Form>> {
    let size = |value: &Value| match value {
        Value::List(list) => list.items.iter().find_map(|item| match item {
            Value::Size(form) => Some(form.clone()),
            _ => None,
        }),
        _ => None,
    };
    size(left).or_else(|| size(right)).filter(|_| matches!(op, BinaryOp::Eq | BinaryOp::Ne))
}
