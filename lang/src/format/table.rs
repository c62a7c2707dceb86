//! Lists and tuples; tables among them.

use super::doc::{Doc, width};
use super::layout::{Layout, SQUARE, TUPLE};
use crate::ast::{Expr, ExprKind, UnaryOp};

/// The widest cell of a table with aligned columns.
const CELL: u32 = 16;

/// The widest row of a table with aligned columns.
const ROW: u32 = 72;

/// A cell of a table.
struct Cell {
    text: String,
    is_number: bool,
}

impl<'t> Layout<'t> {
    /// The index of the token that opens a tuple.
    pub(super) fn tuple_open(&self, elements: &[Expr]) -> usize {
        let first = elements.first().map_or(u32::MAX, |element| element.span.start);
        self.trivia.token_at(first).saturating_sub(1)
    }

    pub(super) fn tuple(&mut self, elements: &'t [Expr]) -> Doc<'t> {
        let open = self.tuple_open(elements);
        let comments = self.amid(self.trivia.span(open).start);
        let tuple = self.listed(TUPLE, self.trivia.closer(open), elements.iter(), Self::first, Self::expr);
        Doc::concat(vec![comments, tuple])
    }

    pub(super) fn list(&mut self, list: &'t Expr, elements: &'t [Expr]) -> Doc<'t> {
        let open = self.trivia.inside_parentheses(list.span.start);
        let (start, close_at) = (self.trivia.span(open).start, self.trivia.closer(open));
        let comments = self.amid(start);
        let doc = if let Some(numbers) = self.numbers(elements).filter(|_| !self.has_comment(start, close_at)) {
            numbers
        } else if let Some(rows) = self.table(elements) {
            let rows: Vec<_> = elements.iter().zip(&rows).collect();
            self.listed(
                SQUARE,
                close_at,
                rows.into_iter(),
                |layout, row| layout.first(row.0),
                |_, (_, (flat, aligned))| Doc::row(flat.clone(), aligned.clone()),
            )
        } else {
            self.listed(SQUARE, close_at, elements.iter(), Self::first, Self::expr)
        };
        Doc::concat(vec![comments, doc])
    }

    /// A list of numbers only, to be filled like text.
    fn numbers(&self, elements: &[Expr]) -> Option<Doc<'t>> {
        let numbers = elements.iter().map(|element| self.cell(element).filter(|cell| cell.is_number));
        let numbers = numbers.collect::<Option<Vec<Cell>>>()?;
        let count = numbers.len();
        let mut parts = Vec::with_capacity(3 * count);
        for (index, number) in numbers.into_iter().enumerate() {
            parts.push(if index == 0 { Doc::soft_line() } else { Doc::fill(width(&number.text)) });
            parts.push(Doc::text(number.text));
            parts.push(if index + 1 < count { Doc::text(",") } else { Doc::comma() });
        }
        let edge = if count == 0 { Doc::text("") } else { Doc::soft_line() };
        Some(Doc::concat(vec![Doc::text("["), Doc::concat(parts).indent(), edge, Doc::text("]")]).group())
    }

    /// The rows of a table of literals, each as it is on one line, and with its columns aligned to the others'.
    fn table(&self, elements: &[Expr]) -> Option<Vec<(String, String)>> {
        let rows = elements.iter().map(|element| self.row(element)).collect::<Option<Vec<_>>>()?;
        let [(brackets, first), _, ..] = rows.as_slice() else { return None };
        let columns = first.len();
        if rows.iter().any(|(other, row)| other != brackets || row.len() != columns) {
            return None;
        }
        let column = |index: usize| rows.iter().map(move |(_, row)| &row[index]);
        let widths: Vec<u32> =
            (0..columns).map(|index| column(index).map(|cell| width(&cell.text)).max().unwrap_or(0)).collect();
        if widths.iter().any(|&width| width > CELL) || widths.iter().map(|width| width + 2).sum::<u32>() > ROW {
            return None;
        }
        let to_the_right: Vec<bool> = (0..columns).map(|index| column(index).all(|cell| cell.is_number)).collect();
        let [open, close] = *brackets;
        let aligned = |row: &[Cell]| {
            let mut line = open.to_owned();
            for (index, cell) in row.iter().enumerate() {
                let blanks = " ".repeat((widths[index] - width(&cell.text)) as usize);
                let comma = if index + 1 < columns { ", " } else { "" };
                line += &match to_the_right[index] {
                    true => format!("{blanks}{}{comma}", cell.text),
                    false if comma.is_empty() => cell.text.clone(),
                    false => format!("{}{comma}{blanks}", cell.text),
                };
            }
            line + close
        };
        let flat = |row: &[Cell]| {
            let cells: Vec<&str> = row.iter().map(|cell| cell.text.as_str()).collect();
            format!("{open}{}{close}", cells.join(", "))
        };
        Some(rows.iter().map(|(_, row)| (flat(row), aligned(row))).collect())
    }

    /// The brackets and cells of a row of literals without comments.
    fn row(&self, expr: &Expr) -> Option<([&'static str; 2], Vec<Cell>)> {
        let (brackets, elements, open) = match &expr.kind {
            ExprKind::Tuple(elements) if elements.len() > 1 => (["(", ")"], elements, self.tuple_open(elements)),
            ExprKind::List(elements) if elements.len() > 1 => {
                (["[", "]"], elements, self.trivia.inside_parentheses(expr.span.start))
            }
            _ => return None,
        };
        if self.has_comment(self.trivia.span(open).start, self.trivia.closer(open)) {
            return None;
        }
        let cells = elements.iter().map(|element| self.cell(element));
        Some((brackets, cells.collect::<Option<Vec<Cell>>>()?))
    }

    fn cell(&self, expr: &Expr) -> Option<Cell> {
        let token = self.trivia.spelling(self.trivia.inside_parentheses(expr.span.start));
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Float(_) => Some(Cell { text: token.to_owned(), is_number: true }),
            ExprKind::Bool(_) | ExprKind::Str(_) | ExprKind::Name(_) => {
                Some(Cell { text: token.to_owned(), is_number: false })
            }
            ExprKind::Unary(unary) if unary.op == UnaryOp::Neg => {
                let operand = self.cell(&unary.operand).filter(|cell| cell.is_number && !cell.text.starts_with('-'))?;
                Some(Cell { text: format!("-{}", operand.text), is_number: true })
            }
            _ => None,
        }
    }
}
