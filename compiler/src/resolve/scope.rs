//! Local names. A name is looked up in constant time however many scopes are open.

use std::collections::HashMap;

use rebirth_lang::Span;

use super::value::Value;

/// What a local name stands for.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) value: Value,
    /// The place that binds the name.
    pub(super) span: Span,
    /// The scope it belongs to.
    scope: usize,
}

/// The open scopes, innermost last. The scopes below `floor` belong to callers and are out of sight.
#[derive(Debug, Default)]
pub(super) struct Scopes<'a> {
    /// The bindings of each name, innermost last.
    bindings: HashMap<&'a str, Vec<Binding>>,
    /// The names each open scope binds, in order.
    scopes: Vec<Vec<&'a str>>,
    floor: usize,
    /// Where names of scopes that were closed had been bound, the last of each.
    ended: HashMap<&'a str, Span>,
}

impl<'a> Scopes<'a> {
    /// Opens a scope.
    pub(super) fn push(&mut self) {
        self.scopes.push(Vec::new());
    }

    /// Closes the innermost scope.
    pub(super) fn pop(&mut self) {
        for name in self.scopes.pop().unwrap_or_default() {
            if let Some(binding) = self.bindings.get_mut(name).and_then(Vec::pop) {
                self.ended.insert(name, binding.span);
            }
        }
    }

    /// Where a name was bound that is out of sight because its scope has been closed.
    pub(super) fn ended(&self, name: &str) -> Option<Span> {
        self.ended.get(name).copied()
    }

    /// Hides all open scopes and opens one. Returns what [`Scopes::leave`] wants.
    pub(super) fn enter(&mut self) -> usize {
        let floor = std::mem::replace(&mut self.floor, self.scopes.len());
        self.push();
        floor
    }

    /// Undoes [`Scopes::enter`].
    pub(super) fn leave(&mut self, floor: usize) {
        self.pop();
        self.floor = floor;
    }

    /// Binds a name in the innermost scope.
    ///
    /// # Errors
    /// The scope has bound it already, there. Which value is meant is unknown then, so the name stands for an error.
    pub(super) fn bind(&mut self, name: &'a str, value: Value, span: Span) -> Result<(), Span> {
        let scope = self.scopes.len();
        let stack = self.bindings.entry(name).or_default();
        if let Some(earlier) = stack.last_mut().filter(|binding| binding.scope == scope) {
            earlier.value = Value::Error;
            return Err(earlier.span);
        }
        stack.push(Binding { value, span, scope });
        if let Some(names) = self.scopes.last_mut() {
            names.push(name);
        }
        Ok(())
    }

    /// The innermost visible binding.
    pub(super) fn get(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(name)?.last().filter(|binding| binding.scope > self.floor)
    }

    /// The visible names, innermost first.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.scopes[self.floor..].iter().rev().flatten().copied()
    }
}
