//! Bodies and what they bind: `let`, `if`, `for`, patterns.

use rebirth_lang::ast::{self, Pattern};
use rebirth_lang::{Diagnostic, Span};

use super::codes;
use super::eval::Fault;
use super::notes::Noted;
use super::paths::{Naming, Segment};
use super::resolver::{Frame, Resolver};
use super::value::Value;

impl<'a> Resolver<'a> {
    pub(super) fn if_else(&mut self, branches: &'a ast::If) -> Value {
        if self.unknown {
            for branch in &branches.branches {
                self.expr(&branch.condition);
                self.inner_body(&branch.body);
            }
            self.inner_body(&branches.otherwise);
            return Value::Error;
        }
        for branch in &branches.branches {
            match self.expr(&branch.condition) {
                Value::Bool(true) => return self.inner_body(&branch.body),
                Value::Bool(false) => {}
                other => {
                    return self.wrong_condition(&other, &branch.condition);
                }
            }
        }
        self.inner_body(&branches.otherwise)
    }

    fn inner_body(&mut self, body: &'a ast::Body) -> Value {
        self.scopes.push();
        let value = self.body(body);
        self.scopes.pop();
        value
    }

    pub(super) fn for_loop(&mut self, for_loop: &'a ast::For, span: Span) -> Value {
        let list = self.expr(&for_loop.list);
        let mut state = self.expr(&for_loop.init);
        if self.unknown {
            self.scopes.push();
            self.bind(&for_loop.pattern, Value::Error, for_loop.list.span);
            self.bind(&for_loop.state, Value::Error, for_loop.init.span);
            self.body(&for_loop.body);
            self.scopes.pop();
            return Value::Error;
        }
        let Value::List(list) = list else {
            let (span, place, wanted) = (for_loop.list.span, "what a loop runs over", "a list or range");
            return match list {
                Value::Int(_) => self.wrong_kind_with(&list, span, place, wanted, |diagnostic| {
                    diagnostic.help("to count from 0 up, write a range").fix(span.head(0), "0..")
                }),
                _ => self.wrong_kind(&list, span, place, wanted),
            };
        };
        let place = for_loop.pattern.span();
        let failures = self.failures;
        for (index, item) in list.items.iter().enumerate() {
            // Later turns would meet the same errors.
            if matches!(state, Value::Error) || self.failures > failures || !self.down(span) {
                return Value::Error;
            }
            self.chain.push(Frame::Turn { index, span: place });
            self.paths.enter(Some(Segment::Turn(index)), self.paths.naming());
            self.scopes.push();
            self.bind(&for_loop.pattern, item.clone(), for_loop.list.span);
            let origin = if index == 0 { for_loop.init.span } else { for_loop.body.result.span };
            self.bind(&for_loop.state, state, origin);
            state = self.body(&for_loop.body);
            self.scopes.pop();
            self.close_path(None, place);
            self.chain.pop();
            self.up();
        }
        state
    }

    /// Closes the innermost scope of weight paths.
    pub(super) fn close_path(&mut self, unnamed: Option<&'a str>, span: Span) {
        // Told while the path is still that of the scope.
        if let Some(problem) = self.paths.check() {
            self.path_problem(problem);
        }
        self.paths.leave(unnamed, span);
    }

    /// The value of a body; its bindings go into the innermost scope.
    pub(super) fn body(&mut self, body: &'a ast::Body) -> Value {
        for statement in &body.statements {
            match statement {
                ast::Statement::Let(statement) => self.let_statement(statement),
                ast::Statement::Share(statement) => self.share(statement),
                ast::Statement::Param(statement) => self.free_param(statement),
            }
        }
        self.expr(&body.result)
    }

    fn let_statement(&mut self, statement: &'a ast::Let) {
        let Noted { notes, path, keep } = self.noted(&statement.attributes, "`let`");
        let outer = std::mem::replace(&mut self.notes, notes);
        let value = self.let_value(statement, path);
        self.notes = outer;
        self.keep(keep, &value);
        self.bind(&statement.pattern, value, statement.value.span);
    }

    fn let_value(&mut self, statement: &'a ast::Let, path: Option<String>) -> Value {
        let span = statement.pattern.span();
        match (&statement.pattern, path) {
            (_, Some(path)) => self.paths.enter_at(&path, Naming::Let, true),
            (Pattern::Name(name), None) => self.paths.enter(Some(Segment::Name(&name.name)), Naming::Let),
            _ => return self.expr(&statement.value),
        }
        let older = self.builder.graph().nodes.len();
        let value = self.expr(&statement.value);
        if let (Value::Tensor(id), Pattern::Name(_)) = (&value, &statement.pattern) {
            self.names.rename(&self.builder, *id, older, self.paths.path());
        }
        self.close_path(None, span);
        value
    }

    /// Binds a pattern in the innermost scope.
    pub(super) fn bind(&mut self, pattern: &'a Pattern, value: Value, origin: Span) {
        match pattern {
            Pattern::Ignore(_) => {}
            Pattern::Name(name) => {
                if !self.budget.spend(1) || !self.pay(name.name.len(), name.span) {
                    self.fault(Fault::steps(), name.span);
                }
                if let Err(first) = self.scopes.bind(&name.name, value, name.span) {
                    self.duplicate_binding(name, first);
                }
            }
            Pattern::Tuple(parts, span) => {
                let items = match &value {
                    Value::List(list) if list.items.len() == parts.len() => Some(list),
                    _ if value.is_error() => None,
                    _ => {
                        self.pattern_mismatch(parts.len(), *span, &value, origin);
                        None
                    }
                };
                for (i, part) in parts.iter().enumerate() {
                    self.bind(part, items.map_or(Value::Error, |list| list.items[i].clone()), origin);
                }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn pattern_mismatch(&mut self, parts: usize, span: Span, value: &Value, origin: Span) {
        let found = self.describe(value);
        self.report(
            Diagnostic::new(codes::PATTERN_MISMATCH, format!("a pattern of {parts} does not fit {found}"))
                .label(span, format!("this takes {parts} elements"))
                .label(origin, format!("this is {found}"))
                .help(match value {
                    Value::List(_) => "as many names as elements: `_` stands for those that are not needed",
                    _ => {
                        "only tuples and lists come apart; the body of a loop yields what the names behind `with` take"
                    }
                }),
        );
    }
}
