//! Bad ONNX files, each with its code; what is cut short; and bytes changed at random. One of each code lies in `tests/cases/onnx`, where
//! the texts of `rebirth explain` use it; `INSTA_UPDATE=always` writes those anew.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::Path;

use rebirth_compiler::graph::verify;
use rebirth_compiler::onnx::{Imported, Onnx, OnnxError, codes};
use rebirth_compiler::resolve::Settings;
use rebirth_tests::onnx::{Message, Model, floats, int, ints, list, node, raw_tensor, small, string, value, value_of};
use rebirth_tests::{root, seed};

fn open(path: &Path) -> Result<Imported, OnnxError> {
    Onnx::open(path)?.import(&Settings::default())
}

/// Imports a file of these bytes and loads its weights.
fn import(bytes: &[u8]) -> Result<Imported, OnnxError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, bytes).unwrap();
    std::fs::write(folder.path().join("data.bin"), [0; 12]).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("data.bin"), folder.path().join("link.bin")).unwrap();
    let imported = open(&path)?;
    imported.weights.load()?;
    Ok(imported)
}

#[track_caller]
fn check(code: &str, bytes: &[u8]) {
    match import(bytes) {
        Ok(imported) => panic!("imported as\n{}", imported.model.graph),
        Err(error) => {
            assert_eq!(error.code(), code, "{error}");
            assert!(error.help().is_some_and(|help| help.len() > 10), "{error}");
        }
    }
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
        ("E1002", of_shape(&[1 << 21])),
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
    // Those of arrays and of sources that are too long.
    let missing: Vec<&str> =
        codes::ALL.iter().map(|code| code.id).filter(|id| !examples.iter().any(|(name, _)| name == id)).collect();
    assert_eq!(missing, ["E1017", "E1019"]);
}

#[test]
fn tensors() {
    let check_bias = |code: &str, bias: Message| check(code, &with_bias(bias));
    let head = |dims: &[i64]| dims.iter().fold(Message::new(), |all, &dim| all.int(1, dim)).text(8, "conv.bias");
    for length in [0, 1, 15, 17, 32] {
        check_bias("E1006", raw_tensor("conv.bias", &[4], 1, &vec![0; length]));
    }
    // Two payloads.
    check_bias("E1006", raw_tensor("conv.bias", &[4], 1, &[0; 16]).bytes(4, &[0; 16]));
    check_bias("E1006", head(&[4]).int(2, 1).bytes(4, &[0; 16]).bytes(7, &[0; 4]));
    // A payload for other elements.
    check_bias("E1006", head(&[4]).int(2, 1).bytes(7, &[0; 4]));
    check_bias("E1006", head(&[4]).int(2, 7).bytes(4, &[0; 16]));
    check_bias("E1006", head(&[4]).int(2, 1).bytes(4, &[0; 12]));
    check_bias("E1006", head(&[4]).int(2, 10).bytes(5, &[0; 3]));
    check_bias("E1006", head(&[4]).int(2, 11).bytes(10, &[0; 24]));
    // Shapes.
    check_bias("E1006", raw_tensor("conv.bias", &[-4], 1, &[0; 16]));
    check_bias("E1006", raw_tensor("conv.bias", &[i64::MAX, i64::MAX], 1, &[0; 16]));
    check_bias("E1006", raw_tensor("conv.bias", &[1 << 40], 1, &[0; 16]));
    check_bias("E1006", raw_tensor("conv.bias", &[1; 9], 1, &[0; 4]));
    check_bias("E1013", raw_tensor("conv.bias", &[0], 1, &[]));
    check_bias("E1013", raw_tensor("conv.bias", &[2, 2], 1, &[0; 16]));
    // Types.
    for data_type in [0, 8, 14, 15, 17, 22, 23, 99, -1] {
        check_bias("E1018", raw_tensor("conv.bias", &[4], data_type, &[0; 16]));
    }
    check("E1006", &one("Add", &["c"], &[], vec![raw_tensor("c", &[3], 1, &[0; 11])]));
    let mut sparse = small().bytes();
    sparse.extend(Message::new().message(7, &Message::new().bytes(15, &[])).0);
    check("E1006", &sparse);
}

