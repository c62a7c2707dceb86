//! Tests of the parser: trees, errors, robustness.

mod errors;
mod robust;
mod trees;

use crate::dump::dump;
use crate::{Report, Source, parse};

/// A file of about sixty lines that uses every construct.
const GOOD: &str = include_str!("tests/good.net");

/// The tree of a text as text.
#[track_caller]
fn tree(text: &str) -> String {
    match parse(&Source::new("test.net", text)) {
        Ok(file) => dump(&file),
        Err(report) => panic!("{}", render(&report)),
    }
}

/// The report on a text that has errors.
#[track_caller]
fn report(text: &str) -> Report {
    match parse(&Source::new("test.net", text)) {
        Ok(file) => panic!("no error in {text:?}:\n{}", dump(&file)),
        Err(report) => report,
    }
}

/// A report as the command line shows it.
fn render(report: &Report) -> String {
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor()).with_width(80);
    let mut out = String::new();
    handler.render_report(&mut out, report).expect("writing into a string");
    out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
