//! The samples against ONNX models of the same networks: the same layers of the same shapes, and the same results.
//! `tests/tools/make_skeletons.py` took the weights out of the models.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::collections::BTreeSet;

use rebirth_compiler::diff::{correspond, observing, pair_params};
use rebirth_compiler::graph::Graph;
use rebirth_compiler::onnx::Onnx;
use rebirth_compiler::resolve::Settings;
use rebirth_compiler::weights;
use rebirth_runtime::{Tensor, random};
use rebirth_tests::{model, relative_difference, root, run};

/// Largest difference, relative to the largest value.
const TOLERANCE: f32 = 1e-5;

/// The sample's graph and the model's.
fn both(sample: &str, skeleton: &str) -> [Graph; 2] {
    let settings = Settings { dims: [("n".to_owned(), 1)].into(), ..Settings::default() };
    let own = model(&root().join(format!("samples/{sample}.net")), &settings).graph;
    let onnx = Onnx::open(&root().join(format!("tests/references/skeletons/{skeleton}.onnx")));
    let imported = onnx.and_then(|onnx| onnx.import(&Settings::default()));
    [own, imported.unwrap_or_else(|error| panic!("{error}")).model.graph]
}

/// All layers have a partner in the other network but those that `alone` names, by their operators.
fn check_layers(sample: &str, skeleton: &str, alone: [&[&str]; 2]) -> [Graph; 2] {
    let graphs = both(sample, skeleton);
    let [a, b] = &graphs;
    let pairs = correspond(a, b).values;
    let paired = [pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect::<BTreeSet<_>>()];
    for ((graph, paired), expected) in graphs.iter().zip(&paired).zip(alone) {
        let nodes = graph.nodes.iter().filter(|node| node.results.iter().all(|id| !paired.contains(id)));
        let found: Vec<&str> = nodes.map(|node| node.op.name()).collect();
        assert_eq!(found, expected, "of {sample}");
    }
    assert!(pairs.iter().all(|&(x, y)| a.ty(x) == b.ty(y)));
    assert!(pairs.len() > 10);
    graphs
}

/// And with the same weights the last of these layers yields the same.
fn check(sample: &str, skeleton: &str, alone: [&[&str]; 2]) {
    let [a, b] = check_layers(sample, skeleton, alone);
    let places = pair_params(&b, &a).unwrap();
    let values = weights::random(&a, 1).unwrap();
    let same: Vec<Vec<f32>> = places.into_iter().map(|place| values[place].clone()).collect();
    let shape = a.ty(a.inputs[0]).shape.clone();
    let x = Tensor::new(shape.as_slice(), random::normal(1, "x", 1.0, shape.iter().product()).unwrap()).unwrap();
    let (own, other) = *correspond(&a, &b).values.last().unwrap();
    let own = run(&observing(&a, &[own]), &values, &[&x], "native");
    let other = run(&observing(&b, &[other]), &same, &[&x], "native");
    let difference = relative_difference(other[0].data(), own[0].data());
    assert!(difference <= TOLERANCE, "{sample} differs by {difference:e}");
    let spread = own[0].data().iter().fold([f32::MAX, f32::MIN], |[low, high], &v| [low.min(v), high.max(v)]);
    assert!(spread[0] < spread[1], "the result of {sample} says nothing: {spread:?}");
}

#[test]
fn alexnet() {
    check_layers("alexnet", "alexnet", [&["dropout", "dropout"], &[]]);
}

#[test]
fn googlenet() {
    check("googlenet", "googlenet_lrn", [&["dropout", "softmax"], &[]]);
}

#[test]
fn mobilenet_v2() {
    check("mobilenet_v2", "mobilenet_v2", [&["dropout"], &[]]);
}

#[test]
fn mobilenet_v3_small() {
    check("mobilenet_v3_small", "mobilenet_v3_small", [&["dropout"], &[]]);
}

#[test]
fn resnet18() {
    check("resnet18", "resnet18", [&[], &[]]);
}

#[test]
fn resnet50() {
    check("resnet50", "resnet50", [&[], &[]]);
}

#[test]
fn squeezenet1_1() {
    check("squeezenet1_1", "squeezenet1_1", [&["dropout"], &[]]);
}

#[test]
fn vgg16() {
    check_layers("vgg16", "vgg16", [&["dropout", "dropout"], &[]]);
}
