//! Equality of forms for all sizes, by cases: a symbol of remainder r to a multiple of all divisors over it leaves no floor.
//!
//! Why: with s = k*d*q + r, s/d is k*q + r/d, and so on inwards. So with each symbol s replaced by m*q + r, where m is the
//! least common multiple of the products of divisors over s, a form is a polynomial; and a polynomial is 0 for all sizes
//! only if its coefficients are. Both answers are exact where there is one: [`MAX_WORK`] and the limits of [`Form`] bound the
//! proofs, and what is beyond counts as different.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::form::{Form, Symbol, count, gcd};
use super::{Assumptions, Extent};

/// Most parts of forms that a proof may look at: a form of 12, as skip connections have, with height and width both divided by 32.
const MAX_WORK: i64 = 1 << 14;

/// What a `where` clause may promise of sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `size % modulus == remainder`
    Congruent {
        /// The size's name in source.
        size: Arc<str>,
        /// At least 2.
        modulus: i64,
        /// From 0 to below the modulus.
        remainder: i64,
    },
    /// `size == other`
    Equal {
        /// A size's name in source.
        size: Arc<str>,
        /// Another's.
        other: Arc<str>,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Congruent { size, modulus, remainder } => write!(f, "{size} % {modulus} == {remainder}"),
            Condition::Equal { size, other } => write!(f, "{size} == {other}"),
        }
    }
}

/// The symbols of a form, each with the modulus that frees it of floors; `None` where that leaves i64.
pub(super) fn moduli(form: &Form) -> Option<BTreeMap<Symbol, i64>> {
    let mut moduli = BTreeMap::new();
    let mut fits = true;
    form.for_symbols(Some(1), &mut |symbol, over| {
        let modulus: &mut i64 = moduli.entry(symbol.clone()).or_insert(1);
        match over.and_then(|over| modulus.checked_mul(over / gcd(*modulus, over))) {
            Some(multiple) => *modulus = multiple,
            None => fits = false,
        }
    });
    fits.then_some(moduli)
}

/// Calls `f` with the remainders of each case, in the order of `moduli`, and `form` in it, a polynomial; until `f` says `false`.
/// `None`: that is more than [`MAX_WORK`], or a form is beyond its limits.
pub(super) fn for_cases(
    form: &Form,
    moduli: &BTreeMap<Symbol, i64>,
    mut f: impl FnMut(&[i64], &Form) -> bool,
) -> Option<()> {
    let cases = moduli.values().try_fold(1_i64, |cases, modulus| cases.checked_mul(*modulus))?;
    if cases.checked_mul(form.parts() as i64)? > MAX_WORK {
        return None;
    }
    let places: BTreeMap<&Symbol, usize> = moduli.keys().zip(0..).collect();
    let mut remainders = vec![0; moduli.len()];
    for case in 0..cases {
        count(moduli.len());
        let mut rest = case;
        for (remainder, modulus) in remainders.iter_mut().zip(moduli.values()) {
            *remainder = rest % modulus;
            rest /= modulus;
        }
        let part = |symbol: &Symbol| symbol.split(*moduli.get(symbol)?, remainders[*places.get(symbol)?]);
        if !f(&remainders, &form.substitute(&part)?) {
            break;
        }
    }
    Some(())
}

fn is_zero(form: &Form) -> bool {
    form.as_number() == Some(0)
}

/// Whether the two are equal for all sizes; `None` where the limits keep it from being decided.
pub(super) fn decide(a: &Form, b: &Form) -> Option<bool> {
    count(a.terms.len());
    if a == b {
        return Some(true);
    }
    let difference = a.sub(b)?;
    if difference.as_number().is_some() {
        return Some(false);
    }
    let mut all = true;
    for_cases(&difference, &moduli(&difference)?, |_, case| {
        all = is_zero(case);
        all
    })?;
    Some(all)
}

/// The weakest condition on one size under which two forms that differ are equal: a remainder to the smallest modulus, which
/// divides what the forms divide the size by. Where there is none, two sizes that must be equal.
pub fn explain(a: &Form, b: &Form) -> Option<Condition> {
    let difference = a.sub(b)?;
    let moduli = moduli(&difference)?;
    congruence(&difference, &moduli).or_else(|| equality(a, b, &moduli))
}

fn congruence(difference: &Form, moduli: &BTreeMap<Symbol, i64>) -> Option<Condition> {
    // For each symbol and remainder: whether the difference is 0 whatever the other symbols are.
    let sizes =
        moduli.values().map(|&modulus| usize::try_from(modulus).ok().filter(|&modulus| modulus as i64 <= MAX_WORK));
    let mut holds: Vec<Vec<bool>> = sizes.map(|size| Some(vec![true; size?])).collect::<Option<_>>()?;
    for_cases(difference, moduli, |remainders, case| {
        let zero = is_zero(case);
        for (holds, &remainder) in holds.iter_mut().zip(remainders) {
            holds[remainder as usize] &= zero;
        }
        true
    })?;
    let weakest = |holds: &[bool]| {
        let divisors = (2..=holds.len()).filter(|modulus| holds.len().is_multiple_of(*modulus));
        divisors
            .flat_map(|modulus| (0..modulus).map(move |remainder| (modulus, remainder)))
            .find(|&(modulus, remainder)| holds.iter().skip(remainder).step_by(modulus).all(|&holds| holds))
    };
    let found = moduli.keys().zip(&holds).filter_map(|(symbol, holds)| Some((weakest(holds)?, symbol)));
    let ((modulus, remainder), symbol) = found.min_by_key(|((modulus, _), _)| *modulus)?;
    Some(Condition::Congruent {
        size: symbol.name.clone(),
        modulus: symbol.modulus.checked_mul(modulus as i64)?,
        remainder: symbol.modulus.checked_mul(remainder as i64)?.checked_add(symbol.remainder)?,
    })
}

fn equality(a: &Form, b: &Form, moduli: &BTreeMap<Symbol, i64>) -> Option<Condition> {
    let symbols: Vec<&Symbol> = moduli.keys().collect();
    let pairs =
        symbols.iter().enumerate().flat_map(|(i, first)| symbols[i + 1..].iter().map(move |second| (first, second)));
    pairs.take(MAX_PAIRS).find_map(|(first, second)| {
        let mut assumptions = Assumptions::default();
        assumptions.equal(&first.size(), &second.size()).ok()?;
        let equal = assumptions.apply(a)?.same(&assumptions.apply(b)?);
        equal.then(|| Condition::Equal { size: first.name.clone(), other: second.name.clone() })
    })
}

/// Most pairs of sizes tried for equality; a tensor has 8 dimensions at most.
const MAX_PAIRS: usize = 28;
