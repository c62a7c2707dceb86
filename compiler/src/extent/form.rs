//! Forms and their arithmetic. Every operation returns a normal form, or `None` where a number leaves i64 or the result
//! has more than [`MAX_PARTS`] parts. What it costs is counted: see [`work`].

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most parts (terms, factors, and those of the floors) a form may have; shapes of networks have about ten.
pub(super) const MAX_PARTS: usize = 256;

thread_local! {
    static WORK: Cell<u64> = const { Cell::new(0) };
}

/// Parts of forms that this thread has looked at so far: what computing with them costs, for those who bound it.
pub fn work() -> u64 {
    WORK.get()
}

/// Counts parts that are looked at.
pub(super) fn count(parts: usize) {
    WORK.set(WORK.get().saturating_add(parts as u64));
}

/// An unknown integer: what a size has above its known remainder. The size called `name` is `modulus * symbol + remainder`;
/// a size of which nothing is known has modulus 1 and remainder 0, and is its own symbol.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol {
    /// The size's name in source.
    pub name: Arc<str>,
    /// Positive.
    pub modulus: i64,
    /// From 0 to below the modulus.
    pub remainder: i64,
}

impl Symbol {
    /// A size of which nothing is known.
    pub fn new(name: &str) -> Symbol {
        Symbol { name: name.into(), modulus: 1, remainder: 0 }
    }

    /// The size that the symbol stands for, as a form.
    pub fn size(&self) -> Form {
        Form::from(self.clone()).scaled(self.modulus, self.remainder)
    }

    /// This symbol as `modulus * q + remainder`, where q is a symbol of the same size. `remainder` is from 0 to below `modulus`.
    pub fn split(&self, modulus: i64, remainder: i64) -> Option<Form> {
        let part = Symbol {
            name: self.name.clone(),
            modulus: self.modulus.checked_mul(modulus)?,
            remainder: self.modulus.checked_mul(remainder)?.checked_add(self.remainder)?,
        };
        Some(Form::from(part).scaled(modulus, remainder))
    }
}

/// A factor of a product.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Atom {
    Symbol(Symbol),
    Floor(Arc<Floor>),
}

/// `of / by`, rounded down.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Floor {
    pub(super) of: Form,
    /// At least 2.
    pub(super) by: i64,
}

/// A product of one or more factors, with its coefficient.
pub(super) type Term = (Vec<Atom>, i64);

/// An integer that depends on sizes, in the normal form of [`super`]. Equal forms are equal integers for all sizes; see
/// [`super::Extent::same`] for the converse. Copies share their terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Form {
    pub(super) terms: Arc<Vec<Term>>,
    pub(super) constant: i64,
}

impl From<Symbol> for Form {
    fn from(symbol: Symbol) -> Form {
        Form::from(Atom::Symbol(symbol))
    }
}

impl From<Atom> for Form {
    fn from(atom: Atom) -> Form {
        Form { terms: Arc::new(vec![(vec![atom], 1)]), constant: 0 }
    }
}

/// The greatest common divisor of two integers that are not both 0.
pub(super) fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or(1)
}

impl Form {
    /// This integer.
    pub fn number(value: i64) -> Form {
        Form { terms: Arc::default(), constant: value }
    }

    /// A size of which nothing is known.
    pub fn symbol(name: &str) -> Form {
        Symbol::new(name).into()
    }

