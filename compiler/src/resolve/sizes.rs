//! A net for all sizes of its symbolic dimensions at once: what is not set stays a symbol, and every shape rule runs on forms
//! (see [`extent`](crate::extent)) beside the numbers of a sample that fulfils the `where`.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use rebirth_lang::ast::{self, BinaryOp, Net};
use rebirth_lang::{Diagnostic, Span};

use super::codes;
use super::eval::Fault;
use super::resolver::Resolver;
use super::value::Value;
use crate::extent::{Assumptions, Bounds, Demands, Extent, Form, with_rooms, work};
use crate::graph::{Type, ValueId};
use crate::ops::geometry::same_padding;
use crate::ops::{ArgValue, Field, Mismatch, Op};

/// A size for images, where any will do.
pub(super) const USUAL: i64 = 224;

/// Parts of forms that are looked at within one step.
const PARTS_A_STEP: u64 = 8;

/// Steps that each part of a new size costs: what lists of them may hold is bounded so.
const STEPS_A_NEW_PART: usize = 16;

/// Most parts of all different extents and rooms of a net: networks have hundreds. A part takes about 128 bytes.
pub(super) const MAX_FORM_PARTS: usize = 1 << 18;

/// What is known of the sizes of a net that is resolved for all of them.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    pub(super) assumptions: Assumptions,
    /// What the conditions say about order.
    pub(super) bounds: Bounds,
    /// Set while the conditions are read: what the first say is not yet part of the symbols then.
    pub(super) learning: bool,
    /// Sizes that fulfil all conditions.
    pub(super) sample: BTreeMap<String, i64>,
    /// The batches among them.
    pub(super) leading: HashSet<String>,
    /// All of the `where`, to blame it.
    pub(super) conditions: Option<Span>,
    /// Types by value; short where the last values have been made without.
    types: Vec<Option<Rc<Type<Form>>>>,
    /// All different extents that are not numbers.
    extents: HashSet<Form>,
    /// What must not be negative for windows to fit and positions to exist.
    rooms: HashSet<Form>,
    /// The parts of both.
    parts: usize,
}

/// What was found out about the sizes of a net.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The sizes that were chosen, without the batches that are 1.
    pub(super) sample: BTreeMap<String, i64>,
    /// What they must fulfil besides the conditions.
    pub(super) demands: Demands,
    /// The conditions as text.
    pub(super) conditions: Vec<String>,
}

impl Sizes {
    /// Of sizes whose conditions are yet to be read.
    pub(super) fn new(leading: HashSet<String>, conditions: Option<Span>) -> Sizes {
        Sizes { learning: true, leading, conditions, ..Sizes::default() }
    }
}

impl<'a> Resolver<'a> {
    /// What was found out about the sizes, when all of the net has been resolved.
    pub(super) fn found(&mut self, net: &'a Net) -> Found {
        let Some(sizes) = &mut self.sizes else { return Found::default() };
        let mut sample = sizes.sample.clone();
        sample.retain(|name, size| !sizes.leading.contains(name) || *size != 1);
        // A window that is larger than what it slides over leaves an extent below 1, for then its floor is negative; those that
        // may hang over the end do not, so that there is a room as well.
        let one = Form::number(1);
        let extents = std::mem::take(&mut sizes.extents).into_iter().filter_map(|extent| extent.sub(&one));
        let mut forms: Vec<Form> = extents.chain(std::mem::take(&mut sizes.rooms)).collect();
        forms.sort();
        let bounds = std::mem::take(&mut sizes.bounds);
        let mut before = work();
        let budget = &mut self.budget;
        let demands = bounds.demands(forms, || {
            let since = std::mem::replace(&mut before, work());
            budget.spend(usize::try_from((before - since) / PARTS_A_STEP).unwrap_or(usize::MAX))
        });
        let Some(demands) = demands else {
            self.fault(too_long(), net.name.span);
            return Found::default();
        };
        Found { sample, demands, conditions: self.condition_texts(net) }
    }

