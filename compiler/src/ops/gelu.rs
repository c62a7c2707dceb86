//! `gelu`: x times the normal distribution function (Hendrycks and Gimpel 2016), or the approximation by tanh that came with it.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::elementwise::{Elementwise, X};
use super::value::{Element, FUNCTION, U, UNDERFLOW, closed, function};
use super::{Attr, Attributes, Call, CallError, Rng};
use crate::loops::expr::{Expr, Unary};

/// Input: x of any shape. Result: the same shape. The exact form is within 4 ULP; in the approximation the rounding of its argument
/// is relative to the result: about 2 x^2 (1 + x^2 / 22) roundings below 0, where the result tends to 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Gelu {
    /// The approximation.
    pub tanh: bool,
}

/// Where the exact form and the approximation are least.
const TURNS: [f64; 2] = [-0.751_791_524_693_564_5, -0.752_461_422_071_016_3];

/// 2 sqrt(2 / pi): the argument's slope at 0.
const SLOPE: f64 = 2.0 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
/// The cube's share in the argument.
const CUBE: f64 = 0.044_715;

/// The approximation's argument: (1 + tanh(y / 2)) / 2 is the sigmoid of y.
fn argument(x: f64) -> f64 {
    SLOPE * x * (1.0 + CUBE * x * x)
}

impl Elementwise for Gelu {
    const NAME: &'static str = "gelu";
    const DOC: &'static str = "x times the normal distribution function of x";
    const ARGS: &'static [ArgSpec] = &[ArgSpec {
        name: "tanh",
        kind: ArgKind::Bool,
        default: Default::Bool(false),
        doc: "its approximation x / 2 * (1 + tanh(0.79788 * (x + 0.044715 * x^3)))",
    }];

    fn attributes(&self) -> Attributes {
        vec![("tanh", Attr::Bool(self.tanh))]
    }

    fn from_call(call: &Call<'_>) -> Result<Gelu, CallError> {
        Ok(Gelu { tanh: call.bool("tanh")? })
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Gelu, String> {
        Ok(Gelu { tanh: attributes.bool("tanh")? })
    }

    fn random(rng: &mut Rng) -> Gelu {
        Gelu { tanh: rng.flip() }
    }

    fn element(&self, x: Element) -> Element {
        let (value, bound) = if self.tanh {
            // The sigmoid changes by at most what its argument does, relatively, and less where it is near 1.
            let least = x.0 - x.1;
            let steep = if least < 0.0 { argument(least).abs() } else { 1.0 };
            let relative = FUNCTION + (6.0 * U * steep).exp_m1() + 2.0 * U;
            function(x, |x| x * Unary::Sigmoid.of(argument(x)), &[TURNS[1]], relative)
        } else {
            function(x, |x| x * Unary::NormalCdf.of(x), &[TURNS[0]], FUNCTION)
        };
        // Where the factor underflows, x magnifies what is lost.
        closed(value, bound + (x.0.abs() + x.1) * UNDERFLOW)
    }

    fn expr(&self, x: X) -> X {
        if !self.tanh {
            return x.clone() * x.then(Unary::NormalCdf);
        }
        let [slope, cube] = [SLOPE, SLOPE * CUBE].map(|v| Expr::Const(v as f32));
        let argument = x.clone() * Expr::mul_add(x.clone() * x.clone(), cube, slope);
        x * argument.then(Unary::Sigmoid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        let ends = [(0.0, 0.0), (40.0, 40.0), (f64::INFINITY, f64::INFINITY), (f64::NAN, f64::NAN)];
        let (exact, approximation) = (Gelu { tanh: false }, Gelu { tanh: true });
        check(&exact, &ends);
        check(&approximation, &ends);
        // The normal distribution function of 1.
        check(&exact, &[(1.0, 0.841_344_746_068_542_9), (-1.0, -0.158_655_253_931_457_05)]);
        let tanh = |x: f64| 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044_715 * x.powi(3))).tanh());
        check(&approximation, &[(1.0, tanh(1.0)), (-1.0, tanh(-1.0))]);
        for gelu in [exact, approximation] {
            check_carried(&gelu, -0.7, 0.5);
            check_carried(&gelu, 2.0, 1.0);
        }
    }
}
