//! Inequalities between sizes: what follows from those that a `where` clause promises, and what must hold besides.
//!
//! An inequality is a form that is not negative. Where it depends on one size and rises or falls with it, it bounds that size; the
//! others stay as they are. Proofs are by intervals, of the whole form and of each of its cases (see [`prove`](super::prove)).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::form::{Atom, Form, Symbol, count, gcd};
use super::prove::{for_cases, moduli};

/// Sizes above this are not looked at: no tensor has as many bytes.
const MAX_SIZE: i64 = 1 << 40;

/// From and to, both included; `None` where there is no end.
type Interval = (Option<i128>, Option<i128>);

/// What is known of sizes beside equalities and remainders. All are at least 1.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// Forms that are not negative.
    promised: Vec<Form>,
    /// The least and the greatest value of a size.
    ranges: BTreeMap<Arc<str>, (i64, Option<i64>)>,
}

/// What must hold of sizes in addition to what is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// Sizes and the least value of each.
    pub least: BTreeMap<String, i64>,
    /// Sizes and the greatest value of each.
    pub most: BTreeMap<String, i64>,
    /// Forms that must not be negative.
    pub others: Vec<Form>,
}

/// What an inequality says of a single size.
enum Limit {
    Least(Arc<str>, i64),
    Most(Arc<str>, i64),
}

fn both(a: Option<i128>, b: Option<i128>, f: impl Fn(i128, i128) -> Option<i128>) -> Option<i128> {
    f(a?, b?)
}

fn product(a: Interval, b: Interval) -> Interval {
    match (a, b) {
        ((Some(low), _), (Some(other), _)) if low >= 0 && other >= 0 => {
            (low.checked_mul(other), both(a.1, b.1, i128::checked_mul))
        }
        ((Some(a), Some(b)), (Some(c), Some(d))) => {
            let ends = [a.checked_mul(c), a.checked_mul(d), b.checked_mul(c), b.checked_mul(d)];
            match ends.into_iter().collect::<Option<Vec<i128>>>() {
                Some(ends) => (ends.iter().min().copied(), ends.iter().max().copied()),
                None => (None, None),
            }
        }
        _ => (None, None),
    }
}

/// Rounded down and up.
fn quotients(a: i64, by: i64) -> (i64, i64) {
    (a.div_euclid(by), a.div_euclid(by) + i64::from(a.rem_euclid(by) != 0))
}

/// An inequality in its shortest form: what is alone in a floor comes out, common factors go.
fn shortest(mut form: Form) -> Form {
    loop {
        let common = form.terms.iter().fold(0, |common, (_, coefficient)| gcd(common, *coefficient));
        if common > 1 {
            count(form.terms.len());
            let terms = form.terms.iter().map(|(product, coefficient)| (product.clone(), coefficient / common));
            form = Form { terms: Arc::new(terms.collect()), constant: form.constant.div_euclid(common) };
        }
        // floor(A / d) + c >= 0 where A + c d >= 0; c - floor(A / d) >= 0 where c d + d - 1 - A >= 0.
        let [(product, sign @ (1 | -1))] = &form.terms[..] else { return form };
        let [Atom::Floor(floor)] = &product[..] else { return form };
        let more = if *sign == 1 { 0 } else { floor.by - 1 };
        let inner = form.constant.checked_mul(floor.by).and_then(|constant| constant.checked_add(more));
        let opened = inner.and_then(|constant| floor.of.mul(&Form::number(*sign))?.add(&Form::number(constant)));
        let Some(opened) = opened else { return form };
        form = opened;
    }
}

impl Bounds {
    /// Takes into account that a form is not negative.
    pub fn suppose(&mut self, form: Form) {
        let form = shortest(form);
        match self.limit(&form) {
            Some(limit) => self.tighten(&limit),
            None => self.promised.push(form),
        }
    }

    /// The least and the greatest value of a size.
    pub fn range(&self, name: &str) -> (i64, Option<i64>) {
        self.ranges.get(name).copied().unwrap_or((1, None))
    }

    fn tighten(&mut self, limit: &Limit) {
        let (Limit::Least(name, _) | Limit::Most(name, _)) = limit;
        let range = self.ranges.entry(name.clone()).or_insert((1, None));
        match limit {
            Limit::Least(_, least) => range.0 = range.0.max(*least),
            Limit::Most(_, most) => range.1 = Some(range.1.map_or(*most, |known| known.min(*most))),
        }
    }

    /// The quotient that a symbol stands for.
    fn symbol(&self, symbol: &Symbol) -> Interval {
        let (low, high) = self.range(&symbol.name);
        let low = low.checked_sub(symbol.remainder).map(|low| quotients(low, symbol.modulus).1);
        let high =
            high.and_then(|high| high.checked_sub(symbol.remainder)).map(|high| quotients(high, symbol.modulus).0);
        (low.map(i128::from), high.map(i128::from))
    }

