//! What a `where` clause promises of sizes, as replacements of symbols.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::Extent;
use super::form::{Atom, Form, Symbol, count, gcd};

/// Why a promise is not taken. What was promised before stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No sizes fulfil it together with those before.
    Contradiction,
    /// It is not about remainders or equality of sizes in a way that replaces a symbol.
    Unusable,
    /// A number leaves i64, or a form its limits.
    TooLarge,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Contradiction => "no sizes fulfil the conditions",
            Refusal::Unusable => "only remainders and equality of sizes can be used in proofs",
            Refusal::TooLarge => "the numbers are too large to compute with",
        })
    }
}

/// Promises about sizes. Each replaces a symbol in all forms it is [applied](Assumptions::apply) to: after `h % 16 == 3`, h is
/// 16 q + 3; after `w == h`, w is h.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// No replacement mentions a symbol that is itself replaced.
    replaced: BTreeMap<Symbol, Form>,
    /// By symbol, what has a replacement that mentions it; may hold some that no longer do.
    users: BTreeMap<Symbol, BTreeSet<Symbol>>,
}

impl Assumptions {
    /// The form with all that is promised put in; `None` beyond the limits of forms.
    pub fn apply(&self, form: &Form) -> Option<Form> {
        form.substitute(&|symbol| Some(self.replaced.get(symbol).cloned().unwrap_or_else(|| symbol.clone().into())))
    }

    /// The size of this name with all that is promised put in.
    pub fn size(&self, name: &str) -> Option<Form> {
        self.apply(&Form::symbol(name))
    }

    /// Promises `form % modulus == remainder`.
    ///
    /// # Errors
    /// See [`Refusal`]; only a multiple of one size, plus a number, can be used, or what holds anyway.
    pub fn congruent(&mut self, form: &Form, modulus: i64, remainder: i64) -> Result<(), Refusal> {
        if modulus < 1 {
            return Err(Refusal::Unusable);
        }
        if !(0..modulus).contains(&remainder) {
            return Err(Refusal::Contradiction);
        }
        let form = self.apply(form).ok_or(Refusal::TooLarge)?;
        if let Some(number) = form.as_number() {
            return if number.rem_euclid(modulus) == remainder { Ok(()) } else { Err(Refusal::Contradiction) };
        }
        let [(product, factor)] = &form.terms[..] else { return holds_anyway(&form, modulus, remainder) };
        let [Atom::Symbol(symbol)] = &product[..] else { return holds_anyway(&form, modulus, remainder) };
        // factor * symbol == target (mod modulus), divided by the common divisor.
        let common = gcd(*factor, modulus);
        let difference = i128::from(remainder) - i128::from(form.constant);
        let target = narrow(difference.rem_euclid(i128::from(modulus)))?;
        if target % common != 0 {
            return Err(Refusal::Contradiction);
        }
        let modulus = modulus / common;
        let inverse = inverse((factor / common).rem_euclid(modulus), modulus);
        let solution = narrow(i128::from(target / common) * i128::from(inverse) % i128::from(modulus))?;
        if modulus > 1 {
            let replacement = symbol.split(modulus, solution).ok_or(Refusal::TooLarge)?;
            self.replace(symbol, replacement)?;
        }
        Ok(())
    }

    /// Promises `a == b`.
    ///
    /// # Errors
    /// See [`Refusal`]; one of the sizes must be a form of the others.
    pub fn equal(&mut self, a: &Form, b: &Form) -> Result<(), Refusal> {
        let zero = a.sub(b).and_then(|difference| self.apply(&difference)).ok_or(Refusal::TooLarge)?;
        let zero = primitive(zero)?;
        if zero.terms.is_empty() {
            return Ok(());
        }
        // The last, so that the first names stay.
        for (at, (product, factor)) in zero.terms.iter().enumerate().rev() {
            let ([Atom::Symbol(symbol)], 1 | -1) = (&product[..], factor) else { continue };
            let mut rest = zero.clone();
            Arc::make_mut(&mut rest.terms).remove(at);
            if !rest.mentions(symbol) {
                let solution = rest.mul(&Form::number(-factor)).ok_or(Refusal::TooLarge)?;
                return self.replace(symbol, solution);
            }
        }
        // a q + b p + c == 0: a q + c is a multiple of b, and with that put in, p has a factor of 1.
        match &zero.terms[..] {
            [(first, factor), (second, divisor)] => match (&first[..], &second[..]) {
                ([Atom::Symbol(symbol)], [Atom::Symbol(_)]) => {
                    let multiple = Form::from(symbol.clone()).mul(&Form::number(*factor));
                    let multiple = multiple.and_then(|form| form.add(&Form::number(zero.constant)));
                    let divisor = divisor.checked_abs().ok_or(Refusal::TooLarge)?;
                    // What this learns follows from the promise, also where the promise itself is refused then.
                    self.congruent(&multiple.ok_or(Refusal::TooLarge)?, divisor, 0)?;
                    self.equal(&zero, &Form::default())
                }
                _ => Err(Refusal::Unusable),
            },
            _ => Err(Refusal::Unusable),
        }
    }

