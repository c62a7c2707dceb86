//! What nodes of ONNX become in source, and what is said of those that cannot be.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use rebirth_compiler::graph::verify;
use rebirth_compiler::onnx::{Imported, Onnx, OnnxError};
use rebirth_compiler::resolve::Settings;
use rebirth_tests::onnx::{Message, Model, floats, int, ints, list, node, resolved, string, value, value_of};

fn import(model: &[u8]) -> Result<Imported, OnnxError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, model).unwrap();
    Onnx::open(&path).and_then(|onnx| onnx.import(&Settings::default()))
}

/// The source without its head; it resolves to the graph, which is sound.
fn body(model: &Model) -> String {
    let imported = import(&model.bytes()).unwrap_or_else(|error| panic!("{error}"));
    verify(&imported.model.graph).unwrap_or_else(|violation| panic!("{violation}"));
    resolved(&imported, 1).unwrap_or_else(|how| panic!("{how}\n{}", imported.source().unwrap()));
    imported.source().unwrap().lines().skip(2).map(|line| format!("{line}\n")).collect()
}

/// A model from `x` to `y`.
fn model(opset: i64, x: &[i64], y: &[i64], nodes: Vec<Message>, initializers: Vec<Message>) -> Model {
    Model { opset, nodes, initializers, inputs: vec![value("x", x)], outputs: vec![value("y", y)] }
}

/// One node from `x` and initializers, called `a`, `b` and so on, to `y`.
fn one(op_type: &str, x: &[i64], y: &[i64], attributes: &[Message], initializers: Vec<Message>) -> String {
    let names = ["x", "a", "b", "c", "d"];
    let nodes = vec![node(op_type, &names[..=initializers.len()], &["y"], attributes)];
    body(&model(22, x, y, nodes, initializers))
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| i as f32 - 1.5).collect()
}

#[test]
fn a_bias_behind_a_product_is_its_layer() {
    let check = |more: Vec<Message>, bias: &[i64], y: &[i64]| {
        let nodes = vec![node("MatMul", &["x", "fc.weight"], &["p"], &[]), node("Add", &["b", "p"], &["y"], &[])];
        let count = bias.iter().product::<i64>() as usize;
        let weights = vec![floats("fc.weight", &[4, 3], &numbers(12)), floats("b", bias, &numbers(count))];
        let mut model = model(17, &[-1, 4], y, [nodes, more].concat(), weights);
        if !model.nodes[2..].is_empty() {
            model.outputs.push(value("z", &[-1, 3]));
        }
        body(&model)
    };
    let found = [
        check(vec![], &[3], &[-1, 3]),
        check(vec![], &[1, 3], &[-1, 3]),
        // The bias is not a row, or the product has another use.
        check(vec![], &[2, 3], &[2, 3]),
        check(vec![node("Relu", &["p"], &["z"], &[])], &[3], &[-1, 3]),
    ]
    .concat();
    insta::assert_snapshot!(found);
}

/// Where a line or what flows on begins with a number below 0, and where two signs meet.
#[test]
fn numbers_below_0() {
    let check = |nodes: Vec<Message>| body(&model(17, &[2, 3], &[2, 3], nodes, vec![floats("a", &[], &[-0.5])]));
    let found = [
        check(vec![node("Add", &["a", "x"], &["y"], &[])]),
        check(vec![node("Sub", &["x", "a"], &["y"], &[])]),
        check(vec![node("Mul", &["a", "x"], &["p"], &[]), node("Relu", &["p"], &["y"], &[])]),
        check(vec![
            node("Relu", &["x"], &["p"], &[]),
            node("Div", &["a", "p"], &["q"], &[]),
            node("Sub", &["q", "p"], &["y"], &[]),
        ]),
    ]
    .concat();
    insta::assert_snapshot!(found);
}

