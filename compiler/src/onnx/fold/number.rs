//! The value of an operation in each element type, as ONNX says, and numpy and onnxruntime where it leaves that open: floats are rounded
//! to the type after each operation, integers wrap. What the two do differently is refused.

use half::{bf16, f16};

use super::super::tensor::{Element, element_name};

/// An element of a known tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Number {
    Float(f64),
    Int(i128),
}

use Number::{Float, Int};

/// Why an operation has no value here, as what follows the operator's name in the report of what is not supported.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Refusal(pub(in super::super) String);

impl Number {
    pub(in super::super) fn to_f64(self) -> f64 {
        match self {
            Float(value) => value,
            Int(value) => value as f64,
        }
    }

    fn is_zero(self) -> bool {
        match self {
            Float(value) => value == 0.0,
            Int(value) => value == 0,
        }
    }

    fn shown(self) -> String {
        match self {
            Float(value) => format!("{value:?}"),
            Int(value) => value.to_string(),
        }
    }
}

/// f64 to f32 in such a way that rounding to fewer digits gives what rounding at once does: what lies between two numbers becomes the odd
/// one of them.
fn to_odd(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) == value || !near.is_finite() {
        return near;
    }
    let below = f32::from_bits(near.to_bits() - u32::from(f64::from(near.abs()) > value.abs()));
    f32::from_bits(below.to_bits() | 1)
}

impl Element {
    /// The least and the largest integer of the type; none for floats.
    fn limits(self) -> Option<(i128, i128)> {
        Some(match self {
            Element::Bool => (0, 1),
            Element::U8 => (u8::MIN.into(), u8::MAX.into()),
            Element::I8 => (i8::MIN.into(), i8::MAX.into()),
            Element::U16 => (u16::MIN.into(), u16::MAX.into()),
            Element::I16 => (i16::MIN.into(), i16::MAX.into()),
            Element::U32 => (u32::MIN.into(), u32::MAX.into()),
            Element::I32 => (i32::MIN.into(), i32::MAX.into()),
            Element::U64 => (u64::MIN.into(), u64::MAX.into()),
            Element::I64 => (i64::MIN.into(), i64::MAX.into()),
            Element::F16 | Element::BF16 | Element::F32 | Element::F64 => return None,
        })
    }

    /// What no number of the type is less than, or larger.
    pub(super) fn extreme(self, largest: bool) -> Number {
        match self.limits() {
            Some((least, most)) => Int(if largest { most } else { least }),
            None => Float(if largest { f64::INFINITY } else { f64::NEG_INFINITY }),
        }
    }

    /// The nearest float of the type.
    pub(in super::super) fn rounded(self, value: f64) -> f64 {
        match self {
            Element::F16 => f16::from_f32(to_odd(value)).to_f64(),
            Element::BF16 => bf16::from_f32(to_odd(value)).to_f64(),
            Element::F32 => f64::from(value as f32),
            _ => value,
        }
    }

    /// The integer of the type with the same low bits.
    fn wrapped(self, value: i128) -> i128 {
        let Some((least, most)) = self.limits() else { return value };
        least + value.wrapping_sub(least).rem_euclid(most - least + 1)
    }

    /// A number of the type from one that holds it or is to be rounded or wrapped.
    fn held(self, number: Number) -> Number {
        match number {
            Float(value) => Float(self.rounded(value)),
            Int(value) => Int(self.wrapped(value)),
        }
    }

    /// The integer, where the type has it.
    fn fitting(self, value: i128) -> Option<Number> {
        self.limits().filter(|&(least, most)| (least..=most).contains(&value)).map(|_| Int(value))
    }

    /// A float without its fraction, where the type has it.
    fn truncated(self, value: f64) -> Option<Number> {
        // Beyond, the conversion would yield the largest i128, which no type has.
        if value.is_nan() { None } else { self.fitting(value.trunc() as i128) }
    }

    pub(super) fn name(self) -> String {
        element_name(self as i64)
    }

    /// A number of any type as one of this.
    pub(in super::super) fn cast(self, number: Number) -> Result<Number, Refusal> {
        match (number, self.limits()) {
            (_, Some(_)) if self == Element::Bool => Ok(Int(i128::from(!number.is_zero()))),
            (Int(value), Some(_)) => Ok(Int(self.wrapped(value))),
            (Float(value), Some(_)) => self
                .truncated(value)
                .ok_or_else(|| Refusal(format!("of {} to {}, which cannot hold it", number.shown(), self.name()))),
            (Float(value), None) => Ok(Float(self.rounded(value))),
            (Int(value), None) if self == Element::F64 => Ok(Float(value as f64)),
            // Integers become f32 at once.
            (Int(value), None) => Ok(Float(self.rounded(f64::from(value as f32)))),
        }
    }
}

/// Operations of two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    /// With the sign of the divisor.
    Modulo,
    /// With the sign of the dividend.
    Remainder,
    Pow,
    Max,
    Min,
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    And,
    Or,
}

impl Binary {
    /// Whether the result is true or false.
    pub(super) fn is_test(self) -> bool {
        use Binary::{And, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Or};
        matches!(self, Equal | Less | Greater | LessOrEqual | GreaterOrEqual | And | Or)
    }

