//! What the `where` clause of a net promises of the sizes that are not set.

use std::collections::HashSet;

use rebirth_lang::ast::{BinaryOp, Expr, ExprKind, Net};
use rebirth_lang::{Diagnostic, Span};

use super::header::Symbol;
use super::resolver::Resolver;
use super::sizes::{Sizes, as_form, size_value};
use super::value::Value;
use super::{SetValue, codes};
use crate::extent::{Assumptions, Form, Refusal};

/// Something that replaces symbols.
enum Promise {
    /// `form % modulus == remainder`
    Congruent(Form, i64, i64),
    Equal(Form, Form),
}

impl Promise {
    fn give(&self, assumptions: &mut Assumptions) -> Result<(), Refusal> {
        match self {
            Promise::Congruent(form, modulus, remainder) => assumptions.congruent(form, *modulus, *remainder),
            Promise::Equal(a, b) => assumptions.equal(a, b),
        }
    }
}

impl<'a> Resolver<'a> {
    /// Binds the symbols that nothing sets to themselves, in the innermost scope, after learning from the conditions.
    pub(super) fn bind_sizes(&mut self, net: &'a Net) {
        let symbols = self.symbols(net);
        if symbols.iter().all(|symbol| self.set_size(symbol).is_some()) {
            // There is nothing to prove.
            self.for_all_sizes = false;
            return self.bind_symbols(net);
        }
        let ends = net.conditions.first().zip(net.conditions.last());
        let leading = symbols.iter().filter(|symbol| symbol.leading).map(|symbol| symbol.name.to_string()).collect();
        self.sizes = Some(Sizes::new(leading, ends.map(|(first, last)| first.span.to(last.span))));
        self.scopes.push();
        for symbol in &symbols {
            let value = self.set_size(symbol).unwrap_or_else(|| size_value(Form::symbol(symbol.name)));
            let _ = self.scopes.bind(symbol.name, value, symbol.span);
        }
        let open = symbols.iter().filter(|symbol| self.set_size(symbol).is_none());
        let open: HashSet<&str> = open.map(|symbol| symbol.name).collect();
        let mut good = true;
        for condition in &net.conditions {
            good &= if mentions(condition, &open) { self.assume(condition) } else { self.condition(condition, false) };
        }
        if good {
            self.learn_order(net, &symbols);
        }
        let inputs = if good { self.input_extents(net) } else { Vec::new() };
        self.scopes.pop();
        let sample = if good { self.sample(net, &symbols, &inputs) } else { None };
        for symbol in &symbols {
            let size = self.sizes.as_ref().and_then(|sizes| sizes.assumptions.size(symbol.name));
            let value = match size {
                Some(form) if sample.is_some() => self.set_size(symbol).unwrap_or_else(|| size_value(form)),
                _ => Value::Error,
            };
            let _ = self.scopes.bind(symbol.name, value, symbol.span);
        }
        if let Some(sizes) = &mut self.sizes {
            sizes.learning = false;
            sizes.sample = sample.unwrap_or_default();
        }
    }

    pub(super) fn set_size(&self, symbol: &Symbol<'_>) -> Option<Value> {
        match self.settings.set.get(symbol.name) {
            Some(SetValue::Int(size @ 1..)) => Some(Value::Int(*size)),
            Some(_) => Some(Value::Error),
            None => None,
        }
    }

    /// Learns from a condition what replaces symbols; the rest is checked on the sample. False after an error.
    fn assume(&mut self, condition: &'a Expr) -> bool {
        let ExprKind::Binary(binary) = &condition.kind else { return true };
        let is_rem = |expr: &Expr| matches!(&expr.kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Rem);
        let promise = match binary.op {
            BinaryOp::And => return self.assume(&binary.left) && self.assume(&binary.right),
            BinaryOp::Eq if is_rem(&binary.left) => self.remainder(&binary.left, &binary.right),
            BinaryOp::Eq if is_rem(&binary.right) => self.remainder(&binary.right, &binary.left),
            BinaryOp::Eq => self.form(&binary.left).zip(self.form(&binary.right)).map(|(a, b)| Promise::Equal(a, b)),
            _ => None,
        };
        let Some(promise) = promise else { return !self.stopped };
        let learnt = self.proving(condition.span, |this| match &mut this.sizes {
            Some(sizes) => promise.give(&mut sizes.assumptions),
            None => Ok(()),
        });
        let refusal = match learnt {
            None => return false,
            Some(Ok(()) | Err(Refusal::Unusable)) => return true,
            Some(Err(refusal)) => refusal,
        };
        let alone = promise.give(&mut Assumptions::default()) == Err(Refusal::Contradiction);
        let (label, help) = match refusal {
            Refusal::TooLarge => ("this takes numbers beyond 64 bits", "use smaller numbers"),
            _ if alone => ("no size fulfils this", "weaken the `where` clause so that some sizes are left"),
            _ => (
                "this contradicts the sizes or conditions before it",
                "weaken the `where` clause so that some sizes are left",
            ),
        };
        self.report(Diagnostic::new(codes::NO_SIZES, refusal.to_string()).label(condition.span, label).help(help));
        false
    }

