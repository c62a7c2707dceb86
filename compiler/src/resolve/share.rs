//! `share`: one set of weights for all calls of a name.

use std::rc::Rc;

use rebirth_lang::ast::{Call, Ident, Share};
use rebirth_lang::{Diagnostic, Span};

use super::apply::At;
use super::calls::{Arg, Callee};
use super::codes;
use super::eval::Fault;
use super::notes::Noted;
use super::paths::{Member, Segment};
use super::resolver::Resolver;
use super::value::Value;
use crate::graph::{Notes, Type, ValueId};

/// Steps that a `share` costs: what it declares is kept to the end, about a kilobyte.
const SHARE_STEPS: usize = 100;

/// What a `share` declares.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    /// Which of the `share` statements evaluated so far.
    id: usize,
    name: &'a Ident,
    /// A block or an operator.
    callee: Callee<'a>,
    positional: Vec<Arg<'a>>,
    named: Vec<(&'a Ident, Arg<'a>)>,
    /// What the paths of its weights begin with.
    path: String,
    notes: Notes,
}

/// A call of something shared that is being evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// The [`Shared::id`].
    share: usize,
    /// Numbers all calls of shared things.
    turn: usize,
    span: Span,
    /// The name in the `share`.
    declared: Span,
}

/// A weight that was made within calls of shared things, outermost first.
#[derive(Debug)]
pub(super) struct SharedParam {
    pub(super) value: ValueId,
    uses: Vec<Use>,
}

impl Shared<'_> {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name.name
    }
}

impl SharedParam {
    pub(super) fn new(value: ValueId, uses: &[Use]) -> SharedParam {
        SharedParam { value, uses: uses.to_vec() }
    }

    /// The call that made the weight and the one that takes it up again; `None` when `uses` are the calls that made it, or
    /// calls of something else.
    pub(super) fn taken_up(&self, uses: &[Use]) -> Option<(Use, Use)> {
        let (first, now) = self.uses.iter().zip(uses).find(|(first, now)| first != now)?;
        // Within one more turn of something shared, what it declares is shared with the turns before.
        (first.share == now.share).then_some((*first, *now))
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn share(&mut self, statement: &'a Share) {
        let Share { name, call, .. } = statement;
        if !self.budget.spend(SHARE_STEPS) {
            self.fault(Fault::steps(), name.span);
            return;
        }
        let Noted { notes, path, keep } = self.noted(&statement.attributes, "`share`");
        if let Some(keep) = keep {
            self.misplaced_keep(keep, "this declares a layer and makes no tensor");
        }
        let callee = self.callee(&call.callee);
        let (positional, named) = self.arguments(call, None);
        let value = match callee {
            None => Value::Error,
            Some(_) if self.impure(call.callee.span, "a layer") => Value::Error,
            Some(callee @ (Callee::Block(_) | Callee::Operator(_))) => {
                let place = path.clone().unwrap_or_else(|| self.paths.below(Some(Segment::Name(&name.name))));
                let segment = path.is_none().then_some(Segment::Name(name.name.as_str()));
                self.paths.weighted(Member { segment, unnamed: None, span: name.span });
                let shared = Shared { id: self.shares, name, callee, positional, named, path: place, notes };
                self.shares += 1;
                self.callable(Callee::Shared(Rc::new(shared)))
            }
            Some(other) => self.report(
                Diagnostic::new(
                    codes::NOT_SHAREABLE,
                    format!("the {} `{}` has no weights to share", other.what(), call.callee),
                )
                .label(call.callee.span, "shared here")
                .help("`share` makes one instance of an operator or block; `let` binds any value"),
            ),
        };
        if let Err(first) = self.scopes.bind(&name.name, value, name.span) {
            self.duplicate_binding(name, first);
        }
    }

    /// A call of something shared: its own arguments come before those of the `share`.
    pub(super) fn shared_call(
        &mut self,
        shared: &Shared<'a>,
        call: &'a Call,
        mut positional: Vec<Arg<'a>>,
        named: Vec<(&'a Ident, Arg<'a>)>,
    ) -> Value {
        positional.extend(shared.positional.iter().cloned());
        let named = shared.named.iter().cloned().chain(named).collect();
        let Some(slots) = self.assign(&shared.callee, call, positional, named) else {
            return Value::Error;
        };
        self.turns += 1;
        self.uses.push(Use { share: shared.id, turn: self.turns, span: call.callee.span, declared: shared.name.span });
        let notes = std::mem::replace(&mut self.notes, shared.notes.clone());
        let at = Some(At { path: shared.path.clone(), shared: true });
        let value = match shared.callee {
            Callee::Block(block) => self.block(block, call, slots, at),
            Callee::Operator(entry) => self.operator(entry, call, slots, at),
            _ => Value::Error,
        };
        self.notes = notes;
        self.uses.pop();
        value
    }

    /// Reports that two calls of something shared need different weights.
    #[cold]
    #[inline(never)]
    pub(super) fn shared_mismatch(&mut self, path: &str, calls: (Use, Use), types: (Type, Type)) {
        let ((first, now), (had, wanted)) = (calls, types);
        self.report(
            Diagnostic::new(codes::SHARED_WEIGHTS, format!("two calls share `{path}` but need it in different shapes"))
                .label(now.span, format!("this call needs {wanted}"))
                .label(first.span, format!("this one made it {had}"))
                .label(now.declared, "shared here")
                .help("what flows into the calls of one `share` must agree in all that decides the shapes of weights, such as the channels"),
        );
    }

    /// Reports a second name for what is shared.
    pub(super) fn no_alias(&mut self, shared: &Shared<'a>, alias: &Ident) -> Value {
        self.report(
            Diagnostic::new(
                codes::ALIAS_WITHOUT_WEIGHTS,
                format!("the weights of `{}` have their name already", shared.name),
            )
            .label(alias.span, "this cannot name them again")
            .label(shared.name.span, "they are named by this `share`")
            .help("leave `as` out; `let` names the value"),
        )
    }
}
