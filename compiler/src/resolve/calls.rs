//! Calls: what is called, and which argument goes where.

use rebirth_lang::ast::{self, Expr, Item};
use rebirth_lang::{Diagnostic, Span};

use super::eval::Fault;
use super::resolver::Resolver;
use super::value::Value;
use super::{codes, functions, suggest};
use crate::ops;

/// An argument, evaluated.
#[derive(Clone, Debug)]
pub(super) struct Arg<'a> {
    pub(super) value: Value,
    /// The expression, or the pipeline's stage that the value comes from.
    pub(super) span: Span,
    /// The expression, where it is one.
    pub(super) expr: Option<&'a Expr>,
}

impl<'a> Arg<'a> {
    pub(super) fn expr(value: Value, expr: &'a Expr) -> Arg<'a> {
        Arg { value, span: expr.span, expr: Some(expr) }
    }
}

/// What can be called.
#[derive(Clone, Copy)]
pub(super) enum Callee<'a> {
    Block(&'a ast::Block),
    Operator(&'static ops::Entry),
    Function(&'static functions::Function),
}

impl<'a> Callee<'a> {
    fn what(self) -> &'static str {
        match self {
            Callee::Block(_) => "block",
            Callee::Operator(_) => "operator",
            Callee::Function(_) => "function",
        }
    }

    /// Names of all parameters in positional order.
    fn params(self) -> Vec<&'a str> {
        match self {
            Callee::Block(block) => block.params.iter().map(|param| param.name.name.as_str()).collect(),
            Callee::Operator(entry) => {
                let signature = entry.signature;
                let operands: &[&str] = match &signature.operands {
                    ops::Operands::Fixed(names) => names,
                    ops::Operands::List(name) => std::slice::from_ref(name),
                };
                operands.iter().copied().chain(signature.args.iter().map(|arg| arg.name)).collect()
            }
            Callee::Function(function) => function.params.to_vec(),
        }
    }
}

/// The arguments of a call by parameter; `None` where the call gives none.
pub(super) type Slots<'a> = Vec<Option<Arg<'a>>>;

impl<'a> Resolver<'a> {
    /// The value of a call. `piped` is what flows into it: its first positional argument.
    pub(super) fn call(&mut self, call: &'a ast::Call, piped: Option<Arg<'a>>) -> Value {
        let bytes = call.callee.name.len() + call.alias.as_ref().map_or(0, |alias| alias.name.len());
        if !self.budget.spend(1) || !self.pay(bytes, call.callee.span) {
            return self.fault(Fault::steps(), call.callee.span);
        }
        let callee = self.callee(&call.callee);
        let mut positional = Vec::with_capacity(call.arguments.positional.len() + 1);
        positional.extend(piped);
        for expr in &call.arguments.positional {
            positional.push(Arg::expr(self.expr(expr), expr));
        }
        let mut named = Vec::with_capacity(call.arguments.named.len());
        for argument in &call.arguments.named {
            named.push((&argument.name, Arg::expr(self.expr(&argument.value), &argument.value)));
        }
        let Some(callee) = callee else {
            return Value::Error;
        };
        if let Callee::Function(function) = callee
            && let Some(alias) = &call.alias
        {
            self.error(
                codes::ALIAS_OF_FUNCTION,
                format!("the function `{}` makes no tensor that `as` could name", function.name),
                alias.span,
                "this names nothing",
                "leave `as` out; `let` binds any value",
            );
        }
        let slots = match callee {
            Callee::Function(function) if function.variadic && named.is_empty() => {
                positional.into_iter().map(Some).collect()
            }
            _ => match self.assign(callee, call, positional, named) {
                Some(slots) => slots,
                None => return Value::Error,
            },
        };
        match callee {
            Callee::Block(block) => self.block(block, call, slots),
            Callee::Operator(entry) => self.operator(entry, call, slots),
            Callee::Function(function) => self.function(function, call, slots),
        }
    }

