//! Forms as text, in the names of source: `h/2 + 1`, `16*(h/16)`, where `/` rounds down.

use std::fmt;

use super::form::{Atom, Form, Symbol, gcd};

impl Form {
    /// The form over plain sizes: whatever a multiple of a symbol is in terms of its size. With h = 16 q, 8 q is h/2.
    fn in_sizes(&self) -> Option<Form> {
        let mut result = Form::number(self.constant);
        for (product, coefficient) in &self.terms {
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
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
                write_factor(atom, alone, f)?;
            }
        }
        match self.constant {
            constant if self.terms.is_empty() => write!(f, "{constant}"),
            0 => Ok(()),
            constant => write!(f, " {} {}", if constant < 0 { '-' } else { '+' }, constant.unsigned_abs()),
        }
    }
}

/// A quotient that is not `alone` in its term stands in parentheses.
fn write_factor(atom: &Atom, alone: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (open, close) = if alone { ("", "") } else { ("(", ")") };
    match atom {
        Atom::Symbol(Symbol { name, modulus: 1, .. }) => f.write_str(name),
        Atom::Symbol(Symbol { name, modulus, remainder: 0 }) => write!(f, "{open}{name}/{modulus}{close}"),
        Atom::Symbol(Symbol { name, modulus, remainder }) => write!(f, "{open}({name} - {remainder})/{modulus}{close}"),
        Atom::Floor(floor) => {
            f.write_str(open)?;
            match &floor.of.terms[..] {
                [(product, 1)] if product.len() == 1 && floor.of.constant == 0 => floor.of.write(f)?,
                _ => {
                    f.write_str("(")?;
                    floor.of.write(f)?;
                    f.write_str(")")?;
                }
            }
            write!(f, "/{}{close}", floor.by)
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.in_sizes() {
            Some(form) => form.write(f),
            None => self.write(f),
        }
    }
}
