//! The built-in functions of compile-time values: `div`, `ceil_div`, `round_to`, `min`, `max`, `len`, `channels`, `dim`, `rank`.

use rebirth_lang::{Diagnostic, Span, ast};

use super::calls::{Arg, Slots};
use super::codes;
use super::eval::{self, Fault};
use super::resolver::Resolver;
use super::sizes::size_value;
use super::value::Value;
use crate::graph::ValueId;

/// What a function computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Div,
    CeilDiv,
    RoundTo,
    Min,
    Max,
    Len,
    Channels,
    Dim,
    Rank,
}

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) params: &'static [&'static str],
    /// Takes any number of positional arguments instead.
    pub(super) variadic: bool,
    kind: Kind,
}

/// All functions.
pub(super) static TABLE: &[Function] = &[
    Function { name: "ceil_div", params: &["a", "b"], variadic: false, kind: Kind::CeilDiv },
    Function { name: "channels", params: &["x"], variadic: false, kind: Kind::Channels },
    Function { name: "dim", params: &["x", "i"], variadic: false, kind: Kind::Dim },
    Function { name: "div", params: &["a", "b"], variadic: false, kind: Kind::Div },
    Function { name: "len", params: &["list"], variadic: false, kind: Kind::Len },
    Function { name: "max", params: &[], variadic: true, kind: Kind::Max },
    Function { name: "min", params: &[], variadic: true, kind: Kind::Min },
    Function { name: "rank", params: &["x"], variadic: false, kind: Kind::Rank },
    Function { name: "round_to", params: &["value", "multiple"], variadic: false, kind: Kind::RoundTo },
];

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    TABLE.iter().find(|function| function.name == name)
}

impl<'a> Resolver<'a> {
    /// The value of a call of a function.
    pub(super) fn function(&mut self, function: &'static Function, call: &'a ast::Call, slots: Slots<'a>) -> Value {
        let args: Vec<Arg<'a>> = slots.into_iter().flatten().collect();
        if args.iter().any(|arg| arg.value.is_error()) {
            return Value::Error;
        }
        let name = function.name;
        match (function.kind, args.as_slice()) {
            (Kind::Min | Kind::Max, _) => self.extreme(function, call, &args),
            (Kind::Len, [list]) => match &list.value {
                Value::List(items) => Value::Int(items.items.len() as i64),
                _ => self.function_argument(name, list, "a list or tuple"),
            },
            (
                Kind::Div | Kind::CeilDiv,
                [Arg { value: Value::Size(form), .. }, Arg { value: Value::Int(m @ 1..), .. }],
            ) => self.divide_size(form, *m, function.kind == Kind::CeilDiv, call.callee.span),
            (Kind::Div | Kind::CeilDiv, [a, b]) => {
                let Some((a, b)) = self.two_ints(name, a, b) else {
                    return Value::Error;
                };
                self.checked(divide(a, b, function.kind == Kind::CeilDiv), call.callee.span)
            }
            (Kind::RoundTo, [value, multiple]) => match (&value.value, &multiple.value) {
                (_, Value::Int(m)) if *m < 1 => self.function_argument(name, multiple, "a positive integer"),
                (Value::Int(v), Value::Int(m)) => self.checked(round_int(*v, *m), call.callee.span),
                (Value::Float(v), Value::Int(m)) => self.checked(round_float(*v, *m), call.callee.span),
                (Value::Int(_) | Value::Float(_), _) => self.function_argument(name, multiple, "a positive integer"),
                _ => self.function_argument(name, value, "a number"),
            },
            (Kind::Channels | Kind::Rank, [x]) => match self.tensor(name, x) {
                Some(id) if function.kind == Kind::Rank => Value::Int(self.builder.ty(id).rank() as i64),
                Some(id) => self.extent(name, id, 1, x.span, x.span),
                None => Value::Error,
            },
            (Kind::Dim, [x, i]) => match (self.tensor(name, x), &i.value) {
                (Some(id), Value::Int(axis)) => self.extent(name, id, *axis, i.span, x.span),
                (Some(_), _) => self.function_argument(name, i, "an integer"),
                (None, _) => Value::Error,
            },
            // The number of arguments has been checked.
            _ => Value::Error,
        }
    }

    fn checked(&mut self, result: Result<Value, Fault>, span: Span) -> Value {
        result.unwrap_or_else(|fault| self.fault(fault, span))
    }

