//! Applying an operator: its parameters, its node, and why it cannot be.

use std::collections::BTreeSet;

use rebirth_lang::ast::{Expr, ExprKind};
use rebirth_lang::{Diagnostic, Span, limits};

use super::calls::Callee;
use super::eval::Fault;
use super::paths::{MAX_PATH, MAX_PATH_BYTES, Member, Segment};
use super::resolver::Resolver;
use super::share::SharedParam;
use super::value::Value;
use super::{Origin, codes};
use crate::extent::Form;
use crate::graph::{MAX_NODES, Notes, Type, ValueId};
use crate::ops::shapes::over_limit;
use crate::ops::{ArgValue, Call, CallError, Entry, Mismatch};

/// Most operands an error shows.
const SHOWN: usize = 8;

/// Where an operator is applied.
pub(super) struct Site<'a> {
    /// What an error points at first.
    pub(super) primary: Span,
    /// The whole expression.
    pub(super) whole: Span,
    pub(super) callee: &'a str,
    pub(super) alias: Option<&'a str>,
    /// What its weight paths begin with, where the scopes around do not say.
    pub(super) at: Option<At>,
    pub(super) operands: Vec<Operand<'a>>,
    /// Places of the arguments that are given.
    pub(super) arguments: Vec<(&'static str, Span)>,
}

/// A place of weights that does not follow from the scopes around a call.
#[derive(Clone, Debug)]
pub(super) struct At {
    /// What their paths begin with.
    pub(super) path: String,
    /// Whether a `share` declares it, rather than a `@path` here.
    pub(super) shared: bool,
}

/// A tensor that an operator is applied to.
pub(super) struct Operand<'a> {
    pub(super) value: ValueId,
    pub(super) span: Span,
    pub(super) expr: Option<&'a Expr>,
}

