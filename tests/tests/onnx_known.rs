//! What is known of a model beforehand has the values that ONNX gives it.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use rebirth_compiler::onnx::{Imported, Onnx, OnnxError};
use rebirth_compiler::resolve::Settings;
use rebirth_runtime::Tensor;
use rebirth_tests::onnx::{Message, Model, floats, int, ints, list, node, raw_tensor, resolved, value};
use rebirth_tests::run;

const INT8: i64 = 3;
const INT32: i64 = 6;
const FLOAT16: i64 = 10;
const DOUBLE: i64 = 11;

fn import(model: &Model) -> Result<Imported, OnnxError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, model.bytes()).unwrap();
    Onnx::open(&path).and_then(|onnx| onnx.import(&Settings::default()))
}

/// A model from `x` to `y`.
fn model(nodes: Vec<Message>, initializers: Vec<Message>, x: &[i64], y: &[i64]) -> Model {
    Model { opset: 18, nodes, initializers, inputs: vec![value("x", x)], outputs: vec![value("y", y)] }
}

/// What the model makes of `x`; its source yields the same graph.
fn results(model: &Model, x: &[f32]) -> Vec<f32> {
    let imported = import(model).unwrap_or_else(|error| panic!("{error}"));
    resolved(&imported, 1).unwrap_or_else(|how| panic!("{how}\n{}", imported.source().unwrap()));
    let graph = &imported.model.graph;
    let x = Tensor::new(graph.ty(graph.inputs[0]).shape.clone(), x.to_vec()).unwrap();
    let found = run(graph, &imported.weights.load().unwrap(), &[&x], "native");
    found[0].as_slice::<f32>().unwrap().to_vec()
}

fn same(found: &[f32], expected: &[f32]) {
    let is_same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(is_same), "{found:?}, not {expected:?}");
}

/// The known value `k` that the nodes compute, seen by adding zeros; its element type is f32.
fn check(nodes: Vec<Message>, initializers: Vec<Message>, expected: &[f32]) {
    let extent = expected.len() as i64;
    let nodes = [nodes, vec![node("Add", &["x", "k"], &["y"], &[])]].concat();
    same(&results(&model(nodes, initializers, &[extent], &[extent]), &vec![0.0; expected.len()]), expected);
}

fn cast(from: &str, to: &str, element: i64) -> Message {
    node("Cast", &[from], &[to], &[int("to", element)])
}