    /// Computes with forms, and pays for it. `None` when that cannot be paid, which has been reported.
    pub(super) fn proving<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let before = work();
        let result = f(self);
        let parts = usize::try_from((work() - before) / PARTS_A_STEP).unwrap_or(usize::MAX);
        if self.budget.spend(parts) {
            return Some(result);
        }
        self.fault(too_long(), span);
        None
    }

    /// The integer that a form is for the sample.
    fn at_sample(&self, form: &Form) -> Option<i64> {
        form.eval(&|name| self.sizes.as_ref()?.sample.get(name).copied())
    }

    /// The extent that a form is for the sample. What is not positive counts as 1.
    pub(super) fn sampled(&self, form: &Form) -> usize {
        match self.at_sample(form) {
            Some(size) => usize::try_from(size.max(1)).unwrap_or(usize::MAX),
            None => usize::MAX,
        }
    }

    /// Reports a dimension of an input that is not positive for any sizes that were tried.
    pub(super) fn check_positive(&mut self, dim: &'a ast::Expr, form: &Form) {
        let Some(size @ ..1) = self.at_sample(form) else { return };
        self.too_small = true;
        let sample = |name: &str| self.sizes.as_ref().and_then(|sizes| sizes.sample.get(name)).copied();
        let at = form.names().into_iter().filter_map(|name| Some(format!("{name}={}", sample(&name)?)));
        let at: Vec<String> = at.collect();
        self.error(
            codes::BAD_DIMENSION,
            format!("no sizes were found for which `{form}` is positive"),
            dim.span,
            &format!("this is {size} at {}", at.join(", ")),
            "give sizes that do with `--set`, or say in the `where` clause what holds for them",
        );
    }

    /// The type of a value for all sizes, where those are not all set.
    pub(super) fn type_forms(&self, value: ValueId) -> Option<&Type<Form>> {
        self.sizes.as_ref()?.types.get(value.index())?.as_deref()
    }

    /// Notes the type of a value for all sizes; `like` are values that may well be of the same.
    pub(super) fn note_forms(&mut self, value: ValueId, mut ty: Type<Form>, like: &[ValueId], span: Span) {
        let Some(sizes) = &mut self.sizes else { return };
        if sizes.types.len() <= value.index() {
            sizes.types.resize(value.index() + 1, None);
        }
        // Most layers keep the type of their operand: it is stored once.
        let mut known = like.iter().filter_map(|id| sizes.types.get(id.index())?.as_ref());
        let known = known.find(|known| ***known == ty).cloned();
        let ty = known.unwrap_or_else(|| {
            for extent in ty.shape.iter_mut().filter(|extent| extent.as_number().is_none()) {
                match sizes.extents.get(extent) {
                    Some(known) => *extent = known.clone(),
                    None => {
                        sizes.parts += extent.parts();
                        sizes.extents.insert(extent.clone());
                    }
                }
            }
            Rc::new(ty)
        });
        sizes.types[value.index()] = Some(ty);
        self.check_parts(span);
    }

    fn check_parts(&mut self, span: Span) {
        if self.sizes.as_ref().is_some_and(|sizes| sizes.parts > MAX_FORM_PARTS) {
            let message = format!("the shapes of the network have more than {MAX_FORM_PARTS} parts for all sizes");
            self.fault(Fault::new(codes::TOO_MANY_STEPS, message).help(SET_SIZES), span);
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

    /// The types of an operator's results for all sizes. `None` when all sizes are set, or after a fault.
    pub(super) fn infer_forms(
        &mut self,
        op: &Op,
        given: &[(&'static str, ArgValue)],
        inputs: &[ValueId],
        span: Span,
    ) -> Option<Result<Vec<Type<Form>>, Mismatch>> {
        self.sizes.as_ref()?;
        let (result, rooms) = self.proving(span, |this| with_rooms(|| this.infer_unpaid(op, given, inputs)))?;
        self.too_small |= rooms.iter().any(|room| self.at_sample(room).is_some_and(|room| room < 0));
        let sizes = self.sizes.as_mut()?;
        for room in rooms {
            let parts = room.parts();
            if sizes.rooms.insert(room) {
                sizes.parts += parts;
            }
        }
        self.check_parts(span);
        Some(result)
    }

    fn infer_unpaid(
        &self,
        op: &Op,
        given: &[(&'static str, ArgValue)],
        inputs: &[ValueId],
    ) -> Result<Vec<Type<Form>>, Mismatch> {
        let of = |&id: &ValueId| self.sizes.as_ref()?.types.get(id.index())?.clone();
        let types: Vec<Rc<Type<Form>>> =
            inputs.iter().map(|id| of(id).unwrap_or_else(|| Rc::new(self.builder.ty(*id).lift()))).collect();
        let is_same = given.iter().any(|(name, value)| *name == "pad" && *value == ArgValue::Str("same".to_string()));
        if is_same
            && let Field::Window { extent, stride } = op.field()
            && let Some([_, _, h, w]) = types.first().map(|ty| ty.shape.as_slice())
            && let Err(mismatch) = same_padding(extent, stride, [h, w])
        {
            return Err(mismatch);
        }
        op.infer(&types.iter().map(Rc::as_ref).collect::<Vec<_>>(), self.settings.mode)
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
        let sampled = |name: &str| self.sizes.as_ref().and_then(|sizes| sizes.sample.get(name)).copied();
        let sample = |name: &str| sampled(name).unwrap_or(USUAL);
        let names: Vec<String> = form.names().iter().map(|name| format!("--set {name}={}", sample(name))).collect();
        self.report(
            Diagnostic::new(codes::DEPENDS_ON_SIZE, format!("this depends on `{form}`, which is not set"))
                .label(span, "known only when the sizes are")
                .help(format!("give the sizes: `{}`", names.join(" "))),
        )
    }

    /// The size that a value is, with all that is known put in.
    fn promised(&mut self, value: &Value, span: Span) -> Option<Form> {
        let form = as_form(value)?;
        if !self.sizes.as_ref().is_some_and(|sizes| sizes.learning) {
            return Some(form);
        }
        let applied = self.proving(span, |this| this.sizes.as_ref()?.assumptions.apply(&form))?;
        Some(applied.unwrap_or(form))
    }

    /// `-size`
    pub(super) fn negative_size(&mut self, form: &Form, span: Span) -> Value {
        let negative = self.proving(span, |_| form.mul(&Form::number(-1)));
        negative.map_or(Value::Error, |form| self.checked_size(form, span))
    }

    /// `left op right` where one of them is a size.
    pub(super) fn size_binary(&mut self, binary: &'a ast::Binary, left: &Value, right: &Value) -> Value {
        let whole = binary.left.span.to(binary.right.span);
        let (Some(a), Some(b)) = (self.promised(left, whole), self.promised(right, whole)) else {
            return if self.stopped { Value::Error } else { self.bad_operands(binary, left, right) };
        };
        let positive = b.as_number().filter(|number| *number > 0);
        // What is told to depend on a size is the side that does.
        let open = if b.as_number().is_some() { &a } else { &b };
        let form = match (binary.op, positive) {
            (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, _) => self.proving(whole, |_| match binary.op {
                BinaryOp::Add => a.add(&b),
                BinaryOp::Sub => a.sub(&b),
                _ => a.mul(&b),
            }),
            (BinaryOp::Rem, Some(m)) => self.proving(whole, |_| {
                let whole = a.floor_div(m)?.mul(&Form::number(m))?;
                a.sub(&whole)
            }),
            (BinaryOp::Div, Some(m)) => return self.exact_division(&a, m, binary),
            (op, _) if op.is_comparison() => {
                let compared = self.proving(whole, |_| {
                    let difference = a.sub(&b).and_then(|difference| difference.as_number());
                    difference.or_else(|| (matches!(op, BinaryOp::Eq | BinaryOp::Ne) && a.same(&b)).then_some(0))
                });
                return match compared {
                    Some(Some(difference)) => Value::Bool(match op {
                        BinaryOp::Eq => difference == 0,
                        BinaryOp::Ne => difference != 0,
                        BinaryOp::Lt => difference < 0,
                        BinaryOp::Le => difference <= 0,
                        BinaryOp::Gt => difference > 0,
                        _ => difference >= 0,
                    }),
                    Some(None) => self.depends(open, whole),
                    None => Value::Error,
                };
            }
            _ => return self.depends(open, whole),
        };
        form.map_or(Value::Error, |form| self.checked_size(form, binary.op_span))
    }

    fn exact_division(&mut self, a: &Form, m: i64, binary: &ast::Binary) -> Value {
        let divided = self.proving(binary.op_span, |_| {
            let quotient = a.floor_div(m)?;
            let back = quotient.mul(&Form::number(m))?;
            let exact = back.same(a);
            Some((quotient, back, exact))
        });
        let (back, m) = match divided {
            None => return Value::Error,
            Some(None) => return self.checked_size(None, binary.op_span),
            Some(Some((quotient, _, true))) => return self.checked_size(Some(quotient), binary.op_span),
            Some(Some((_, back, false))) => (back, m),
        };
        if self.is_known(codes::INEXACT_DIVISION.id, Some(binary.op_span)) {
            return Value::Error;
        }
        let Some(condition) = self.proving(binary.op_span, |_| back.same_if(a)) else { return Value::Error };
        let mut diagnostic =
            Diagnostic::new(codes::INEXACT_DIVISION, format!("`{a}` is not divisible by {m} for all sizes"))
                .label(binary.op_span, "divides exactly or not at all")
                .label(binary.left.span, format!("this is `{a}`"));
        diagnostic = self.blame_where(diagnostic);
        let help = match condition {
            Some(condition) => format!("it is if `{condition}`: write that in the `where` clause; `div` rounds down"),
            None => "`div` rounds down, `ceil_div` rounds up".to_string(),
        };
        self.report(diagnostic.help(help))
    }

    /// `div` and `ceil_div` of a size by a positive number.
    pub(super) fn divide_size(&mut self, a: &Form, m: i64, up: bool, span: Span) -> Value {
        let Some(a) = self.promised(&Value::Size(Rc::new(a.clone())), span) else { return Value::Error };
        let form = self.proving(span, |_| {
            if up { a.add(&Form::number(m - 1)).and_then(|a| a.floor_div(m)) } else { a.floor_div(m) }
        });
        form.map_or(Value::Error, |form| self.checked_size(form, span))
    }

    fn checked_size(&mut self, form: Option<Form>, span: Span) -> Value {
        let Some(form) = form else {
            return self.fault(Fault::new(codes::OUT_OF_RANGE, "the size is too large to compute with"), span);
        };
        if form.as_number().is_none() && !self.budget.spend(form.parts() * STEPS_A_NEW_PART) {
            return self.fault(too_long(), span);
        }
        size_value(form)
    }
}

/// What to do when nothing can be proved within the limits.
const SET_SIZES: &str = "set the sizes, that of the batch included, to check the network for these alone";

/// There are too few steps left for a proof.
fn too_long() -> Fault {
    Fault::steps().help(SET_SIZES)
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
