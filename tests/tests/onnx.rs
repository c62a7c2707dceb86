//! ONNX models of the kinds that exporters write: against onnxruntime, and against the source that they are imported as.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::{Path, PathBuf};

use rebirth_compiler::graph::verify;
use rebirth_compiler::onnx::{Imported, Onnx};
use rebirth_compiler::resolve::Settings;
use rebirth_compiler::weights;
use rebirth_runtime::npy::read_npy;
use rebirth_runtime::weights::write_weights;
use rebirth_runtime::{DType, Tensor};
use rebirth_tests::files::{Kind, Outcome, Scratch};
use rebirth_tests::onnx::{Model, floats, int, node, resolved, value};
use rebirth_tests::{relative_difference, root, run};

/// Largest difference to onnxruntime, relative to the largest value.
const TOLERANCE: f32 = 1e-5;

fn folder() -> PathBuf {
    root().join("tests/references/onnx")
}

/// A model for the batch of an array.
fn import(path: &Path, array: &Tensor) -> Imported {
    let onnx = Onnx::open(path).unwrap_or_else(|error| panic!("{error}"));
    let mut settings = Settings::default();
    settings.dims = onnx.bind(&settings, &[(None, array.shape())]).unwrap_or_else(|error| panic!("{error}"));
    onnx.import(&settings).unwrap_or_else(|error| panic!("{error}"))
}

/// Yields what onnxruntime does; the source resolves to the same graph, and the weights that are written fit it.
fn check(name: &str, outputs: usize) -> String {
    let array = read_npy(&folder().join(format!("{name}.in.npy"))).unwrap();
    let imported = import(&folder().join(format!("{name}.onnx")), &array);
    let graph = &imported.model.graph;
    verify(graph).unwrap_or_else(|violation| panic!("{violation}"));
    let values = imported.weights.load().unwrap();
    let found = run(graph, &values, &[&array], "native");
    assert_eq!(found.len(), outputs);
    for (i, found) in found.iter().enumerate() {
        let expected = read_npy(&folder().join(format!("{name}.out{i}.npy"))).unwrap();
        assert_eq!(found.shape(), expected.shape());
        let difference = relative_difference(found.data(), expected.data());
        assert!(difference <= TOLERANCE, "output {i} of {name} differs by {difference:e}");
    }
    check_source(&imported, &array, &values);
    imported.source().unwrap().to_owned()
}

fn check_source(imported: &Imported, array: &Tensor, values: &[Vec<f32>]) {
    let graph = &imported.model.graph;
    let text = imported.source().unwrap();
    let batch = array.shape()[0];
    let model = resolved(imported, batch).unwrap_or_else(|how| panic!("{how}\n{text}"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let tensors: Vec<(String, Tensor)> = graph
        .params
        .iter()
        .zip(values)
        .map(|(&id, values)| {
            let value = graph.value(id);
            (value.name.clone(), Tensor::new(value.ty.shape.clone(), values.clone()).unwrap())
        })
        .collect();
    let tensors: Vec<(&str, &Tensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    write_weights(&path, &tensors, DType::F32).unwrap();
    assert_eq!(weights::from_file(&model.graph, &path).unwrap(), values);
}

#[test]
fn operator_set_7() {
    insta::assert_snapshot!(check("residual_7", 1));
}

#[test]
fn a_computed_view() {
    insta::assert_snapshot!(check("view_13", 1));
}

#[test]
fn branches_and_constants() {
    insta::assert_snapshot!(check("branches_11", 2));
}

#[test]
fn weights_beside_the_model() {
    insta::assert_snapshot!(check("external_17", 1));
}

/// Found by fuzzing: a known number stood bare in the source where an operator wants a tensor.
#[test]
fn a_number_among_tensors_is_a_constant() {
    let nodes = vec![
        node("LpNormalization", &["s"], &["c"], &[]),
        node("Concat", &["x", "s"], &["d"], &[int("axis", 0)]),
        node("Add", &["d", "c"], &["y"], &[]),
    ];
    let (inputs, outputs) = (vec![value("x", &[1])], vec![value("y", &[2])]);
    let model = Model { opset: 13, nodes, initializers: vec![floats("s", &[1], &[-1.0])], inputs, outputs };
    // Resolves the source and compares the graphs.
    assert_eq!(Scratch::new().examine(Kind::Onnx, &model.bytes()), Outcome { code: None, nodes: 5 });
}
