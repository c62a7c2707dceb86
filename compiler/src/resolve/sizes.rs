//! A net for all sizes of its symbolic dimensions at once: what is not set stays a symbol, and every shape rule runs on forms
//! (see [`extent`](crate::extent)) beside the numbers of a sample that fulfils the `where`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use rebirth_lang::ast::{BinaryOp, Expr, ExprKind, Net};
use rebirth_lang::{Diagnostic, Span};

use super::eval::Fault;
use super::header::Symbol;
use super::resolver::Resolver;
use super::value::Value;
use super::{SetValue, codes};
use crate::extent::{Assumptions, Extent, Form, Refusal, work};
use crate::graph::{Type, ValueId};
use crate::ops::geometry::same_padding;
use crate::ops::{ArgValue, Field, Mismatch, Op};

/// Where the search for sample sizes begins, in this order: large enough for the windows of most networks, then smaller for nets
/// that bound their sizes from above.
const LEAST: [i64; 9] = [224, 512, 1024, 128, 64, 32, 16, 8, 1];

/// Most sizes of a net for which the least ones are looked for.
const MAX_SIZES: usize = 16;

/// Most different extents that are looked at for the least sizes: networks have dozens.
const MAX_EXTENTS: usize = 1024;

/// Most sizes whose places to begin are all combined.
const MAX_APART: usize = 3;

/// Parts of forms that a proof looks at within one step.
const PARTS_A_STEP: u64 = 8;

/// What is known of the sizes of a net that is resolved for all of them.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    assumptions: Assumptions,
    /// Sizes that fulfil all conditions.
    pub(super) sample: BTreeMap<String, i64>,
    /// The batches among them.
    leading: HashSet<String>,
    /// Types by value; short where the last values have been made without.
    types: Vec<Option<Rc<Type<Form>>>>,
    /// All of the `where`, to blame it.
    conditions: Option<Span>,
}

/// What was found out about the sizes of a net.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The sizes that were chosen, without the batches.
    pub(super) sample: BTreeMap<String, i64>,
    /// Those from which on all windows fit, where smaller ones are allowed and do not.
    pub(super) least: BTreeMap<String, i64>,
}

impl Sizes {
    /// The sizes that were chosen, and those from which on no tensor is empty. `bounds` are what the conditions demand at least.
    pub(super) fn found(mut self, bounds: &BTreeMap<&str, i64>) -> Found {
        let least = self.least(bounds);
        self.sample.retain(|name, _| !self.leading.contains(name));
        Found { sample: self.sample, least }
    }

