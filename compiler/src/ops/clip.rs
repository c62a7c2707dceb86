//! `clip`: min(max(x, min), max), where either may be left out; NaN stays NaN.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::elementwise::{Elementwise, X};
use super::value::Element;
use super::{Attr, Attributes, Call, CallError, Rng};
use crate::loops::expr::Expr;

/// Input: x of any shape. Result: the same shape. If `min` is above `max`, all is `max`.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// Lower end, if there is one; finite in f32.
    pub min: Option<f64>,
    /// Upper end, if there is one; finite in f32.
    pub max: Option<f64>,
}

impl Clip {
    /// The ends as f32.
    fn ends(&self) -> [Option<f32>; 2] {
        [self.min, self.max].map(|end| end.map(|v| v as f32))
    }
}

impl Elementwise for Clip {
    const NAME: &'static str = "clip";
    const DOC: &'static str = "min(max(x, min), max)";
    const ARGS: &'static [ArgSpec] = &[
        ArgSpec { name: "min", kind: ArgKind::Float, default: Default::None, doc: "lower end" },
        ArgSpec { name: "max", kind: ArgKind::Float, default: Default::None, doc: "upper end" },
    ];

    fn attributes(&self) -> Attributes {
        let ends = [("min", self.min), ("max", self.max)];
        ends.into_iter().filter_map(|(name, end)| Some((name, Attr::Float(end?)))).collect()
    }

    fn from_call(call: &Call<'_>) -> Result<Clip, CallError> {
        let end = |name| if call.has(name) { call.single(name).map(Some) } else { Ok(None) };
        let clip = Clip { min: end("min")?, max: end("max")? };
        match (clip.min, clip.max) {
            (None, None) => Err(CallError::argument("min", "`clip` has neither `min` nor `max`")
                .help("give one of them or both: `clip(min: 0, max: 6)`")),
            (Some(min), Some(max)) if min > max => {
                Err(CallError::argument("min", format!("`min` is {min:?}, which is above `max`, {max:?}"))
                    .help("exchange the two"))
            }
            _ => Ok(clip),
        }
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Clip, String> {
        let mut end = |name| if attributes.has(name) { attributes.single(name).map(Some) } else { Ok(None) };
        Ok(Clip { min: end("min")?, max: end("max")? })
    }

    fn random(rng: &mut Rng) -> Clip {
        let (min, max) = (rng.pick(&[-1.0, 0.1, 0.0]), rng.pick(&[0.3, 1.0, 6.0]));
        match rng.range(0, 2) {
            0 => Clip { min: Some(min), max: None },
            1 => Clip { min: None, max: Some(max) },
            _ => Clip { min: Some(min), max: Some(max) },
        }
    }

    fn element(&self, x: Element) -> Element {
        let [min, max] = self.ends();
        let raised = min.map(f64::from).filter(|&min| x.0 < min).unwrap_or(x.0);
        (max.map(f64::from).filter(|&max| raised > max).unwrap_or(raised), x.1)
    }

    fn expr(&self, x: X) -> X {
        let [min, max] = self.ends();
        let raised = min.into_iter().fold(x, |x, min| x.max(Expr::Const(min)));
        max.into_iter().fold(raised, |x, max| x.min(Expr::Const(max)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Type;
    use crate::ops::Declare;
    use crate::ops::call::ArgValue;
    use crate::ops::elementwise::tests::{check, check_carried};

    #[test]
    fn values() {
        let both = Clip { min: Some(-1.0), max: Some(2.0) };
        check(&both, &[(-5.0, -1.0), (0.5, 0.5), (f64::INFINITY, 2.0), (f64::NAN, f64::NAN)]);
        check(&Clip { min: None, max: Some(2.0) }, &[(-5.0, -5.0), (3.0, 2.0)]);
        check(&Clip { min: Some(2.0), max: None }, &[(-5.0, 2.0), (f64::INFINITY, f64::INFINITY)]);
        check_carried(&both, 1.9, 0.5);
    }

    #[test]
    fn ends_make_sense() {
        let x = Type::f32([1]);
        let error = |given: Vec<(&'static str, ArgValue)>| {
            <Clip as Declare>::from_call(&Call::new(&Clip::SIGNATURE, &[&x], given)).unwrap_err().message
        };
        assert_eq!(error(vec![]), "`clip` has neither `min` nor `max`");
        assert_eq!(
            error(vec![("min", ArgValue::Int(2)), ("max", ArgValue::Int(1))]),
            "`min` is 2.0, which is above `max`, 1.0"
        );
    }
}
