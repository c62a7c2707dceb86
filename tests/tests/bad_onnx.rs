//! A bad ONNX file of each code in `tests/cases/onnx`, where the texts of `rebirth explain` use it; `INSTA_UPDATE=always` writes them anew.
//! `bad_models.rs` has many more.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::Path;

use rebirth_compiler::onnx::{Imported, Onnx, OnnxError, codes};
use rebirth_compiler::resolve::Settings;
use rebirth_tests::onnx::{Message, Model, floats, ints, node, raw_tensor, small, string, value, value_of};
use rebirth_tests::root;

fn open(path: &Path) -> Result<Imported, OnnxError> {
    Onnx::open(path)?.import(&Settings::default())
}

/// The small model, changed.
fn changed(change: impl FnOnce(&mut Model)) -> Vec<u8> {
    let mut model = small();
    change(&mut model);
    model.bytes()
}

/// `y = op(x)`, with these attributes and further inputs, on [2, 3, 8, 8].
fn one(op: &str, more: &[&str], attributes: &[Message], weights: Vec<Message>) -> Vec<u8> {
    on(&[2, 3, 8, 8], op, more, attributes, weights)
}

fn on(x: &[i64], op: &str, more: &[&str], attributes: &[Message], initializers: Vec<Message>) -> Vec<u8> {
    let inputs: Vec<&str> = ["x"].into_iter().chain(more.iter().copied()).collect();
    let nodes = vec![node(op, &inputs, &["y"], attributes)];
    Model { opset: 13, nodes, initializers, inputs: vec![value("x", x)], outputs: vec![Message::new().text(1, "y")] }
        .bytes()
}

/// The small model with another tensor as the bias of the convolution.
fn with_bias(bias: Message) -> Vec<u8> {
    changed(|model| model.initializers[1] = bias)
}

fn external(location: &str, more: &[(&str, &str)]) -> Message {
    let entry = |key: &str, value: &str| Message::new().text(1, key).text(2, value);
    let entries = more.iter().map(|(key, value)| entry(key, value));
    let entries: Vec<Message> = std::iter::once(entry("location", location)).chain(entries).collect();
    Message::new().int(1, 4).int(2, 1).text(8, "conv.bias").messages(13, &entries).int(14, 1)
}

/// One file for each code that a small file can have.
fn examples() -> Vec<(&'static str, Vec<u8>)> {
    let relu = || vec![node("Relu", &["x"], &["y"], &[])];
    let plain = |nodes, inputs, outputs| Model { opset: 13, nodes, initializers: Vec::new(), inputs, outputs }.bytes();
    let (x, y) = (|| vec![value("x", &[-1, 3])], || vec![value("y", &[-1, 3])]);
    vec![
        ("good", small().bytes()),
        ("relu", plain(relu(), x(), y())),
        ("E1001", b"this is not a model, but the page of an error".to_vec()),
        ("E1002", of_shape(&[1 << 23])),
        ("E1003", changed(|model| model.outputs.clear())),
        ("E1004", changed(|model| model.opset = 99)),
        ("E1005", one("Einsum", &[], &[string("equation", "nchw->nc")], Vec::new())),
        ("E1006", with_bias(raw_tensor("conv.bias", &[4], 1, &[0; 15]))),
        ("E1007", with_bias(external("../weights.bin", &[]))),
        ("E1008", changed(|model| model.nodes.swap(0, 1))),
        ("E1009", changed(|model| model.nodes.push(node("Relu", &["x"], &["r"], &[])))),
        ("E1010", one("MaxPool", &[], &[string("kernel_shape", "2x2")], Vec::new())),
        ("E1011", plain(relu(), vec![value_of("x", 8, &[3])], vec![value_of("y", 8, &[3])])),
        ("E1012", one("Relu", &["x"], &[], Vec::new())),
        ("E1013", changed(|model| model.initializers[1] = floats("conv.bias", &[5], &[0.0; 5]))),
        (
            "E1014",
            plain(
                vec![node("Conv", &["x", "w"], &["y"], &[])],
                vec![value("x", &[1, 3, 8, 8]), value("w", &[4, 3, 1, 1])],
                vec![value("y", &[1, 4, 8, 8])],
            ),
        ),
        ("E1015", plain(relu(), vec![value("x", &[1, 3, -1, -1])], vec![value("y", &[1, 3, -1, -1])])),
        ("E1016", changed(|model| model.outputs = vec![value("y", &[-1, 5])])),
        ("E1018", with_bias(raw_tensor("conv.bias", &[4], 8, &[0; 4]))),
    ]
}

/// A model that adds a known value of this shape, which has to be computed.
fn of_shape(shape: &[i64]) -> Vec<u8> {
    let nodes = vec![
        node("ConstantOfShape", &["s"], &["c"], &[]),
        node("Exp", &["c"], &["e"], &[]),
        node("Add", &["x", "e"], &["y"], &[]),
    ];
    let (inputs, outputs) = (vec![value("x", &[1])], vec![Message::new().text(1, "y")]);
    Model { opset: 13, nodes, initializers: vec![ints("s", shape)], inputs, outputs }.bytes()
}

#[test]
fn every_code_has_a_file() {
    let folder = root().join("tests/cases/onnx");
    let update = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    let examples = examples();
    for (name, bytes) in &examples {
        let path = folder.join(format!("{name}.onnx"));
        if update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
        assert!(std::fs::read(&path).unwrap() == *bytes, "{name}.onnx is not what this test makes");
        match open(&path) {
            Ok(_) => assert!(!name.starts_with('E'), "{name} is good"),
            Err(error) => assert_eq!(error.code(), *name, "{error}"),
        }
    }
    // Those of arrays, of sources that are too long and of options.
    let missing: Vec<&str> =
        codes::ALL.iter().map(|code| code.id).filter(|id| !examples.iter().any(|(name, _)| name == id)).collect();
    assert_eq!(missing, ["E1017", "E1019", "E1020"]);
}
