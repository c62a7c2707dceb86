//! Calls of operators: what source may write.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use super::Mismatch;
pub use super::reader::AttrReader;
use crate::graph::Type;

/// A compile-time value given to an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgValue {
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A string.
    Str(String),
    /// A list or tuple.
    List(Vec<ArgValue>),
}

/// What an argument accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// An integer.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// An integer for both directions, or `(height, width)`.
    Pair,
    /// An integer for all sides, `(height, width)`, `(top, left, bottom, right)`, `"same"` or `"valid"`.
    Pad,
    /// A list of integers.
    List,
    /// An integer or a list of them.
    Ints,
    /// A number for both directions, or `(height, width)`.
    Scale,
    /// One of these strings.
    Word(&'static [&'static str]),
}

impl ArgKind {
    /// What the kind accepts, for messages.
    pub fn describe(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            ArgKind::Int => "an integer",
            ArgKind::Float => "a number",
            ArgKind::Bool => "`true` or `false`",
            ArgKind::Pair => "an integer or a pair `(height, width)`",
            ArgKind::Pad => "an integer, `(height, width)`, `(top, left, bottom, right)`, \"same\" or \"valid\"",
            ArgKind::List => "a list of integers",
            ArgKind::Ints => "an integer or a list of integers",
            ArgKind::Scale => "a number or a pair `(height, width)`",
            ArgKind::Word(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
                return Cow::Owned(match quoted.split_last() {
                    Some((last, [])) => last.clone(),
                    Some((last, others)) => format!("{} or {last}", others.join(", ")),
                    None => String::new(),
                });
            }
        })
    }

    /// Whether a value is of this kind (ranges are the operator's business).
    pub fn accepts(self, value: &ArgValue) -> bool {
        let ints = |list: &[ArgValue], lengths: &[usize]| {
            lengths.contains(&list.len()) && list.iter().all(|v| matches!(v, ArgValue::Int(_)))
        };
        match (self, value) {
            (
                ArgKind::Int | ArgKind::Float | ArgKind::Pair | ArgKind::Pad | ArgKind::Ints | ArgKind::Scale,
                ArgValue::Int(_),
            ) => true,
            (ArgKind::Float | ArgKind::Scale, ArgValue::Float(_)) => true,
            (ArgKind::List | ArgKind::Ints, ArgValue::List(list)) => ints(list, &[list.len()]),
            (ArgKind::Scale, ArgValue::List(list)) => {
                list.len() == 2 && list.iter().all(|v| matches!(v, ArgValue::Int(_) | ArgValue::Float(_)))
            }
            (ArgKind::Word(words), ArgValue::Str(word)) => words.contains(&word.as_str()),
            (ArgKind::Bool, ArgValue::Bool(_)) => true,
            (ArgKind::Pair, ArgValue::List(list)) => ints(list, &[2]),
            (ArgKind::Pad, ArgValue::List(list)) => ints(list, &[2, 4]),
            (ArgKind::Pad, ArgValue::Str(s)) => s == "same" || s == "valid",
            _ => false,
        }
    }
}

/// The default of an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// The argument must be given.
    Required,
    /// This integer.
    Int(i64),
    /// This number.
    Float(f64),
    /// This truth value.
    Bool(bool),
    /// Nothing: the operator does without.
    None,
    /// Whatever this other argument is.
    SameAs(&'static str),
    /// This string.
    Word(&'static str),
}

/// One argument of an operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArgSpec {
    /// Its name.
    pub name: &'static str,
    /// What it accepts.
    pub kind: ArgKind,
    /// What it is when not given.
    pub default: Default,
    /// One line for people.
    pub doc: &'static str,
}

/// The tensors an operator takes before its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operands {
    /// These, by name.
    Fixed(&'static [&'static str]),
    /// These two, which broadcast: one of them may be a number.
    Broadcast(&'static [&'static str; 2]),
    /// One list of at least one tensor.
    List(&'static str),
}

/// A call in source: `name(operands, arguments)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signature {
    /// The operator's name.
    pub name: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// Tensors.
    pub operands: Operands,
    /// Compile-time arguments, in positional order.
    pub args: &'static [ArgSpec],
}

/// A parameter that a call creates below its weight path.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// The last part of its path: `weight`.
    pub suffix: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it is state (running statistics) rather than learnt by gradient.
    pub state: bool,
}