#[test]
fn data_outside_of_the_model() {
    let check_external =
        |code: &str, location: &str, more: &[(&str, &str)]| check(code, &with_bias(external(location, more)));
    for location in [
        "",
        ".",
        "..",
        "/etc/passwd",
        "../data.bin",
        "./data.bin",
        "a/data.bin",
        "a\\data.bin",
        "C:data.bin",
        "data.bin/",
        "link.bin",
        "a\0b",
    ] {
        check_external("E1007", location, &[]);
    }
    check_external("E0401", "none.bin", &[]);
    check_external("E1007", "data.bin", &[("offset", "-1")]);
    check_external("E1007", "data.bin", &[("offset", "many")]);
    check_external("E1007", "data.bin", &[("offset", "13"), ("length", "0")]);
    check_external("E1007", "data.bin", &[("offset", "18446744073709551615"), ("length", "16")]);
    check_external("E1007", "data.bin", &[("length", "16")]);
    check_external("E1006", "data.bin", &[("length", "12")]);
    check("E1007", &with_bias(Message::new().int(1, 4).int(2, 1).text(8, "conv.bias").int(14, 1)));
}

#[test]
fn operator_sets() {
    for opset in [-1, 0, 1, 6, 25, i64::MAX] {
        check("E1004", &changed(|model| model.opset = opset));
    }
    let graph = Message::new().messages(12, &[value("y", &[1])]);
    check("E1004", &Message::new().message(7, &graph).0);
    check("E1003", &[0x08, 0x07]);
    check("E1003", &Message::new().message(7, &Message::new()).0);
}

#[test]
fn graphs() {
    // A circle.
    check("E1008", &changed(|model| model.nodes[1] = node("Add", &["c", "r"], &["r"], &[])));
    check("E1008", &changed(|model| model.nodes[1] = node("Relu", &["none"], &["r"], &[])));
    check("E1009", &changed(|model| model.inputs.push(value("x", &[1]))));
    check("E1009", &changed(|model| model.initializers.push(floats("fc.bias", &[3], &[0.0; 3]))));
    check("E1009", &changed(|model| model.nodes[1] = node("Relu", &["c"], &["c"], &[])));
    check("E1016", &changed(|model| model.outputs.push(value("y", &[-1, 3]))));
    check("E1016", &changed(|model| model.outputs = vec![value("none", &[1])]));
    check("E1016", &changed(|model| model.outputs = vec![value("fc.bias", &[3])]));
    check("E1016", &changed(|model| model.outputs = vec![value("y", &[3])]));
    check("E1016", &changed(|model| model.outputs = vec![value_of("y", 7, &[-1, 3])]));
}

#[test]
fn inputs() {
    for dims in [&[1, 2, 1 << 40, 1 << 40][..], &[1; 9], &[i64::MAX, 2, 6, 6]] {
        check("E1011", &changed(|model| model.inputs = vec![value("x", dims)]));
    }
    check("E1011", &changed(|model| model.inputs = vec![Message::new().text(1, "x")]));
    let shapeless = Message::new().message(1, &Message::new().int(1, 1));
    check("E1011", &changed(|model| model.inputs = vec![Message::new().text(1, "x").message(2, &shapeless)]));
    for data_type in [0, 2, 7, 8, 10, 11, 99] {
        check("E1011", &changed(|model| model.inputs = vec![value_of("x", data_type, &[1, 2, 6, 6])]));
    }
    for dims in [&[1, 3, 6, 6][..], &[1, 2, 6]] {
        check("E1013", &changed(|model| model.inputs = vec![value("x", dims)]));
    }
    // The convolution is padded, so that a smaller image does.
    assert!(import(&changed(|model| model.inputs = vec![value("x", &[1, 2, 2, 2])])).is_ok());
}

#[test]
fn unknown_everything() {
    check("E1005", &one("Frobnicate", &[], &[], Vec::new()));
    check("E1005", &one("", &[], &[], Vec::new()));
    let nodes = vec![node("Relu", &["x"], &["y"], &[]).text(7, "com.example")];
    let custom =
        Model { opset: 13, nodes, inputs: vec![value("x", &[1])], outputs: vec![value("y", &[1])], ..Model::default() };
    check("E1005", &custom.bytes());
    check("E1010", &one("Relu", &[], &[int("slope", 1)], Vec::new()));
    check("E1010", &one("Softmax", &[], &[list("axis", &[1])], Vec::new()));
    check("E1010", &one("MaxPool", &[], &[], Vec::new()));
    check("E1010", &one("MaxPool", &[], &[list("kernel_shape", &[0, 2])], Vec::new()));
    check("E1010", &one("MaxPool", &[], &[list("kernel_shape", &[2])], Vec::new()));
    check("E1010", &one("MaxPool", &[], &[list("kernel_shape", &[2, i64::MAX])], Vec::new()));
    check("E1010", &one("MaxPool", &[], &[list("kernel_shape", &[2, 2]), list("pads", &[-1, 0, 0, 0])], Vec::new()));
    check("E1010", &one("MaxPool", &[], &[list("kernel_shape", &[2, 2]), string("auto_pad", "SOME")], Vec::new()));
    check("E1013", &one("MaxPool", &[], &[list("kernel_shape", &[20, 2])], Vec::new()));
    check("E1013", &one("MaxPool", &[], &[list("kernel_shape", &[1 << 30, 1 << 30])], Vec::new()));
    check("E1010", &one("Transpose", &[], &[list("perm", &[0, 1, 1, 2])], Vec::new()));
    check("E1010", &one("LRN", &[], &[], Vec::new()));
    check("E1010", &one("Unsqueeze", &[], &[], Vec::new()));
}