    /// `left % modulus == rest`
    fn remainder(&mut self, rem: &'a Expr, rest: &'a Expr) -> Option<Promise> {
        let ExprKind::Binary(rem) = &rem.kind else { return None };
        match (self.form(&rem.left), self.expr(&rem.right), self.expr(rest)) {
            (Some(form), Value::Int(modulus), Value::Int(rest)) => Some(Promise::Congruent(form, modulus, rest)),
            _ => None,
        }
    }

    /// Learns what the conditions say about order, and that sizes are positive.
    fn learn_order(&mut self, net: &'a Net, symbols: &[Symbol<'a>]) {
        for symbol in symbols {
            if self.set_size(symbol).is_none() {
                self.suppose(Form::symbol(symbol.name), Form::number(1), symbol.span);
            }
        }
        let mut todo: Vec<&'a Expr> = net.conditions.iter().rev().collect();
        while let Some(condition) = todo.pop() {
            let ExprKind::Binary(binary) = &condition.kind else { continue };
            let (more, less, strict) = match binary.op {
                BinaryOp::And => {
                    todo.extend([&binary.right, &binary.left]);
                    continue;
                }
                BinaryOp::Ge | BinaryOp::Gt => (&binary.left, &binary.right, binary.op == BinaryOp::Gt),
                BinaryOp::Le | BinaryOp::Lt => (&binary.right, &binary.left, binary.op == BinaryOp::Lt),
                _ => continue,
            };
            let (more, less) = (self.silent(more), self.silent(less));
            let (Some(more), Some(less)) = (as_form(&more), as_form(&less)) else { continue };
            if let Some(less) = less.add(&Form::number(i64::from(strict))) {
                self.suppose(more, less, condition.span);
            }
        }
    }

    /// Takes into account that `more` is at least `less`.
    fn suppose(&mut self, more: Form, less: Form, span: Span) {
        self.proving(span, |this| {
            let sizes = this.sizes.as_mut()?;
            let form = sizes.assumptions.apply(&more.sub(&less)?)?;
            if form.as_number().is_none() {
                sizes.bounds.suppose(form);
            }
            Some(())
        });
    }

    /// What the dimensions of the inputs are, where these are computed from sizes.
    fn input_extents(&mut self, net: &'a Net) -> Vec<Form> {
        let mut extents = Vec::new();
        for dim in net.inputs.iter().flat_map(|input| &input.ty.dims) {
            if matches!(dim.kind, ExprKind::Name(_) | ExprKind::Int(_)) {
                continue;
            }
            if let Value::Size(form) = self.silent(dim)
                && let Some(form) = self.sizes.as_ref().and_then(|sizes| sizes.assumptions.apply(&form))
            {
                extents.push(form);
            }
        }
        extents
    }

    /// The size that an expression says, silently `None` for other values.
    fn form(&mut self, expr: &'a Expr) -> Option<Form> {
        let value = self.expr(expr);
        as_form(&value)
    }
}

/// Whether an expression uses one of these names.
pub(super) fn mentions(expr: &Expr, names: &HashSet<&str>) -> bool {
    let any = |list: &[Expr]| list.iter().any(|part| mentions(part, names));
    match &expr.kind {
        ExprKind::Name(name) => names.contains(name.as_str()),
        ExprKind::Unary(unary) => mentions(&unary.operand, names),
        ExprKind::Binary(binary) => mentions(&binary.left, names) || mentions(&binary.right, names),
        ExprKind::Call(call) => {
            any(&call.arguments.positional) || call.arguments.named.iter().any(|named| mentions(&named.value, names))
        }
        ExprKind::Index(index) => mentions(&index.base, names) || mentions(&index.index, names),
        ExprKind::List(parts) | ExprKind::Tuple(parts) => any(parts),
        ExprKind::Range(range) => mentions(&range.start, names) || mentions(&range.end, names),
        // Bodies and pipelines are taken to be about sizes.
        ExprKind::If(_) | ExprKind::For(_) | ExprKind::Pipeline(_) | ExprKind::Record(_) => true,
        ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Str(_) => false,
    }
}