    fn replace(&mut self, symbol: &Symbol, by: Form) -> Result<(), Refusal> {
        let put_in = |form: &Form| {
            form.substitute(&|other| Some(if other == symbol { by.clone() } else { other.clone().into() }))
        };
        let users = self.users.get(symbol).into_iter().flatten();
        let changed = users.map(|user| Some((user.clone(), put_in(self.replaced.get(user)?)?)));
        let mut changed: Vec<(Symbol, Form)> = changed.collect::<Option<_>>().ok_or(Refusal::TooLarge)?;
        changed.push((symbol.clone(), by));
        let is_size = |symbol: &Symbol| symbol.modulus == 1 && symbol.remainder == 0;
        let negative = |form: &Form| form.as_number().is_some_and(|number| number < 1);
        if changed.iter().any(|(user, form)| is_size(user) && negative(form)) {
            return Err(Refusal::Contradiction);
        }
        self.users.remove(symbol);
        for (user, form) in changed {
            form.for_symbols(Some(1), &mut |used, _| {
                self.users.entry(used.clone()).or_default().insert(user.clone());
            });
            self.replaced.insert(user, form);
        }
        Ok(())
    }

    /// Sizes that fulfil all promises, each size that is free the smallest possible from what `least` says of it on. `None`: one
    /// would not be positive, or numbers leave i64.
    pub fn sample(&self, names: &[&str], least: impl Fn(&str) -> i64) -> Option<BTreeMap<String, i64>> {
        let mut free = BTreeMap::new();
        let sizes: Vec<Form> = names.iter().map(|name| self.size(name)).collect::<Option<_>>()?;
        for size in &sizes {
            count(size.parts());
            size.for_symbols(Some(1), &mut |symbol, _| {
                let least = least(&symbol.name);
                let above = symbol.remainder.checked_sub(least).map(|ahead| ahead.rem_euclid(symbol.modulus));
                free.insert(symbol.name.to_string(), above.and_then(|above| least.checked_add(above)));
            });
        }
        let value = |size: &Form| size.eval(&|name| free.get(name).copied().flatten()).filter(|&value| value > 0);
        names.iter().zip(&sizes).map(|(name, size)| Some(((*name).to_string(), value(size)?))).collect()
    }
}

/// The form, equal to 0, divided by what its coefficients have in common.
fn primitive(mut zero: Form) -> Result<Form, Refusal> {
    let common = zero.terms.iter().fold(0, |common, (_, factor)| gcd(common, *factor));
    if common == 0 {
        return if zero.constant == 0 { Ok(zero) } else { Err(Refusal::Contradiction) };
    }
    if zero.constant % common != 0 {
        return Err(Refusal::Contradiction);
    }
    zero.constant /= common;
    Arc::make_mut(&mut zero.terms).iter_mut().for_each(|(_, factor)| *factor /= common);
    Ok(zero)
}

fn holds_anyway(form: &Form, modulus: i64, remainder: i64) -> Result<(), Refusal> {
    let multiple = form.floor_div(modulus).and_then(|whole| whole.mul(&Form::number(modulus)));
    let expected = multiple.and_then(|multiple| multiple.add(&Form::number(remainder))).ok_or(Refusal::TooLarge)?;
    if form.same(&expected) { Ok(()) } else { Err(Refusal::Unusable) }
}

fn narrow(value: i128) -> Result<i64, Refusal> {
    i64::try_from(value).map_err(|_| Refusal::TooLarge)
}

/// The inverse of a number modulo one that has no divisor in common with it, by Euclid's algorithm.
fn inverse(number: i64, modulus: i64) -> i64 {
    let (mut a, mut b) = (i128::from(number), i128::from(modulus));
    let (mut of_a, mut of_b) = (1_i128, 0_i128);
    while b != 0 {
        let whole = a / b;
        (a, b) = (b, a - whole * b);
        (of_a, of_b) = (of_b, of_a - whole * of_b);
    }
    // Coefficients of the algorithm are below the modulus.
    i64::try_from(of_a.rem_euclid(i128::from(modulus))).unwrap_or(0)
}
