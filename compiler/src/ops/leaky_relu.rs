//! `leaky_relu`: x, and slope * x below 0 (Maas, Hannun and Ng 2013).

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::elementwise::{Elementwise, X};
use super::value::{Element, function, gamma};
use super::{Attr, Attributes, Call, CallError, Rng};
use crate::loops::expr::Expr;

/// Input: x of any shape. Result: the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakyRelu {
    /// Slope below 0; finite in f32.
    pub slope: f64,
}

impl Elementwise for LeakyRelu {
    const NAME: &'static str = "leaky_relu";
    const DOC: &'static str = "x, and slope * x below 0";
    const ARGS: &'static [ArgSpec] =
        &[ArgSpec { name: "slope", kind: ArgKind::Float, default: Default::Float(0.01), doc: "slope below 0" }];

    fn attributes(&self) -> Attributes {
        vec![("slope", Attr::Float(self.slope))]
    }

    fn from_call(call: &Call<'_>) -> Result<LeakyRelu, CallError> {
        Ok(LeakyRelu { slope: call.single("slope")? })
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<LeakyRelu, String> {
        Ok(LeakyRelu { slope: attributes.single("slope")? })
    }

    fn random(rng: &mut Rng) -> LeakyRelu {
        LeakyRelu { slope: rng.pick(&[0.01, 0.2, 0.0, 1.5, -0.5]) }
    }

    fn element(&self, x: Element) -> Element {
        let f = |x: f64| if x < 0.0 { self.slope * x } else { x };
        // The slope and the product; one of the two terms is 0.
        function(x, f, &[0.0], gamma(2))
    }

    fn expr(&self, x: X) -> X {
        x.clone().relu() + x.negative_part() * Expr::Const(self.slope as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        check(&LeakyRelu { slope: 0.25 }, &[(-2.0, -0.5), (0.0, 0.0), (3.0, 3.0), (f64::NAN, f64::NAN)]);
        check_carried(&LeakyRelu { slope: -0.5 }, 0.1, 0.5);
        check_carried(&LeakyRelu { slope: 2.0 }, -0.1, 0.5);
    }
}
