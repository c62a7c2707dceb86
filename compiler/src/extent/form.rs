//! Forms and their arithmetic. Every operation returns a normal form, or `None` where a number leaves i64 or the result
//! has more than [`MAX_PARTS`] parts.

use std::collections::BTreeSet;
use std::sync::Arc;

/// Most parts (terms, factors, and those of the floors) a form may have; shapes of networks have about ten.
pub(super) const MAX_PARTS: usize = 256;

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

/// An integer that depends on sizes, in the normal form of [`super`]. Equal forms are equal integers for all sizes; see
/// [`super::Extent::same`] for the converse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Form {
    /// Products of one or more factors, with their coefficients.
    pub(super) terms: Vec<(Vec<Atom>, i64)>,
    pub(super) constant: i64,
}

impl From<Symbol> for Form {
    fn from(symbol: Symbol) -> Form {
        Form::from(Atom::Symbol(symbol))
    }
}

impl From<Atom> for Form {
    fn from(atom: Atom) -> Form {
        Form { terms: vec![(vec![atom], 1)], constant: 0 }
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
        Form { terms: Vec::new(), constant: value }
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
        self.terms.iter_mut().for_each(|(_, coefficient)| *coefficient *= factor);
        self.constant += more;
        self
    }

    pub(super) fn parts(&self) -> usize {
        let atom = |atom: &Atom| match atom {
            Atom::Symbol(_) => 1,
            Atom::Floor(floor) => 1 + floor.of.parts(),
        };
        1 + self.terms.iter().flat_map(|(product, _)| product).map(atom).sum::<usize>()
    }

    fn within_limits(self) -> Option<Form> {
        (self.parts() <= MAX_PARTS).then_some(self)
    }

    /// `self + factor * other`.
    fn add_scaled(&self, other: &Form, factor: i64) -> Option<Form> {
        let constant = self.constant.checked_add(other.constant.checked_mul(factor)?)?;
        let mut terms = self.terms.clone();
        for (product, coefficient) in &other.terms {
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
        Form { terms, constant }.within_limits()
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
        let mut result = Form::default().add_scaled(self, other.constant)?;
        for (product, coefficient) in &other.terms {
            let mut shifted = Form::default();
            for (own, own_coefficient) in &self.terms {
                let mut merged: Vec<Atom> = own.iter().chain(product).cloned().collect();
                merged.sort();
                // The terms of one form times one product stay different, but their order may change.
                shifted.terms.push((merged, own_coefficient.checked_mul(*coefficient)?));
            }
            shifted.terms.sort();
            result = result.add_scaled(&shifted.within_limits()?, 1)?;
            let alone = Form { terms: vec![(product.clone(), *coefficient)], constant: 0 };
            result = result.add_scaled(&alone, self.constant)?;
        }
        Some(result)
    }

    /// `self / divisor`, rounded down; `None` also where the divisor is not positive.
    pub fn floor_div(&self, divisor: i64) -> Option<Form> {
        if divisor < 1 {
            return None;
        }
        let (mut whole, mut rest) = (Form::default(), Form::default());
        for (product, coefficient) in &self.terms {
            for (into, part) in
                [(&mut whole, coefficient.div_euclid(divisor)), (&mut rest, coefficient.rem_euclid(divisor))]
            {
                if part != 0 {
                    into.terms.push((product.clone(), part));
                }
            }
        }
        whole.constant = self.constant.div_euclid(divisor);
        rest.constant = self.constant.rem_euclid(divisor);
        if rest.terms.is_empty() {
            return Some(whole);
        }
        let common = rest.terms.iter().fold(divisor, |common, (_, coefficient)| gcd(common, *coefficient));
        rest.constant /= common;
        rest.terms.iter_mut().for_each(|(_, coefficient)| *coefficient /= common);
        let divisor = divisor / common;
        let fraction = match rest.take_lone_floor() {
            Some(floor) => floor.of.add_scaled(&rest, floor.by)?.floor_div(floor.by.checked_mul(divisor)?)?,
            None => Form::from(Atom::Floor(Arc::new(Floor { of: rest, by: divisor }))),
        };
        whole.add(&fraction)
    }

    /// Takes out the floor of a form that has one floor in all, by itself with a coefficient of 1.
    fn take_lone_floor(&mut self) -> Option<Arc<Floor>> {
        let has_floor = |(product, _): &(Vec<Atom>, i64)| product.iter().any(|atom| matches!(atom, Atom::Floor(_)));
        let at = self.terms.iter().position(has_floor)?;
        match &self.terms[at] {
            (product, 1) if !self.terms[at + 1..].iter().any(has_floor) => match &product[..] {
                [Atom::Floor(floor)] => {
                    let floor = floor.clone();
                    self.terms.remove(at);
                    Some(floor)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The form with each symbol replaced by what `f` gives for it.
    pub(super) fn substitute(&self, f: &impl Fn(&Symbol) -> Option<Form>) -> Option<Form> {
        let mut result = Form::number(self.constant);
        for (product, coefficient) in &self.terms {
            let mut term = Form::number(*coefficient);
            for atom in product {
                let factor = match atom {
                    Atom::Symbol(symbol) => f(symbol)?,
                    Atom::Floor(floor) => floor.of.substitute(f)?.floor_div(floor.by)?,
                };
                term = term.mul(&factor)?;
            }
            result = result.add(&term)?;
        }
        Some(result)
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
        for (product, coefficient) in &self.terms {
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