impl ParamSpec {
    /// A learnt parameter.
    pub fn weight(suffix: &'static str, shape: impl Into<Vec<usize>>) -> ParamSpec {
        ParamSpec { suffix, ty: Type::f32(shape), state: false }
    }

    /// A piece of state.
    pub fn state(suffix: &'static str, shape: impl Into<Vec<usize>>) -> ParamSpec {
        ParamSpec { suffix, ty: Type::f32(shape), state: true }
    }
}

/// Why a call cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The argument at fault; none: the operands.
    pub argument: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl CallError {
    /// An argument has a value that cannot be.
    pub fn argument(name: &'static str, message: impl Into<String>) -> CallError {
        CallError { argument: Some(name), message: message.into(), help: None }
    }

    /// The operand cannot be what it is.
    pub fn operand(message: impl Into<String>) -> CallError {
        CallError { argument: None, message: message.into(), help: None }
    }

    /// Adds a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> CallError {
        self.help = Some(help.into());
        self
    }
}

impl From<Mismatch> for CallError {
    /// Where a call runs into a shape rule, the operands are at fault.
    fn from(mismatch: Mismatch) -> CallError {
        CallError { argument: None, message: mismatch.message, help: mismatch.help }
    }
}

/// Padding as source gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadArg {
    /// Top, left, bottom, right.
    Explicit([usize; 4]),
    /// Output extent is the input's divided by the stride, rounded up; an odd rest goes to the bottom and right.
    Same,
    /// None.
    Valid,
}

/// Largest integer an attribute may have; keeps shape arithmetic far from overflow.
pub const MAX_ATTRIBUTE: i64 = 1 << 30;

/// A call whose arguments have been matched with the signature and are of the right kinds.
pub struct Call<'a> {
    /// Types of the tensors.
    pub operands: &'a [&'a Type],
    /// Values of all arguments that have one, defaults filled in.
    values: BTreeMap<&'static str, ArgValue>,
}

impl<'a> Call<'a> {
    /// Fills in defaults. `given` holds the arguments by name; each must be accepted by its kind, and every required one
    /// be present (the resolver has reported otherwise).
    pub fn new(signature: &Signature, operands: &'a [&'a Type], given: Vec<(&'static str, ArgValue)>) -> Call<'a> {
        let mut values: BTreeMap<&'static str, ArgValue> = given.into_iter().collect();
        for arg in signature.args {
            if values.contains_key(arg.name) {
                continue;
            }
            let default = match arg.default {
                Default::Required | Default::None => continue,
                Default::Word(word) => ArgValue::Str(word.to_string()),
                Default::Int(v) => ArgValue::Int(v),
                Default::Float(v) => ArgValue::Float(v),
                Default::Bool(v) => ArgValue::Bool(v),
                Default::SameAs(other) => match values.get(other) {
                    Some(value) => value.clone(),
                    None => continue,
                },
            };
            values.insert(arg.name, default);
        }
        Call { operands, values }
    }

    fn get(&self, name: &'static str) -> Result<&ArgValue, CallError> {
        self.values.get(name).ok_or_else(|| CallError::argument(name, format!("`{name}` is missing")))
    }

    /// An integer between `low` and [`MAX_ATTRIBUTE`].
    ///
    /// # Errors
    /// It is out of range.
    pub fn int(&self, name: &'static str, low: i64) -> Result<usize, CallError> {
        match self.get(name)? {
            ArgValue::Int(v) => in_range(name, *v, low),
            _ => Err(CallError::argument(name, format!("`{name}` must be {}", ArgKind::Int.describe()))),
        }
    }

    /// Whether an argument has a value: it is given or has a default.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether an argument is a list.
    pub fn is_list(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(ArgValue::List(_)))
    }