#[test]
fn compositions() {
    let scalar = |name: &str, value: f32| floats(name, &[], &[value]);
    let image = [-1, 2, 4, 6];
    let found = [
        one("Clip", &image, &image, &[], vec![scalar("a", 2.0), scalar("b", 1.0)]),
        one("Clip", &image, &image, &[], vec![scalar("a", f32::MIN), scalar("b", 1.0)]),
        one("PRelu", &image, &image, &[], vec![floats("a", &[6], &numbers(6))]),
        one("Softsign", &image, &image, &[], vec![]),
        one("ReduceLogSumExp", &image, &[-1, 2], &[int("keepdims", 0)], vec![ints("a", &[2, 3])]),
        one("ReduceL2", &image, &image, &[int("noop_with_empty_axes", 1)], vec![]),
        one("GlobalLpPool", &image, &[-1, 2, 1, 1], &[int("p", 3)], vec![]),
    ]
    .concat();
    insta::assert_snapshot!(found);
}

#[test]
fn pieces() {
    let image = [-1, 4, 4, 6];
    let back = || vec![ints("a", &[-1]), ints("b", &[-10]), ints("c", &[3]), ints("d", &[-2])];
    let found = [
        one("Slice", &image, &[-1, 4, 4, 3], &[], back()),
        one("Gather", &image, &[-1, 4, 4, 6], &[int("axis", 1)], vec![ints("a", &[0, 2, 1, -1])]),
        one("Tile", &image, &[-1, 8, 4, 6], &[], vec![ints("a", &[1, 2, 1, 1])]),
        one("Expand", &[1, 4, 1, 1], &[1, 4, 2, 3], &[], vec![ints("a", &[2, 3])]),
        one("Pad", &[-1, 4, 6], &[-1, 4, 9], &[], vec![ints("a", &[0, 0, 1, 0, 0, 2])]),
        one("Pad", &[2, 3, 4, 7], &[4, 3, 6, 7], &[], vec![ints("a", &[1, 0, 2, 0, 1, 0, 0, 0])]),
        one("Pad", &image, &[-1, 4, 3, 7], &[string("mode", "edge")], vec![ints("a", &[0, 0, -1, 1, 0, 0, 0, 0])]),
    ]
    .concat();
    insta::assert_snapshot!(found);
}

#[test]
fn pools() {
    let window = |kernel: &[i64], more: Vec<Message>| [vec![list("kernel_shape", kernel)], more].concat();
    let found = [
        one("MaxPool", &[1, 2, 9, 9], &[1, 2, 5, 5], &window(&[3, 3], vec![list("dilations", &[2, 2])]), vec![]),
        one(
            "AveragePool",
            &[1, 2, 4, 6, 8],
            &[1, 2, 2, 6, 4],
            &window(&[2, 1, 2], vec![list("strides", &[2, 1, 2])]),
            vec![],
        ),
        one("LpPool", &[1, 2, 6], &[1, 2, 5], &window(&[2], vec![int("p", 1)]), vec![]),
    ]
    .concat();
    insta::assert_snapshot!(found);
}

#[test]
fn resizing() {
    let words = |mode: &str, coordinates: &str| {
        vec![string("mode", mode), string("coordinate_transformation_mode", coordinates)]
    };
    let scales = |values: &[f32]| vec![floats("a", &[0], &[]), floats("b", &[values.len() as i64], values)];
    let found = [
        one("Resize", &[1, 2, 5, 5], &[1, 2, 3, 3], &words("linear", "half_pixel"), scales(&[1.0, 1.0, 0.7, 0.7])),
        one("Resize", &[1, 2, 5], &[1, 2, 10], &words("linear", "align_corners"), scales(&[1.0, 1.0, 2.0])),
        one("Resize", &[1, 2, 5, 5], &[1, 2, 10, 5], &words("nearest", "asymmetric"), scales(&[1.0, 1.0, 2.0, 1.0])),
    ]
    .concat();
    insta::assert_snapshot!(found);
}