    /// A window that is larger than what it slides over leaves an extent below 1, for then its floor is negative.
    fn least(&self, bounds: &BTreeMap<&str, i64>) -> BTreeMap<String, i64> {
        let mut extents: HashSet<&Form> = HashSet::new();
        let mut seen = HashSet::new();
        for ty in self.types.iter().flatten().filter(|ty| seen.insert(Rc::as_ptr(ty))) {
            for extent in ty.shape.iter().filter(|extent| extent.as_number().is_none()) {
                if extents.len() < MAX_EXTENTS {
                    extents.insert(extent);
                }
            }
        }
        let names: Vec<&str> = self.sample.keys().map(String::as_str).collect();
        let space = names.iter().filter(|name| !self.leading.contains(**name));
        let mut least = BTreeMap::new();
        if names.len() > MAX_SIZES {
            return least;
        }
        for name in space {
            let sampled = |other: &str| self.sample.get(other).copied().unwrap_or(1);
            let at =
                |from: i64| self.assumptions.sample(&names, |other| if other == *name { from } else { sampled(other) });
            let fits = |sizes: &BTreeMap<String, i64>| {
                extents.iter().all(|extent| extent.eval(&|other| sizes.get(other).copied()).is_none_or(|size| size > 0))
            };
            let mut from = bounds.get(name).copied().unwrap_or(1).max(1);
            while let Some(sizes) = at(from)
                && sizes[*name] < sampled(name)
            {
                if !fits(&sizes) {
                    // The next size that is allowed; the last one found is the largest that does not fit.
                    let next = at(sizes[*name] + 1).map_or(sampled(name), |sizes| sizes[*name]);
                    least.insert((*name).to_string(), next);
                }
                from = sizes[*name] + 1;
            }
        }
        least
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
        self.scopes.push();
        for symbol in &symbols {
            let value = self.set_size(symbol).unwrap_or_else(|| size_value(Form::symbol(symbol.name)));
            let _ = self.scopes.bind(symbol.name, value, symbol.span);
        }
        let mut assumptions = Assumptions::default();
        let open = symbols.iter().filter(|symbol| self.set_size(symbol).is_none());
        let open: HashSet<&str> = open.map(|symbol| symbol.name).collect();
        let mut good = true;
        for condition in &net.conditions {
            good &= if mentions(condition, &open) {
                self.assume(&mut assumptions, condition)
            } else {
                self.condition(condition, false)
            };
        }
        self.scopes.pop();
        let ends = net.conditions.first().zip(net.conditions.last());
        let conditions = ends.map(|(first, last)| first.span.to(last.span));
        let sample = if good { self.sample(net, &symbols, &assumptions) } else { None };
        let open = |symbol: &Symbol<'a>, size: Option<Form>| match size {
            Some(form) if sample.is_some() => self.set_size(symbol).unwrap_or_else(|| size_value(form)),
            _ => Value::Error,
        };
        let values: Vec<Value> = symbols.iter().map(|symbol| open(symbol, assumptions.size(symbol.name))).collect();
        for (symbol, value) in symbols.iter().zip(values) {
            let _ = self.scopes.bind(symbol.name, value, symbol.span);
        }
        let sample = sample.unwrap_or_default();
        let leading = symbols.iter().filter(|symbol| symbol.leading).map(|symbol| symbol.name.to_string()).collect();
        self.sizes = Some(Sizes { assumptions, sample, leading, types: Vec::new(), conditions });
    }

    /// What conditions of the form `h >= 32` demand at least.
    pub(super) fn bounds(conditions: &'a [Expr]) -> BTreeMap<&'a str, i64> {
        let mut bounds = BTreeMap::new();
        for condition in conditions {
            let ExprKind::Binary(binary) = &condition.kind else { continue };
            let (ExprKind::Name(name), ExprKind::Int(bound)) = (&binary.left.kind, &binary.right.kind) else {
                continue;
            };
            match binary.op {
                BinaryOp::Ge => bounds.insert(name.as_str(), *bound),
                BinaryOp::Gt => bounds.insert(name.as_str(), bound.saturating_add(1)),
                _ => None,
            };
        }
        bounds
    }

    fn set_size(&self, symbol: &Symbol<'_>) -> Option<Value> {
        match self.settings.set.get(symbol.name) {
            Some(SetValue::Int(size @ 1..)) => Some(Value::Int(*size)),
            Some(_) => Some(Value::Error),
            None => None,
        }
    }

    /// Learns from a condition what can be used in proofs; the rest is checked on the sample. False after an error.
    fn assume(&mut self, assumptions: &mut Assumptions, condition: &'a Expr) -> bool {
        let ExprKind::Binary(binary) = &condition.kind else { return true };
        let learnt = match (binary.op, &binary.left.kind) {
            (BinaryOp::And, _) => {
                return self.assume(assumptions, &binary.left) && self.assume(assumptions, &binary.right);
            }
            (BinaryOp::Eq, ExprKind::Binary(rem)) if rem.op == BinaryOp::Rem => {
                let (form, modulus, rest) = (self.form(&rem.left), self.expr(&rem.right), self.expr(&binary.right));
                match (form, modulus, rest) {
                    (Some(form), Value::Int(modulus), Value::Int(rest)) => assumptions.congruent(&form, modulus, rest),
                    _ => return true,
                }
            }
            (BinaryOp::Eq, _) => match (self.form(&binary.left), self.form(&binary.right)) {
                (Some(a), Some(b)) => assumptions.equal(&a, &b),
                _ => return true,
            },
            _ => return true,
        };
        match learnt {
            Ok(()) | Err(Refusal::Unusable) => true,
            Err(refusal) => {
                self.report(
                    Diagnostic::new(codes::NO_SIZES, refusal.to_string())
                        .label(condition.span, "this contradicts the sizes or conditions before it")
                        .help("weaken the `where` clause so that some sizes are left"),
                );
                false
            }
        }
    }

    /// Sizes that fulfil all conditions; reports when none are found.
    fn sample(
        &mut self,
        net: &'a Net,
        symbols: &[Symbol<'a>],
        assumptions: &Assumptions,
    ) -> Option<BTreeMap<String, i64>> {
        let free: Vec<&Symbol<'a>> = symbols.iter().filter(|symbol| self.set_size(symbol).is_none()).collect();
        let names: Vec<&str> = free.iter().map(|symbol| symbol.name).collect();
        let space: Vec<&str> = free.iter().filter(|symbol| !symbol.leading).map(|symbol| symbol.name).collect();
        // All sizes begin at one place first, then each at its own.
        let together = LEAST.iter().map(|&least| vec![least; space.len()]);
        let choices = if space.len() <= MAX_APART { LEAST.len().pow(space.len() as u32) } else { 0 };
        let apart = (0..choices).map(|mut choice| {
            let mut next = || {
                let least = LEAST[choice % LEAST.len()];
                choice /= LEAST.len();
                least
            };
            space.iter().map(|_| next()).collect()
        });
        for least in together.chain(apart) {
            let begins: HashMap<&str, i64> = space.iter().copied().zip(least).collect();
            let begin = |name: &str| begins.get(name).copied().unwrap_or(1);
            let Some(sample) = assumptions.sample(&names, begin) else {
                continue;
            };
            self.scopes.push();
            for symbol in symbols {
                let value = sample.get(symbol.name).map(|&size| Value::Int(size));
                let value = value.or_else(|| self.set_size(symbol)).unwrap_or(Value::Error);
                let _ = self.scopes.bind(symbol.name, value, symbol.span);
            }
            let failures = self.failures;
            let held = net.conditions.iter().all(|condition| matches!(self.expr(condition), Value::Bool(true)));
            self.scopes.pop();
            if held {
                return Some(sample);
            }
            if self.failures > failures {
                return None;
            }
        }
        let place = net.conditions.first().map_or(net.name.span, |condition| condition.span);
        self.error(
            codes::NO_SIZES,
            "no sizes were found that fulfil the conditions".to_string(),
            place,
            "of this `where`",
            "give sizes that do with `--set`, or weaken the `where` clause",
        );
        None
    }

    /// The size that an expression says, silently `None` for other values.
    fn form(&mut self, expr: &'a Expr) -> Option<Form> {
        let value = self.expr(expr);
        as_form(&value)
    }

    /// The number that a form is for the sample.
    pub(super) fn sampled(&self, form: &Form) -> Option<usize> {
        let size = |name: &str| self.sizes.as_ref()?.sample.get(name).copied();
        usize::try_from(form.eval(&size)?).ok()
    }

    /// The type of a value for all sizes, where those are not all set.
    pub(super) fn type_forms(&self, value: ValueId) -> Option<&Type<Form>> {
        self.sizes.as_ref()?.types.get(value.index())?.as_deref()
    }

    /// Notes the type of a value for all sizes; `like` are values that may well be of the same.
    pub(super) fn note_forms(&mut self, value: ValueId, ty: Type<Form>, like: &[ValueId]) {
        if let Some(sizes) = &mut self.sizes {
            if sizes.types.len() <= value.index() {
                sizes.types.resize(value.index() + 1, None);
            }
            // Most layers keep the type of their operand: it is stored once.
            let known = like.iter().filter_map(|id| sizes.types.get(id.index())?.as_ref());
            let shared = known.into_iter().find(|known| ***known == ty).cloned();
            sizes.types[value.index()] = Some(shared.unwrap_or_else(|| Rc::new(ty)));
        }
    }

    /// How messages show the type of a tensor.
    pub(super) fn shown(&self, value: ValueId) -> String {
        match self.type_forms(value) {
            Some(forms) => forms.to_string(),
            None => self.builder.ty(value).to_string(),
        }
    }

    /// A value for messages.
    pub(super) fn describe(&self, value: &Value) -> String {
        match value {
            Value::Tensor(id) => format!("a tensor {}", self.shown(*id)),
            other => other.describe(),
        }
    }

    /// The types of an operator's results for all sizes. `None` when all sizes are set.
    pub(super) fn infer_forms(
        &mut self,
        op: &Op,
        given: &[(&'static str, ArgValue)],
        inputs: &[ValueId],
    ) -> Option<Result<Vec<Type<Form>>, Mismatch>> {
        self.sizes.as_ref()?;
        let before = work();
        let result = self.infer_unpaid(op, given, inputs);
        let parts = usize::try_from((work() - before) / PARTS_A_STEP).unwrap_or(usize::MAX);
        if self.budget.spend(parts) {
            return Some(result);
        }
        let wrong = Mismatch::new("the proof that shapes fit for all sizes takes too many steps");
        Some(Err(wrong.help("set the sizes, that of the batch included, to check the network for these alone")))
    }

    fn infer_unpaid(
        &self,
        op: &Op,
        given: &[(&'static str, ArgValue)],
        inputs: &[ValueId],
    ) -> Result<Vec<Type<Form>>, Mismatch> {
        let types: Vec<Type<Form>> = inputs
            .iter()
            .map(|&id| self.type_forms(id).cloned().unwrap_or_else(|| self.builder.ty(id).lift()))
            .collect();
        let is_same = given.iter().any(|(name, value)| *name == "pad" && *value == ArgValue::Str("same".to_string()));
        if is_same
            && let Field::Window { extent, stride } = op.field()
            && let Some([_, _, h, w]) = types.first().map(|ty| ty.shape.as_slice())
            && let Err(mismatch) = same_padding(extent, stride, [h, w])
        {
            return Err(mismatch);
        }
        op.infer(&types.iter().collect::<Vec<_>>(), self.settings.mode)
    }

    /// Blames the `where` for what holds for the sample but not for all sizes.
    pub(super) fn blame_where(&self, diagnostic: Diagnostic) -> Diagnostic {
        match self.sizes.as_ref().and_then(|sizes| sizes.conditions) {
            Some(conditions) => diagnostic.label(conditions, "this `where` does not promise enough"),
            None => diagnostic,
        }
    }

    /// Reports that a size which is not set decides something.
    #[cold]
    #[inline(never)]
    pub(super) fn depends(&mut self, form: &Form, span: Span) -> Value {
        let sample = |name: &str| self.sizes.as_ref().and_then(|sizes| sizes.sample.get(name)).copied().unwrap_or(1);
        let names: Vec<String> = form.names().iter().map(|name| format!("--set {name}={}", sample(name))).collect();
        self.report(
            Diagnostic::new(codes::DEPENDS_ON_SIZE, format!("this depends on `{form}`, which is not set"))
                .label(span, "known only when the sizes are")
                .help(format!("give the sizes: `{}`", names.join(" "))),
        )
    }

    /// `left op right` where one of them is a size.
    pub(super) fn size_binary(&mut self, binary: &'a rebirth_lang::ast::Binary, left: &Value, right: &Value) -> Value {
        let (Some(a), Some(b)) = (as_form(left), as_form(right)) else {
            return self.bad_operands(binary, left, right);
        };
        let number = b.as_number().filter(|number| *number > 0);
        let whole = binary.left.span.to(binary.right.span);
        let form = match (binary.op, number) {
            (BinaryOp::Add, _) => a.add(&b),
            (BinaryOp::Sub, _) => a.sub(&b),
            (BinaryOp::Mul, _) => a.mul(&b),
            (BinaryOp::Rem, Some(m)) => {
                a.floor_div(m).and_then(|whole| whole.mul(&Form::number(m))).and_then(|whole| a.sub(&whole))
            }
            (BinaryOp::Div, Some(m)) => return self.exact_division(&a, m, binary),
            (BinaryOp::Eq | BinaryOp::Ne, _) => {
                let differ = a.sub(&b).and_then(|difference| difference.as_number()).is_some_and(|number| number != 0);
                return match (a.same(&b), differ) {
                    (true, _) => Value::Bool(binary.op == BinaryOp::Eq),
                    (_, true) => Value::Bool(binary.op == BinaryOp::Ne),
                    _ => self.depends(if number.is_some() { &a } else { &b }, whole),
                };
            }
            (op, _) if op.is_comparison() => {
                return match a.sub(&b).and_then(|difference| difference.as_number()) {
                    Some(difference) => Value::Bool(match op {
                        BinaryOp::Lt => difference < 0,
                        BinaryOp::Le => difference <= 0,
                        BinaryOp::Gt => difference > 0,
                        _ => difference >= 0,
                    }),
                    None => self.depends(if b.as_number().is_some() { &a } else { &b }, whole),
                };
            }
            _ => return self.depends(if b.as_number().is_some() { &a } else { &b }, whole),
        };
        self.checked_size(form, binary.op_span)
    }

    fn exact_division(&mut self, a: &Form, m: i64, binary: &rebirth_lang::ast::Binary) -> Value {
        let Some((quotient, back)) = a.floor_div(m).and_then(|quotient| {
            let back = quotient.mul(&Form::number(m))?;
            Some((quotient, back))
        }) else {
            return self.checked_size(None, binary.op_span);
        };
        if back.same(a) {
            return size_value(quotient);
        }
        let mut diagnostic =
            Diagnostic::new(codes::INEXACT_DIVISION, format!("`{a}` is not divisible by {m} for all sizes"))
                .label(binary.op_span, "divides exactly or not at all")
                .label(binary.left.span, format!("this is `{a}`"));
        diagnostic = self.blame_where(diagnostic);
        let help = match back.same_if(a) {
            Some(condition) => format!("it is if `{condition}`: write that in the `where` clause; `div` rounds down"),
            None => "`div` rounds down, `ceil_div` rounds up".to_string(),
        };
        self.report(diagnostic.help(help))
    }

    /// `div` and `ceil_div` of a size by a positive number.
    pub(super) fn divide_size(&mut self, a: &Form, m: i64, up: bool, span: Span) -> Value {
        let form = if up { a.add(&Form::number(m - 1)).and_then(|a| a.floor_div(m)) } else { a.floor_div(m) };
        self.checked_size(form, span)
    }

    fn checked_size(&mut self, form: Option<Form>, span: Span) -> Value {
        let applied = form.and_then(|form| match &self.sizes {
            Some(sizes) => sizes.assumptions.apply(&form),
            None => Some(form),
        });
        match applied {
            Some(form) => size_value(form),
            None => self.fault(Fault::new(codes::OUT_OF_RANGE, "the size is too large to compute with"), span),
        }
    }
}

/// Whether an expression uses one of these names.
fn mentions(expr: &Expr, names: &HashSet<&str>) -> bool {
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

/// A size as a value: an integer where it is the same for all sizes.
pub(super) fn size_value(form: Form) -> Value {
    match form.as_number() {
        Some(number) => Value::Int(number),
        None => Value::Size(Rc::new(form)),
    }
}

/// The size that a value is.
pub(super) fn as_form(value: &Value) -> Option<Form> {
    match value {
        Value::Int(number) => Some(Form::number(*number)),
        Value::Size(form) => Some(form.as_ref().clone()),
        _ => None,
    }
}