impl<'a> Resolver<'a> {
    /// Appends the node of an operator with its parameters.
    pub(super) fn apply(
        &mut self,
        entry: &'static Entry,
        given: Vec<(&'static str, ArgValue)>,
        site: Site<'a>,
    ) -> Value {
        if self.impure(site.primary, "a tensor") {
            return Value::Error;
        }
        let graph = self.builder.graph();
        // Nodes with several results count as so many.
        let nodes = graph.values.len() - graph.params.len() - graph.inputs.len();
        if self.nodes_before + nodes >= MAX_NODES {
            let message = self.for_the_run(format!("there are more than {MAX_NODES} layers"));
            return self.fatal(
                Diagnostic::new(codes::TOO_MANY_NODES, message)
                    .label(site.primary, "this one is too many")
                    .help("a loop runs far more often than a network needs"),
            );
        }
        if !self.budget.spend(site.operands.len()) {
            return self.fault(Fault::steps(), site.primary);
        }
        if self.paths.path().len() > MAX_PATH {
            return self.long_path(site.primary);
        }
        let segment = self.paths.segment(site.alias, site.callee);
        let name = match &site.at {
            Some(at) => at.path.clone(),
            None => self.paths.below(Some(Segment::Name(site.alias.unwrap_or(site.callee)))),
        };
        let types: Vec<&Type> = site.operands.iter().map(|operand| self.builder.ty(operand.value)).collect();
        let made = (entry.from_call)(&Call::new(entry.signature, &types, given.clone()));
        let (op, specs) = match made {
            Ok(made) => made,
            Err(error) => return self.call_error(entry, &error, &site),
        };
        let prefix = if specs.is_empty() || site.at.is_some() { name.clone() } else { self.paths.below(segment) };
        let longest = specs.iter().map(|spec| spec.suffix.len() + 1).max().unwrap_or(0);
        if (prefix.len() + longest).max(name.len()) > MAX_PATH {
            return self.long_path(site.primary);
        }
        if specs.iter().any(|spec| self.too_large(&spec.ty, &site)) {
            return Value::Error;
        }
        let mut inputs: Vec<ValueId> = site.operands.iter().map(|operand| operand.value).collect();
        for spec in &specs {
            let path = if prefix.is_empty() { spec.suffix.to_string() } else { format!("{prefix}.{}", spec.suffix) };
            let notes = self.notes.of_param(spec.suffix, &spec.ty, spec.state);
            let Some(value) = self.parameter(path, spec.ty.clone(), spec.state, notes, site.primary) else {
                return Value::Error;
            };
            inputs.push(value);
        }
        if !specs.is_empty() {
            match &site.at {
                None => {
                    let unnamed = site.alias.is_none().then_some(site.callee);
                    self.paths.weighted(Member { segment, unnamed, span: site.primary });
                }
                Some(at) if !at.shared => {
                    self.paths.weighted(Member { segment: None, unnamed: None, span: site.primary });
                }
                Some(_) => {}
            }
        }
        // Stands in until all names are known: digits are no name of the source.
        let placeholder = self.builder.graph().nodes.len().to_string();
        let forms = self.infer_forms(&op, &given, &inputs, site.primary);
        if self.stopped {
            return Value::Error;
        }
        let like = if forms.is_some() { inputs.clone() } else { Vec::new() };
        let results = match (self.builder.node(&placeholder, op, inputs), forms) {
            (Ok(results), None) => results,
            (Ok(results), Some(Ok(forms))) => {
                results.iter().zip(forms).for_each(|(&id, ty)| self.note_forms(id, ty, &like, site.primary));
                results
            }
            // It fits for the sample only.
            (Ok(_), Some(Err(mismatch))) => return self.mismatch(entry, &mismatch, &site, true),
            (Err(_), Some(Err(mismatch))) | (Err(mismatch), _) => return self.mismatch(entry, &mismatch, &site, false),
        };
        self.names.push(name, &prefix);
        self.origins.push(Origin { span: site.whole, path: prefix });
        match results.as_slice() {
            // What training hands on besides is no value of the source.
            [first, ..] if !entry.gives_list => Value::Tensor(*first),
            _ => Value::list(results.into_iter().map(Value::Tensor).collect()).unwrap_or(Value::Error),
        }
    }

    #[cold]
    #[inline(never)]
    fn long_path(&mut self, span: Span) -> Value {
        self.error(
            codes::PATH_TOO_LONG,
            format!("the weight path of this has more than {MAX_PATH} bytes"),
            span,
            "named here",
            "shorten the names of the `let`s, `as` and blocks around it",
        )
    }

    /// The weight of a path: a new one, or the one that an earlier call of the same `share` made. `None` after an error.
    pub(super) fn parameter(
        &mut self,
        mut path: String,
        ty: Type,
        state: bool,
        notes: Notes,
        span: Span,
    ) -> Option<ValueId> {
        if let Some(known) = self.shared_params.get(&path)
            && let Some(calls) = known.taken_up(&self.uses)
        {
            let value = known.value;
            if *self.builder.ty(value) == ty {
                return Some(value);
            }
            let had = self.builder.ty(value).clone();
            self.shared_mismatch(&path, calls, (had, ty));
            return None;
        }
        if path.len() > MAX_PATH {
            self.long_path(span);
            return None;
        }
        self.path_bytes += path.len();
        if self.path_bytes > MAX_PATH_BYTES {
            let limit = format!("the weight paths have more than {} MiB", MAX_PATH_BYTES >> 20);
            let message = self.for_the_run(limit);
            self.fatal(
                Diagnostic::new(codes::PATH_TOO_LONG, message)
                    .label(span, "the one of this is too many")
                    .help("shorten the names of the `let`s, `as` and blocks around it, or make fewer layers"),
            );
            return None;
        }
        let wanted = (!self.uses.is_empty()).then(|| path.clone());
        loop {
            if let Some(id) = self.builder.param(&path, ty.clone(), state) {
                self.builder.set_notes(id, notes);
                self.param_spans.push(span);
                if let Some(wanted) = wanted {
                    self.shared_params.insert(wanted, SharedParam::new(id, &self.uses));
                }
                return Some(id);
            }
            self.path_clash(&path, span);
            // What is wrong is told when the scope that holds both calls closes, or at the end; until then any free name does.
            path.push('\'');
            path.push_str(&self.builder.graph().params.len().to_string());
        }
    }

    /// Notes that a path is taken; one that stands in for such a path is never taken itself.
    #[cold]
    #[inline(never)]
    fn path_clash(&mut self, path: &str, span: Span) {
        if self.path_clashes.len() < limits::ERRORS {
            let graph = self.builder.graph();
            let first = graph.params.iter().position(|&id| graph.value(id).name == path);
            let first = first.and_then(|at| self.param_spans.get(at)).copied().unwrap_or(span);
            self.path_clashes.push((path.to_string(), first, span));
        }
    }

    fn too_large(&mut self, ty: &Type, site: &Site<'a>) -> bool {
        let Some(limit) = over_limit(&ty.shape, ty.dtype) else {
            return false;
        };
        let mut diagnostic = Diagnostic::new(codes::TENSOR_TOO_LARGE, format!("a weight {ty} has {limit}"))
            .label(site.primary, "this needs such a weight");
        diagnostic = self.label_operands(diagnostic, site, &[], true);
        self.report(diagnostic.help("reduce the number of channels or the size of the input"));
        true
    }

    #[cold]
    #[inline(never)]
    fn call_error(&mut self, entry: &'static Entry, error: &CallError, site: &Site<'a>) -> Value {
        let mut error = error.clone();
        if self.for_all_sizes {
            // The call was made for the sample; what is wrong is so for all sizes.
            for operand in &site.operands {
                let sampled = self.builder.ty(operand.value).to_string();
                error.message = error.message.replace(&sampled, &self.shown(operand.value));
            }
        }
        let mut diagnostic = match error.argument {
            Some(name) => {
                let given = site.arguments.iter().find(|(given, _)| *given == name);
                let diagnostic = Diagnostic::new(codes::OPERATOR_ARGUMENT, error.message.clone());
                match given {
                    Some((_, span)) => {
                        diagnostic.label(*span, format!("`{name}` is given here")).label(site.primary, "in this call")
                    }
                    None => diagnostic.label(site.primary, format!("`{name}` has its default here")),
                }
            }
            None => Diagnostic::new(codes::SHAPES, error.message.clone()).label(site.primary, "in this call"),
        };
        diagnostic = self.label_operands(diagnostic, site, &[], error.argument.is_none());
        let about = entry.signature.args.iter().find(|arg| Some(arg.name) == error.argument);
        diagnostic.help = error.help.clone().or_else(|| match about {
            Some(arg) => Some(format!("`{}`: {}", arg.name, arg.doc)),
            None => Some(self.usage(&Callee::Operator(entry))),
        });
        self.report(diagnostic)
    }

    #[cold]
    #[inline(never)]
    fn mismatch(&mut self, entry: &'static Entry, mismatch: &Mismatch, site: &Site<'a>, some_sizes: bool) -> Value {
        let at = if self.too_small { self.sizes_tried(site) } else { String::new() };
        let diagnostic = Diagnostic::new(codes::SHAPES, mismatch.message.clone())
            .label(site.primary, format!("in this `{}`{at}", site.callee));
        let mut diagnostic = self.label_operands(diagnostic, site, &mismatch.operands, true);
        if some_sizes {
            diagnostic = self.blame_where(diagnostic);
        }
        diagnostic.help = mismatch.help.clone().or_else(|| Some(self.usage(&Callee::Operator(entry))));
        self.report(diagnostic)
    }

    /// The sizes of the operands that were chosen, where others might do.
    fn sizes_tried(&self, site: &Site<'a>) -> String {
        let forms = site.operands.iter().filter_map(|operand| self.type_forms(operand.value));
        let names: BTreeSet<_> = forms.flat_map(|ty| &ty.shape).flat_map(Form::names).collect();
        let sample = |name: &str| self.sizes.as_ref()?.sample.get(name);
        let sizes =
            names.iter().filter_map(|name| Some(format!("{name}={}", sample(name).filter(|size| **size != 1)?)));
        let sizes: Vec<String> = sizes.take(SHOWN).collect();
        if sizes.is_empty() { String::new() } else { format!(", at {}: larger sizes were not found", sizes.join(", ")) }
    }

    /// Shows the types of the blamed operands (all, when none is); with `origins` also where the names among them come from.
    fn label_operands(
        &self,
        mut diagnostic: Diagnostic,
        site: &Site<'a>,
        blamed: &[usize],
        origins: bool,
    ) -> Diagnostic {
        let all: Vec<usize> = (0..site.operands.len()).collect();
        let blamed = if blamed.iter().any(|&i| i < all.len()) { blamed } else { &all };
        for operand in blamed.iter().filter_map(|&i| site.operands.get(i)).take(SHOWN) {
            diagnostic = diagnostic.label(operand.span, format!("this is {}", self.shown(operand.value)));
            if origins
                && let Some(ExprKind::Name(name)) = operand.expr.map(|expr| &expr.kind)
                && let Some(binding) = self.scopes.get(name)
            {
                diagnostic = diagnostic.label(binding.span, format!("`{name}` comes from here"));
            }
        }
        diagnostic
    }
}