#[test]
fn gelu_from_its_parts() {
    let numbers = || ["root", "one", "half"].iter().zip([std::f32::consts::SQRT_2, 1.0, 0.5]);
    let check = |nodes: Vec<Message>| {
        let weights = numbers().map(|(name, value)| floats(name, &[], &[value])).collect();
        let front = vec![
            node("Relu", &["x"], &["r"], &[]),
            node("Div", &["r", "root"], &["d"], &[]),
            node("Erf", &["d"], &["e"], &[]),
            node("Add", &["e", "one"], &["a"], &[]),
        ];
        let model = model(17, &[-1, 8], &[-1, 8], [front, nodes].concat(), weights);
        match import(&model.bytes()) {
            Ok(_) => body(&model),
            Err(error) => format!("{}\n", error.to_string().split_once(": ").unwrap().1),
        }
    };
    let found = [
        check(vec![node("Mul", &["r", "a"], &["m"], &[]), node("Mul", &["m", "half"], &["y"], &[])]),
        check(vec![node("Mul", &["half", "a"], &["m"], &[]), node("Mul", &["m", "r"], &["y"], &[])]),
        check(vec![node("Mul", &["r", "half"], &["h"], &[]), node("Mul", &["h", "a"], &["y"], &[])]),
        // Another operand, another factor, another use of a part.
        check(vec![node("Mul", &["d", "a"], &["m"], &[]), node("Mul", &["m", "half"], &["y"], &[])]),
        check(vec![node("Mul", &["r", "a"], &["m"], &[]), node("Mul", &["m", "one"], &["y"], &[])]),
        check(vec![node("Mul", &["r", "a"], &["m"], &[]), node("Mul", &["m", "a"], &["y"], &[])]),
        check(vec![node("Mul", &["m", "half"], &["y"], &[]), node("Mul", &["r", "a"], &["m"], &[])]),
    ]
    .concat();
    insta::assert_snapshot!(found);
}

/// The report of a model, with types of values that it declares.
fn report(nodes: Vec<Message>, declared: &[Message]) -> String {
    let mut bytes = model(17, &[1, 2, 4, 4], &[1, 2, 4, 4], nodes, Vec::new()).bytes();
    // A message that comes twice is merged.
    bytes.extend(Message::new().message(7, &Message::new().messages(13, declared)).0);
    let error = import(&bytes).err().unwrap();
    let text = error.to_string();
    format!("{}: {}\n", error.code(), text.split_once(": ").unwrap().1)
}

#[test]
fn all_that_is_not_supported_is_told_at_once() {
    let nodes = || {
        vec![
            node("Einsum", &["x"], &["e"], &[string("equation", "nchw->nchw")]).text(3, "first"),
            node("Relu", &["e"], &["r"], &[]),
            node("MaxPool", &["r"], &["m", "i"], &[list("kernel_shape", &[1, 1]), list("strides", &[1, 1])]),
            node("Resize", &["m", "", "", "s"], &["z"], &[string("mode", "cubic")]).text(3, "second"),
            node("Det", &["z"], &["d"], &[]),
            node("Add", &["d", "i"], &["y"], &[]),
        ]
    };
    let sizes = || node("Constant", &[], &["s"], &[rebirth_tests::onnx::tensor("value", &ints("s", &[1, 2, 8, 8]))]);
    let with_sizes = || [vec![sizes()], nodes()].concat();
    let declared = [value("e", &[1, 2, 4, 4]), value_of("i", 7, &[1, 2, 4, 4])];
    let found = [
        report(with_sizes(), &[]),
        // What the model says of the first result lets the rest be read.
        report(with_sizes(), &declared),
        // An operand that must be known comes last, as nodes behind it may not be supported.
        report(vec![node("Reshape", &["x", "x"], &["r"], &[]), node("Det", &["r"], &["y"], &[])], &[]),
        report(vec![node("Reshape", &["x", "x"], &["r"], &[]), node("Relu", &["r"], &["y"], &[])], &[]),
    ]
    .concat();
    insta::assert_snapshot!(found);
}