    fn interval(&self, form: &Form) -> Interval {
        count(form.terms.len());
        let constant = Some(i128::from(form.constant));
        form.terms.iter().fold((constant, constant), |sum, (factors, coefficient)| {
            let coefficient = i128::from(*coefficient);
            let term = factors.iter().fold((Some(1), Some(1)), |term, atom| {
                let factor = match atom {
                    Atom::Symbol(symbol) => self.symbol(symbol),
                    Atom::Floor(floor) => {
                        let (low, high) = self.interval(&floor.of);
                        let by = i128::from(floor.by);
                        (low.map(|low| low.div_euclid(by)), high.map(|high| high.div_euclid(by)))
                    }
                };
                product(term, factor)
            });
            let scaled = |end: Option<i128>| end.and_then(|end| end.checked_mul(coefficient));
            let (low, high) = if coefficient > 0 { (term.0, term.1) } else { (term.1, term.0) };
            (both(sum.0, scaled(low), i128::checked_add), both(sum.1, scaled(high), i128::checked_add))
        })
    }

    fn is_positive(&self, form: &Form) -> bool {
        self.interval(form).0.is_some_and(|low| low >= 0)
    }

    /// Whether a form is not negative for all sizes, as far as can be proved.
    pub fn holds(&self, form: &Form) -> bool {
        if self.is_positive(form) {
            return true;
        }
        let follows = |promise: &Form| form.sub(promise).is_some_and(|more| self.is_positive(&more));
        if self.promised.iter().any(follows) {
            return true;
        }
        let Some(moduli) = moduli(form).filter(|moduli| moduli.values().any(|&modulus| modulus > 1)) else {
            return false;
        };
        let mut all = true;
        let known = for_cases(form, &moduli, |_, case| {
            all = self.is_positive(case);
            all
        });
        known.is_some() && all
    }

    /// What an inequality that does not hold anyway says of the only size it depends on.
    fn limit(&self, form: &Form) -> Option<Limit> {
        count(form.parts());
        let mut symbols = BTreeSet::new();
        form.for_symbols(Some(1), &mut |symbol, _| {
            symbols.insert(symbol.clone());
        });
        let symbol = symbols.pop_first().filter(|_| symbols.is_empty())?;
        // Floors rise with what is in them, which has no negative coefficients.
        let rises = form.terms.iter().all(|(_, coefficient)| *coefficient > 0);
        let falls = form.terms.iter().all(|(_, coefficient)| *coefficient < 0);
        let size = |quotient: i64| quotient.checked_mul(symbol.modulus)?.checked_add(symbol.remainder);
        let holds = |quotient: i64| {
            count(form.parts());
            let size = size(quotient).filter(|&size| size <= MAX_SIZE)?;
            Some(form.eval(&|_| Some(size))? >= 0)
        };
        // The first quotient from `start` on of which `holds` is `wanted`.
        let first = |start: i64, wanted: bool| {
            let mut step = 1;
            let mut below = start;
            while holds(start.checked_add(step)?)? != wanted {
                below = start + step;
                step *= 2;
            }
            let mut found = start + step;
            while found - below > 1 {
                let middle = below + (found - below) / 2;
                if holds(middle)? == wanted { found = middle } else { below = middle }
            }
            Some(found)
        };
        let start = i64::try_from(self.symbol(&symbol).0?).ok()?.max(0);
        match (rises, falls, holds(start)?) {
            (true, _, false) => Some(Limit::Least(symbol.name.clone(), size(first(start, true)?)?)),
            (_, true, true) => Some(Limit::Most(symbol.name.clone(), size(first(start, false)? - 1)?)),
            _ => None,
        }
    }

    /// What must hold so that none of these forms is negative. `paid` is asked before each step, and ends it all with `None`.
    pub fn demands(mut self, forms: impl IntoIterator<Item = Form>, mut paid: impl FnMut() -> bool) -> Option<Demands> {
        let mut demands = Demands::default();
        let mut seen = HashSet::new();
        let mut others = Vec::new();
        for form in forms {
            let form = shortest(form);
            if !paid() {
                return None;
            }
            count(form.parts());
            if !seen.insert(form.clone()) || self.holds(&form) {
                continue;
            }
            let Some(limit) = self.limit(&form) else {
                others.push(form);
                continue;
            };
            match &limit {
                Limit::Least(name, least) => demands.least.insert(name.to_string(), *least),
                Limit::Most(name, most) => demands.most.insert(name.to_string(), *most),
            };
            self.tighten(&limit);
        }
        others.sort();
        for form in others {
            if !paid() {
                return None;
            }
            if !self.holds(&form) {
                self.promised.push(form.clone());
                demands.others.push(form);
            }
        }
        // A later one may imply an earlier one.
        for at in (0..demands.others.len()).rev() {
            if !paid() {
                return None;
            }
            let form = &demands.others[at];
            let mut stronger = demands.others.iter().enumerate().filter(|(other, _)| *other != at);
            if stronger.any(|(_, other)| form.sub(other).is_some_and(|more| self.is_positive(&more))) {
                demands.others.remove(at);
            }
        }
        Some(demands)
    }
}
