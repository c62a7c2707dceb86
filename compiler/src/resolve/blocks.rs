//! Calls of blocks and of functions.

use rebirth_lang::ast::{self, Ident, Param};
use rebirth_lang::{Diagnostic, Span};

use super::apply::At;
use super::calls::Slots;
use super::paths::Naming;
use super::resolver::{Frame, Pure, Resolver};
use super::value::Value;
use super::{MAX_BLOCKS, codes};

impl<'a> Resolver<'a> {
    /// The value of a block's body for these arguments. The body sees its parameters and what stands at the top level of
    /// its file.
    pub(super) fn block(
        &mut self,
        block: &'a ast::Block,
        call: &'a ast::Call,
        slots: Slots<'a>,
        at: Option<At>,
    ) -> Value {
        if self.unknown || !self.may_call(&block.name, &call.callee, true) {
            return Value::Error;
        }
        let alias = call.alias.as_ref().map(|alias| alias.name.as_str());
        let mut unnamed = alias.is_none().then_some(call.callee.name.as_str());
        match &at {
            Some(at) => {
                unnamed = None;
                self.paths.enter_at(&at.path, Naming::Callee, !at.shared);
            }
            None => {
                let segment = self.paths.segment(alias, &call.callee.name);
                self.paths.enter(segment, Naming::Callee);
            }
        }
        let value = self.enter(&block.name, call.callee.span, |this| {
            this.bind_params(&block.params, slots);
            if !this.conditions(&block.conditions, true) {
                return Value::Error;
            }
            this.body(&block.body)
        });
        self.close_path(unnamed, call.callee.span);
        value
    }

    /// The value of a function for these arguments.
    pub(super) fn call_fn(&mut self, function: &'a ast::Fn, call: &'a ast::Call, slots: Slots<'a>) -> Value {
        if self.unknown || !self.may_call(&function.name, &call.callee, false) {
            return Value::Error;
        }
        self.pure.push(Pure::Fn(function));
        let value = self.enter(&function.name, call.callee.span, |this| {
            this.bind_params(&function.params, slots);
            this.expr(&function.value)
        });
        self.pure.pop();
        value
    }

    /// Evaluates what is declared as `name` and called at `span`, in a scope and file of its own.
    fn enter(&mut self, name: &'a Ident, span: Span, evaluate: impl FnOnce(&mut Self) -> Value) -> Value {
        self.called.insert(name.span);
        self.chain.push(Frame::Call { callee: name, span });
        let floor = self.scopes.enter();
        let value = self.within(name.span.file, evaluate);
        self.scopes.leave(floor);
        self.chain.pop();
        value
    }

    fn bind_params(&mut self, params: &'a [Param], slots: Slots<'a>) {
        for (param, slot) in params.iter().zip(slots) {
            let (value, span) = match (slot, &param.default) {
                (Some(arg), _) => (arg.value, arg.span),
                (None, Some(default)) => (self.expr(default), default.span),
                (None, None) => (Value::Error, param.name.span),
            };
            let value = match param.op {
                Some(op) if !matches!(value, Value::Op(_)) && !value.is_error() => {
                    self.not_an_op(param, op, &value, span)
                }
                _ => value,
            };
            // A parameter named twice has been reported where it is declared.
            let _ = self.scopes.bind(&param.name.name, value, param.name.span);
        }
    }

    #[cold]
    #[inline(never)]
    fn not_an_op(&mut self, param: &Param, op: Span, value: &Value, span: Span) -> Value {
        let found = self.describe(value);
        self.report(
            Diagnostic::new(
                codes::ARGUMENT_KIND,
                format!("`{}` must be an operator, block or function, not {found}", param.name),
            )
            .label(span, format!("this is {found}"))
            .label(op, "declared to be called")
            .help(format!("give the name of an operator or block, such as `{}: relu`", param.name)),
        )
    }

    fn may_call(&mut self, callee: &'a Ident, at: &'a Ident, block: bool) -> bool {
        let mut depth = 0;
        let mut start = None;
        for (i, frame) in self.chain.iter().enumerate() {
            if let Frame::Call { callee: caller, .. } = frame {
                depth += 1;
                if start.is_none() && caller.span == callee.span {
                    start = Some(i);
                }
            }
        }
        if let Some(start) = start {
            self.cycle(start, callee, at, block);
        } else if depth >= MAX_BLOCKS {
            self.fatal(
                Diagnostic::new(codes::BLOCKS_TOO_DEEP, format!("blocks call each other more than {MAX_BLOCKS} deep"))
                    .label(at.span, "this call is one too many")
                    .help("use a `for` loop to repeat layers"),
            );
        } else {
            return true;
        }
        false
    }

    #[cold]
    #[inline(never)]
    fn cycle(&mut self, start: usize, name: &Ident, at: &Ident, block: bool) {
        /// A longer cycle is shown in part.
        const SHOWN: usize = 8;
        let callers = self.chain[start..].iter().filter_map(|frame| match frame {
            Frame::Call { callee, .. } => Some(*callee),
            Frame::Turn { .. } => None,
        });
        let callers: Vec<&Ident> = callers.collect();
        let mut route: Vec<String> = callers.iter().take(SHOWN).map(|caller| format!("`{caller}`")).collect();
        if callers.len() > SHOWN {
            route.push("..".to_string());
        }
        route.push(format!("`{name}`"));
        let (what, help) = if block {
            ("block", "blocks cannot recur; a `for` loop repeats layers, with its state in `with`")
        } else {
            ("function", "functions cannot recur; `for` in its expression repeats a computation")
        };
        let diagnostic = Diagnostic::new(
            codes::RECURSIVE_BLOCK,
            format!("the {what} `{name}` calls itself: {}", route.join(" calls ")),
        )
        .label(at.span, format!("`{name}` is called again here"))
        .label(name.span, format!("while this {what} is being called"))
        .help(help);
        self.fatal(diagnostic);
    }
}
