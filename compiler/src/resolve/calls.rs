//! Calls: what is called, and which argument goes where.

use std::fmt;
use std::rc::Rc;

use rebirth_lang::ast::{self, Expr, Item};
use rebirth_lang::{Diagnostic, Span};

use super::apply::At;
use super::eval::Fault;
use super::notes::Noted;
use super::resolver::Resolver;
use super::share::Shared;
use super::value::{Op, Value};
use super::{codes, functions, others, suggest};
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
#[derive(Clone)]
pub(super) enum Callee<'a> {
    Block(&'a ast::Block),
    Operator(&'static ops::Entry),
    Function(&'static functions::Function),
    Fn(&'a ast::Fn),
    Shared(Rc<Shared<'a>>),
}

impl fmt::Debug for Callee<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what(), self.name())
    }
}

impl<'a> Callee<'a> {
    pub(super) fn what(&self) -> &'static str {
        match self {
            Callee::Block(_) => "block",
            Callee::Operator(_) => "operator",
            Callee::Function(_) | Callee::Fn(_) => "function",
            Callee::Shared(_) => "shared layer",
        }
    }

    /// Its name where it is declared.
    fn name(&self) -> &str {
        match self {
            Callee::Block(block) => &block.name.name,
            Callee::Operator(entry) => entry.signature.name,
            Callee::Function(function) => function.name,
            Callee::Fn(function) => &function.name.name,
            Callee::Shared(shared) => shared.name(),
        }
    }

    /// What is called where an argument is a tensor: the operator, if a function shares its name.
    fn of_tensors(self) -> Callee<'a> {
        match self {
            Callee::Function(function) => ops::find(function.name).map_or(self, Callee::Operator),
            callee => callee,
        }
    }

    /// The parameters that source declares, and where.
    fn declared(&self) -> Option<(&'a [ast::Param], Span)> {
        match self {
            Callee::Block(block) => Some((&block.params, block.name.span)),
            Callee::Fn(function) => Some((&function.params, function.name.span)),
            _ => None,
        }
    }

    /// Names of all parameters in positional order.
    fn params(&self) -> Vec<&'a str> {
        match self {
            Callee::Block(_) | Callee::Fn(_) => {
                let params = self.declared().map(|(params, _)| params).unwrap_or_default();
                params.iter().map(|param| param.name.name.as_str()).collect()
            }
            Callee::Operator(entry) => {
                let signature = entry.signature;
                let operands: &[&str] = match &signature.operands {
                    ops::Operands::Fixed(names) => names,
                    ops::Operands::Broadcast(names) => *names,
                    ops::Operands::List(name) => std::slice::from_ref(name),
                };
                operands.iter().copied().chain(signature.args.iter().map(|arg| arg.name)).collect()
            }
            Callee::Function(function) => function.params.to_vec(),
            // Its calls are checked against what it shares.
            Callee::Shared(_) => Vec::new(),
        }
    }

    /// Where it is declared: the same address is the same callee.
    fn address(&self) -> *const () {
        match self {
            Callee::Block(block) => std::ptr::from_ref(*block).cast(),
            Callee::Operator(entry) => std::ptr::from_ref(*entry).cast(),
            Callee::Function(function) => std::ptr::from_ref(*function).cast(),
            Callee::Fn(function) => std::ptr::from_ref(*function).cast(),
            Callee::Shared(shared) => Rc::as_ptr(shared).cast(),
        }
    }
}

/// The arguments of a call by parameter; `None` where the call gives none.
pub(super) type Slots<'a> = Vec<Option<Arg<'a>>>;

/// The arguments of a call, evaluated: those by position and those by name.
pub(super) type Given<'a> = (Vec<Arg<'a>>, Vec<(&'a ast::Ident, Arg<'a>)>);

impl<'a> Resolver<'a> {
    /// The value of a call. `piped` is what flows into it: its first positional argument.
    pub(super) fn call(
        &mut self,
        call: &'a ast::Call,
        piped: Option<Arg<'a>>,
        attributes: &'a [ast::Attribute],
    ) -> Value {
        let bytes = call.callee.name.len() + call.alias.as_ref().map_or(0, |alias| alias.name.len());
        if !self.budget.spend(1) || !self.pay(bytes, call.callee.span) {
            return self.fault(Fault::steps(), call.callee.span);
        }
        let callee = self.callee(&call.callee);
        let (positional, named) = self.arguments(call, piped);
        let Some(callee) = callee else {
            return Value::Error;
        };
        if attributes.is_empty() {
            return self.invoke(callee, call, positional, named, None);
        }
        let weightless = match &callee {
            Callee::Function(_) | Callee::Fn(_) => Some("a function"),
            Callee::Shared(_) => Some("a call of something shared"),
            _ => None,
        };
        let Noted { notes, path, keep } = match weightless {
            Some(place) => self.keep_only(attributes, place),
            None => self.noted(attributes, "a call"),
        };
        let outer = std::mem::replace(&mut self.notes, notes);
        let at = path.map(|path| At { path, shared: false });
        let value = self.invoke(callee, call, positional, named, at);
        self.notes = outer;
        self.keep(keep, &value);
        value
    }

