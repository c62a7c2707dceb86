//! The samples: their weights are those the references list.

use std::path::Path;

use rebirth_lang::{Program, Source};

use super::super::{Model, Settings, resolve};
use super::{render, weights};
use crate::graph::Def;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sample(name: &str) -> Model {
    let text = read(&format!("samples/{name}.net"));
    let source = Source::new(name, text.as_str());
    resolve(&Program::single(&source).unwrap(), &Settings::default())
        .unwrap_or_else(|errors| panic!("{}", render(&text, &errors)))
}

/// Parameters without state, and multiply-accumulates.
fn check(name: &str, parameters: usize, macs: u64) {
    let model = sample(name);
    let expected = read(&format!("tests/references/{name}.weights.txt"));
    assert_eq!(weights(&model), expected.lines().collect::<Vec<_>>());

    let graph = &model.graph;
    assert_eq!(crate::graph::verify(graph), Ok(()));
    assert_eq!(crate::graph::parse(&graph.to_string()).as_ref().ok(), Some(graph));
    assert_eq!(model.origins.len(), graph.nodes.len());
    let learnt = graph.params.iter().filter(|&&id| graph.value(id).def == Def::Param);
    assert_eq!(learnt.map(|&id| graph.ty(id).elements()).sum::<usize>(), parameters);
    let cost = |node| {
        graph.node(node).op.cost(&graph.input_types(graph.node(node)), &graph.result_types(graph.node(node))).macs
    };
    assert_eq!((0..graph.nodes.len()).map(|i| cost(crate::graph::NodeId::new(i))).sum::<u64>(), macs);
    assert!(model.images[0].is_some() && model.labels[0].is_some() && model.warnings.is_empty());
}

#[test]
fn mnist() {
    check("mnist", 421_642, 4_241_152);
}

#[test]
fn googlenet() {
    check("googlenet", 6_998_552, 1_582_671_872);
}

#[test]
fn efficientnet_lite0() {
    check("efficientnet_lite0", 4_652_008, 385_187_552);
}
