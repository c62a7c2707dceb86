//! Values of the reference interpreter: f64 with an error bound an element.

use crate::loops::expr::by_products;

/// Unit roundoff of f32.
pub const U: f64 = 1.0 / (1u64 << 24) as f64;

/// What underflow may cost an f32 evaluation, flushed to zero or not.
pub const UNDERFLOW: f64 = f32::MIN_POSITIVE as f64;

/// Relative bound of the vector functions: 4 ULP, each at most 2 U of the value.
pub const FUNCTION: f64 = 8.0 * U;

/// gamma_n = n u / (1 - n u): the relative bound for a sum of n products (Higham, Accuracy and Stability, 2nd ed., section 3.1),
/// whatever the order of summation, fused or not.
pub fn gamma(n: usize) -> f64 {
    let nu = n as f64 * U;
    if nu >= 0.5 { f64::INFINITY } else { nu / (1.0 - nu) }
}

/// A value and the bound on an f32 evaluation's distance from it.
pub type Element = (f64, f64);

/// Completes a bound that counts roundings only: adds underflow, and is infinite where f32 may overflow or nothing is known.
pub fn closed(value: f64, bound: f64) -> Element {
    let bound = bound + UNDERFLOW;
    if bound.is_nan() || value.abs() + bound > f64::from(f32::MAX) { (value, f64::INFINITY) } else { (value, bound) }
}

/// A result whose operands put it off by `carried`, after `roundings` of itself.
pub fn rounded(value: f64, carried: f64, roundings: usize) -> Element {
    closed(value, carried + gamma(roundings) * (value.abs() + carried))
}

/// a + b without its rounding: `carried` for [`rounded`].
pub fn sum(a: Element, b: Element) -> Element {
    (a.0 + b.0, a.1 + b.1)
}

/// a * b without its rounding: `carried` for [`rounded`].
pub fn product(a: Element, b: Element) -> Element {
    (a.0 * b.0, a.1 * (b.0.abs() + b.1) + a.0.abs() * b.1)
}

/// f of an operand, where f is monotone between neighbouring `turns`, so that it is farthest from its value at one of them or at an end
/// of what the operand may be. `relative` bounds what the evaluation itself adds.
pub fn function(x: Element, f: impl Fn(f64) -> f64, turns: &[f64], relative: f64) -> Element {
    let value = f(x.0);
    if value.is_nan() && (x.1 == 0.0 || x.0.is_nan()) {
        return (value, 0.0);
    }
    let mut carried = 0.0;
    if x.1 > 0.0 {
        if !value.is_finite() {
            return unsettled(value, [x.0 - x.1, x.0 + x.1].map(f));
        }
        let inside = turns.iter().copied().filter(|turn| (turn - x.0).abs() <= x.1);
        for at in inside.chain([x.0 - x.1, x.0 + x.1]) {
            let off = (f(at) - value).abs();
            // Where f is not defined nearby, nothing is known.
            carried = if off.is_nan() { f64::INFINITY } else { carried.max(off) };
            if carried == f64::INFINITY {
                break;
            }
        }
    }
    closed(value, carried + relative * (value.abs() + carried))
}

/// What is known where the value is not finite and the operands are not exact: that, if it is so wherever they may be, else nothing.
fn unsettled(value: f64, near: [f64; 2]) -> Element {
    let same = near.into_iter().all(|v| v == value || v.is_nan() && value.is_nan());
    (if same { value } else { 0.0 }, f64::INFINITY)
}

/// The power of a base, as [`Expr::pow`](crate::loops::expr::Expr::pow) computes it.
pub fn power(base: Element, exponent: f32) -> Element {
    let e = f64::from(exponent);
    let f = |x: f64| if x < 0.0 && e.fract() != 0.0 { f64::NAN } else { x.powf(e) };
    let value = f(base.0);
    let relative = if by_products(exponent) {
        // Each factor is rounded, the product, and the reciprocal.
        gamma(exponent.abs().ceil() as usize + 5)
    } else {
        let ends = [base.0, base.0 - base.1, base.0 + base.1];
        let logarithm = ends.iter().map(|x| x.abs().ln().abs()).fold(0.0, f64::max);
        // The logarithm is a function, the exponent and the product are rounded; an argument's error becomes relative.
        let argument = (FUNCTION + 3.0 * U) * e.abs() * logarithm;
        argument.exp_m1() + FUNCTION + gamma(4)
    };
    if base.1 == 0.0 && (value == 0.0 || value.is_infinite()) {
        return closed(value, 0.0);
    }
    let (value, bound) = function(base, f, &[0.0], relative);
    if value.is_nan() {
        return (value, bound);
    }
    // What underflow takes from x^|e| is as much, relatively, of its reciprocal.
    let reciprocal = if e < 0.0 { (value.abs() + bound).powi(2) * UNDERFLOW } else { 0.0 };
    closed(value, bound + reciprocal)
}

