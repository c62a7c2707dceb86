//! `param`: weights that belong to no call. And initialisers, which `@init` takes as well.

use rebirth_lang::ast::{self, Expr, ExprKind, FreeParam};
use rebirth_lang::{Diagnostic, Span};
use rebirth_runtime::DType;

use super::eval::Fault;
use super::notes::Noted;
use super::paths::{Member, Segment};
use super::resolver::Resolver;
use super::value::Value;
use super::{codes, suggest};
use crate::graph::{Init, MAX_NODES, Notes};

/// Steps that a `param` costs: it is a value of the graph without being a node, of which there is a most.
const PARAM_STEPS: usize = 64;

/// Every initialiser, with its argument where it has one.
const INITIALISERS: [(&str, Option<&str>); 5] =
    [("fill", Some("value")), ("kaiming", None), ("normal", Some("std")), ("uniform", Some("bound")), ("xavier", None)];

impl<'a> Resolver<'a> {
    pub(super) fn free_param(&mut self, statement: &'a FreeParam) {
        let name = &statement.name;
        if !self.budget.spend(PARAM_STEPS) {
            self.fault(Fault::steps(), name.span);
            return;
        }
        let value = self.new_param(statement).unwrap_or(Value::Error);
        if let Err(first) = self.scopes.bind(&name.name, value, name.span) {
            self.duplicate_binding(name, first);
        }
    }

    fn new_param(&mut self, statement: &'a FreeParam) -> Option<Value> {
        let name = &statement.name;
        let Noted { notes, path, keep } = self.noted(&statement.attributes, "`param`");
        if let Some(keep) = keep {
            self.misplaced_keep(keep, "a weight is always there");
        }
        let ty = self.tensor_type(&statement.ty);
        let call = &statement.init;
        let init = self.named_init(&call.callee.name, call.callee.span, Some(&call.arguments), call.span);
        if self.impure(name.span, "a weight") {
            return None;
        }
        let (ty, init) = (ty?, init?);
        for (dim, form) in statement.ty.dims.iter().zip(&ty.forms.shape) {
            if form.as_number().is_none() {
                self.depends(form, dim.span);
                return None;
            }
        }
        let ty = ty.ty;
        if ty.dtype != DType::F32 {
            let message = format!("weights are f32, not {}", ty.dtype);
            self.error(
                codes::DTYPE,
                message,
                statement.ty.dtype.span,
                "not an element type of weights",
                "use f32; `cast` converts what a weight computes",
            );
            return None;
        }
        if matches!(init, Init::Kaiming | Init::Xavier) && ty.rank() < 2 {
            self.error(
                codes::ATTRIBUTE_ARGUMENT,
                format!("`{init}` needs a weight of at least two dimensions, not {ty}"),
                call.span,
                "scales with the number of inputs, which this has none of",
                "use `fill(0.1)`, `normal(0.02)` or `uniform(0.1)`",
            );
            return None;
        }
        if self.builder.graph().params.len() >= MAX_NODES {
            let message = format!("the network has more than {MAX_NODES} weights");
            self.fatal(
                Diagnostic::new(codes::TOO_MANY_NODES, message)
                    .label(name.span, "this one is too many")
                    .help("a loop runs far more often than a network needs"),
            );
            return None;
        }
        let segment = path.is_none().then_some(Segment::Name(name.name.as_str()));
        let path = path.unwrap_or_else(|| self.paths.below(segment));
        self.paths.weighted(Member { segment, unnamed: None, span: name.span });
        let notes = Notes { init: Some(init), ..notes };
        self.parameter(path, ty, false, notes, name.span).map(Value::Tensor)
    }

    /// An initialiser as an expression: `kaiming` or `fill(0.1)`.
    pub(super) fn init_expr(&mut self, expr: &'a Expr) -> Option<Init> {
        match &expr.kind {
            ExprKind::Call(call) if call.alias.is_none() => {
                self.named_init(&call.callee.name, call.callee.span, Some(&call.arguments), expr.span)
            }
            ExprKind::Name(name) => self.named_init(name, expr.span, None, expr.span),
            _ => {
                self.unknown_init("this", expr.span, None);
                None
            }
        }
    }

    fn named_init(
        &mut self,
        name: &str,
        name_span: Span,
        arguments: Option<&'a ast::Arguments>,
        span: Span,
    ) -> Option<Init> {
        let Some((_, wanted)) = INITIALISERS.iter().find(|(known, _)| *known == name) else {
            let near = suggest::nearest(name, INITIALISERS.map(|(name, _)| name));
            self.unknown_init(&format!("`{name}`"), name_span, near);
            return None;
        };
        let given: Vec<(Option<&ast::Ident>, &'a Expr)> = arguments.map_or_else(Vec::new, |arguments| {
            let named = arguments.named.iter().map(|argument| (Some(&argument.name), &argument.value));
            arguments.positional.iter().map(|value| (None, value)).chain(named).collect()
        });
        let number = match (wanted, given.as_slice()) {
            (None, []) => 0.0,
            (Some(wanted), [(label, expr)]) if label.is_none_or(|label| label.name == *wanted) => {
                let value = self.expr(expr);
                let number = value.number().filter(|number| name == "fill" || *number > 0.0);
                if number.is_none() {
                    let kind = if name == "fill" { "a number" } else { "a positive number" };
                    self.wrong_argument(wanted, &value, expr.span, kind);
                }
                number?
            }
            _ => {
                let form = wanted.map_or(format!("{name}()"), |wanted| format!("{name}({wanted}: 0.1)"));
                let message = format!(
                    "`{name}` takes {}",
                    wanted.map_or("nothing".to_string(), |w| format!("one number, `{w}`"))
                );
                self.attribute_argument(span, &message, "here", &format!("write `{form}`"));
                return None;
            }
        };
        Some(match name {
            "fill" => Init::Fill(number),
            "normal" => Init::Normal(number),
            "uniform" => Init::Uniform(number),
            "kaiming" => Init::Kaiming,
            _ => Init::Xavier,
        })
    }

    fn unknown_init(&mut self, what: &str, span: Span, near: Option<&str>) {
        let diagnostic = Diagnostic::new(codes::ATTRIBUTE_ARGUMENT, format!("{what} is no initialiser"))
            .label(span, "not an initialiser");
        let diagnostic = suggest::repair(diagnostic, span, near, || {
            "weights start from `fill(value)`, `normal(std)`, `uniform(bound)`, `kaiming()` or `xavier()`".to_string()
        });
        self.report(diagnostic);
    }
}
