//! Calls of operators: tensors and arguments as the operator wants them.

use rebirth_lang::ast::{self, Expr, ExprKind};
use rebirth_lang::{Diagnostic, Span};

use super::apply::{At, Operand, Site};
use super::calls::{Arg, Slots};
use super::resolver::Resolver;
use super::value::Value;
use super::{codes, suggest};
use crate::ops::call::MAX_ATTRIBUTE;
use crate::ops::{self, ArgValue, Entry, Operands};

/// What the elements of a list of operands must be.
const IN_A_LIST: &str = "tensors only";

impl<'a> Resolver<'a> {
    /// The value of a call of an operator.
    pub(super) fn operator(
        &mut self,
        entry: &'static Entry,
        call: &'a ast::Call,
        slots: Slots<'a>,
        at: Option<At>,
    ) -> Value {
        let count = slots.len() - entry.signature.args.len();
        let mut slots = slots.into_iter();
        let operands = self.operands(entry, call, slots.by_ref().take(count).flatten().collect());
        let mut arguments = Vec::new();
        let mut given = Vec::new();
        let mut good = true;
        for (spec, slot) in entry.signature.args.iter().zip(slots) {
            let Some(arg) = slot else { continue };
            match argument(&arg.value).filter(|value| spec.kind.accepts(value)) {
                Some(value) => {
                    given.push((spec.name, value));
                    arguments.push((spec.name, arg.span));
                }
                None => {
                    good = false;
                    self.argument_kind(call, spec, &arg);
                }
            }
        }
        let (Some(operands), true) = (operands, good) else {
            return Value::Error;
        };
        let alias = call.alias.as_ref().map(|alias| alias.name.as_str());
        let site = Site {
            primary: call.callee.span,
            whole: call.span,
            callee: &call.callee.name,
            alias,
            at,
            operands,
            arguments,
        };
        self.apply(entry, given, site)
    }

    #[cold]
    #[inline(never)]
    fn argument_kind(&mut self, call: &ast::Call, spec: &ops::ArgSpec, arg: &Arg<'a>) {
        if arg.value.is_error() {
            return;
        }
        if let Some(form) = arg.value.open_size() {
            self.depends(&form, arg.span);
            return;
        }
        let found = self.describe(&arg.value);
        let mut diagnostic = Diagnostic::new(
            codes::ARGUMENT_KIND,
            format!("the argument `{}` of `{}` must be {}, not {found}", spec.name, call.callee, spec.kind.describe()),
        )
        .label(arg.span, format!("this is {found}"))
        .label(call.callee.span, "in this call");
        let meant = meant(spec.kind, &arg.value);
        let is_literal = matches!(
            arg.expr.map(|expr| &expr.kind),
            Some(ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Str(_))
        );
        if let Some(meant) = meant.as_ref().filter(|_| is_literal) {
            diagnostic = diagnostic.fix(arg.span, meant);
        }
        let help = match (&arg.value, meant) {
            (_, Some(meant)) => format!("write `{meant}`"),
            (Value::List(_), None) if matches!(spec.kind, ops::ArgKind::Pair | ops::ArgKind::Pad) => {
                "an image has two directions: give one integer for both, or `(height, width)`".to_string()
            }
            (Value::Float(_), None) => "`round_to(v, 1)` is the integer nearest to `v`".to_string(),
            (Value::Op(op), None) => format!(
                "`{}` is {}; an operator is given to a block's parameter declared `{}: op`",
                spec.name, spec.doc, op.name
            ),
            _ => format!("`{}`: {}", spec.name, spec.doc),
        };
        self.report(diagnostic.help(help));
    }

