//! Infix arithmetic of tensors: operators that source does not name.

use rebirth_lang::Span;
use rebirth_lang::ast::{self, BinaryOp};

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
        let callee = match binary.op {
            BinaryOp::Add => "add",
            BinaryOp::Sub => "sub",
            BinaryOp::Mul => "mul",
            BinaryOp::Div => "div",
            _ => return self.bad_operands(binary, left, right),
        };
        // Zero as f32, as which it divides.
        if binary.op == BinaryOp::Div && right.number().is_some_and(|divisor| divisor as f32 == 0.0) {
            return self.fault(eval::by_zero(), binary.right.span);
        }
        let mut operands = Vec::with_capacity(2);
        for (value, expr) in [(left, &binary.left), (right, &binary.right)] {
            match value {
                Value::Tensor(id) => operands.push(Operand { value: *id, span: expr.span, expr: Some(expr) }),
                Value::Int(_) | Value::Float(_) => match self.number_operand(value, expr.span) {
                    Some(number) => operands.push(number),
                    None => return Value::Error,
                },
                _ => return self.bad_operands(binary, left, right),
            }
        }
        self.built_in(callee, Vec::new(), operands, binary.op_span, whole)
    }

    /// `-x`
    pub(super) fn tensor_negation(&mut self, x: ValueId, unary: &'a ast::Unary, whole: Span) -> Value {
        let operand = Operand { value: x, span: unary.operand.span, expr: Some(&unary.operand) };
        self.built_in("neg", Vec::new(), vec![operand], unary.op_span, whole)
    }

    /// A number among tensors, as a tensor.
    pub(super) fn number_operand(&mut self, number: &Value, span: Span) -> Option<Operand<'a>> {
        let number = number.number()?;
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
}
