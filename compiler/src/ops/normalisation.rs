//! What the normalisations share: mean and variance in two passes, and the loops for both.

use super::call::{ArgKind, ArgSpec, Default};
use super::value::{Bounded, Element, Sum, product, rounded, sum};
use super::{Call, CallError, ParamSpec};
use crate::graph::Type;
use crate::loops::expr::{Expr, Unary};
use crate::loops::stage::{Combine, Kind, Lowering, Operand, Place, Stage};

/// `eps` of a normalisation.
pub const EPS: ArgSpec =
    ArgSpec { name: "eps", kind: ArgKind::Float, default: Default::Float(1e-5), doc: "added to the variance" };
/// `affine` of a normalisation.
pub const AFFINE: ArgSpec = ArgSpec {
    name: "affine",
    kind: ArgKind::Bool,
    default: Default::Bool(true),
    doc: "multiply by a learnt weight, add a learnt bias",
};

/// The argument `eps`, not negative.
///
/// # Errors
/// It is negative or beyond f32.
pub fn eps(call: &Call<'_>) -> Result<f64, CallError> {
    let eps = call.float("eps")?;
    match fault(eps) {
        None => Ok(eps),
        Some(found) => Err(CallError::argument("eps", format!("`eps` {found}")).help("1e-5 is what most networks use")),
    }
}

/// What is wrong with an `eps`.
pub fn fault(eps: f64) -> Option<String> {
    (!(0.0..=f64::from(f32::MAX)).contains(&eps)).then(|| format!("must not be negative nor beyond f32, found {eps:?}"))
}

/// Weight and bias of this shape, if the argument `affine` asks for them.
///
/// # Errors
/// The argument is something else.
pub fn affine(call: &Call<'_>, shape: &[usize]) -> Result<Vec<ParamSpec>, CallError> {
    let params = || ["weight", "bias"].map(|suffix| ParamSpec::weight(suffix, shape)).to_vec();
    Ok(if call.bool("affine")? { params() } else { Vec::new() })
}

/// 1 / value, where an evaluation in f32 finds `least` at least: NaN where the value is.
pub fn reciprocal((value, bound): Element, least: f64) -> Element {
    let inverse = 1.0 / value;
    // The lower end is the farther one.
    (inverse, 1.0 / (value - bound).max(least) - inverse)
}

/// The elements less their mean, over the root of their variance and `eps`. The variance is the mean of squared deviations.
pub fn normalised(x: &[Element], eps: f64) -> Vec<Element> {
    let mut total = Sum::default();
    x.iter().for_each(|&x| total.add(x));
    let mean = total.mean(x.len());
    let deviations: Vec<Element> = x
        .iter()
        .map(|&x| {
            let (deviation, carried) = sum(x, (-mean.0, mean.1));
            rounded(deviation, carried, 1)
        })
        .collect();
    let mut squares = Sum::default();
    deviations.iter().for_each(|&d| squares.add_product(d, d));
    let variance = squares.mean(x.len());
    let base = (variance.0 + eps, variance.1);
    // However wrong, a sum of squares is not negative.
    let root = (base.0.sqrt(), base.0.sqrt() - (base.0 - base.1).max(eps).max(0.0).sqrt());
    let (inverse, carried) = reciprocal(root, eps.sqrt());
    // eps rounded and added, the root, the division.
    let inverse = rounded(inverse, carried, 4);
    let scaled = deviations.iter().map(|&deviation| {
        let (value, carried) = product(deviation, inverse);
        rounded(value, carried, 1)
    });
    scaled.collect()
}

/// value * weight + bias, or the value.
pub fn affine_element(value: Element, params: &[&Bounded], index: usize) -> Element {
    let [weight, bias] = params else { return value };
    let mut terms = Sum::default();
    terms.add_product(value, weight.at(index));
    terms.add(bias.at(index));
    terms.finish(0)
}

/// x * weight + bias, over `Operand(0)` to `Operand(2)`.
pub fn affine_expr(value: Expr<Operand>, first: usize) -> Expr<Operand> {
    Expr::mul_add(value, Expr::Leaf(Operand(first)), Expr::Leaf(Operand(first + 1)))
}

/// Adds the stages that normalise `x` of type `ty` over its dimensions from `axis` on. `result` receives the squares of deviations and
/// then, by the last stage, the normalised elements, times a weight and plus a bias where `params` has them; both have the shape of
/// what is normalised, or one that is broadcast to it. `result` is of the type of `x`, and not a reshaped view of it.
pub fn lower(lowering: &mut Lowering, x: Place, ty: &Type, axis: usize, eps: f64, result: Place, params: &[Place]) {
    let mut reduced = ty.clone();
    reduced.shape[axis..].fill(1);
    let count: usize = ty.shape[axis..].iter().product();
    let first = lowering.temps.len();
    lowering.temps.extend([reduced.clone(), ty.clone(), reduced]);
    let [mean, deviation, inverse] = [0, 1, 2].map(|i| Place::Temp(first + i));
    let leaf = |i| Expr::Leaf(Operand(i));
    let share = Expr::Const((1.0 / count as f64) as f32);
    let reduce = |finish| Kind::Reduce { axes: (axis..ty.rank()).collect(), combine: Combine::Sum, finish };
    let root = Expr::unary(Unary::Sqrt, leaf(0) * share.clone() + Expr::Const(eps as f32));
    let mut last = leaf(0) * leaf(1);
    if !params.is_empty() {
        last = affine_expr(last, 2);
    }
    let stage = |kind, reads, write| Stage { kind, reads, write };
    lowering.stages.extend([
        stage(reduce(leaf(0) * share), vec![x], mean),
        stage(Kind::Pointwise(leaf(0) - leaf(1)), vec![x, mean], deviation),
        stage(Kind::Pointwise(leaf(0) * leaf(0)), vec![deviation], result),
        stage(reduce(Expr::Const(1.0) / root), vec![result], inverse),
        stage(Kind::Pointwise(last), [&[deviation, inverse], params].concat(), result),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: &[f64], eps: f64, expected: &[f64]) {
        let x: Vec<Element> = x.iter().map(|&v| (v, 0.0)).collect();
        for ((value, bound), expected) in normalised(&x, eps).into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-9, "{value} instead of {expected}");
            assert!((1e-8..1e-3).contains(&bound), "{bound}");
        }
    }

    #[test]
    fn deviations_over_their_size() {
        check(&[1.0, 3.0], 0.0, &[-1.0, 1.0]);
        check(&[1.0, 3.0], 3.0, &[-0.5, 0.5]);
        check(&[2.0, 2.0, 2.0], 1e-5, &[0.0; 3]);
    }

    #[test]
    fn nothing_is_known_of_a_variance_of_nothing() {
        assert!(
            normalised(&[(1.0, 0.0), (1.0, 1e-9)], 0.0)
                .iter()
                .all(|(value, bound)| value.is_nan() || bound.is_infinite())
        );
        let nan = normalised(&[(f64::NAN, 0.0), (1.0, 0.0)], 1e-5);
        assert!(nan.iter().all(|(value, bound)| value.is_nan() && !bound.is_nan()), "{nan:?}");
    }
}
