//! The errors about operators that the grammar lets through: signs at line starts, chained comparisons, and infix
//! operators mixed with pipelines.

use super::{Convert, Pair, Rule};
use crate::ast::{BinaryOp, Expr, ExprKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

impl Convert<'_> {
    pub(super) fn leading_sign(&self, op: &str, op_span: Span, right: Span) {
        let operand = self.snippet(right);
        let new = if op == "-" { format!("(-{operand})") } else { operand };
        self.report(
            Diagnostic::new(codes::LINE_STARTS_WITH_SIGN, format!("a line can't begin with `{op}`"))
                .label(op_span, "continues the line before, or begins a new expression?")
                .help(format!(
                    "to continue, end the line before with `{op}` or put the whole expression in parentheses;\n\
                     to begin a new expression, write `{new}`"
                )),
        );
    }

    pub(super) fn chained_comparison(&self, left: &Expr, op: BinaryOp, op_span: Span, right: &Expr) {
        let ExprKind::Binary(first) = &left.kind else {
            return;
        };
        let shared = self.snippet(first.right.span);
        self.report(
            Diagnostic::new(codes::CHAINED_COMPARISON, "comparisons can't be chained")
                .label(op_span, "a second comparison")
                .label(first.op_span, "the first")
                .help(format!("write `{} and {shared} {op} {}`", self.snippet(left.span), self.snippet(right.span))),
        );
    }

    pub(super) fn mixed_head(&self, head: &Expr) {
        let (left, op_span, right) = match &head.kind {
            ExprKind::Binary(binary) => (binary.left.span, binary.op_span, binary.right.span),
            ExprKind::Range(range) => {
                (range.start.span, Span { end: range.end.span.start, ..range.start.span.behind() }, range.end.span)
            }
            _ => return,
        };
        let op = self.snippet(op_span);
        self.report(
            Diagnostic::new(codes::PIPELINE_WITH_INFIX, format!("`{op}` mixed with `|>` needs parentheses"))
                .label(head.span, "does all of this flow into the pipeline?")
                .help(format!(
                    "write `({}) |> ..`, or `{} {op} ({} |> ..)`",
                    self.snippet(head.span),
                    self.snippet(left),
                    self.snippet(right)
                )),
        );
    }

    /// A stage of a pipeline that is no call.
    pub(super) fn not_a_stage(&self, span: Span) {
        self.report(
            Diagnostic::new(codes::STAGE_NOT_A_CALL, "what follows `|>` must be a call")
                .label(span, "not a call")
                .help("write the name of an operator or block, with its further arguments: `|> conv(32, 3)`"),
        );
    }

    /// A stage that operators stand in: `x |> relu + y`.
    pub(super) fn mixed_stage(&self, head: &Expr, chain: &[Pair<'_>]) {
        let is_operand = |pair: &&Pair<'_>| pair.as_rule() == Rule::operand;
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
            return;
        };
        let span = self.span(first).to(self.span(last));
        if !is_operand(&first) {
            return self.not_a_stage(span);
        }
        let op = chain.get(1).map_or("", |op| op.as_str());
        let pipeline = self.snippet(head.span.until(self.span(first)));
        let rest = self.snippet(chain.get(2).map_or(span, |next| self.span(next)).until(span));
        self.report(
            Diagnostic::new(codes::PIPELINE_WITH_INFIX, format!("`{op}` mixed with `|>` needs parentheses"))
                .label(chain.get(1).map_or(span, |op| self.span(op)), "applies to what?")
                .help(format!("write `({pipeline}) {op} {rest}`")),
        );
    }
}