    fn callee(&mut self, name: &'a ast::Ident) -> Option<Callee<'a>> {
        if let Some(Item::Block(block)) = self.items.get(name.name.as_str()) {
            return Some(Callee::Block(block));
        }
        if let Some(entry) = ops::find(&name.name) {
            return Some(Callee::Operator(entry));
        }
        if let Some(function) = functions::find(&name.name) {
            return Some(Callee::Function(function));
        }
        self.no_callee(name);
        None
    }

    #[cold]
    #[inline(never)]
    fn no_callee(&mut self, name: &ast::Ident) {
        let what = match self.items.get(name.name.as_str()) {
            _ if self.scopes.get(&name.name).is_some() => "a value",
            Some(Item::Const(_)) => "a constant",
            Some(Item::Net(_)) => "a net",
            _ => {
                let blocks = self
                    .file
                    .items
                    .iter()
                    .filter(|item| matches!(item, Item::Block(_)))
                    .map(|item| item.name().name.as_str());
                let operators = ops::TABLE.iter().map(|entry| entry.signature.name);
                let all = blocks.chain(operators).chain(functions::TABLE.iter().map(|function| function.name));
                let help = suggest::or_else(&name.name, all, || "declare a `block` of this name".to_string());
                self.error(
                    codes::UNKNOWN_CALLEE,
                    format!("there is no operator, block or function `{name}`"),
                    name.span,
                    "not declared",
                    &help,
                );
                return;
            }
        };
        self.error(
            codes::NOT_CALLABLE,
            format!("`{name}` is {what} and cannot be called"),
            name.span,
            "called here",
            "only operators, blocks and functions are called; `a * b` multiplies",
        );
    }

    /// Gives every argument to its parameter and checks that none is missing. `None` after an error.
    fn assign(
        &mut self,
        callee: Callee<'a>,
        call: &'a ast::Call,
        positional: Vec<Arg<'a>>,
        named: Vec<(&'a ast::Ident, Arg<'a>)>,
    ) -> Option<Slots<'a>> {
        let params = callee.params();
        let (what, name) = (callee.what(), &call.callee);
        // Every name is compared with every parameter.
        if !self.pay(params.len() * (1 + named.len()), name.span) {
            return None;
        }
        let mut good = true;
        if let Some(extra) = positional.get(params.len()) {
            good = false;
            let (given, taken) = (positional.len(), params.len());
            let arguments = if taken == 1 { "argument" } else { "arguments" };
            let mut diagnostic = Diagnostic::new(
                codes::TOO_MANY_ARGUMENTS,
                format!("the {what} `{name}` takes {taken} {arguments}, not {given}"),
            )
            .label(extra.span, "the first one too many")
            .label(name.span, "in this call");
            if let Callee::Block(block) = callee {
                diagnostic = diagnostic.label(block.name.span, "declared here");
            }
            self.report(diagnostic.help(help(callee, self.source)));
        }
        let mut slots: Slots<'a> = positional.into_iter().map(Some).collect();
        slots.resize(params.len().max(slots.len()), None);
        for (label, arg) in named {
            let Some(position) = params.iter().position(|param| *param == label.name) else {
                good = false;
                let suggestion = suggest::or_else(&label.name, params.iter().copied(), || help(callee, self.source));
                self.report(
                    Diagnostic::new(codes::UNKNOWN_ARGUMENT, format!("the {what} `{name}` has no argument `{label}`"))
                        .label(label.span, "not an argument")
                        .label(name.span, "in this call")
                        .help(suggestion),
                );
                continue;
            };
            if let Some(first) = &slots[position] {
                good = false;
                let first = first.span;
                self.report(
                    Diagnostic::new(
                        codes::ARGUMENT_TWICE,
                        format!("the argument `{label}` of `{name}` is given twice"),
                    )
                    .label(label.span, "given by name here")
                    .label(first, "given by position here")
                    .help(help(callee, self.source)),
                );
                continue;
            }
            slots[position] = Some(arg);
        }
        let required = |position: usize| match callee {
            Callee::Block(block) => block.params[position].default.is_none(),
            Callee::Operator(entry) => {
                let args = entry.signature.args;
                let operands = params.len() - args.len();
                position < operands || args[position - operands].default == ops::call::Default::Required
            }
            Callee::Function(_) => true,
        };
        let missing: Vec<&str> =
            (0..params.len()).filter(|&i| slots[i].is_none() && required(i)).map(|i| params[i]).collect();
        if good && !missing.is_empty() {
            good = false;
            let list = suggest::listing(missing.iter().copied());
            let mut diagnostic = Diagnostic::new(codes::MISSING_ARGUMENT, format!("the {what} `{name}` needs {list}"))
                .label(
                    name.span,
                    format!("{list} is missing")
                        .replace("is missing", if missing.len() == 1 { "is missing" } else { "are missing" }),
                );
            if let Callee::Block(block) = callee {
                diagnostic = diagnostic.label(block.name.span, "declared here");
            }
            self.report(diagnostic.help(help(callee, self.source)));
        }
        good.then_some(slots)
    }
}

/// How to call it.
#[cold]
fn help(callee: Callee<'_>, source: &rebirth_lang::Source) -> String {
    let (name, params): (&str, Vec<String>) = match callee {
        Callee::Block(block) => (
            &block.name.name,
            block
                .params
                .iter()
                .map(|param| match &param.default {
                    Some(default) => {
                        format!("{}: {}", param.name, short(source.slice(default.span)))
                    }
                    None => param.name.name.clone(),
                })
                .collect(),
        ),
        Callee::Operator(entry) => {
            let signature = entry.signature;
            let operands = callee.params().len() - signature.args.len();
            let operands = callee.params().into_iter().take(operands).map(|name| match signature.operands {
                ops::Operands::List(_) => format!("[{name}, ..]"),
                ops::Operands::Fixed(_) => name.to_string(),
            });
            let args = signature.args.iter().map(|arg| match arg.default {
                ops::call::Default::Required => arg.name.to_string(),
                ops::call::Default::Int(v) => format!("{}: {v}", arg.name),
                ops::call::Default::Float(v) => format!("{}: {v:?}", arg.name),
                ops::call::Default::Bool(v) => format!("{}: {v}", arg.name),
                ops::call::Default::SameAs(other) => format!("{}: {other}", arg.name),
            });
            (signature.name, operands.chain(args).collect())
        }
        Callee::Function(function) if function.variadic => (function.name, vec!["..".to_string()]),
        Callee::Function(function) => (function.name, function.params.iter().map(ToString::to_string).collect()),
    };
    format!("it is called as `{name}({})`; what flows in with `|>` comes first", params.join(", "))
}

/// A default for use within a message.
fn short(text: &str) -> &str {
    const LONGEST: usize = 24;
    if text.len() <= LONGEST && !text.contains('\n') { text } else { ".." }
}