    /// Signed integers: one, or a list of them.
    ///
    /// # Errors
    /// It is something else, or one is beyond [`MAX_ATTRIBUTE`].
    pub fn signed_list(&self, name: &'static str) -> Result<Vec<i64>, CallError> {
        let list = match self.get(name)? {
            ArgValue::List(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        list.iter()
            .map(|value| match value {
                ArgValue::Int(v) if *v < 0 => Ok((*v).max(-MAX_ATTRIBUTE)),
                ArgValue::Int(v) => in_range(name, *v, 0).map(|v| v as i64),
                _ => Err(CallError::argument(name, format!("`{name}` must hold integers"))),
            })
            .collect()
    }

    /// One of the words that the argument's kind lists.
    ///
    /// # Errors
    /// It is something else.
    pub fn word(&self, name: &'static str) -> Result<&str, CallError> {
        match self.get(name)? {
            ArgValue::Str(word) => Ok(word),
            _ => Err(CallError::argument(name, format!("`{name}` must be a string"))),
        }
    }

    /// Finite numbers for height and width.
    ///
    /// # Errors
    /// One is not a number.
    pub fn numbers(&self, name: &'static str) -> Result<[f64; 2], CallError> {
        let number = |value: &ArgValue| match value {
            ArgValue::Int(v) => Ok(*v as f64),
            ArgValue::Float(v) if v.is_finite() => Ok(*v),
            _ => Err(CallError::argument(name, format!("`{name}` must be {}", ArgKind::Scale.describe()))),
        };
        match self.get(name)? {
            ArgValue::List(list) => match &list[..] {
                [h, w] => Ok([number(h)?, number(w)?]),
                _ => Err(CallError::argument(name, format!("`{name}` must be {}", ArgKind::Scale.describe()))),
            },
            one => number(one).map(|v| [v, v]),
        }
    }

    /// A signed integer.
    ///
    /// # Errors
    /// It is not an integer.
    pub fn signed(&self, name: &'static str) -> Result<i64, CallError> {
        match self.get(name)? {
            ArgValue::Int(v) => Ok(*v),
            _ => Err(CallError::argument(name, format!("`{name}` must be {}", ArgKind::Int.describe()))),
        }
    }

    /// A finite number.
    ///
    /// # Errors
    /// It is not a number.
    pub fn float(&self, name: &'static str) -> Result<f64, CallError> {
        match self.get(name)? {
            ArgValue::Int(v) => Ok(*v as f64),
            ArgValue::Float(v) if v.is_finite() => Ok(*v),
            _ => Err(CallError::argument(name, format!("`{name}` must be a finite number"))),
        }
    }

    /// A number that f32 can hold.
    ///
    /// # Errors
    /// It is not a number, or too large.
    pub fn single(&self, name: &'static str) -> Result<f64, CallError> {
        let value = self.float(name)?;
        if (value as f32).is_finite() {
            return Ok(value);
        }
        Err(CallError::argument(name, format!("`{name}` must be finite in f32, found {value:?}"))
            .help(format!("the largest number of f32 is {:e}", f32::MAX)))
    }

    /// A truth value.
    ///
    /// # Errors
    /// It is something else.
    pub fn bool(&self, name: &'static str) -> Result<bool, CallError> {
        match self.get(name)? {
            ArgValue::Bool(v) => Ok(*v),
            _ => Err(CallError::argument(name, format!("`{name}` must be {}", ArgKind::Bool.describe()))),
        }
    }

    /// Signed integers, one or a list.
    ///
    /// # Errors
    /// It is neither.
    pub fn signed_ints(&self, name: &'static str) -> Result<Vec<i64>, CallError> {
        let wrong = || CallError::argument(name, format!("`{name}` must be {}", ArgKind::Ints.describe()));
        let one = |value: &ArgValue| match value {
            ArgValue::Int(v) => Ok(*v),
            _ => Err(wrong()),
        };
        match self.get(name)? {
            ArgValue::List(list) => list.iter().map(one).collect(),
            value => Ok(vec![one(value)?]),
        }
    }

    /// Height and width, each at least `low`.
    ///
    /// # Errors
    /// One is out of range.
    pub fn pair(&self, name: &'static str, low: i64) -> Result<[usize; 2], CallError> {
        match self.get(name)? {
            ArgValue::Int(v) => in_range(name, *v, low).map(|v| [v, v]),
            ArgValue::List(list) => match ints(name, list, low)?[..] {
                [h, w] => Ok([h, w]),
                _ => Err(CallError::argument(name, format!("`{name}` must be {}", ArgKind::Pair.describe()))),
            },
            _ => Err(CallError::argument(name, format!("`{name}` must be {}", ArgKind::Pair.describe()))),
        }
    }

    /// Height and width of a window over an operand of this rank, each at least `low`. Over a sequence, of rank 3, one number, which is
    /// the width; the height is `low`.
    ///
    /// # Errors
    /// One is out of range, or there is a height and should be none.
    pub fn spatial(&self, name: &'static str, low: i64, rank: usize) -> Result<[usize; 2], CallError> {
        match self.pair(name, low)? {
            pair if rank != 3 => Ok(pair),
            [_, width] if matches!(self.get(name)?, ArgValue::Int(_)) => Ok([low.max(0) as usize, width]),
            [_, width] => Err(width_only(name, width)),
        }
    }

    /// [`Call::numbers`] for an operand of this rank: over a sequence, of rank 3, one number, which is for the width, and 1 for the height.
    ///
    /// # Errors
    /// One is not a number, or there is one for a height and should be none.
    pub fn spatial_numbers(&self, name: &'static str, rank: usize) -> Result<[f64; 2], CallError> {
        let [height, width] = self.numbers(name)?;
        if rank == 3 && self.is_list(name) {
            return Err(width_only(name, width));
        }
        Ok([if rank == 3 { 1.0 } else { height }, width])
    }

    /// [`Call::pad`] for an operand of this rank: over a sequence, of rank 3, a pair is (left, right).
    ///
    /// # Errors
    /// As [`Call::pad`], or there is padding in height and should be none.
    pub fn spatial_pad(&self, name: &'static str, rank: usize) -> Result<PadArg, CallError> {
        let pad = self.pad(name)?;
        match (pad, self.get(name)?) {
            (PadArg::Explicit([left, right, ..]), ArgValue::List(list)) if rank == 3 => match list.len() {
                2 => Ok(PadArg::Explicit([0, left, 0, right])),
                _ => Err(CallError::argument(name, format!("`{name}` over a tensor of rank 3 has two sides"))
                    .help("there is a width only: give one number for both sides, or `(left, right)`")),
            },
            (PadArg::Explicit([_, both, ..]), _) if rank == 3 => Ok(PadArg::Explicit([0, both, 0, both])),
            _ => Ok(pad),
        }
    }

    /// Padding.
    ///
    /// # Errors
    /// It is none of the forms, or negative.
    pub fn pad(&self, name: &'static str) -> Result<PadArg, CallError> {
        let wrong = || CallError::argument(name, format!("`{name}` must be {}", ArgKind::Pad.describe()));
        match self.get(name)? {
            ArgValue::Int(v) => in_range(name, *v, 0).map(|v| PadArg::Explicit([v; 4])),
            ArgValue::List(list) => match ints(name, list, 0)?[..] {
                [h, w] => Ok(PadArg::Explicit([h, w, h, w])),
                [t, l, b, r] => Ok(PadArg::Explicit([t, l, b, r])),
                _ => Err(wrong()),
            },
            ArgValue::Str(s) if s == "same" => Ok(PadArg::Same),
            ArgValue::Str(s) if s == "valid" => Ok(PadArg::Valid),
            _ => Err(wrong()),
        }
    }
}

/// A pair is given where there is no height.
fn width_only(name: &'static str, width: impl Display) -> CallError {
    CallError::argument(name, format!("`{name}` over a tensor of rank 3 is one number"))
        .help(format!("there is a width only: `{name}: {width}`"))
}

fn in_range(name: &'static str, value: i64, low: i64) -> Result<usize, CallError> {
    if value < low {
        return Err(CallError::argument(name, format!("`{name}` must be at least {low}, not {value}")).help(format!(
            "give `{name}` an integer from {low}; where it is computed, look at what it is computed from"
        )));
    }
    if value > MAX_ATTRIBUTE {
        return Err(CallError::argument(name, format!("`{name}` must be at most {MAX_ATTRIBUTE}, not {value}"))
            .help("no network needs as much: look at what it is computed from"));
    }
    Ok(value as usize)
}

fn ints(name: &'static str, list: &[ArgValue], low: i64) -> Result<Vec<usize>, CallError> {
    list.iter()
        .map(|v| match v {
            ArgValue::Int(v) => in_range(name, *v, low),
            _ => Err(CallError::argument(name, format!("`{name}` must hold integers"))),
        })
        .collect()
}
