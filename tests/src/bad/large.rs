//! ONNX files of much, or that make much: few bytes that would cost memory or time without limits.

use crate::onnx::{Message, Model, floats, int, ints, list, node, raw_tensor, tensor, value};

use super::Bad;

/// Without a code: the file is good.
pub const GOOD: &str = "";

fn model(nodes: Vec<Message>, initializers: Vec<Message>) -> Vec<u8> {
    let outputs = vec![Message::new().text(1, "y")];
    Model { opset: 13, nodes, initializers, inputs: vec![value("x", &[1, 4])], outputs }.bytes()
}

/// `y = relu(x)`, behind other nodes.
fn behind(mut nodes: Vec<Message>, initializers: Vec<Message>) -> Vec<u8> {
    nodes.push(node("Relu", &["x"], &["y"], &[]));
    model(nodes, initializers)
}

/// A chain of so many nodes, each of the value before and what `more` says.
fn chain(count: usize, op: &str, start: &str, more: &[&str], attributes: &[Message]) -> Vec<Message> {
    let name = |i: usize| if i == 0 { start.to_string() } else { format!("v{i}") };
    (0..count)
        .map(|i| {
            let before = name(i);
            let inputs: Vec<&str> = std::iter::once(before.as_str()).chain(more.iter().copied()).collect();
            node(op, &inputs, &[&name(i + 1)], attributes)
        })
        .collect()
}

/// All of them.
pub fn all() -> Vec<Bad> {
    [much(), products(), quadratic()].concat()
}