/// A sum in any order, with what rounding is relative to and what the terms' own errors do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    value: f64,
    size: f64,
    carried: f64,
    terms: usize,
}

impl Sum {
    /// Adds a term.
    pub fn add(&mut self, term: Element) {
        self.value += term.0;
        self.size += term.0.abs() + term.1;
        self.carried += term.1;
        self.terms += 1;
    }

    /// Adds a * b.
    pub fn add_product(&mut self, a: Element, b: Element) {
        self.add(product(a, b));
    }

    /// The sum; `more` roundings touch each term besides its product and the additions.
    pub fn finish(self, more: usize) -> Element {
        if self.size > f64::from(f32::MAX) && self.value.is_finite() {
            // Some of the terms may overflow where all of them would not.
            return (self.value, f64::INFINITY);
        }
        closed(self.value, self.carried + gamma(self.terms + more) * self.size)
    }

    /// The sum divided by `count`, or multiplied by its rounded reciprocal.
    pub fn mean(self, count: usize) -> Element {
        let (value, bound) = self.finish(2);
        closed(value / count as f64, bound / count as f64)
    }
}

/// A tensor in f64. `bound[i]` says how far an f32 evaluation may be from `value[i]`; it is never NaN. Where the value is NaN, an f32
/// evaluation has NaN too, whatever the bound; where it is a number whose bound is infinite, an f32 evaluation may have anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounded {
    /// Extents.
    pub shape: Vec<usize>,
    /// Elements in row-major order.
    pub value: Vec<f64>,
    /// Absolute error bounds, same order.
    pub bound: Vec<f64>,
}

impl Bounded {
    /// A tensor known exactly: f32 inputs and weights.
    pub fn exact(shape: &[usize], value: impl IntoIterator<Item = f64>) -> Bounded {
        let value: Vec<f64> = value.into_iter().collect();
        Bounded { shape: shape.to_vec(), bound: vec![0.0; value.len()], value }
    }

    /// A tensor of these elements in row-major order.
    pub fn new(shape: impl Into<Vec<usize>>, elements: impl IntoIterator<Item = Element>) -> Bounded {
        let (value, bound) = elements.into_iter().unzip();
        Bounded { shape: shape.into(), value, bound }
    }

    /// A tensor of zeros.
    pub fn zeros(shape: &[usize]) -> Bounded {
        Bounded::exact(shape, std::iter::repeat_n(0.0, shape.iter().product()))
    }

    /// The element at a row-major position.
    pub fn at(&self, index: usize) -> Element {
        (self.value[index], self.bound[index])
    }

    /// Applies `f(value, bound) -> (value, bound)` to each element.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64, f64) -> Element) -> Bounded {
        Bounded::new(self.shape.clone(), self.value.iter().zip(&self.bound).map(|(&v, &b)| f(v, b)))
    }

    /// Replaces each line of elements along an axis by what `f` makes of it: `len` elements.
    #[must_use]
    pub fn map_lines(&self, axis: usize, len: usize, f: impl Fn(&[Element]) -> Vec<Element>) -> Bounded {
        let [outer, extent, inner] = super::shapes::around(&self.shape, axis);
        let mut shape = self.shape.clone();
        shape[axis] = len;
        let mut out = Bounded::zeros(&shape);
        for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
            let line: Vec<Element> = (0..extent).map(|k| self.at((o * extent + k) * inner + i)).collect();
            for (k, (value, bound)) in f(&line).into_iter().enumerate() {
                let at = (o * len + k) * inner + i;
                (out.value[at], out.bound[at]) = (value, bound);
            }
        }
        out
    }

    /// The same elements under another shape of as many.
    #[must_use]
    pub fn reshape(&self, shape: impl Into<Vec<usize>>) -> Bounded {
        Bounded { shape: shape.into(), ..self.clone() }
    }
}
