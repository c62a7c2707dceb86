//! What the source says about a value beyond its type: how training treats a weight, and what passes must not remove. Text
//! shows notes behind the type: `param @fc.weight: f32[10,64] freeze lr=10.0 init=kaiming`.

use std::fmt;

use super::Type;
use crate::ops::Attr;

/// Notes on a value. Those on weights act in training; `keep` is for the results of nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    /// Passes must not remove the value.
    pub keep: bool,
    /// Training does not change the weight.
    pub freeze: bool,
    /// The weight is not in the weights file yet: a merge has made it.
    pub new: bool,
    /// What the learning rate is multiplied by; positive.
    pub lr: Option<f64>,
    /// How training starts the weight.
    pub init: Option<Init>,
}

/// How training starts a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// One value.
    Fill(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform between minus and plus this.
    Uniform(f64),
    /// Normal with standard deviation sqrt(2 / inputs) (He et al. 2015, section 2.2).
    Kaiming,
    /// Uniform between minus and plus sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010, equation 16).
    Xavier,
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Init::Fill(value) => write!(f, "fill({})", Attr::Float(*value)),
            Init::Normal(std) => write!(f, "normal({})", Attr::Float(*std)),
            Init::Uniform(bound) => write!(f, "uniform({})", Attr::Float(*bound)),
            Init::Kaiming => f.write_str("kaiming"),
            Init::Xavier => f.write_str("xavier"),
        }
    }
}

/// The notes, each with a blank before it.
impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (set, word) in [(self.keep, "keep"), (self.freeze, "freeze"), (self.new, "new")] {
            if set {
                write!(f, " {word}")?;
            }
        }
        if let Some(lr) = self.lr {
            write!(f, " lr={}", Attr::Float(lr))?;
        }
        match self.init {
            Some(init) => write!(f, " init={init}"),
            None => Ok(()),
        }
    }
}

impl Notes {
    /// As a value holds them: nothing where they say nothing.
    pub fn boxed(self) -> Option<Box<Notes>> {
        (self != Notes::default()).then(|| Box::new(self))
    }

    /// What these notes, given for everything inside something, say about one weight: `init` is for weights that multiply,
    /// and scales with the number of inputs only where there are some.
    pub fn of_param(&self, suffix: &str, ty: &Type, state: bool) -> Notes {
        let fits = |init: &Init| match init {
            Init::Kaiming | Init::Xavier => ty.rank() >= 2,
            Init::Fill(_) | Init::Normal(_) | Init::Uniform(_) => true,
        };
        if state {
            return Notes { freeze: self.freeze, new: self.new, ..Notes::default() };
        }
        let init = self.init.filter(|init| suffix == "weight" && fits(init));
        Notes { keep: false, init, ..self.clone() }
    }

    /// Why no value can have these notes.
    ///
    /// # Errors
    /// A number is not finite, or not positive where it must be.
    pub fn check(&self) -> Result<(), &'static str> {
        let positive = |v: f64| v.is_finite() && v > 0.0;
        match self.init {
            Some(Init::Fill(v)) if !v.is_finite() => Err("is filled with what is no number"),
            Some(Init::Normal(v) | Init::Uniform(v)) if !positive(v) => {
                Err("starts from a spread that is not positive")
            }
            _ if self.lr.is_some_and(|lr| !positive(lr)) => Err("has a rate that is not positive"),
            _ => Ok(()),
        }
    }
}
