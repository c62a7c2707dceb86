//! Pairs of bodies, their statements and patterns to the tree.

use super::failure::{misplaced_attribute, space_before_bracket};
use super::{Convert, Pair, Rule};
use crate::ast::{Attribute, Body, Call, Expr, ExprKind, FreeParam, Ident, Let, Pattern, Share, Statement};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A statement or an expression, before it is known which expression is the final one.
enum Entry {
    Statement(Box<Statement>),
    Expr(Expr),
}

impl Entry {
    fn span(&self) -> Span {
        match self {
            Entry::Statement(statement) => statement.span(),
            Entry::Expr(expr) => expr.span,
        }
    }
}

impl Convert<'_> {
    /// A body and its height.
    pub(super) fn body(&self, pair: Pair<'_>) -> (Body, usize) {
        let span = self.span(&pair);
        let errors_before = self.error_count();
        let mut names = self.header.take();
        let mut entries: Vec<Entry> = Vec::new();
        let mut attributes: Vec<Attribute> = Vec::new();
        let mut height = 0;
        self.within(false, || {
            for part in pair.into_inner() {
                let (entry, entry_height) = match part.as_rule() {
                    Rule::attribute => {
                        let (attribute, attribute_height) = self.attribute(part);
                        height = height.max(attribute_height);
                        attributes.push(attribute);
                        continue;
                    }
                    Rule::binding => self.binding(part, std::mem::take(&mut attributes)),
                    Rule::bare => {
                        let start = self.span(&part);
                        let found = self.binding(part, std::mem::take(&mut attributes));
                        self.missing_let(start, &found.0, &names);
                        found
                    }
                    Rule::share => self.share(part, std::mem::take(&mut attributes)),
                    Rule::free_param => self.free_param(part, std::mem::take(&mut attributes)),
                    Rule::record => {
                        let (record, height) = self.record(part);
                        entries.push(Entry::Expr(record));
                        (None, height)
                    }
                    _ => {
                        let (expr, height) = self.expr(part);
                        let before =
                            attributes.last().map(|attribute| attribute.span).or(entries.last().map(Entry::span));
                        if self.check_gap(before, expr.span) {
                            attributes.clear();
                        }
                        entries.push(Entry::Expr(expr));
                        (None, height)
                    }
                };
                height = height.max(entry_height);
                if let Some(statement) = &entry {
                    bind(statement, &mut names);
                }
                entries.extend(entry.map(|statement| Entry::Statement(Box::new(statement))));
                if let Some(attribute) = attributes.first() {
                    self.report(misplaced_attribute(attribute.span));
                    attributes.clear();
                }
            }
        });
        if let Some(attribute) = attributes.first() {
            self.report(misplaced_attribute(attribute.span));
        }
        let last = match entries.pop() {
            Some(Entry::Expr(expr)) => Some(expr),
            Some(statement) => {
                entries.push(statement);
                None
            }
            None => None,
        };
        // An earlier error in the body, such as two lines joined by a sign, may have taken the final expression.
        if self.error_count() == errors_before {
            self.check_entries(&entries, last.as_ref(), span);
        }
        let result = last.unwrap_or(Expr { kind: ExprKind::Bool(false), span });
        let statements = entries.into_iter().filter_map(|entry| match entry {
            Entry::Statement(statement) => Some(*statement),
            Entry::Expr(_) => None,
        });
        let body = Body { statements: statements.collect(), result, span };
        (body, self.raise(height, span))
    }

    /// `let a = conv (x)` reads as a statement and a tuple; true when it was found and reported.
    fn check_gap(&self, before: Option<Span>, span: Span) -> bool {
        let Some(before) = before else { return false };
        let first = self.text.get(span.range()).unwrap_or_default().bytes().next();
        let gap = self.text.get(before.end as usize..span.start as usize).unwrap_or_default();
        if matches!(first, Some(b'(' | b'[')) && !gap.contains('\n') {
            let name_length = self.text[before.range()]
                .bytes()
                .rev()
                .take_while(|&byte| byte == b'_' || byte.is_ascii_alphanumeric())
                .count();
            let name = Span { start: before.end - name_length as u32, ..before };
            let bracket = span.head(1);
            self.report(space_before_bracket(self.text, name, bracket));
            return true;
        }
        false
    }

    /// Reports a `NAME = VALUE`.
    fn missing_let(&self, start: Span, statement: &Option<Statement>, bound: &[Ident]) {
        let Some(Statement::Let(binding)) = statement else { return };
        let diagnostic = Diagnostic::new(codes::MISSING_LET, "a binding begins with `let`")
            .label(binding.pattern.span(), "bound without `let`");
        let first = match &binding.pattern {
            Pattern::Name(name) => bound.iter().find(|first| first.name == name.name),
            _ => None,
        };
        self.report(match first {
            None => diagnostic.help("put `let` in front").fix(start.head(0), "let "),
            Some(first) => {
                let is_free = |name: &String| bound.iter().all(|first| first.name != *name);
                let free = (2..).map(|number| format!("{first}{number}")).find(is_free).unwrap_or_default();
                diagnostic.label(first.span, "this name is bound here").help(format!(
                    "a name keeps its value: write `let {free} = {}`, and `{free}` for `{first}` below",
                    self.snippet(binding.value.span)
                ))
            }
        });
    }

    fn check_entries(&self, entries: &[Entry], last: Option<&Expr>, span: Span) {
        let unused = entries.iter().find_map(|entry| match entry {
            Entry::Expr(expr) => Some(expr),
            Entry::Statement(_) => None,
        });
        if let (Some(unused), Some(last)) = (unused, last) {
            if matches!(&unused.kind, ExprKind::Name(name) if name == "return") {
                return self.report(
                    Diagnostic::new(codes::EXTRA_RESULT, "there is no `return`")
                        .label(unused.span, "not needed")
                        .label(last.span, "this is the value of the body")
                        .help("a body ends with its value: delete `return`")
                        .fix(Span { end: last.span.start.max(unused.span.end), ..unused.span }, ""),
                );
            }
            self.report(
                Diagnostic::new(codes::EXTRA_RESULT, "a body has one final expression, this one has more")
                    .label(unused.span, "nothing uses this value")
                    .label(last.span, "this is the final expression")
                    .help(format!("bind it with `let name = {}`, or delete it", self.snippet(unused.span))),
            );
        } else if last.is_none() {
            let end = Span { start: span.end - 1, ..span };
            let diagnostic = Diagnostic::new(codes::NO_RESULT, "this body has no final expression");
            self.report(match (unused, entries.last()) {
                (Some(unused), _) => diagnostic
                    .label(unused.span, "the final expression must come last")
                    .help("move this behind the `let` statements"),
                (None, Some(Entry::Statement(statement))) => {
                    let bound = match &**statement {
                        Statement::Let(binding) => binding.pattern.span(),
                        Statement::Share(share) => share.name.span,
                        Statement::Param(param) => param.name.span,
                    };
                    let name = self.snippet(bound);
                    diagnostic
                        .label(end, "expected an expression before this")
                        .label(bound, "the last statement binds this")
                        .help(format!("to yield it, end the body with the line `{name}`"))
                }
                _ => diagnostic
                    .label(end, "expected an expression before this")
                    .help("a body is `let` statements and one final expression: its value"),
            });
        }
    }

    /// `let PATTERN = VALUE`, or the same without `let`.
    fn binding(&self, pair: Pair<'_>, attributes: Vec<Attribute>) -> (Option<Statement>, usize) {
        let whole = self.span(&pair);
        let mut pattern = None;
        let mut value = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name | Rule::group => pattern = Some(self.pattern(part)),
                Rule::expr => value = Some(self.expr(part)),
                _ => {}
            }
        }
        let (Some(pattern), Some((value, height))) = (pattern, value) else {
            return (None, 0);
        };
        let span = start_of(&attributes, whole).until(value.span);
        (Some(Statement::Let(Let { attributes, pattern, value, span })), height)
    }

    /// `share NAME = CALL`
    fn share(&self, pair: Pair<'_>, attributes: Vec<Attribute>) -> (Option<Statement>, usize) {
        let whole = self.span(&pair);
        let mut name = None;
        let mut value = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.ident(&part)),
                Rule::expr => value = Some(self.expr(part)),
                _ => {}
            }
        }
        let (Some(name), Some((value, height))) = (name, value) else {
            return (None, 0);
        };
        let span = start_of(&attributes, whole).until(value.span);
        let what = "what is shared must be a call";
        let help = format!("write the call without what flows in: `share {name} = conv(32, 3)`");
        let call = self.plain_call(value, &name, what, &help);
        (call.map(|call| Statement::Share(Share { attributes, name, call, span })), height)
    }

    /// `param NAME: TYPE = INITIALISER`
    fn free_param(&self, pair: Pair<'_>, attributes: Vec<Attribute>) -> (Option<Statement>, usize) {
        let whole = self.span(&pair);
        let (mut name, mut ty, mut value) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.ident(&part)),
                Rule::tensor => ty = Some(self.tensor(part)),
                Rule::expr => value = Some(self.expr(part)),
                _ => {}
            }
        }
        let (Some(name), Some((ty, dims)), Some((value, height))) = (name, ty, value) else {
            return (None, 0);
        };
        let span = start_of(&attributes, whole).until(value.span);
        let what = "a `param` starts from an initialiser";
        let init = self.plain_call(value, &name, what, "write `fill(0.1)` or `normal(0.02)`");
        let height = height.max(dims);
        (init.map(|init| Statement::Param(FreeParam { attributes, name, ty, init, span })), height)
    }

    /// A call without `as`, which the statement's own name would contradict.
    fn plain_call(&self, value: Expr, name: &Ident, what: &str, help: &str) -> Option<Call> {
        let wrong = |span, label: &str| {
            let diagnostic = Diagnostic::new(codes::NOT_A_PLAIN_CALL, what).label(span, label);
            self.report(diagnostic.label(name.span, "named here").help(help));
            None
        };
        match value.kind {
            ExprKind::Call(call) => match &call.alias {
                None => Some(*call),
                Some(alias) => wrong(alias.span, "a second name"),
            },
            _ => wrong(value.span, "not a call"),
        }
    }

    /// A name, `_`, or a tuple of patterns. Nests as deep as brackets do.
    pub(super) fn pattern(&self, pair: Pair<'_>) -> Pattern {
        let span = self.span(&pair);
        if pair.as_rule() != Rule::group {
            return match pair.as_str() {
                "_" => Pattern::Ignore(span),
                name => Pattern::Name(Ident { name: name.to_owned(), span }),
            };
        }
        let mut parts = Vec::new();
        let mut trailing = false;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::trailing {
                trailing = true;
            } else {
                parts.push(self.pattern(part));
            }
        }
        match parts.pop() {
            Some(only) if parts.is_empty() && !trailing => only,
            last => {
                parts.extend(last);
                Pattern::Tuple(parts, span)
            }
        }
    }
}

/// Adds what a statement binds.
fn bind(statement: &Statement, names: &mut Vec<Ident>) {
    match statement {
        Statement::Share(share) => names.push(share.name.clone()),
        Statement::Param(param) => names.push(param.name.clone()),
        Statement::Let(binding) => names.extend(names_of(&binding.pattern)),
    }
}

/// What a pattern binds.
pub(super) fn names_of(pattern: &Pattern) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut open = vec![pattern];
    while let Some(pattern) = open.pop() {
        match pattern {
            Pattern::Name(name) => names.push(name.clone()),
            Pattern::Tuple(parts, _) => open.extend(parts),
            Pattern::Ignore(_) => {}
        }
    }
    names
}

/// Where a statement begins, its attributes included.
fn start_of(attributes: &[Attribute], whole: Span) -> Span {
    attributes.first().map_or(whole, |attribute| attribute.span)
}
