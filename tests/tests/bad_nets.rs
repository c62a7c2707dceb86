//! Bad `.net` files: `cases/bad_nets/*.net`. A line that an error is reported on ends in `// error: CODE`; exactly those are expected.
//! Bless the renderings with `INSTA_UPDATE=always cargo test -p rebirth-tests`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::PathBuf;

use miette::{GraphicalReportHandler, GraphicalTheme};
use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::Settings;
use rebirth_lang::{Report, Source};
use rebirth_tests::root;

fn cases() -> Vec<PathBuf> {
    let folder = root().join("tests/cases/bad_nets");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn errors(path: &PathBuf) -> (Source, Report) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let source = Source::new(name.clone(), std::fs::read_to_string(path).unwrap());
    match load(&source, &Settings::default()) {
        Ok(_) => panic!("{name} is accepted"),
        Err(report) => (source, report),
    }
}

#[test]
fn every_file_gives_the_codes_it_names() {
    let cases = cases();
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    for path in &cases {
        let (source, report) = errors(path);
        let mut found: Vec<(usize, String)> =
            report.diagnostics().map(|d| (source.position(d.span().unwrap().start).line, d.code.to_string())).collect();
        found.sort();
        let mut expected = Vec::new();
        for (line, text) in (1..).zip(source.text().lines()) {
            let codes = text.split_once("// error: ").map_or("", |(_, codes)| codes);
            expected.extend(codes.split_whitespace().map(|code| (line, code.to_string())));
        }
        assert!(!expected.is_empty(), "{} expects nothing", source.name());
        expected.sort();
        assert_eq!(found, expected, "{}", source.name());
    }
}

fn rendering(case: &str) -> String {
    let (_, report) = errors(&root().join(format!("tests/cases/bad_nets/{case}.net")));
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(80);
    handler.render_report(&mut text, &report).unwrap();
    text
}

macro_rules! renders {
    ($($case:ident),*) => {
        $(
            #[test]
            fn $case() {
                insta::assert_snapshot!(rendering(stringify!($case)));
            }
        )*
    };
}

renders! {
    concat_mismatch, calls_without_names, duplicate_path, recursion, two_errors, unknown_argument, wrong_output, line_begins_with_minus, dense_of_an_image
}