fn much() -> Vec<Bad> {
    let many = |count: usize, message: Message| vec![message; count];
    let names: Vec<String> = (0..100_000).map(|i| format!("i{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let copies = vec!["x"; 100_000];
    vec![
        Bad::new("empty nodes", "E1005", "not supported", behind(many(200_000, Message::new()), vec![])),
        Bad::new(
            "attributes of one node",
            "E1010",
            "Relu",
            model(vec![node("Relu", &["x"], &["y"], &many(200_000, Message::new()))], vec![]),
        ),
        Bad::new(
            "attributes of one name",
            "E1010",
            "Flatten",
            model(vec![node("Flatten", &["x"], &["y"], &many(50_000, int("axis", 1)))], vec![]),
        ),
        Bad::new("empty tensors", "E1018", "no type", behind(vec![], many(200_000, Message::new()))),
        Bad::new(
            "tensors of no elements",
            "E1009",
            "``",
            behind(vec![], many(100_000, Message::new().int(2, 1).int(1, 0))),
        ),
        Bad::new(
            "operators nobody knows",
            "E1005",
            "more operators",
            behind((0..50_000).map(|i| node(&format!("Op{i}"), &["x"], &[&format!("o{i}")], &[])).collect(), vec![]),
        ),
        Bad::new(
            "nodes of an operator nobody knows",
            "E1005",
            "more",
            behind((0..100_000).map(|i| node("Op", &["x"], &[&format!("o{i}")], &[])).collect(), vec![]),
        ),
        Bad::new(
            "inputs of one node that nothing defines",
            "E1008",
            "`i0`",
            model(vec![node("Sum", &names, &["y"], &[])], vec![]),
        ),
        Bad::new(
            "outputs of one node",
            "E1012",
            "gives at most 1",
            behind(vec![node("Relu", &["x"], &names, &[])], vec![]),
        ),
        Bad::new("a sum of many", GOOD, "", model(vec![node("Sum", &copies, &["y"], &[])], vec![])),
        Bad::new(
            "a concatenation of many",
            GOOD,
            "",
            model(vec![node("Concat", &copies, &["y"], &[int("axis", 0)])], vec![]),
        ),
        Bad::new(
            "a chain",
            GOOD,
            "",
            model(
                {
                    let mut nodes = chain(50_000, "Relu", "x", &[], &[]);
                    nodes.push(node("Relu", &["v50000"], &["y"], &[]));
                    nodes
                },
                vec![],
            ),
        ),
        Bad::new(
            "a chain of identities",
            GOOD,
            "",
            model(
                {
                    let mut nodes = chain(100_000, "Identity", "x", &[], &[]);
                    nodes.push(node("Relu", &["v100000"], &["y"], &[]));
                    nodes
                },
                vec![],
            ),
        ),
        Bad::new(
            "a name of a million letters",
            "E1008",
            "aaa...",
            model(vec![node("Relu", &[&"a".repeat(1 << 20)], &["y"], &[])], vec![]),
        ),
        Bad::new(
            "an operator of a million letters",
            "E1005",
            "AAA...",
            model(vec![node(&"A".repeat(1 << 20), &["x"], &["y"], &[])], vec![]),
        ),
    ]
}

/// Small things times many.
fn products() -> Vec<Bad> {
    let zeros = vec![0.0; 50_000];
    let adds = |count: usize| {
        let mut nodes = chain(count, "Add", "x", &["w"], &[]);
        nodes.push(node("Relu", &[&format!("v{count}")], &["y"], &[]));
        nodes
    };
    let fill = |count: usize, extent: i64| {
        let mut nodes = vec![node("ConstantOfShape", &["s"], &["w"], &[tensor("value", &floats("", &[1], &[2.0]))])];
        nodes.extend(adds(count));
        model(nodes, vec![ints("s", &[extent, 4])])
    };
    let long = ints("l", &vec![1; 500_000]);
    let reshapes = |count: usize| (0..count).map(|i| node("Reshape", &["x", "l"], &[&format!("r{i}")], &[])).collect();
    let casts = (0..20_000).map(|i| node("Cast", &["l"], &[&format!("r{i}")], &[int("to", 1)])).collect();
    let sums = (0..20_000).map(|i| node("ReduceSum", &["l"], &[&format!("r{i}")], &[])).collect();
    let gathers = (0..20_000).map(|i| node("Gather", &["z", "l"], &[&format!("r{i}")], &[])).collect();
    let tiles = (0..20_000).map(|i| node("Tile", &["x", "t"], &[&format!("r{i}")], &[])).collect();
    let cuts = (0..20_000).map(|i| node("Gather", &["x", "c"], &[&format!("r{i}")], &[])).collect();
    vec![
        Bad::new(
            "one weight in thousands of layers",
            "E1002",
            "weights",
            model(adds(2000), vec![floats("w", &[12_500, 4], &zeros)]),
        ),
        Bad::new("a vast weight of one value", "E1002", "v1", fill(1, 1 << 30)),
        Bad::new("a large weight of one value in many layers", "E1002", "weights", fill(1000, 1 << 17)),
        Bad::new(
            "a tensor without data of 2^36 elements",
            "E1006",
            "no data",
            model(vec![node("Add", &["x", "w"], &["y"], &[])], vec![raw_tensor("w", &[1 << 34, 4], 1, &[])]),
        ),
        Bad::new(
            "a shape of many numbers for many layers",
            "E1013",
            "500000",
            behind(reshapes(10_000), vec![long.clone()]),
        ),
        Bad::new("many numbers cast again and again", "E1002", "4194304", behind(casts, vec![long.clone()])),
        Bad::new("many numbers summed again and again", "E1002", "4194304", behind(sums, vec![long.clone()])),
        Bad::new("tensors repeated again and again", "E1002", "parts", behind(tiles, vec![ints("t", &[64, 1])])),
        Bad::new("tensors cut again and again", "E1002", "parts", behind(cuts, vec![ints("c", &[0; 64])])),
        Bad::new(
            "many indices again and again",
            "E1002",
            "4194304",
            behind(gathers, vec![long, raw_tensor("z", &[2, 0], 1, &[])]),
        ),
        Bad::new(
            "values that double",
            "E1002",
            "elements",
            behind(
                (0..40)
                    .map(|i| {
                        let x = if i == 0 { "s".to_string() } else { format!("c{i}") };
                        node("Concat", &[&x, &x], &[&format!("c{}", i + 1)], &[int("axis", 0)])
                    })
                    .collect(),
                vec![ints("s", &[1, 2])],
            ),
        ),
    ]
}

/// What would take time beyond measure if it were looked for naively.
fn quadratic() -> Vec<Bad> {
    let axes: Vec<i64> = (0..200_000).collect();
    let mut gathers = chain(5000, "Gather", "g", &["i"], &[int("axis", 0)]);
    gathers.push(node("Relu", &["x"], &["y"], &[]));
    vec![
        Bad::new(
            "axes for dimensions that are not there",
            "E1013",
            "dimensions",
            behind(vec![node("Unsqueeze", &["x", "l"], &["u"], &[])], vec![ints("l", &axes)]),
        ),
        Bad::new(
            "an attribute of many axes",
            "E1013",
            "axes",
            Model {
                opset: 11,
                nodes: vec![node("Unsqueeze", &["x"], &["y"], &[list("axes", &axes)])],
                initializers: vec![],
                inputs: vec![value("x", &[1, 4])],
                outputs: vec![Message::new().text(1, "y")],
            }
            .bytes(),
        ),
        Bad::new(
            "a rank that grows",
            "E1013",
            "dimensions",
            model(gathers, vec![ints("g", &[0]), raw_tensor("i", &[1, 1, 1, 1, 1, 1, 1, 1], 7, &[0; 8])]),
        ),
        Bad::new(
            "one axis many times",
            "E1013",
            "twice",
            behind(vec![node("Squeeze", &["x", "l"], &["u"], &[])], vec![ints("l", &vec![0; 4000])]),
        ),
    ]
}
