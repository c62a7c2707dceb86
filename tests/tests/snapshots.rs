//! The text of every stage, for small nets and for the samples. Bless with `INSTA_UPDATE=always cargo test -p rebirth-tests`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use rebirth_compiler::codegen::{listing, target};
use rebirth_compiler::pipeline::loops;
use rebirth_compiler::resolve::Settings;
use rebirth_lang::{Source, dump, parse};
use rebirth_tests::{model, root};

/// Text of a stage of a file, by its path from the root.
fn stage(file: &str, stage: &str) -> String {
    let path = root().join(file);
    if stage == "ast" {
        let source = Source::new("x.net", std::fs::read_to_string(&path).unwrap());
        return dump::dump(&parse(&source).unwrap());
    }
    let graph = model(&path, &Settings::default()).graph;
    let level = target::find("x86-64-v3").unwrap();
    match stage {
        "graph" => graph.to_string(),
        "loops" => loops(&graph).unwrap().to_string(),
        "clif" => listing::clif(&loops(&graph).unwrap(), level).unwrap(),
        "asm" => listing::asm(&loops(&graph).unwrap(), level).unwrap(),
        _ => panic!("no stage {stage}"),
    }
}

fn check(file: &str, stages: &[&str]) {
    let name = file.rsplit('/').next().unwrap().trim_end_matches(".net");
    for which in stages {
        insta::assert_snapshot!(format!("{name}.{which}"), stage(file, which));
    }
}

#[test]
fn every_stage_of_a_pointwise_convolution() {
    check("tests/cases/stages/pointwise_conv.net", &["ast", "graph", "loops", "clif", "asm"]);
}

#[test]
fn stages_of_a_tiny_net() {
    check("tests/cases/stages/tiny.net", &["ast", "graph", "loops"]);
}

#[test]
fn stages_of_resizing() {
    check("tests/cases/stages/resize.net", &["graph", "loops"]);
}

#[test]
fn stages_of_efficientnet_lite0() {
    check("samples/efficientnet_lite0.net", &["ast", "graph", "loops"]);
}

#[test]
fn stages_of_mnist() {
    check("samples/mnist.net", &["ast", "graph", "loops"]);
}

#[test]
fn stages_of_googlenet() {
    check("samples/googlenet.net", &["ast", "graph", "loops"]);
}

#[test]
fn listings_are_the_same_twice() {
    for which in ["ast", "graph", "loops", "clif", "asm"] {
        let file = "tests/cases/stages/tiny.net";
        assert_eq!(stage(file, which), stage(file, which));
    }
}