    /// The integer, where it does not depend on sizes.
    pub fn as_number(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.constant)
    }

    /// `self * factor + more`, for a form that is one symbol: nothing can overflow.
    fn scaled(mut self, factor: i64, more: i64) -> Form {
        Arc::make_mut(&mut self.terms).iter_mut().for_each(|(_, coefficient)| *coefficient *= factor);
        self.constant += more;
        self
    }

    /// Terms, factors, and those of the floors.
    pub fn parts(&self) -> usize {
        let atom = |atom: &Atom| match atom {
            Atom::Symbol(_) => 1,
            Atom::Floor(floor) => 1 + floor.of.parts(),
        };
        1 + self.terms.iter().flat_map(|(product, _)| product).map(atom).sum::<usize>()
    }

    fn within_limits(self) -> Option<Form> {
        let parts = self.parts();
        count(parts);
        (parts <= MAX_PARTS).then_some(self)
    }

    /// Adds `factor * other`. Its floors may take it beyond the limits; its terms do not.
    fn accumulate(&mut self, other: &Form, factor: i64) -> Option<()> {
        self.constant = self.constant.checked_add(other.constant.checked_mul(factor)?)?;
        if other.terms.is_empty() {
            return Some(());
        }
        count(self.terms.len() + other.terms.len());
        let terms = Arc::make_mut(&mut self.terms);
        for (product, coefficient) in other.terms.iter() {
            let more = coefficient.checked_mul(factor)?;
            match terms.binary_search_by(|(other, _)| other.cmp(product)) {
                Ok(at) => match terms[at].1.checked_add(more)? {
                    0 => drop(terms.remove(at)),
                    sum => terms[at].1 = sum,
                },
                Err(at) if more != 0 => terms.insert(at, (product.clone(), more)),
                Err(_) => {}
            }
        }
        (terms.len() <= MAX_PARTS).then_some(())
    }

    /// `self + factor * other`.
    fn add_scaled(&self, other: &Form, factor: i64) -> Option<Form> {
        let mut sum = self.clone();
        sum.accumulate(other, factor)?;
        sum.within_limits()
    }

    /// `self + other`.
    pub fn add(&self, other: &Form) -> Option<Form> {
        self.add_scaled(other, 1)
    }

    /// `self - other`.
    pub fn sub(&self, other: &Form) -> Option<Form> {
        self.add_scaled(other, -1)
    }

    /// `self * other`.
    pub fn mul(&self, other: &Form) -> Option<Form> {
        if let (_, Some(number)) | (Some(number), _) = (self.as_number(), other.as_number()) {
            let form = if other.terms.is_empty() { self } else { other };
            return Form::default().add_scaled(form, number);
        }
        let mut result = Form::default();
        result.accumulate(self, other.constant)?;
        for (product, coefficient) in other.terms.iter() {
            let mut shifted = Vec::with_capacity(self.terms.len());
            for (own, own_coefficient) in self.terms.iter() {
                count(own.len() + product.len());
                if own.len() + product.len() > MAX_PARTS {
                    return None;
                }
                let mut merged: Vec<Atom> = own.iter().chain(product).cloned().collect();
                merged.sort();
                // The terms of one form times one product stay different, but their order may change.
                shifted.push((merged, own_coefficient.checked_mul(*coefficient)?));
            }
            shifted.sort();
            result.accumulate(&Form { terms: Arc::new(shifted), constant: 0 }, 1)?;
            let alone = Form { terms: Arc::new(vec![(product.clone(), *coefficient)]), constant: 0 };
            result.accumulate(&alone, self.constant)?;
        }
        result.within_limits()
    }

    /// `self / divisor`, rounded down; `None` also where the divisor is not positive.
    pub fn floor_div(&self, divisor: i64) -> Option<Form> {
        if divisor < 1 {
            return None;
        }
        count(self.terms.len());
        let (mut whole, mut rest) = (Vec::new(), Vec::new());
        for (product, coefficient) in self.terms.iter() {
            for (into, part) in
                [(&mut whole, coefficient.div_euclid(divisor)), (&mut rest, coefficient.rem_euclid(divisor))]
            {
                if part != 0 {
                    into.push((product.clone(), part));
                }
            }
        }
        let whole = Form { terms: Arc::new(whole), constant: self.constant.div_euclid(divisor) };
        if rest.is_empty() {
            return Some(whole);
        }
        let constant = self.constant.rem_euclid(divisor);
        let common = rest.iter().fold(divisor, |common, (_, coefficient)| gcd(common, *coefficient));
        rest.iter_mut().for_each(|(_, coefficient)| *coefficient /= common);
        let divisor = divisor / common;
        let floor = take_lone_floor(&mut rest);
        let rest = Form { terms: Arc::new(rest), constant: constant / common };
        let fraction = match floor {
            Some(floor) => floor.of.add_scaled(&rest, floor.by)?.floor_div(floor.by.checked_mul(divisor)?)?,
            None => Form::from(Atom::Floor(Arc::new(Floor { of: rest, by: divisor }))),
        };
        whole.add(&fraction)
    }

    /// The form with each symbol replaced by what `f` gives for it.
    pub(super) fn substitute(&self, f: &impl Fn(&Symbol) -> Option<Form>) -> Option<Form> {
        let mut result = Form::number(self.constant);
        for (product, coefficient) in self.terms.iter() {
            let mut term: Option<Form> = None;
            for atom in product {
                count(1);
                let factor = match atom {
                    Atom::Symbol(symbol) => f(symbol)?,
                    Atom::Floor(floor) => floor.of.substitute(f)?.floor_div(floor.by)?,
                };
                term = Some(match term {
                    Some(term) => term.mul(&factor)?,
                    None => factor,
                });
            }
            result.accumulate(&term.unwrap_or_else(|| Form::number(1)), *coefficient)?;
        }
        result.within_limits()
    }

    /// Calls `f` with each occurrence of a symbol and the product of the divisors over it.
    pub(super) fn for_symbols(&self, over: Option<i64>, f: &mut impl FnMut(&Symbol, Option<i64>)) {
        for atom in self.terms.iter().flat_map(|(product, _)| product) {
            match atom {
                Atom::Symbol(symbol) => f(symbol, over),
                Atom::Floor(floor) => floor.of.for_symbols(over.and_then(|over| over.checked_mul(floor.by)), f),
            }
        }
    }

    /// The names of the sizes it depends on.
    pub fn names(&self) -> BTreeSet<Arc<str>> {
        let mut names = BTreeSet::new();
        self.for_symbols(Some(1), &mut |symbol, _| {
            names.insert(symbol.name.clone());
        });
        names
    }

    /// Whether the form depends on `symbol`.
    pub(super) fn mentions(&self, symbol: &Symbol) -> bool {
        let mut found = false;
        self.for_symbols(Some(1), &mut |other, _| found |= other == symbol);
        found
    }

    /// The value at the sizes that `size` gives by name. `None`: a size is missing or not of its symbol's remainder, or a
    /// number leaves i64.
    pub fn eval(&self, size: &impl Fn(&str) -> Option<i64>) -> Option<i64> {
        let mut sum = self.constant;
        for (product, coefficient) in self.terms.iter() {
            let mut term = *coefficient;
            for atom in product {
                let factor = match atom {
                    Atom::Symbol(symbol) => {
                        let above = size(&symbol.name)?.checked_sub(symbol.remainder)?;
                        (above % symbol.modulus == 0).then_some(above / symbol.modulus)?
                    }
                    Atom::Floor(floor) => floor.of.eval(size)?.div_euclid(floor.by),
                };
                term = term.checked_mul(factor)?;
            }
            sum = sum.checked_add(term)?;
        }
        Some(sum)
    }
}

/// Takes out the floor of terms that have one floor in all, by itself with a coefficient of 1.
fn take_lone_floor(terms: &mut Vec<Term>) -> Option<Arc<Floor>> {
    let has_floor = |(product, _): &Term| product.iter().any(|atom| matches!(atom, Atom::Floor(_)));
    let at = terms.iter().position(has_floor)?;
    let floor = match &terms[at] {
        (product, 1) if !terms[at + 1..].iter().any(has_floor) => match &product[..] {
            [Atom::Floor(floor)] => floor.clone(),
            _ => return None,
        },
        _ => return None,
    };
    terms.remove(at);
    Some(floor)
}