    /// Whether it has values in the type.
    pub(super) fn check(self, element: Element) -> Result<(), Refusal> {
        let is_bool = element == Element::Bool;
        let fits = match self {
            Binary::And | Binary::Or => is_bool,
            Binary::Equal => true,
            Binary::Modulo => !is_bool && !element.is_float(),
            _ => !is_bool,
        };
        let how = if self == Binary::Modulo { " with fmod 0" } else { "" };
        if fits { Ok(()) } else { Err(Refusal(format!("of {} values{how}", element.name()))) }
    }

    /// For numbers of the type; the exponent of a power may be of another.
    pub(super) fn value(self, element: Element, a: Number, b: Number) -> Result<Number, Refusal> {
        let test = |holds: bool| Ok(Int(i128::from(holds)));
        let refused = |why: &str| {
            let (a, b) = (a.shown(), b.shown());
            Refusal(format!("of {} values, here {a} and {b}, {why}", element.name()))
        };
        let ordering = match (a, b) {
            (Int(a), Int(b)) => Some(a.cmp(&b)),
            _ => a.to_f64().partial_cmp(&b.to_f64()),
        };
        match self {
            Binary::Equal => test(ordering.is_some_and(|ordering| ordering.is_eq())),
            Binary::Less => test(ordering.is_some_and(|ordering| ordering.is_lt())),
            Binary::Greater => test(ordering.is_some_and(|ordering| ordering.is_gt())),
            Binary::LessOrEqual => test(ordering.is_some_and(|ordering| ordering.is_le())),
            Binary::GreaterOrEqual => test(ordering.is_some_and(|ordering| ordering.is_ge())),
            Binary::And => test(!a.is_zero() && !b.is_zero()),
            Binary::Or => test(!a.is_zero() || !b.is_zero()),
            Binary::Max | Binary::Min => Ok(match ordering {
                None => Float(f64::NAN),
                Some(ordering) if ordering.is_lt() == (self == Binary::Max) => b,
                Some(_) => a,
            }),
            Binary::Pow => match (a, b) {
                (Float(a), b) => Ok(Float(element.rounded(a.powf(b.to_f64())))),
                (Int(a), Int(b)) => {
                    let power = u32::try_from(b).ok().and_then(|b| a.checked_pow(b));
                    power
                        .and_then(|power| element.fitting(power))
                        .ok_or_else(|| refused("whose power is no such value"))
                }
                (Int(a), Float(b)) => {
                    element.truncated((a as f64).powf(b)).ok_or_else(|| refused("whose power is no such value"))
                }
            },
            _ => match (a, b) {
                (Float(a), Float(b)) => Ok(Float(element.rounded(self.float(a, b)))),
                (Int(a), Int(b)) => {
                    let result = self.int(a, b).ok_or_else(|| refused("which is a division by 0"))?;
                    Ok(element.held(Int(result)))
                }
                _ => Err(refused("which are not of one type")),
            },
        }
    }

    fn float(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            _ => a % b,
        }
    }

    /// Before it is wrapped; none for a division by 0.
    fn int(self, a: i128, b: i128) -> Option<i128> {
        match self {
            Binary::Add => Some(a + b),
            Binary::Sub => Some(a - b),
            // Its low bits are all that counts.
            Binary::Mul => Some(a.wrapping_mul(b)),
            Binary::Div => a.checked_div(b),
            Binary::Remainder => a.checked_rem(b),
            _ => a.checked_rem(b).map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }),
        }
    }
}

/// Operations of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unary {
    Neg,
    Abs,
    Sign,
    Not,
    Sqrt,
    Exp,
    Log,
    Floor,
    Ceil,
    Round,
    Reciprocal,
}

impl Unary {
    /// Whether it has values in the type.
    pub(super) fn check(self, element: Element) -> Result<(), Refusal> {
        let is_unsigned = matches!(element, Element::U8 | Element::U16 | Element::U32 | Element::U64);
        let is_bool = element == Element::Bool;
        let fits = match self {
            Unary::Not => is_bool,
            Unary::Abs | Unary::Sign => !is_bool,
            Unary::Neg => !is_bool && !is_unsigned,
            _ => element.is_float(),
        };
        if fits { Ok(()) } else { Err(Refusal(format!("of {} values", element.name()))) }
    }

    /// For a number of the type.
    pub(super) fn value(self, element: Element, x: Number) -> Number {
        let result = match (self, x) {
            (Unary::Neg, Int(x)) => Int(-x),
            (Unary::Neg, Float(x)) => Float(-x),
            (Unary::Abs, Int(x)) => Int(x.abs()),
            (Unary::Abs, Float(x)) => Float(x.abs()),
            (Unary::Sign, Int(x)) => Int(x.signum()),
            (Unary::Sign, Float(x)) => Float(if x == 0.0 { 0.0 } else { x.signum() }),
            (Unary::Not, x) => Int(i128::from(x.is_zero())),
            (_, x) => {
                let x = x.to_f64();
                Float(match self {
                    Unary::Sqrt => x.sqrt(),
                    Unary::Exp => x.exp(),
                    Unary::Log => x.ln(),
                    Unary::Floor => x.floor(),
                    Unary::Ceil => x.ceil(),
                    Unary::Round => x.round_ties_even(),
                    _ => 1.0 / x,
                })
            }
        };
        element.held(result)
    }
}
