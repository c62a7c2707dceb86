//! Sizes that fulfil the `where` of a net, for which it is resolved beside all others.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rebirth_lang::ast::{Expr, ExprKind, Item, Net};

use super::codes;
use super::header::Symbol;
use super::promises::mentions;
use super::resolver::Resolver;
use super::sizes::USUAL;
use super::value::Value;
use crate::extent::Form;

/// Where the search begins, in this order: large enough for the windows of most networks, then smaller for nets that bound their
/// sizes from above, then larger.
const STARTS: [i64; 13] = [USUAL, 512, 1024, 128, 64, 32, 16, 8, 1, 2048, 4096, LARGEST / 2, LARGEST];

/// The largest sizes that are tried without need.
pub(super) const LARGEST: i64 = 16384;

/// Most numbers of the conditions near which the search begins as well.
const MAX_NUMBERS: usize = 12;

/// Most sizes whose places to begin are all combined.
const MAX_APART: usize = 3;

/// Most choices of sizes that are tried.
const MAX_TRIES: usize = 4096;

/// Of more sizes it is not asked which of them the conditions are about.
const MAX_LOOKED_AT: usize = 16;

/// Where the search for sizes begins: at one place for all of them first, a batch at 1; then each that the conditions or extents
/// are about at its own.
struct Places<'a> {
    all: Vec<i64>,
    apart: Vec<&'a str>,
}

impl Places<'_> {
    fn choices(&self) -> usize {
        let apart = if self.apart.is_empty() { 0 } else { self.all.len().pow(self.apart.len() as u32) };
        self.all.len() + apart.min(MAX_TRIES)
    }

    /// Where a size begins in one of the choices.
    fn begin(&self, choice: usize, name: &str, leading: bool) -> i64 {
        let together = choice < self.all.len();
        let mut at = if together { choice } else { 0 };
        let place = self.apart.iter().position(|apart| *apart == name);
        if let Some(place) = place.filter(|_| !together) {
            at = (choice - self.all.len()) / self.all.len().pow(place as u32) % self.all.len();
        } else if leading {
            return 1;
        }
        self.all.get(at).copied().unwrap_or(USUAL)
    }
}

impl<'a> Resolver<'a> {
    /// Sizes that fulfil all conditions, and for which the extents of the inputs are positive where there are such; reports when
    /// none are found.
    pub(super) fn sample(
        &mut self,
        net: &'a Net,
        symbols: &[Symbol<'a>],
        inputs: &[Form],
    ) -> Option<BTreeMap<String, i64>> {
        let free: Vec<&Symbol<'a>> = symbols.iter().filter(|symbol| self.set_size(symbol).is_none()).collect();
        let names: Vec<&str> = free.iter().map(|symbol| symbol.name).collect();
        let place = net.conditions.first().map_or(net.name.span, |condition| condition.span);
        let mut fallback = None;
        let places = self.places_to_begin(net, &free, inputs);
        for choice in 0..places.choices() {
            let tried = self.proving(place, |this| {
                let sizes = this.sizes.as_ref()?;
                let begin = |name: &str| {
                    let (low, high) = sizes.bounds.range(name);
                    let begin = places.begin(choice, name, sizes.leading.contains(name));
                    high.map_or(begin, |high| begin.min(high)).max(low)
                };
                let sample = sizes.assumptions.sample(&names, begin)?;
                let fits = |extent: &Form| extent.eval(&|name| sample.get(name).copied()).is_some_and(|size| size > 0);
                let fits = inputs.iter().all(fits);
                Some((sample, fits))
            })?;
            if !self.budget.spend(names.len()) {
                self.fault(super::eval::Fault::steps(), place);
                return None;
            }
            let Some((sample, fits)) = tried else { continue };
            if fallback.is_some() && !fits {
                continue;
            }
            let held = self.holds(net, symbols, &sample)?;
            if held && fits {
                return Some(sample);
            }
            if held {
                fallback = Some(sample);
            }
        }
        if fallback.is_some() {
            return fallback;
        }
        self.error(
            codes::NO_SIZES,
            "no sizes were found that fulfil the conditions".to_string(),
            place,
            "none of the sizes that were tried fulfils this `where`",
            "give sizes that do with `--set`, or weaken the `where` clause",
        );
        None
    }

    /// Whether all conditions hold for a sample; `None` after an error.
    fn holds(&mut self, net: &'a Net, symbols: &[Symbol<'a>], sample: &BTreeMap<String, i64>) -> Option<bool> {
        self.scopes.push();
        for symbol in symbols {
            let value = sample.get(symbol.name).map(|&size| Value::Int(size));
            let value = value.or_else(|| self.set_size(symbol)).unwrap_or(Value::Error);
            let _ = self.scopes.bind(symbol.name, value, symbol.span);
        }
        let failures = self.failures;
        let mut all = true;
        for condition in &net.conditions {
            match self.expr(condition) {
                Value::Bool(held) => all = held,
                other => drop(self.wrong_condition(&other, condition)),
            }
            if !all || self.failures > failures {
                break;
            }
        }
        self.scopes.pop();
        (self.failures == failures).then_some(all)
    }

    fn places_to_begin(&mut self, net: &'a Net, free: &[&Symbol<'a>], inputs: &[Form]) -> Places<'a> {
        let mut numbers = BTreeSet::new();
        for condition in &net.conditions {
            self.numbers(condition, &mut numbers);
        }
        let near = |number: i64| {
            let (below, above) = (number.saturating_sub(1), number.saturating_add(1));
            [number, above, below, number / 2, number.saturating_mul(2)]
        };
        let starts = STARTS.into_iter().filter(|&start| start >= self.begin);
        let mut all: Vec<i64> = starts.chain(numbers.into_iter().flat_map(near)).filter(|&start| start > 0).collect();
        let mut seen = HashSet::new();
        all.retain(|&start| seen.insert(start));
        let is_bound = |symbol: &Symbol<'a>| {
            let name = HashSet::from([symbol.name]);
            net.conditions.iter().any(|condition| mentions(condition, &name))
                || inputs.iter().any(|extent| extent.names().contains(symbol.name))
        };
        let mut apart: Vec<&'a str> = Vec::new();
        if free.len() <= MAX_LOOKED_AT {
            apart = free.iter().filter(|symbol| is_bound(symbol)).map(|symbol| symbol.name).collect();
        }
        if apart.len() > MAX_APART {
            apart.clear();
        }
        Places { all, apart }
    }

    /// The integers in an expression, and those that its constants are, at most [`MAX_NUMBERS`].
    fn numbers(&mut self, expr: &'a Expr, numbers: &mut BTreeSet<i64>) {
        if numbers.len() >= MAX_NUMBERS {
            return;
        }
        match &expr.kind {
            ExprKind::Int(number) => {
                numbers.insert(*number);
            }
            ExprKind::Name(name) if matches!(self.item(name), Some(Item::Const(_))) => {
                if let Value::Int(number) = self.silent(expr) {
                    numbers.insert(number);
                }
            }
            ExprKind::Unary(unary) => self.numbers(&unary.operand, numbers),
            ExprKind::Binary(binary) => {
                self.numbers(&binary.left, numbers);
                self.numbers(&binary.right, numbers);
            }
            ExprKind::Call(call) => {
                call.arguments.positional.iter().for_each(|argument| self.numbers(argument, numbers));
            }
            ExprKind::List(parts) | ExprKind::Tuple(parts) => {
                parts.iter().for_each(|part| self.numbers(part, numbers));
            }
            _ => {}
        }
    }
}
