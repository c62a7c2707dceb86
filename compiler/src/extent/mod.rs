//! Extents of tensors: what shape rules compute with. A rule is written once, over [`Extent`]; with `usize` it gives the
//! shape of one net, with [`Form`] the shapes of a net for all sizes of its symbolic dimensions.
//!
//! A [`Form`] is a sum of integer multiples of products, plus an integer. The factors of a product are symbols and floors
//! of a form divided by a positive integer (quasi-affine expressions where no product has two factors). The normal form:
//!
//! 1. equal products are one term, no coefficient is 0, factors and terms are sorted;
//! 2. in a floor over d each coefficient and the constant lie in 0..d: floor((A + dB) / d) = B + floor(A / d);
//! 3. a factor common to d and all coefficients is cancelled: floor((gA + c) / (gd)) = floor((A + floor(c / g)) / d);
//! 4. a floor alone in a floor is opened: floor((floor(A / b) + B) / d) = floor((A + bB) / (bd)).
//!
//! The identities are those of Graham, Knuth and Patashnik, Concrete Mathematics, section 3.2. What convolutions and pools
//! make of a size becomes one floor so; the rest (h = h/2 + (h + 1)/2) is decided by cases in `prove`: with each symbol
//! replaced by m*q + r, m a multiple of the divisors over it, no floor is left, and polynomials are equal if their
//! coefficients are. Divisibility that a `where` clause promises is part of the symbols ([`Assumptions`]), what it says about
//! order is [`Bounds`].

mod assumptions;
mod bounds;
mod form;
mod print;
mod prove;

use std::cell::RefCell;
use std::fmt;

pub use assumptions::{Assumptions, Refusal};
pub use bounds::{Bounds, Demands};
pub use form::{Form, Symbol, work};
pub use prove::{Condition, explain};

thread_local! {
    /// What [`Extent::room`] has found that must not be negative, while somebody wants to know.
    static ROOMS: RefCell<Option<Vec<Form>>> = const { RefCell::new(None) };
}

/// Runs `f`; also gives each form that must not be negative for its result to be right: see [`Extent::room`].
pub fn with_rooms<T>(f: impl FnOnce() -> T) -> (T, Vec<Form>) {
    let before = ROOMS.replace(Some(Vec::new()));
    let result = f();
    (result, ROOMS.replace(before).unwrap_or_default())
}

/// The extent of a dimension, or a size derived from one. `None` from arithmetic: the result is known to be negative (in
/// [`Extent::minus`]), or too large to compute with.
pub trait Extent: Clone + PartialEq + fmt::Debug + fmt::Display {
    /// This number.
    fn constant(value: usize) -> Self;

    /// The number, where it is the same for all sizes.
    fn known(&self) -> Option<usize>;

    /// `self + other`.
    fn plus(&self, other: &Self) -> Option<Self>;

    /// `self - other`; the caller's to know that it is not negative where it is not [`Extent::known`].
    fn minus(&self, other: &Self) -> Option<Self>;

    /// `self - other` where sizes for which it is negative do not fit: what a window leaves of what it slides over, or what lies behind
    /// a position. A shape rule that compares extents asks for this.
    fn room(&self, other: &Self) -> Option<Self> {
        self.minus(other)
    }

    /// `self * other`.
    fn times(&self, other: &Self) -> Option<Self>;

    /// `self / divisor`, rounded down. The divisor is not 0.
    fn div_floor(&self, divisor: usize) -> Option<Self>;

    /// Whether the two are equal for all sizes, as far as can be proved.
    fn same(&self, other: &Self) -> bool;

    /// The weakest condition found under which the two are equal; none for numbers.
    fn same_if(&self, other: &Self) -> Option<Condition>;

    /// `self / divisor`, rounded up. The divisor is not 0.
    fn div_ceil(&self, divisor: usize) -> Option<Self> {
        self.plus(&Self::constant(divisor - 1))?.div_floor(divisor)
    }

    /// Whether this is the number `value` for all sizes.
    fn is(&self, value: usize) -> bool {
        self.known() == Some(value)
    }
}

impl Extent for usize {
    fn constant(value: usize) -> usize {
        value
    }

    fn known(&self) -> Option<usize> {
        Some(*self)
    }

    fn plus(&self, other: &usize) -> Option<usize> {
        self.checked_add(*other)
    }

    fn minus(&self, other: &usize) -> Option<usize> {
        self.checked_sub(*other)
    }

    fn times(&self, other: &usize) -> Option<usize> {
        self.checked_mul(*other)
    }

    fn div_floor(&self, divisor: usize) -> Option<usize> {
        self.checked_div(divisor)
    }

    fn same(&self, other: &usize) -> bool {
        self == other
    }

    fn same_if(&self, _other: &usize) -> Option<Condition> {
        None
    }
}

/// A number beyond i64 is no extent of any tensor; as the largest i64 it overflows in the first computation.
impl Extent for Form {
    fn constant(value: usize) -> Form {
        Form::number(i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn known(&self) -> Option<usize> {
        usize::try_from(self.as_number()?).ok()
    }

    fn plus(&self, other: &Form) -> Option<Form> {
        self.add(other)
    }

    fn minus(&self, other: &Form) -> Option<Form> {
        self.sub(other).filter(|difference| difference.as_number().is_none_or(|number| number >= 0))
    }

    fn room(&self, other: &Form) -> Option<Form> {
        let room = self.minus(other)?;
        ROOMS.with_borrow_mut(|rooms| {
            if let Some(rooms) = rooms
                && room.as_number().is_none()
            {
                rooms.push(room.clone());
            }
        });
        Some(room)
    }

    fn times(&self, other: &Form) -> Option<Form> {
        self.mul(other)
    }

    fn div_floor(&self, divisor: usize) -> Option<Form> {
        self.floor_div(i64::try_from(divisor).ok()?)
    }

    fn same(&self, other: &Form) -> bool {
        prove::decide(self, other) == Some(true)
    }

    fn same_if(&self, other: &Form) -> Option<Condition> {
        explain(self, other)
    }
}

#[cfg(test)]
mod tests;
