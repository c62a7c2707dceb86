//! The values of number and string literals.

use super::Convert;
use crate::ast::ExprKind;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

impl Convert<'_> {
    /// An integer, or a float where the text has a fraction or exponent.
    pub(super) fn number(&self, text: &str, span: Span) -> ExprKind {
        if text.contains(['.', 'e', 'E']) {
            match text.parse::<f64>() {
                Ok(value) if value.is_finite() => return ExprKind::Float(value),
                _ => self.report(
                    Diagnostic::new(codes::FLOAT_TOO_LARGE, "this float is too large")
                        .label(span, "not finite as a 64-bit float")
                        .help(format!("the largest float is {:e}", f64::MAX)),
                ),
            }
        } else {
            match text.parse::<i64>() {
                Ok(value) => return ExprKind::Int(value),
                Err(_) => self.report(
                    Diagnostic::new(codes::INTEGER_TOO_LARGE, "this integer is too large")
                        .label(span, "does not fit 64 bits")
                        .help(format!("the largest integer is {}; floats have a `.` or an exponent", i64::MAX)),
                ),
            }
        }
        ExprKind::Int(0)
    }

    /// The text between the quotes with `\" \\ \n \t` replaced.
    pub(super) fn string(&self, text: &str, span: Span) -> ExprKind {
        let inner = text.get(1..text.len() - 1).unwrap_or_default();
        let mut value = String::with_capacity(inner.len());
        let mut characters = inner.char_indices();
        while let Some((at, character)) = characters.next() {
            if character != '\\' {
                value.push(character);
                continue;
            }
            match characters.next() {
                Some((_, '"')) => value.push('"'),
                Some((_, '\\')) => value.push('\\'),
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((end, other)) => {
                    let start = span.start as usize + 1;
                    self.report(
                        Diagnostic::new(
                            codes::UNKNOWN_ESCAPE,
                            format!("`\\{}` is not an escape", other.escape_debug()),
                        )
                        .label(Span::new(span.file, start + at, start + end + other.len_utf8()), "unknown escape")
                        .help("the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`; a backslash itself is `\\\\`"),
                    );
                }
                None => {}
            }
        }
        ExprKind::Str(value)
    }
}