    /// Reports tensors that are given to an operator one by one, though it takes a list of them.
    #[cold]
    #[inline(never)]
    pub(super) fn no_list(&mut self, call: &ast::Call, name: &str, positional: &[Arg<'a>]) -> Value {
        let tensors: Vec<&Arg<'a>> = positional.iter().take_while(|arg| arg.value.is_tensor()).collect();
        let [first, .., last] = tensors.as_slice() else {
            if let [only, ..] = tensors.as_slice() {
                self.not_a_tensor(call, name, &only.value, only.span, "a list of tensors");
            }
            return Value::Error;
        };
        let found = self.describe(&first.value);
        let mut diagnostic = Diagnostic::new(
            codes::NOT_A_TENSOR,
            format!("`{name}` of `{}` must be a list of tensors, not {found}", call.callee),
        )
        .label(first.span, format!("this is {found}"))
        .label(call.callee.span, "in this call");
        if tensors.iter().all(|arg| arg.expr.is_some()) && call.arguments.positional.len() == positional.len() {
            let all = first.span.to(last.span);
            diagnostic = diagnostic.fix(all, format!("[{}]", self.program.sources().slice(all)));
        }
        self.report(diagnostic.help(format!("put the tensors into a list: `{}([a, b])`", call.callee)))
    }

    fn operands(&mut self, entry: &Entry, call: &ast::Call, args: Vec<Arg<'a>>) -> Option<Vec<Operand<'a>>> {
        let mut operands = Vec::new();
        let mut good = true;
        let any_tensor = args.iter().any(|arg| arg.value.is_tensor());
        let wanted = if matches!(entry.signature.operands, Operands::List(_)) { IN_A_LIST } else { "a tensor" };
        let broadcasts = matches!(entry.signature.operands, Operands::Broadcast(_));
        let mut add = |this: &mut Self, name: &str, value: &Value, span: Span, expr: Option<&'a Expr>| match value {
            Value::Tensor(id) => operands.push(Operand { value: *id, span, expr }),
            Value::Int(_) | Value::Float(_) if broadcasts && any_tensor => match this.number_operand(value, span) {
                Some(operand) => operands.push(operand),
                None => good = false,
            },
            _ => {
                good = false;
                this.not_a_tensor(call, name, value, span, wanted);
            }
        };
        match (entry.signature.operands, args.as_slice()) {
            (Operands::Fixed(names), _) => {
                for (name, arg) in names.iter().zip(&args) {
                    add(self, name, &arg.value, arg.span, arg.expr);
                }
            }
            (Operands::Broadcast(names), _) => {
                for (name, arg) in names.iter().zip(&args) {
                    add(self, name, &arg.value, arg.span, arg.expr);
                }
            }
            (Operands::List(name), [Arg { value: Value::List(list), span, expr }]) if !list.items.is_empty() => {
                let parts: &'a [Expr] = match expr.map(|expr| &expr.kind) {
                    Some(ExprKind::List(parts) | ExprKind::Tuple(parts)) => parts,
                    _ => &[],
                };
                for (i, value) in list.items.iter().enumerate() {
                    let part = parts.get(i);
                    add(self, name, value, part.map_or(*span, |part| part.span), part);
                }
            }
            (Operands::List(name), _) => {
                good = false;
                for arg in &args {
                    self.not_a_tensor(call, name, &arg.value, arg.span, "a list of tensors");
                }
            }
        }
        good.then_some(operands)
    }

    #[cold]
    #[inline(never)]
    fn not_a_tensor(&mut self, call: &ast::Call, name: &str, value: &Value, span: Span, wanted: &str) {
        if value.is_error() {
            return;
        }
        let found = self.describe(value);
        let help = match value {
            Value::Tensor(_) => format!("put the tensors into a list: `{}([a, b])`", call.callee),
            Value::Op(op) => format!("call it: `{}(..)`, or `x |> {}`", op.name, op.name),
            Value::List(list) if list.items.is_empty() => "the list must hold at least one tensor".to_string(),
            Value::List(_) => "take one element, such as `list[0]`, or join them with `concat`".to_string(),
            _ if wanted == IN_A_LIST => "every element must be a tensor; a number joins in with `+` or `*`".to_string(),
            _ => format!("the tensor comes first: `x |> {}(..)` or `{}(x, ..)`", call.callee, call.callee),
        };
        self.report(
            Diagnostic::new(
                codes::NOT_A_TENSOR,
                format!("`{name}` of `{}` must be {wanted}, not {found}", call.callee),
            )
            .label(span, format!("this is {found}"))
            .label(call.callee.span, "in this call")
            .help(help),
        );
    }
}

/// What is surely meant by a value that an argument does not accept.
fn meant(kind: ops::ArgKind, value: &Value) -> Option<String> {
    match (kind, value) {
        (ops::ArgKind::Bool, Value::Int(0)) => Some("false".to_string()),
        (ops::ArgKind::Bool, Value::Int(1)) => Some("true".to_string()),
        (ops::ArgKind::Int | ops::ArgKind::Ints | ops::ArgKind::Pair | ops::ArgKind::Pad, Value::Float(v))
            if v.fract() == 0.0 && v.abs() < MAX_ATTRIBUTE as f64 =>
        {
            Some(format!("{v}"))
        }
        (ops::ArgKind::Pad, Value::Str(text)) => {
            suggest::nearest(text, ["same", "valid"]).map(|near| format!("\"{near}\""))
        }
        (ops::ArgKind::Word(words), Value::Str(text)) => {
            suggest::nearest(text, words.iter().copied()).map(|near| format!("\"{near}\""))
        }
        _ => None,
    }
}

/// A value as an operator's argument; `None` for what no argument can be.
fn argument(value: &Value) -> Option<ArgValue> {
    /// No argument takes a longer list.
    const LONGEST: usize = 64;
    let scalar = |value: &Value| match value {
        Value::Int(v) => Some(ArgValue::Int(*v)),
        Value::Float(v) => Some(ArgValue::Float(*v)),
        Value::Bool(v) => Some(ArgValue::Bool(*v)),
        Value::Str(v) => Some(ArgValue::Str(v.to_string())),
        Value::List(_) | Value::Record(_) | Value::Size(_) | Value::Tensor(_) | Value::Op(_) | Value::Error => None,
    };
    match value {
        Value::List(list) if list.items.len() <= LONGEST => {
            list.items.iter().map(scalar).collect::<Option<Vec<_>>>().map(ArgValue::List)
        }
        other => scalar(other),
    }
}
