//! Numbers and tables as text.

use rebirth_compiler::inspect::Summary;

/// `1582671872` as `1,582,671,872`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A value with four digits behind the point where that shows something, else in scientific notation.
pub(crate) fn value(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        value.to_string()
    } else if size == 0.0 || (1e-4..1e6).contains(&size) {
        format!("{value:.4}")
    } else {
        format!("{value:.3e}")
    }
}

/// A size in bytes with a unit, in decimal prefixes.
pub(crate) fn bytes(count: usize) -> String {
    let mut size = count as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while size >= 1000.0
        && let Some(next) = units.next()
    {
        size /= 1000.0;
        unit = next;
    }
    if unit == "B" { format!("{count} B") } else { format!("{size:.1} {unit}") }
}

/// One line about a network.
pub(crate) fn summary(name: &str, summary: &Summary) -> String {
    let state = match summary.state {
        0 => String::new(),
        count => format!(" (and {} values of state)", grouped(count)),
    };
    format!("{name}: {} parameters{state}, {} MACs", grouped(summary.parameters), grouped(summary.macs))
}

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows in aligned columns, two blanks between, none at the end of a line. A row may be shorter than `columns`.
pub(crate) fn table(columns: &[Align], rows: &[Vec<String>]) -> String {
    let length = |text: &String| text.chars().count();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(length).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for ((cell, align), &width) in row.iter().zip(columns).zip(&widths) {
            line += &match align {
                Align::Left => format!("{cell:<width$}  "),
                Align::Right => format!("{cell:>width$}  "),
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (123_456, "123,456"), (u64::MAX, "18,446,744,073,709,551,615")]
        {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn values() {
        for (number, expected) in [
            (0.0, "0.0000"),
            (0.42, "0.4200"),
            (-12.5, "-12.5000"),
            (1e-5, "1.000e-5"),
            (1e9, "1.000e9"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(value(number), expected);
        }
    }

    #[test]
    fn sizes() {
        for (count, expected) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_400_000, "9.4 MB"), (usize::MAX, "18446744.1 TB")]
        {
            assert_eq!(bytes(count), expected);
        }
    }

    #[test]
    fn columns_are_aligned() {
        let rows =
            [vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "100".to_owned()], vec!["é".to_owned()]];
        assert_eq!(table(&[Align::Left, Align::Right], &rows), "a       1\nlong  100\né\n");
    }
}
