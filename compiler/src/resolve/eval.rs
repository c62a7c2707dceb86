//! Arithmetic and comparison of compile-time values. Integers are checked, floats stay finite.

use rebirth_lang::ast::BinaryOp;
use rebirth_lang::codes::Code;

use super::codes;
use super::value::{BYTES_A_STEP, Budget, MAX_LIST, MAX_LIST_DEPTH, Value};

/// Bytes of a string made within one step: what lists of them may hold is bounded so.
const NEW_BYTES_A_STEP: usize = 4;

/// Longest string that `+` makes, in bytes.
pub(super) const MAX_STRING: usize = 4096;

/// Why a compile-time computation fails; the caller knows where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// The steps are used up.
    pub(super) fn steps() -> Fault {
        Fault::new(codes::TOO_MANY_STEPS, format!("evaluation takes more than {} steps", super::MAX_STEPS))
            .help("a loop, a list, or blocks that call each other make far more than a network needs")
    }

    /// A list is beyond its caps.
    pub(super) fn list() -> Fault {
        Fault::new(
            codes::LIST_TOO_LONG,
            format!("a list has at most {MAX_LIST} elements and nests at most {MAX_LIST_DEPTH} deep"),
        )
        .help("a `for` over a range keeps its state in `with` and needs no long list")
    }

    fn range(text: String) -> Fault {
        Fault::new(codes::OUT_OF_RANGE, format!("{text} is out of range"))
            .help("integers have 64 bits, numbers must stay finite")
    }
}

/// `a op b` for arithmetic and comparisons of anything but tensors. `None`: the kinds do not fit the operator.
pub(super) fn binary(op: BinaryOp, a: &Value, b: &Value, budget: &mut Budget) -> Option<Result<Value, Fault>> {
    use BinaryOp::{Add, Div, Eq, Ge, Gt, Le, Lt, Mul, Ne, Rem, Sub};
    Some(match (op, a, b) {
        (Eq | Ne, _, _) => match equal(a, b, budget)? {
            Ok(same) => Ok(Value::Bool(same == (op == Eq))),
            Err(fault) => Err(fault),
        },
        (Lt | Le | Gt | Ge, _, _) => {
            let order = match (a, b) {
                (Value::Int(a), Value::Int(b)) => a.cmp(b),
                _ => a.number()?.total_cmp(&b.number()?),
            };
            Ok(Value::Bool(match op {
                Lt => order.is_lt(),
                Le => order.is_le(),
                Gt => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        (Add | Sub | Mul | Div | Rem, Value::Int(a), Value::Int(b)) => integers(op, *a, *b),
        (Rem, _, _) => return None,
        (Add, Value::Str(a), Value::Str(_) | Value::Int(_)) => {
            let text = match b {
                Value::Str(b) => format!("{a}{b}"),
                Value::Int(b) => format!("{a}{b}"),
                _ => return None,
            };
            if !budget.spend(text.len() / NEW_BYTES_A_STEP) {
                return Some(Err(Fault::steps()));
            }
            if text.len() > MAX_STRING {
                return Some(Err(Fault::new(codes::LIST_TOO_LONG, format!("a string has at most {MAX_STRING} bytes"))
                    .help("strings name files and weights: they are short")));
            }
            Ok(Value::Str(text.into()))
        }
        (Add, Value::List(a), Value::List(b)) => {
            if !budget.spend(a.items.len() + b.items.len()) {
                return Some(Err(Fault::steps()));
            }
            let items = a.items.iter().chain(&b.items).cloned().collect();
            Value::list(items).ok_or_else(Fault::list)
        }
        (Add | Sub | Mul | Div, _, _) => numbers(op, a.number()?, b.number()?),
        (BinaryOp::And | BinaryOp::Or, _, _) => return None,
    })
}

fn integers(op: BinaryOp, a: i64, b: i64) -> Result<Value, Fault> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        _ if b == 0 => return Err(by_zero()),
        // Rounds down like `div`, so that `div(a, b) * b + a % b` is `a`.
        BinaryOp::Rem => a.checked_rem_euclid(b).map(|rest| if rest != 0 && b < 0 { rest + b } else { rest }),
        _ if a.checked_rem(b).is_some_and(|rest| rest != 0) => {
            return Err(Fault::new(codes::INEXACT_DIVISION, format!("{a} / {b} is not an integer")).help(format!(
                "`div({a}, {b})` rounds down, `ceil_div({a}, {b})` rounds up, `{a} / {b}.0` is a number with a fraction"
            )));
        }
        _ => a.checked_div(b),
    };
    result.map(Value::Int).ok_or_else(|| Fault::range(format!("{a} {op} {b}")))
}

fn numbers(op: BinaryOp, a: f64, b: f64) -> Result<Value, Fault> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        _ if b == 0.0 => return Err(by_zero()),
        _ => a / b,
    };
    finite(result, || format!("{a:?} {op} {b:?}"))
}

/// A float value, if it is finite.
pub(super) fn finite(value: f64, text: impl FnOnce() -> String) -> Result<Value, Fault> {
    // Zero has one sign: `0.0 == -0.0` must hold for ordering as well.
    if value.is_finite() { Ok(Value::Float(value + 0.0)) } else { Err(Fault::range(text())) }
}

/// A division by zero.
pub(super) fn by_zero() -> Fault {
    Fault::new(codes::DIVISION_BY_ZERO, "division by zero").help("check where the divisor comes from")
}

/// `-a` for numbers; `None` for everything else.
pub(super) fn negate(a: &Value) -> Option<Result<Value, Fault>> {
    match a {
        Value::Int(v) => Some(v.checked_neg().map(Value::Int).ok_or_else(|| Fault::range(format!("-({v})")))),
        Value::Float(v) => Some(finite(-v, || format!("-{v:?}"))),
        _ => None,
    }
}

/// Whether two values are the same; `None` when their kinds have no equality. Lists share elements, so comparing them can
/// take exponentially many steps: each is paid for.
fn equal(a: &Value, b: &Value, budget: &mut Budget) -> Option<Result<bool, Fault>> {
    let cost = match a {
        Value::Str(text) => 1 + text.len() / BYTES_A_STEP,
        _ => 1,
    };
    if !budget.spend(cost) {
        return Some(Err(Fault::steps()));
    }
    Some(Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Op(a), Value::Op(b)) => a.id == b.id,
        (Value::List(a), Value::List(b)) => {
            if a.items.len() != b.items.len() {
                return Some(Ok(false));
            }
            for (a, b) in a.items.iter().zip(&b.items) {
                match equal(a, b, budget)? {
                    Ok(true) => {}
                    other => return Some(other),
                }
            }
            true
        }
        _ => a.number()? == b.number()?,
    }))
}
