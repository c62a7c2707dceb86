//! Bad `.net` files: `cases/bad_nets/*.net`. A line that an error is reported on ends in `// error: CODE`; exactly those are expected,
//! those without a place on the first line.
//! Bless the renderings with `INSTA_UPDATE=always cargo test -p rebirth-tests`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::PathBuf;

use miette::{GraphicalReportHandler, GraphicalTheme};
use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::Settings;
use rebirth_lang::{Diagnostic, Report, Source};
use rebirth_tests::root;

fn cases() -> Vec<PathBuf> {
    let folder = root().join("tests/cases/bad_nets");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// A file and what is wrong with it, if anything.
fn errors(path: &PathBuf) -> (Source, Option<Report>) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let source = Source::new(name, std::fs::read_to_string(path).unwrap());
    let report = load(&source, &Settings::default()).err();
    (source, report)
}

#[test]
fn every_file_gives_the_codes_it_names() {
    let cases = cases();
    assert!(cases.len() >= 160, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for path in &cases {
        let (source, report) = errors(path);
        let line = |d: &Diagnostic| d.span().map_or(1, |span| source.position(span.start).line);
        let mut found: Vec<(usize, String)> =
            report.iter().flat_map(Report::diagnostics).map(|d| (line(d), d.code.to_string())).collect();
        found.sort();
        let mut expected = Vec::new();
        for (line, text) in (1..).zip(source.text().lines()) {
            let codes = text.split_once("// error: ").map_or("", |(_, codes)| codes);
            expected.extend(codes.split_whitespace().map(|code| (line, code.to_string())));
        }
        expected.sort();
        if expected.is_empty() || found != expected {
            wrong.push(format!("{}: found {found:?}, expected {expected:?}", source.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rendering(case: &str) -> String {
    let (_, report) = errors(&root().join(format!("tests/cases/bad_nets/{case}.net")));
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(80);
    handler.render_report(&mut text, &report.unwrap()).unwrap();
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
    argument_names_of_others,
    brace_too_many,
    calls_without_names,
    circular_constants,
    concat_mismatch,
    concat_without_list,
    counting_from_the_end,
    dense_of_an_image,
    duplicate_path,
    excite_without_pixels,
    googlenet_with_four_mistakes,
    images_of_other_shapes,
    items_of_others,
    line_begins_with_minus,
    literals_of_another_kind,
    loop_state_of_another_shape,
    missing_comma,
    names_of_inner_bodies,
    odd_halves,
    operator_names_of_others,
    pooled_to_nothing,
    recursion,
    residual_in_pipeline,
    shapes_of_a_sum,
    strided_shortcut,
    two_errors,
    unbound_dimensions,
    unclosed_call,
    unknown_argument,
    without_the_tensor,
    wrong_output,
    zero_deviation
}
