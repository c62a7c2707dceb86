//! `where`: what must hold for the dimensions of a net or the arguments of a block.

use rebirth_lang::Diagnostic;
use rebirth_lang::ast::{BinaryOp, Expr, ExprKind, Net};

use super::codes;
use super::resolver::Resolver;
use super::value::Value;

/// A longer condition is not repeated in the message about it.
const LONGEST: usize = 80;

/// The values of more names are not shown.
const SHOWN: usize = 8;

impl<'a> Resolver<'a> {
    /// Evaluates conditions where what they talk about is bound; false when one of them fails, which has been reported. `call`
    /// says that they are a block's.
    pub(super) fn conditions(&mut self, conditions: &'a [Expr], call: bool) -> bool {
        let mut good = true;
        for condition in conditions {
            good &= self.condition(condition, call);
        }
        good
    }

    /// One of [`Resolver::conditions`].
    pub(super) fn condition(&mut self, condition: &'a Expr, call: bool) -> bool {
        match self.expr(condition) {
            Value::Bool(holds) => holds || self.condition_fails(condition, call),
            other => {
                self.wrong_condition(&other, condition);
                false
            }
        }
    }

    /// The conditions of a net, each on one line.
    pub(super) fn condition_texts(&self, net: &Net) -> Vec<String> {
        net.conditions.iter().map(|condition| on_one_line(self.program.sources().slice(condition.span))).collect()
    }

    #[cold]
    #[inline(never)]
    fn condition_fails(&mut self, condition: &'a Expr, call: bool) -> bool {
        if self.is_known(codes::CONDITION_FAILS.id, Some(condition.span)) {
            return false;
        }
        let text = match self.program.sources().slice(condition.span) {
            text if text.len() <= LONGEST && !text.contains('\n') => format!("`{text}`"),
            _ => "the condition".to_string(),
        };
        let mut names = Vec::new();
        free_names(condition, &mut names);
        let mut diagnostic = Diagnostic::new(codes::CONDITION_FAILS, format!("{text} does not hold"))
            .label(condition.span, "required here");
        for name in &names {
            let Some(binding) = self.scopes.get(name) else { continue };
            let found = match &binding.value {
                Value::Int(v) => v.to_string(),
                other => self.describe(other),
            };
            diagnostic = diagnostic.label(binding.span, format!("`{name}` is {found}"));
        }
        let help = self.near_miss(condition).unwrap_or_else(|| match call {
            true => "call the block with other arguments, or weaken its `where`".to_string(),
            false => "choose other sizes with `--set`, or weaken the `where`".to_string(),
        });
        self.report(diagnostic.help(help));
        false
    }

    /// For `NAME % M == R`: the nearest values that would do.
    fn near_miss(&mut self, condition: &'a Expr) -> Option<String> {
        let ExprKind::Binary(equal) = &condition.kind else { return None };
        let ExprKind::Binary(rem) = &equal.left.kind else { return None };
        let ExprKind::Name(name) = &rem.left.kind else { return None };
        if (equal.op, rem.op) != (BinaryOp::Eq, BinaryOp::Rem) {
            return None;
        }
        let (Value::Int(m), Value::Int(r)) = (self.expr(&rem.right), self.expr(&equal.right)) else { return None };
        let Value::Int(now) = self.scopes.get(name)?.value else { return None };
        if m < 1 || !(0..m).contains(&r) {
            return None;
        }
        // Both are below m, so that the difference fits.
        let below = now.checked_sub((now.rem_euclid(m) - r).rem_euclid(m))?;
        let above = below.checked_add(m)?;
        Some(match below {
            1.. => format!("{below} and {above} are the nearest that do"),
            _ => format!("{above} is the nearest that does"),
        })
    }
}

/// A piece of source without its comments and breaks.
fn on_one_line(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        // A condition may hold strings, and these `//`: a comment begins behind an even number of quotes.
        let comment = line.match_indices("//").find(|(at, _)| line[..*at].matches('"').count().is_multiple_of(2));
        for word in comment.map_or(line, |(at, _)| &line[..at]).split_whitespace() {
            if !text.is_empty() && !text.ends_with(['(', '[']) && !word.starts_with([')', ']', ',']) {
                text.push(' ');
            }
            text += word;
        }
    }
    text
}

/// The names in a condition, each once, at most [`SHOWN`].
fn free_names<'a>(expr: &'a Expr, names: &mut Vec<&'a str>) {
    match &expr.kind {
        ExprKind::Name(name) if names.len() < SHOWN && !names.contains(&name.as_str()) => names.push(name),
        ExprKind::Unary(unary) => free_names(&unary.operand, names),
        ExprKind::Binary(binary) => {
            free_names(&binary.left, names);
            free_names(&binary.right, names);
        }
        ExprKind::Call(call) => call.arguments.positional.iter().for_each(|argument| free_names(argument, names)),
        ExprKind::Index(index) => free_names(&index.base, names),
        _ => {}
    }
}
