//! Infix arithmetic of tensors: operators that source does not name.

use rebirth_lang::ast::{self, BinaryOp, Expr};
use rebirth_lang::{Diagnostic, Span};

use super::apply::{Operand, Site};
use super::codes;
use super::eval::{self, Fault};
use super::resolver::Resolver;
use super::value::Value;
use crate::graph::ValueId;
use crate::ops::{self, ArgValue};

impl<'a> Resolver<'a> {
    /// `left op right` where one of them is a tensor.
    pub(super) fn tensor_infix(&mut self, binary: &'a ast::Binary, whole: Span, left: &Value, right: &Value) -> Value {
        let operand = |value: ValueId, expr: &'a Expr| Operand { value, span: expr.span, expr: Some(expr) };
        let (op, a, b) = match (binary.op, left, right) {
            (op @ (BinaryOp::Add | BinaryOp::Mul), Value::Tensor(a), Value::Tensor(b)) => {
                (op, operand(*a, &binary.left), operand(*b, &binary.right))
            }
            (BinaryOp::Add | BinaryOp::Mul | BinaryOp::Sub | BinaryOp::Div, Value::Tensor(x), number)
                if number.number().is_some() =>
            {
                let number = number.number().unwrap_or_default();
                let (op, number) = match binary.op {
                    BinaryOp::Sub => (BinaryOp::Add, -number),
                    BinaryOp::Div if number == 0.0 => {
                        return self.fault(eval::by_zero(), binary.right.span);
                    }
                    BinaryOp::Div => (BinaryOp::Mul, 1.0 / number),
                    op => (op, number),
                };
                let Some(b) = self.number(number, binary.right.span) else {
                    return Value::Error;
                };
                (op, operand(*x, &binary.left), b)
            }
            // `a - b` is `a + -1 * b`.
            (BinaryOp::Sub, left, Value::Tensor(b)) if left.is_tensor() || left.number().is_some() => {
                let Value::Tensor(negated) = self.scale(*b, -1.0, binary.right.span, binary.op_span) else {
                    return Value::Error;
                };
                let a = match left {
                    Value::Tensor(a) => Some(operand(*a, &binary.left)),
                    number => self.number(number.number().unwrap_or_default(), binary.left.span),
                };
                let Some(a) = a else { return Value::Error };
                (BinaryOp::Add, a, operand(negated, &binary.right))
            }
            (op @ (BinaryOp::Add | BinaryOp::Mul), number, Value::Tensor(x)) if number.number().is_some() => {
                let Some(b) = self.number(number.number().unwrap_or_default(), binary.left.span) else {
                    return Value::Error;
                };
                (op, operand(*x, &binary.right), b)
            }
            (BinaryOp::Div, Value::Tensor(_) | Value::Int(_) | Value::Float(_), Value::Tensor(_)) => {
                return self.no_arithmetic(binary, left, right);
            }
            _ => return self.bad_operands(binary, left, right),
        };
        self.infix(op, vec![a, b], binary.op_span, whole)
    }

    /// `x * factor`
    pub(super) fn scale(&mut self, x: ValueId, factor: f64, operand: Span, span: Span) -> Value {
        let Some(factor) = self.number(factor, span) else {
            return Value::Error;
        };
        self.infix(BinaryOp::Mul, vec![Operand { value: x, span: operand, expr: None }, factor], span, span.to(operand))
    }

    fn infix(&mut self, op: BinaryOp, operands: Vec<Operand<'a>>, primary: Span, whole: Span) -> Value {
        let callee = if op == BinaryOp::Add { "add" } else { "mul" };
        self.built_in(callee, Vec::new(), operands, primary, whole)
    }

    /// A number as a tensor.
    fn number(&mut self, number: f64, span: Span) -> Option<Operand<'a>> {
        if let Err(fault) = eval::finite(number, || format!("{number:?}")) {
            self.fault(fault, span);
            return None;
        }
        match self.built_in("constant", vec![("value", ArgValue::Float(number))], Vec::new(), span, span) {
            Value::Tensor(value) => Some(Operand { value, span, expr: None }),
            _ => None,
        }
    }

    fn built_in(
        &mut self,
        callee: &'static str,
        given: Vec<(&'static str, ArgValue)>,
        operands: Vec<Operand<'a>>,
        primary: Span,
        whole: Span,
    ) -> Value {
        match ops::find(callee) {
            Some(entry) => self.apply(
                entry,
                given,
                Site { primary, whole, callee, alias: None, at: None, operands, arguments: Vec::new() },
            ),
            None => self.fault(Fault::new(codes::UNKNOWN_CALLEE, format!("there is no operator `{callee}`")), primary),
        }
    }

    #[cold]
    #[inline(never)]
    fn no_arithmetic(&mut self, binary: &ast::Binary, left: &Value, right: &Value) -> Value {
        let (a, b) = (self.describe(left), self.describe(right));
        self.report(
            Diagnostic::new(codes::TENSOR_ARITHMETIC, format!("`{}` does not take {a} and {b}", binary.op))
                .label(binary.op_span, "not for tensors")
                .label(binary.left.span, format!("this is {a}"))
                .label(binary.right.span, format!("this is {b}"))
                .help("a tensor can be divided by a number; division by a tensor does not exist yet"),
        )
    }
}