    #[cold]
    #[inline(never)]
    fn function_argument(&mut self, name: &str, arg: &Arg<'_>, wanted: &str) -> Value {
        if let Value::Size(form) = &arg.value {
            return self.depends(form, arg.span);
        }
        let found = self.describe(&arg.value);
        let text = match self.program.sources().slice(arg.span) {
            text if text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) => text,
            _ => "x",
        };
        let help = match (name, &arg.value) {
            ("ceil_div" | "round_to", Value::Tensor(_)) => {
                format!("`channels({text})` and `dim({text}, i)` are integers; tensors are divided with `/`")
            }
            ("len", Value::Tensor(_)) => {
                format!("the extents of a tensor are `dim({text}, i)`, their number `rank({text})`")
            }
            _ => format!("give `{name}` {wanted} here"),
        };
        self.report(
            Diagnostic::new(codes::FUNCTION_ARGUMENT, format!("`{name}` needs {wanted}, not {found}"))
                .label(arg.span, format!("this is {found}"))
                .help(help),
        )
    }

    fn two_ints(&mut self, name: &str, a: &Arg<'_>, b: &Arg<'_>) -> Option<(i64, i64)> {
        match (&a.value, &b.value) {
            (Value::Int(a), Value::Int(b)) => return Some((*a, *b)),
            (Value::Int(_), _) => self.function_argument(name, b, "an integer"),
            _ => self.function_argument(name, a, "an integer"),
        };
        None
    }

    fn extreme(&mut self, function: &'static Function, call: &'a ast::Call, args: &[Arg<'a>]) -> Value {
        let list = match args {
            [Arg { value: Value::List(list), .. }] => list.items.clone(),
            _ => args.iter().map(|arg| arg.value.clone()).collect(),
        };
        if !self.budget.spend(list.len()) {
            return self.fault(Fault::steps(), call.callee.span);
        }
        let mut best: Option<(f64, Value)> = None;
        for (i, value) in list.into_iter().enumerate() {
            let Some(number) = value.number() else {
                let span = if args.len() > 1 { args[i].span } else { args[0].span };
                return self.function_argument(function.name, &Arg { value, span, expr: None }, "numbers");
            };
            let better = best.as_ref().is_none_or(|(least, held)| match (held, &value) {
                (Value::Int(a), Value::Int(b)) => {
                    if function.kind == Kind::Min {
                        b < a
                    } else {
                        b > a
                    }
                }
                _ => {
                    if function.kind == Kind::Min {
                        number < *least
                    } else {
                        number > *least
                    }
                }
            });
            if better {
                best = Some((number, value));
            }
        }
        match best {
            Some((_, value)) => value,
            None => self.error(
                codes::FUNCTION_ARGUMENT,
                format!("`{}` needs at least one number", function.name),
                call.callee.span,
                "of nothing",
                "give it numbers or a list that is not empty",
            ),
        }
    }

    fn tensor(&mut self, name: &str, x: &Arg<'_>) -> Option<ValueId> {
        if let Value::Tensor(id) = x.value {
            return Some(id);
        }
        self.function_argument(name, x, "a tensor");
        None
    }

    fn extent(&mut self, name: &str, id: ValueId, axis: i64, span: Span, tensor: Span) -> Value {
        let position = usize::try_from(axis).ok();
        if let Some(form) = self.type_forms(id).and_then(|ty| ty.shape.get(position?)) {
            return size_value(form.clone());
        }
        let (ty, rank) = (self.shown(id), self.builder.ty(id).rank());
        match position.and_then(|axis| self.builder.ty(id).shape.get(axis)) {
            Some(&extent) => Value::Int(extent as i64),
            None => self.report(
                Diagnostic::new(codes::NO_SUCH_ELEMENT, format!("`{name}` wants dimension {axis} of {ty}"))
                    .label(span, format!("there is no dimension {axis}"))
                    .label(tensor, format!("this is {ty}"))
                    .help(format!("dimensions are counted from 0; this tensor has {rank}")),
            ),
        }
    }
}

/// `a / b` rounded down or up.
fn divide(a: i64, b: i64, up: bool) -> Result<Value, Fault> {
    if b == 0 {
        return Err(eval::by_zero());
    }
    // In 128 bits nothing overflows before the end.
    let (a, b) = (i128::from(a), i128::from(b));
    let down = |a: i128, b: i128| a / b - i128::from(a % b != 0 && (a < 0) != (b < 0));
    narrow(if up { -down(-a, b) } else { down(a, b) })
}

/// The multiple of `multiple` (at least 1) nearest to `value`, halves up.
fn round_int(value: i64, multiple: i64) -> Result<Value, Fault> {
    let (value, multiple) = (i128::from(value), i128::from(multiple));
    narrow((2 * value + multiple).div_euclid(2 * multiple) * multiple)
}

fn round_float(value: f64, multiple: i64) -> Result<Value, Fault> {
    let steps = (value / multiple as f64 + 0.5).floor();
    // A float beyond the range of i128 saturates, which then does not fit.
    narrow((steps as i128).saturating_mul(i128::from(multiple)))
}

fn narrow(value: i128) -> Result<Value, Fault> {
    i64::try_from(value)
        .map(Value::Int)
        .map_err(|_| Fault::new(codes::OUT_OF_RANGE, "the result is out of range").help("integers have 64 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(result: Result<Value, Fault>) -> Option<i64> {
        match result {
            Ok(Value::Int(v)) => Some(v),
            _ => None,
        }
    }

    #[test]
    fn division_rounds_to_the_right_side() {
        for (a, b, down, up) in
            [(7, 2, 3, 4), (-7, 2, -4, -3), (7, -2, -4, -3), (-7, -2, 3, 4), (6, 3, 2, 2), (0, 5, 0, 0)]
        {
            assert_eq!(int(divide(a, b, false)), Some(down), "div({a}, {b})");
            assert_eq!(int(divide(a, b, true)), Some(up), "ceil_div({a}, {b})");
        }
        assert_eq!(int(divide(i64::MIN, -1, false)), None);
        assert_eq!(int(divide(1, 0, false)), None);
    }

    #[test]
    fn rounding_to_multiples() {
        for (v, m, expected) in [(33, 8, 32), (36, 8, 40), (35, 8, 32), (-3, 8, 0), (-5, 8, -8), (0, 1, 0)] {
            assert_eq!(int(round_int(v, m)), Some(expected), "round_to({v}, {m})");
            assert_eq!(int(round_float(v as f64, m)), Some(expected), "round_to({v}.0, {m})");
        }
        assert_eq!(int(round_int(i64::MAX, i64::MAX)), Some(i64::MAX));
        assert_eq!(int(round_float(1e300, 8)), None);
    }
}
