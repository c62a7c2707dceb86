//! Forms as text, as source spells them: `div(h, 2) + 1`, `ceil_div(h, 2)`; `h/2` where 2 is known to divide h.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::form::{Atom, Floor, Form, Symbol, gcd};

/// What is known of sizes: modulus and remainder by name.
type Known = BTreeMap<Arc<str>, (i64, i64)>;

impl Form {
    /// The form over plain sizes: whatever a multiple of a symbol is in terms of its size. With h = 16 q, 8 q is h/2.
    fn in_sizes(&self) -> Option<Form> {
        let mut result = Form::number(self.constant);
        for (product, coefficient) in self.terms.iter() {
            let mut coefficient = *coefficient;
            let mut term = Form::number(1);
            for atom in product {
                let factor = match atom {
                    Atom::Floor(floor) => floor.of.in_sizes()?.floor_div(floor.by)?,
                    Atom::Symbol(symbol) => {
                        // common * q = floor(size / by) - floor(remainder / by), as size = common * by * q + remainder.
                        let common = gcd(coefficient, symbol.modulus);
                        coefficient /= common;
                        let by = symbol.modulus / common;
                        Form::symbol(&symbol.name).floor_div(by)?.sub(&Form::number(symbol.remainder / by))?
                    }
                };
                term = term.mul(&factor)?;
            }
            result = result.add(&term.mul(&Form::number(coefficient))?)?;
        }
        Some(result)
    }

    /// As text, symbol by symbol.
    fn write(&self, known: &Known, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is positive goes first, so that no text begins with a sign without need.
        let (first, then): (Vec<_>, Vec<_>) = self.terms.iter().partition(|(_, coefficient)| *coefficient > 0);
        for (i, (product, coefficient)) in first.into_iter().chain(then).enumerate() {
            match (i, *coefficient < 0) {
                (0, false) => {}
                (0, true) => f.write_str("-")?,
                (_, false) => f.write_str(" + ")?,
                (_, true) => f.write_str(" - ")?,
            }
            let times = coefficient.unsigned_abs();
            if times != 1 {
                write!(f, "{times}*")?;
            }
            let alone = times == 1 && product.len() == 1;
            for (i, atom) in product.iter().enumerate() {
                if i > 0 {
                    f.write_str("*")?;
                }
                write_factor(atom, alone, known, f)?;
            }
        }
        match self.constant {
            constant if self.terms.is_empty() => write!(f, "{constant}"),
            0 => Ok(()),
            constant => write!(f, " {} {}", if constant < 0 { '-' } else { '+' }, constant.unsigned_abs()),
        }
    }
}

/// Whether a floor over plain sizes has nothing to round.
fn is_exact(floor: &Floor, known: &Known) -> bool {
    let split = |symbol: &Symbol| match known.get(&symbol.name) {
        Some((modulus, remainder)) => symbol.split(*modulus, *remainder),
        None => Some(Form::from(symbol.clone())),
    };
    floor.of.substitute(&split).is_some_and(|of| {
        of.constant % floor.by == 0 && of.terms.iter().all(|(_, coefficient)| coefficient % floor.by == 0)
    })
}

/// A quotient that is not `alone` in its term stands in parentheses.
fn write_factor(atom: &Atom, alone: bool, known: &Known, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (open, close) = if alone { ("", "") } else { ("(", ")") };
    match atom {
        Atom::Symbol(Symbol { name, modulus: 1, .. }) => f.write_str(name),
        Atom::Symbol(Symbol { name, modulus, remainder: 0 }) => write!(f, "{open}{name}/{modulus}{close}"),
        Atom::Symbol(Symbol { name, modulus, remainder }) => write!(f, "{open}({name} - {remainder})/{modulus}{close}"),
        Atom::Floor(floor) if is_exact(floor, known) => {
            f.write_str(open)?;
            match &floor.of.terms[..] {
                [(product, 1)] if product.len() == 1 && floor.of.constant == 0 => floor.of.write(known, f)?,
                _ => {
                    f.write_str("(")?;
                    floor.of.write(known, f)?;
                    f.write_str(")")?;
                }
            }
            write!(f, "/{}{close}", floor.by)
        }
        Atom::Floor(floor) => {
            // floor((A + d - 1) / d) is A / d rounded up.
            let up = floor.of.constant == floor.by - 1;
            f.write_str(if up { "ceil_div(" } else { "div(" })?;
            let constant = if up { 0 } else { floor.of.constant };
            Form { terms: floor.of.terms.clone(), constant }.write(known, f)?;
            write!(f, ", {})", floor.by)
        }
    }
}

impl Form {
    /// That the form is not negative, as text: `h - w >= 1`.
    pub fn not_negative(&self) -> String {
        let falls = self.terms.iter().all(|(_, coefficient)| *coefficient < 0);
        let moving = Form { terms: self.terms.clone(), constant: 0 };
        match (moving.mul(&Form::number(-1)), self.constant.checked_neg()) {
            (Some(moving), _) if falls => format!("{moving} <= {}", self.constant),
            (_, Some(least)) => format!("{moving} >= {least}"),
            _ => format!("{self} >= 0"),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut known = Known::new();
        self.for_symbols(Some(1), &mut |symbol, _| {
            known.insert(symbol.name.clone(), (symbol.modulus, symbol.remainder));
        });
        match self.in_sizes() {
            Some(form) => form.write(&known, f),
            None => self.write(&Known::new(), f),
        }
    }
}