fn bytes(name: &str, values: &[i8]) -> Message {
    raw_tensor(name, &[values.len() as i64], INT8, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
}

#[test]
fn casts_round_truncate_and_wrap() {
    let a = || vec![floats("a", &[4], &[1.0001, 2049.0, 1e5, -2.5])];
    check(vec![cast("a", "b", FLOAT16), cast("b", "k", 1)], a(), &[1.0, 2048.0, f32::INFINITY, -2.5]);
    check(vec![cast("a", "b", INT32), cast("b", "k", 1)], a(), &[1.0, 2049.0, 1e5, -2.0]);
    let wide = vec![ints("a", &[300, -129, 5])];
    check(vec![cast("a", "b", INT8), cast("b", "k", 1)], wide, &[44.0, 127.0, 5.0]);
    let refused = import(&model(
        vec![cast("a", "b", INT8), cast("b", "k", 1), node("Add", &["x", "k"], &["y"], &[])],
        a(),
        &[4],
        &[4],
    ));
    let error = refused.err().unwrap();
    assert_eq!(error.code(), "E1005");
    assert!(error.to_string().contains("of 2049.0 to INT8, which cannot hold it"), "{error}");
}

#[test]
fn integers_stay_in_their_type() {
    let operands = || vec![bytes("a", &[100, 127, -7]), bytes("b", &[100, 2, 2])];
    let by = |op_type: &str, attributes: &[Message], expected: &[f32]| {
        check(vec![node(op_type, &["a", "b"], &["c"], attributes), cast("c", "k", 1)], operands(), expected);
    };
    by("Add", &[], &[-56.0, -127.0, -5.0]);
    by("Mul", &[], &[16.0, -2.0, -14.0]);
    by("Div", &[], &[1.0, 63.0, -3.0]);
    by("Mod", &[], &[0.0, 1.0, 1.0]);
    by("Mod", &[int("fmod", 1)], &[0.0, 1.0, -1.0]);
    by("Max", &[], &[100.0, 127.0, 2.0]);
}

#[test]
fn floats_stay_in_their_type() {
    let doubles = |name: &str, values: &[f64]| {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        raw_tensor(name, &[values.len() as i64], DOUBLE, &raw)
    };
    let tiny = vec![doubles("a", &[1.0 + 1e-12]), doubles("b", &[1.0])];
    let nodes = vec![node("Sub", &["a", "b"], &["c"], &[]), cast("c", "k", 1)];
    check(nodes, tiny, &[((1.0 + 1e-12) - 1.0) as f32]);
    let singles = || vec![floats("a", &[2], &[16_777_216.0, f32::NAN]), floats("b", &[2], &[1.0, 1.0])];
    check(vec![node("Add", &["a", "b"], &["k"], &[])], singles(), &[16_777_216.0, f32::NAN]);
    check(vec![node("Max", &["b", "a"], &["k"], &[])], singles(), &[16_777_216.0, f32::NAN]);
    let rest = vec![floats("a", &[2], &[-7.5, 7.5]), floats("b", &[2], &[2.0, -2.0])];
    check(vec![node("Mod", &["a", "b"], &["k"], &[int("fmod", 1)])], rest, &[-1.5, 1.5]);
}

/// More elements than are computed of what the model does not store.
#[test]
fn weights_of_any_size_are_computed() {
    let kernel: Vec<f32> = (0..512 * 512 * 9).map(|i| (i % 7) as f32).collect();
    let nodes = vec![node("Mul", &["w", "s"], &["v"], &[]), node("Conv", &["x", "v"], &["y"], &[])];
    let weights = vec![floats("w", &[512, 512, 3, 3], &kernel), floats("s", &[512, 1, 1, 1], &[2.0; 512])];
    let imported = import(&model(nodes, weights, &[1, 512, 3, 3], &[1, 512, 1, 1])).unwrap_or_else(|e| panic!("{e}"));
    let found = &imported.weights.load().unwrap()[0];
    assert!(found.iter().zip(&kernel).all(|(found, stored)| *found == 2.0 * stored));
    let nodes = vec![
        node("Split", &["w"], &["a", "b"], &[int("axis", 1)]),
        node("MatMul", &["x", "a"], &["p"], &[]),
        node("MatMul", &["x", "b"], &["q"], &[]),
        node("Sub", &["p", "q"], &["y"], &[]),
    ];
    let weights = vec![floats("w", &[768, 1536], &kernel[..768 * 1536])];
    assert!(import(&model(nodes, weights, &[1, 768], &[1, 768])).is_ok());
}

#[test]
fn vectors_are_multiplied() {
    let matrix = || floats("m", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let by =
        |a: &str, b: &str, y: i64| model(vec![node("MatMul", &[a, b], &["y"], &[])], vec![matrix()], &[y], &[5 - y]);
    same(&results(&by("m", "x", 3), &[1.0, 10.0, 100.0]), &[321.0, 654.0]);
    same(&results(&by("x", "m", 2), &[1.0, 10.0]), &[41.0, 52.0, 63.0]);
    let rows =
        model(vec![node("MatMul", &["x", "v"], &["y"], &[])], vec![floats("v", &[2], &[1.0, 10.0])], &[2, 2], &[2]);
    same(&results(&rows, &[1.0, 2.0, 3.0, 4.0]), &[21.0, 43.0]);
}

#[test]
fn what_source_cannot_write_stands_with_the_weights() {
    let by = |op_type: &str, number: f32| {
        let nodes = vec![node(op_type, &["x", "a"], &["z"], &[]), node("Add", &["z", "x"], &["y"], &[])];
        results(&model(nodes, vec![floats("a", &[], &[number])], &[3], &[3]), &[1.0, -2.0, 0.0])
    };
    same(&by("Div", 0.0), &[f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
    same(&by("Pow", 0.0), &[2.0, -1.0, 1.0]);
    let pads = vec![ints("p", &[0, 1, 0, 1]), floats("v", &[], &[f32::NEG_INFINITY])];
    let padded = model(vec![node("Pad", &["x", "p", "v"], &["y"], &[])], pads, &[2, 1], &[2, 3]);
    let low = f32::NEG_INFINITY;
    same(&results(&padded, &[1.0, 2.0]), &[low, 1.0, low, low, 2.0, low]);
}

#[test]
fn a_batch_that_cannot_stay_open_is_told() {
    let fixed = |shape: &[i64]| {
        let nodes = vec![node("Reshape", &["x", "s"], &["y"], &[])];
        let model = model(nodes, vec![ints("s", shape)], &[-1, 4], &[-1, 2]);
        import(&model).unwrap_or_else(|error| panic!("{error}")).fixed
    };
    assert_eq!(fixed(&[2, 2]), Some(("N".to_owned(), 1)));
    let transposed = vec![node("Transpose", &["x"], &["y"], &[list("perm", &[0, 1])])];
    assert_eq!(import(&model(transposed, vec![], &[-1, 4], &[-1, 4])).unwrap().fixed, None);
}
