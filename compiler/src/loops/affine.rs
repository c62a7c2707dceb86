//! Affine forms over loop variables: addresses and loop bounds.

use std::ops::{Add, Mul, Sub};

use crate::graph::ids::id;

id! {
    /// A loop variable of one nest.
    Var, "v"
}

/// `constant + sum of coefficient * variable`; terms sorted by variable, none with coefficient 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affine {
    /// The constant part.
    pub constant: i64,
    /// Variables with their coefficients.
    pub terms: Vec<(Var, i64)>,
}

impl Affine {
    /// The coefficient of a variable.
    pub fn coefficient(&self, var: Var) -> i64 {
        self.terms.iter().find(|(v, _)| *v == var).map_or(0, |(_, c)| *c)
    }

    /// This form without a variable.
    #[must_use]
    pub fn without(&self, var: Var) -> Affine {
        Affine { constant: self.constant, terms: self.terms.iter().copied().filter(|(v, _)| *v != var).collect() }
    }
}

impl From<usize> for Affine {
    fn from(constant: usize) -> Affine {
        Affine { constant: constant as i64, terms: Vec::new() }
    }
}

impl From<i64> for Affine {
    fn from(constant: i64) -> Affine {
        Affine { constant, terms: Vec::new() }
    }
}

impl From<Var> for Affine {
    fn from(var: Var) -> Affine {
        Affine { constant: 0, terms: vec![(var, 1)] }
    }
}

impl<T: Into<Affine>> Add<T> for Affine {
    type Output = Affine;

    fn add(self, other: T) -> Affine {
        let other = other.into();
        let mut terms = self.terms;
        for (var, coefficient) in other.terms {
            match terms.binary_search_by_key(&var, |(v, _)| *v) {
                Ok(i) => terms[i].1 += coefficient,
                Err(i) => terms.insert(i, (var, coefficient)),
            }
        }
        terms.retain(|(_, c)| *c != 0);
        Affine { constant: self.constant + other.constant, terms }
    }
}

impl<T: Into<Affine>> Sub<T> for Affine {
    type Output = Affine;

    fn sub(self, other: T) -> Affine {
        self + other.into() * -1i64
    }
}

impl Mul<i64> for Affine {
    type Output = Affine;

    fn mul(self, factor: i64) -> Affine {
        if factor == 0 {
            return Affine::default();
        }
        Affine {
            constant: self.constant * factor,
            terms: self.terms.into_iter().map(|(v, c)| (v, c * factor)).collect(),
        }
    }
}

impl Mul<usize> for Affine {
    type Output = Affine;

    fn mul(self, factor: usize) -> Affine {
        self * factor as i64
    }
}

/// `ceil(numerator / divisor)`, the divisor positive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What is divided.
    pub numerator: Affine,
    /// By what.
    pub divisor: i64,
}

impl Bound {
    /// The value of the only bound of a list, where it depends on no variable.
    pub fn constant(bounds: &[Bound]) -> Option<i64> {
        match bounds {
            [Bound { numerator, divisor: 1 }] if numerator.terms.is_empty() => Some(numerator.constant),
            _ => None,
        }
    }
}

impl<T: Into<Affine>> From<T> for Bound {
    fn from(affine: T) -> Bound {
        Bound { numerator: affine.into(), divisor: 1 }
    }
}
