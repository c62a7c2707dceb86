//! `pow`: x^exponent; NaN where x < 0 and the exponent is no integer.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::elementwise::{Elementwise, X};
use super::value::{Element, power};
use super::{Attr, Attributes, Call, CallError, Rng};

/// Input: x of any shape. Result: the same shape. Multiples of 1/4 up to 16 are products and square roots, with one rounding a factor;
/// others are exp(exponent * log(x)), where an error of 6 ULP of exponent * log(x) becomes relative to the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Pow {
    /// The exponent, not 0; rounded to f32, in which it is finite.
    pub exponent: f64,
}

impl Pow {
    fn checked(exponent: f64) -> Result<Pow, &'static str> {
        if exponent as f32 == 0.0 {
            Err("must not be 0: the result would be 1 whatever x is")
        } else {
            Ok(Pow { exponent })
        }
    }
}

impl Elementwise for Pow {
    const NAME: &'static str = "pow";
    const DOC: &'static str = "x^exponent; NaN where x < 0 and the exponent is no integer";
    const ARGS: &'static [ArgSpec] =
        &[ArgSpec { name: "exponent", kind: ArgKind::Float, default: Default::Required, doc: "the exponent, not 0" }];

    fn attributes(&self) -> Attributes {
        vec![("exponent", Attr::Float(self.exponent))]
    }

    fn from_call(call: &Call<'_>) -> Result<Pow, CallError> {
        Pow::checked(call.single("exponent")?).map_err(|why| {
            CallError::argument("exponent", format!("`exponent` {why}"))
                .help("leave the operator out, or see how it is computed")
        })
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Pow, String> {
        Pow::checked(attributes.single("exponent")?).map_err(|why| format!("attribute `exponent` {why}"))
    }

    fn random(rng: &mut Rng) -> Pow {
        Pow { exponent: rng.pick(&[2.0, 3.0, 0.5, -1.0, -0.5, 1.5, 7.0, -2.0, 0.25, 0.3, 1.7, 17.0, 18.0]) }
    }

    fn element(&self, x: Element) -> Element {
        power(x, self.exponent as f32)
    }

    fn expr(&self, x: X) -> X {
        x.pow(self.exponent as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        let pow = |exponent| Pow { exponent };
        check(&pow(2.0), &[(-3.0, 9.0), (0.0, 0.0), (f64::NAN, f64::NAN)]);
        check(&pow(-3.0), &[(-2.0, -0.125), (0.0, f64::INFINITY)]);
        check(&pow(1.5), &[(4.0, 8.0), (-4.0, f64::NAN), (0.0, 0.0)]);
        check(&pow(17.0), &[(-2.0, -131_072.0), (0.0, 0.0)]);
        check(&pow(0.5), &[(9.0, 3.0), (f64::INFINITY, f64::INFINITY), (f64::NEG_INFINITY, f64::NAN)]);
        check_carried(&pow(2.0), 0.1, 0.5);
        check_carried(&pow(-1.0), 2.0, 0.5);
        check_carried(&pow(1.7), 2.0, 0.5);
    }

    #[test]
    fn nothing_is_known_around_a_pole() {
        assert_eq!(Elementwise::element(&Pow { exponent: -1.0 }, (0.1, 0.2)).1, f64::INFINITY);
        assert_eq!(Elementwise::element(&Pow { exponent: 0.5 }, (-0.1, 0.2)), (0.0, f64::INFINITY));
    }
}