#[test]
fn operands() {
    check("E1012", &one("Relu", &["x"], &[], Vec::new()));
    check("E1012", &one("Add", &[], &[], Vec::new()));
    check("E1012", &one("Add", &[""], &[], Vec::new()));
    check("E1013", &one("Flatten", &[], &[int("axis", 9)], Vec::new()));
    check("E1013", &one("Flatten", &[], &[int("axis", i64::MIN)], Vec::new()));
    check("E1013", &one("Softmax", &[], &[int("axis", -5)], Vec::new()));
    check("E1013", &one("Add", &["c"], &[], vec![floats("c", &[5], &[0.0; 5])]));
    check("E1013", &one("Div", &["c"], &[], vec![floats("c", &[1], &[0.0])]));
    for target in [&[-1, -1][..], &[7, -1], &[0, 0, 0, 0, 0], &[-2], &[i64::MAX, i64::MAX], &[]] {
        check("E1013", &one("Reshape", &["s"], &[], vec![ints("s", target)]));
    }
    check("E1014", &one("Reshape", &["x"], &[], Vec::new()));
    check("E1014", &one("Clip", &["x"], &[], Vec::new()));
    check("E1013", &one("Squeeze", &["s"], &[], vec![ints("s", &[1])]));
    check("E1013", &one("Squeeze", &["s"], &[], vec![ints("s", &[1, 1])]));
    check("E1013", &one("Unsqueeze", &["s"], &[], vec![ints("s", &[-9])]));
    check("E1013", &one("Concat", &["c"], &[int("axis", 1)], vec![floats("c", &[2, 1], &[0.0; 2])]));
    check("E1013", &one("Gemm", &["c"], &[], vec![floats("c", &[8, 2], &[0.0; 16])]));
    check(
        "E1013",
        &one(
            "Slice",
            &["a", "b", "c", "d"],
            &[],
            vec![ints("a", &[0]), ints("b", &[9]), ints("c", &[1]), ints("d", &[0])],
        ),
    );
    check("E1013", &one("Slice", &["a", "b"], &[], vec![ints("a", &[0, 0]), ints("b", &[9])]));
    check("E1010", &one("Conv", &["w"], &[int("group", 0)], vec![floats("w", &[2, 3, 1, 1], &[0.0; 6])]));
    check("E1010", &one("Conv", &["w"], &[list("kernel_shape", &[3, 3])], vec![floats("w", &[2, 3, 1, 1], &[0.0; 6])]));
    check("E1013", &one("Conv", &["w"], &[], vec![floats("w", &[2, 5, 1, 1], &[0.0; 10])]));
}

#[test]
fn known_values_have_limits() {
    assert!(import(&of_shape(&[1 << 19])).is_ok());
    for shape in [&[1 << 21][..], &[1 << 40, 1 << 40], &[1; 9], &[i64::MAX]] {
        check("E1002", &of_shape(shape));
    }
    check("E1010", &of_shape(&[-1]));
}

#[test]
fn prefixes() {
    let whole = small().bytes();
    assert!(import(&whole).is_ok());
    let mut cut = 0;
    for end in (1..whole.len()).step_by(16) {
        let error = import(&whole[..end]).err().unwrap_or_else(|| panic!("{end} bytes are a model"));
        assert!(["E1001", "E1003", "E1004"].contains(&error.code()), "{end}: {error}");
        cut += 1;
    }
    assert!(cut > 40);
    assert_eq!(import(&[]).err().map(|error| error.code()), Some("E0503"));
}

#[test]
fn mutations() {
    let good = small().bytes();
    let mut state = seed() | 1;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut refused = 0;
    for _ in 0..3000 {
        let mut bytes = good.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)],
                2 => drop(bytes.drain(at..(at + 1 + random(8)).min(bytes.len()))),
                _ => {
                    let piece = bytes[at..(at + 1 + random(24)).min(bytes.len())].to_vec();
                    let to = random(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        match import(&bytes) {
            Ok(imported) => verify(&imported.model.graph).unwrap_or_else(|violation| panic!("{violation}")),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 1000, "only {refused} are refused");
}