    /// The arguments of a call, evaluated in their order.
    pub(super) fn arguments(&mut self, call: &'a ast::Call, piped: Option<Arg<'a>>) -> Given<'a> {
        let mut positional = Vec::with_capacity(call.arguments.positional.len() + 1);
        positional.extend(piped);
        for expr in &call.arguments.positional {
            positional.push(Arg::expr(self.expr(expr), expr));
        }
        let mut named = Vec::with_capacity(call.arguments.named.len());
        for argument in &call.arguments.named {
            named.push((&argument.name, Arg::expr(self.expr(&argument.value), &argument.value)));
        }
        (positional, named)
    }

    fn invoke(
        &mut self,
        callee: Callee<'a>,
        call: &'a ast::Call,
        positional: Vec<Arg<'a>>,
        named: Vec<(&'a ast::Ident, Arg<'a>)>,
        at: Option<At>,
    ) -> Value {
        let mut arguments = positional.iter().chain(named.iter().map(|(_, arg)| arg));
        let callee = if arguments.any(|arg| arg.value.is_tensor()) { callee.of_tensors() } else { callee };
        if let Some(alias) = &call.alias {
            match &callee {
                Callee::Block(_) | Callee::Operator(_) => {}
                Callee::Shared(shared) => return self.no_alias(shared, alias),
                Callee::Function(_) | Callee::Fn(_) => {
                    self.error(
                        codes::ALIAS_WITHOUT_WEIGHTS,
                        format!("the function `{}` makes no tensor that `as` could name", call.callee),
                        alias.span,
                        "this names nothing",
                        "leave `as` out; `let` binds any value",
                    );
                }
            }
        }
        let makes = match &callee {
            Callee::Operator(_) => Some("a tensor"),
            Callee::Block(_) | Callee::Shared(_) => Some("tensors"),
            Callee::Function(_) | Callee::Fn(_) => None,
        };
        if makes.is_some_and(|what| self.impure(call.callee.span, what)) {
            return Value::Error;
        }
        if let (Callee::Operator(entry), [Arg { value: Value::Tensor(_), .. }, ..]) = (&callee, positional.as_slice())
            && let ops::Operands::List(name) = entry.signature.operands
        {
            return self.no_list(call, name, &positional);
        }
        let slots = match &callee {
            Callee::Shared(shared) => return self.shared_call(shared, call, positional, named),
            Callee::Function(function) if function.variadic && named.is_empty() => {
                positional.into_iter().map(Some).collect()
            }
            _ => match self.assign(&callee, call, positional, named) {
                Some(slots) => slots,
                None => return Value::Error,
            },
        };
        match callee {
            Callee::Block(block) => self.block(block, call, slots, at),
            Callee::Operator(entry) => self.operator(entry, call, slots, at),
            Callee::Function(function) => self.function(function, call, slots),
            Callee::Fn(function) => self.call_fn(function, call, slots),
            Callee::Shared(_) => Value::Error,
        }
    }

    /// Something to be called, as a value.
    pub(super) fn callable(&mut self, callee: Callee<'a>) -> Value {
        let address = callee.address();
        if let Some(known) = self.callable_ids.get(&address) {
            return known.clone();
        }
        let op = Op { id: self.callables.len(), what: callee.what(), name: callee.name().to_string() };
        let value = Value::Op(Rc::new(op));
        // Kept for good, so no other callee gets the address.
        self.callables.push(callee);
        self.callable_ids.insert(address, value.clone());
        value
    }

    /// What a name stands for where something can be called: an operator, function, or an item of the file. A name that is both, such
    /// as `max`, stands for the function; [`Callee::of_tensors`] makes a call of it one of the operator.
    pub(super) fn find_callee(&self, name: &str) -> Option<Callee<'a>> {
        match self.item(name) {
            Some(Item::Block(block)) => return Some(Callee::Block(block)),
            Some(Item::Fn(function)) => return Some(Callee::Fn(function)),
            _ => {}
        }
        functions::find(name).map(Callee::Function).or_else(|| ops::find(name).map(Callee::Operator))
    }

    pub(super) fn callee(&mut self, name: &'a ast::Ident) -> Option<Callee<'a>> {
        let local = self.scopes.get(&name.name).map(|binding| &binding.value);
        if local.is_none() && self.is_unclear(&name.name) {
            return None;
        }
        if let Some(Value::Op(op)) = local {
            return self.callables.get(op.id).cloned();
        }
        let mut is_error = local.is_some_and(Value::is_error);
        if local.is_none()
            && let Some(Item::Const(constant)) = self.item(&name.name)
        {
            match self.constant(constant, name.span) {
                Value::Op(op) => return self.callables.get(op.id).cloned(),
                other => is_error = other.is_error(),
            }
        }
        let found = self.find_callee(&name.name);
        if found.is_none() && !is_error {
            self.no_callee(name);
        }
        found
    }

    #[cold]
    #[inline(never)]
    fn no_callee(&mut self, name: &ast::Ident) {
        if self.is_known(codes::UNKNOWN_CALLEE.id, Some(name.span)) {
            return;
        }
        let what = match self.item(&name.name) {
            _ if self.scopes.get(&name.name).is_some() => "a value",
            Some(Item::Const(_)) => "a constant",
            Some(Item::Net(_)) => "a net",
            _ => {
                let declared = self.module().iter().filter_map(|(name, declared)| {
                    matches!(declared.item, Item::Block(_) | Item::Fn(_)).then_some(*name)
                });
                let operators = ops::TABLE.iter().map(|entry| entry.signature.name);
                let all = declared.chain(operators).chain(functions::TABLE.iter().map(|function| function.name));
                let all: Vec<&str> = all.collect();
                let near = others::layer(&name.name, all.iter().copied())
                    .or_else(|| suggest::nearest(&name.name, all.iter().copied()));
                let message = format!("there is no operator, block or function `{name}`");
                let diagnostic = Diagnostic::new(codes::UNKNOWN_CALLEE, message).label(name.span, "not declared");
                let diagnostic = suggest::repair(diagnostic, name.span, near, || {
                    suggest::or_by_word(&name.name, all.iter().copied(), || self.elsewhere(&name.name))
                });
                self.report(diagnostic);
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

    /// Where a name might come from that no file's name is like.
    fn elsewhere(&self, name: &str) -> String {
        let files = self.program.files().filter(|(id, _)| *id != self.file);
        for (id, file) in files {
            let mut items = file.items.iter().filter_map(Item::name);
            if items.any(|item| item.name == name) {
                let file = self.program.sources().get(id).name();
                return format!("`{file}` declares it: import it from there");
            }
        }
        format!("declare it: `block {name}(x) {{ .. }}`")
    }

    /// Gives every argument to its parameter and checks that none is missing. `None` after an error.
    pub(super) fn assign(
        &mut self,
        callee: &Callee<'a>,
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
            if let Some((_, declared)) = callee.declared() {
                diagnostic = diagnostic.label(declared, "declared here");
            }
            self.report(diagnostic.help(self.usage(callee)));
        }
        let mut slots: Slots<'a> = positional.into_iter().map(Some).collect();
        slots.resize(params.len().max(slots.len()), None);
        for (label, arg) in named {
            let Some(position) = params.iter().position(|param| *param == label.name) else {
                good = false;
                if self.is_known(codes::UNKNOWN_ARGUMENT.id, Some(label.span)) {
                    continue;
                }
                let near = others::argument(&label.name, &params)
                    .or_else(|| suggest::nearest(&label.name, params.iter().copied()));
                let mut diagnostic =
                    Diagnostic::new(codes::UNKNOWN_ARGUMENT, format!("the {what} `{name}` has no argument `{label}`"))
                        .label(label.span, "not an argument")
                        .label(name.span, "in this call");
                if let Some((params, declared)) = callee.declared() {
                    // The parameter it should have been, else the place of the declaration.
                    let meant = params.iter().find(|param| Some(param.name.name.as_str()) == near);
                    diagnostic = match meant {
                        Some(param) => diagnostic.label(param.span, "this is the parameter"),
                        None => diagnostic.label(declared, "declared here"),
                    };
                }
                self.report(suggest::repair(diagnostic, label.span, near, || self.usage(callee)));
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
                    .label(first, "given before here")
                    .help(self.usage(callee)),
                );
                continue;
            }
            slots[position] = Some(arg);
        }
        let required = |position: usize| match callee {
            Callee::Block(_) | Callee::Fn(_) => {
                callee.declared().is_none_or(|(params, _)| params[position].default.is_none())
            }
            Callee::Operator(entry) => {
                let args = entry.signature.args;
                let operands = params.len() - args.len();
                position < operands || args[position - operands].default == ops::call::Default::Required
            }
            Callee::Function(_) | Callee::Shared(_) => true,
        };
        let missing: Vec<&str> =
            (0..params.len()).filter(|&i| slots[i].is_none() && required(i)).map(|i| params[i]).collect();
        if good && !missing.is_empty() {
            good = false;
            if let Callee::Operator(entry) = callee
                && let ops::Operands::Fixed([operand, ..]) | ops::Operands::Broadcast([operand, _]) =
                    entry.signature.operands
                && let Some(Some(arg)) = slots.first()
                && !arg.value.is_tensor()
            {
                self.missing_tensor(call, operand, arg);
                return None;
            }
            let list = suggest::listing(missing.iter().copied());
            let verb = if missing.len() == 1 { "is" } else { "are" };
            let mut diagnostic = Diagnostic::new(codes::MISSING_ARGUMENT, format!("the {what} `{name}` needs {list}"))
                .label(name.span, format!("{list} {verb} missing"));
            if let Some((_, declared)) = callee.declared() {
                diagnostic = diagnostic.label(declared, "declared here");
            }
            let mut help = self.usage(callee);
            if call.arguments.positional.is_empty()
                && call.arguments.named.is_empty()
                && !call.arguments.span.is_empty()
            {
                help = format!("{help}; to pass the {what} itself as an argument, leave the parentheses out: `{name}`");
            }
            self.report(diagnostic.help(help));
        }
        good.then_some(slots)
    }

    /// Reports that the first argument is not the tensor that comes first.
    #[cold]
    fn missing_tensor(&mut self, call: &ast::Call, operand: &str, arg: &Arg<'a>) {
        if arg.value.is_error() {
            return;
        }
        let (name, found) = (&call.callee, self.describe(&arg.value));
        let example = short(self.program.sources().slice(call.span));
        let example = if example == ".." { format!("{name}(..)") } else { example.to_string() };
        self.report(
            Diagnostic::new(codes::MISSING_ARGUMENT, format!("the operator `{name}` needs a tensor `{operand}` first"))
                .label(name.span, format!("`{operand}` is missing"))
                .label(arg.span, format!("this is {found}"))
                .help(format!("let the tensor flow in: `x |> {example}`")),
        );
    }

    /// How to call it.
    #[cold]
    pub(super) fn usage(&self, callee: &Callee<'a>) -> String {
        let params: Vec<String> = match callee {
            Callee::Block(_) | Callee::Fn(_) => {
                let params = callee.declared().map(|(params, _)| params).unwrap_or_default();
                let text = |span| short(self.program.sources().slice(span));
                let one = |param: &ast::Param| match &param.default {
                    Some(default) => format!("{}: {}", param.name, text(default.span)),
                    None => param.name.name.clone(),
                };
                params.iter().map(one).collect()
            }
            Callee::Operator(entry) => {
                let signature = entry.signature;
                let operands = callee.params().len() - signature.args.len();
                let operands = callee.params().into_iter().take(operands).map(|name| match signature.operands {
                    ops::Operands::List(_) => format!("[{name}, ..]"),
                    ops::Operands::Fixed(_) | ops::Operands::Broadcast(_) => name.to_string(),
                });
                let args = signature.args.iter().map(|arg| match arg.default {
                    ops::call::Default::Required => arg.name.to_string(),
                    ops::call::Default::None => format!("{}: none", arg.name),
                    ops::call::Default::Int(v) => format!("{}: {v}", arg.name),
                    ops::call::Default::Float(v) => format!("{}: {v:?}", arg.name),
                    ops::call::Default::Bool(v) => format!("{}: {v}", arg.name),
                    ops::call::Default::SameAs(other) => format!("{}: {other}", arg.name),
                    ops::call::Default::Word(word) => format!("{}: {word:?}", arg.name),
                });
                operands.chain(args).collect()
            }
            Callee::Function(function) if function.variadic => vec!["..".to_string()],
            Callee::Function(function) => function.params.iter().map(ToString::to_string).collect(),
            Callee::Shared(_) => Vec::new(),
        };
        let piped = if matches!(callee, Callee::Block(_) | Callee::Operator(_)) {
            "; what flows in with `|>` comes first"
        } else {
            ""
        };
        format!("it is called as `{}({})`{piped}", callee.name(), params.join(", "))
    }
}

/// A default for use within a message.
fn short(text: &str) -> &str {
    const LONGEST: usize = 24;
    if text.len() <= LONGEST && !text.contains('\n') { text } else { ".." }
}
