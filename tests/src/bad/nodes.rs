//! Bad ONNX files whose nodes are wrong: in their operators, attributes, operands or names.

use crate::onnx::{Message, floats, int, ints, list, node, raw_tensor, string, value, value_of};

use super::Bad;
use super::models::{changed, graph, on, one, with_bias};

/// All of them.
pub(super) fn all() -> Vec<Bad> {
    [unsupported(), attributes(), arity(), operands(), known(), names()].concat()
}

fn unsupported() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, bytes: Vec<u8>| Bad::new(name, "E1005", word, bytes);
    let body = Message::new().message(1, &node("Relu", &["x"], &["z"], &[]));
    let branch = |name: &str| Message::new().text(1, name).message(6, &body).int(20, 5);
    let own = |domain: &str| node("Relu", &["x"], &["y"], &[]).text(7, domain);
    let function = |bytes: Vec<u8>| {
        [bytes, Message::new().message(25, &Message::new().text(1, "Block").text(10, "local")).0].concat()
    };
    vec![
        bad("an unknown operator", "Frobnicate: `y`", one("Frobnicate", &[], &[], vec![])),
        bad("an operator in small letters", "relu", one("relu", &[], &[], vec![])),
        bad("an operator without a name", "`y`", one("", &[], &[], vec![])),
        bad("an operator of another domain", "com.example.Relu", graph(&[1], vec![own("com.example")], vec![])),
        bad("an operator of onnxruntime", "com.microsoft.Relu", graph(&[1], vec![own("com.microsoft")], vec![])),
        bad(
            "a function of the model",
            "local.Block",
            function(graph(&[1], vec![node("Block", &["x"], &["y"], &[]).text(7, "local")], vec![])),
        ),
        bad("If", "If", one("If", &[], &[branch("then_branch"), branch("else_branch")], vec![])),
        bad("Loop", "Loop", one("Loop", &[], &[branch("body")], vec![])),
        bad("Scan", "Scan", one("Scan", &[], &[branch("body"), int("num_scan_inputs", 1)], vec![])),
        bad("a sequence", "SequenceConstruct", one("SequenceConstruct", &[], &[], vec![])),
        bad("texts", "StringNormalizer", one("StringNormalizer", &[], &[], vec![])),
        bad(
            "a constant of texts",
            "strings",
            graph(
                &[1],
                vec![
                    node("Constant", &[], &["c"], &[string("value_string", "a")]),
                    node("Add", &["x", "c"], &["y"], &[]),
                ],
                vec![],
            ),
        ),
        bad(
            "batch norm in training mode",
            "training",
            changed(|model| {
                model.nodes[1] = node(
                    "BatchNormalization",
                    &["c", "conv.bias", "conv.bias", "conv.bias", "conv.bias"],
                    &["r"],
                    &[int("training_mode", 1)],
                )
            }),
        ),
        bad(
            "an output that is not supported",
            "its output 2, `i`",
            graph(
                &[1, 1, 4],
                vec![
                    node("MaxPool", &["x"], &["m", "i"], &[list("kernel_shape", &[2])]),
                    node("Add", &["m", "i"], &["y"], &[]),
                ],
                vec![],
            ),
        ),
        bad(
            "a pool of six dimensions",
            "6 dimensions",
            on(&[1, 1, 4, 4, 4, 4], "MaxPool", &[], &[list("kernel_shape", &[2, 2, 2, 2])], vec![]),
        ),
        bad("a comparison while the network runs", "Greater", one("Greater", &["x"], &[], vec![])),
        bad("a cast to complex numbers", "COMPLEX64", one("Cast", &[], &[int("to", 14)], vec![])),
        bad("indices of many runs", "65 runs", one("Gather", &["a"], &[], vec![ints("a", &[0; 65])])),
        bad("a repetition of many", "65 times", one("Tile", &["a"], &[], vec![ints("a", &[1, 65, 1, 1])])),
        bad("a pad that wraps", "wrap", one("Pad", &["a"], &[string("mode", "wrap")], vec![ints("a", &[1; 8])])),
        bad("an activation that jumps", "jumps", one("ThresholdedRelu", &[], &[], vec![])),
        bad("an exponent for each element", "exponent", one("Pow", &["x"], &[], vec![])),
        bad(
            "a resize with antialiasing",
            "antialiasing",
            changed(|model| {
                model.opset = 18;
                model.nodes[1] = node("Resize", &["c", "", "", "s"], &["r"], &[int("antialias", 1)]);
                model.initializers.push(ints("s", &[1, 4, 3, 3]));
            }),
        ),
    ]
}

fn attributes() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, bytes: Vec<u8>| Bad::new(name, "E1010", word, bytes);
    let pool = |more: &[Message]| one("MaxPool", &[], &[&[list("kernel_shape", &[2, 2])], more].concat(), vec![]);
    let weight = || vec![floats("w", &[2, 3, 1, 1], &[0.0; 6])];
    vec![
        bad(
            "an unknown attribute",
            "Relu of operator set 13 has no attribute `slope`",
            one("Relu", &[], &[int("slope", 1)], vec![]),
        ),
        bad(
            "an attribute of a later set",
            "`axes`",
            one("Unsqueeze", &["s"], &[list("axes", &[0])], vec![ints("s", &[0])]),
        ),
        bad("an attribute without a name", "``", one("Relu", &[], &[int("", 1)], vec![])),
        bad("a list for an integer", "must be an integer", one("Softmax", &[], &[list("axis", &[1])], vec![])),
        bad(
            "a text for a list",
            "must be a list of integers",
            one("MaxPool", &[], &[string("kernel_shape", "2x2")], vec![]),
        ),
        bad("an integer for a number", "must be a number", one("LeakyRelu", &[], &[int("alpha", 1)], vec![])),
        bad("an integer for a text", "must be a string", pool(&[int("auto_pad", 1)])),
        bad(
            "a number for a tensor",
            "must be a tensor",
            graph(
                &[1],
                vec![node("Constant", &[], &["c"], &[int("value", 1)]), node("Add", &["x", "c"], &["y"], &[])],
                vec![],
            ),
        ),
        bad(
            "an attribute that refers to one of a function",
            "function",
            one("Softmax", &[], &[Message::new().text(1, "axis").int(20, 2).text(21, "outer")], vec![]),
        ),
        bad("an attribute twice", "twice", one("Softmax", &[], &[int("axis", 1), int("axis", 2)], vec![])),
        bad("no kernel", "`kernel_shape` is missing", one("MaxPool", &[], &[], vec![])),
        bad("a kernel of 0", "[0, 2]", one("MaxPool", &[], &[list("kernel_shape", &[0, 2])], vec![])),
        bad("a kernel of one direction", "[2]", one("MaxPool", &[], &[list("kernel_shape", &[2])], vec![])),
        bad(
            "a huge kernel",
            "9223372036854775807",
            one("MaxPool", &[], &[list("kernel_shape", &[2, i64::MAX])], vec![]),
        ),
        bad("a stride of 0", "`strides`", pool(&[list("strides", &[0, 1])])),
        bad("negative padding", "`pads`", pool(&[list("pads", &[-1, 0, 0, 0])])),
        bad("padding of two numbers", "4 integers", pool(&[list("pads", &[1, 1])])),
        bad("an unknown way to pad", "`SOME`", pool(&[string("auto_pad", "SOME")])),
        bad("groups of 0", "`group` is 0", one("Conv", &["w"], &[int("group", 0)], weight())),
        bad("groups of less", "`group` is -1", one("Conv", &["w"], &[int("group", -1)], weight())),
        bad(
            "a kernel that is not the weight's",
            "as the weight",
            one("Conv", &["w"], &[list("kernel_shape", &[3, 3])], weight()),
        ),
        bad(
            "an order with one dimension twice",
            "`perm`",
            one("Transpose", &[], &[list("perm", &[0, 1, 1, 2])], vec![]),
        ),
        bad("an order of too few dimensions", "`perm`", one("Transpose", &[], &[list("perm", &[1, 0])], vec![])),
        bad("no size of a neighbourhood", "`size`", one("LRN", &[], &[], vec![])),
        bad("a block of 0", "`blocksize` is 0", one("DepthToSpace", &[], &[int("blocksize", 0)], vec![])),
        bad(
            "a way to rearrange with control characters",
            "`mode`",
            one("DepthToSpace", &[], &[int("blocksize", 2), string("mode", "\u{1b}[31mDCR")], vec![]),
        ),
    ]
}

fn arity() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, bytes: Vec<u8>| Bad::new(name, "E1012", word, bytes);
    vec![
        bad("an input too many", "it has 2 inputs, but Relu takes 1", one("Relu", &["x"], &[], vec![])),
        bad("an input too few", "it has 1 inputs, but Add takes 2", one("Add", &[], &[], vec![])),
        bad("an input left out", "Add", one("Add", &[""], &[], vec![])),
        bad("no inputs", "Relu takes 1", graph(&[1], vec![node("Relu", &[], &["y"], &[])], vec![])),
        bad(
            "no inputs of as many as one likes",
            "at least 1",
            graph(&[1], vec![node("Concat", &[], &["y"], &[int("axis", 0)])], vec![]),
        ),
        bad("no outputs of a node", "no outputs", graph(&[1], vec![node("Relu", &["x"], &[], &[])], vec![])),
        bad("outputs without names", "no outputs", graph(&[1], vec![node("Relu", &["x"], &["", ""], &[])], vec![])),
    ]
}

fn operands() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, bytes: Vec<u8>| Bad::new(name, "E1013", word, bytes);
    let reshape = |target: &[i64]| one("Reshape", &["s"], &[], vec![ints("s", target)]);
    let slice = |lists: [&[i64]; 4]| {
        one(
            "Slice",
            &["a", "b", "c", "d"],
            &[],
            ["a", "b", "c", "d"].iter().zip(lists).map(|(name, list)| ints(name, list)).collect(),
        )
    };
    let fill = |op: &str, dims: &[i64]| {
        one(op, &["c"], &[], vec![floats("c", dims, &vec![0.0; dims.iter().product::<i64>() as usize])])
    };
    vec![
        bad("operands that do not fit", "gives `y`", fill("Add", &[5])),
        bad("operands that fit in no rank", "gives `y`", fill("Mul", &[3, 3])),
        bad("a weight for other channels", "Conv", fill("Conv", &[2, 5, 1, 1])),
        bad("a weight of too few dimensions", "Conv", fill("Conv", &[2, 3, 1])),
        bad("a weight of one number", "Conv", fill("Conv", &[1])),
        bad("a kernel beyond the image", "MaxPool", one("MaxPool", &[], &[list("kernel_shape", &[20, 2])], vec![])),
        bad(
            "a kernel of 2^60 elements",
            "MaxPool",
            one("MaxPool", &[], &[list("kernel_shape", &[1 << 30, 1 << 30])], vec![]),
        ),
        bad(
            "a product of matrices that do not fit",
            "Gemm",
            on(&[2, 3], "Gemm", &["c"], &[], vec![floats("c", &[4, 2], &[0.0; 8])]),
        ),
        bad("a product of an image", "Gemm", fill("Gemm", &[8, 2])),
        bad("an axis that is not there", "no axis 4", one("Softmax", &[], &[int("axis", 4)], vec![])),
        bad("an axis before the first", "no axis -5", one("Softmax", &[], &[int("axis", -5)], vec![])),
        bad("the most negative axis", "-9223372036854775808", one("Concat", &["x"], &[int("axis", i64::MIN)], vec![])),
        bad("flattened behind the end", "Flatten", one("Flatten", &[], &[int("axis", 9)], vec![])),
        bad("two open extents", "[-1, -1]", reshape(&[-1, -1])),
        bad("an open extent that does not come out even", "[7, -1]", reshape(&[7, -1])),
        bad("an extent of -2", "[-2]", reshape(&[-2])),
        bad("extents whose product overflows", "9223372036854775807", reshape(&[i64::MAX, i64::MAX])),
        bad("an extent kept that is not there", "[0, 0, 0, 0, 0]", reshape(&[0, 0, 0, 0, 0])),
        bad("a shape of no dimensions", "[]", reshape(&[])),
        bad("a shape of nine dimensions", "9 dimensions", reshape(&[2, 3, 8, 8, 1, 1, 1, 1, 1])),
        bad("a dimension that cannot be squeezed", "dimension 1", one("Squeeze", &["s"], &[], vec![ints("s", &[1])])),
        bad("a dimension squeezed twice", "twice", on(&[1, 1], "Squeeze", &["s"], &[], vec![ints("s", &[1, -1])])),
        bad("a new dimension far out", "no axis -9", one("Unsqueeze", &["s"], &[], vec![ints("s", &[-9])])),
        bad(
            "images of other sizes joined",
            "Concat",
            one("Concat", &["c"], &[int("axis", 1)], vec![floats("c", &[2, 1], &[0.0; 2])]),
        ),
        bad("a slice of step 0", "step is 0", slice([&[0], &[9], &[1], &[0]])),
        bad("a slice of unlike lists", "2 starts", slice([&[0, 0], &[9], &[1], &[1]])),
        bad("a slice of nothing", "no elements", slice([&[5], &[5], &[2], &[1]])),
        bad(
            "parts that do not sum up",
            "cannot be split",
            graph(&[1, 4], vec![node("Split", &["x", "s"], &["y", "z"], &[int("axis", 1)])], vec![ints("s", &[1, 2])]),
        ),
        bad(
            "negative parts",
            "cannot be split",
            graph(&[1, 4], vec![node("Split", &["x", "s"], &["y", "z"], &[int("axis", 1)])], vec![ints("s", &[-1, 5])]),
        ),
        bad("an index outside", "outside of a dimension", one("Gather", &["s"], &[], vec![ints("s", &[2])])),
        bad("a resize to nothing", "sizes", one("Resize", &["", "", "s"], &[], vec![ints("s", &[2, 3, 0, 8])])),
        bad(
            "a resize by nothing",
            "factors",
            one("Resize", &["", "s"], &[], vec![floats("s", &[4], &[1.0, 1.0, 0.0, 1.0])]),
        ),
        bad(
            "a resize by no number",
            "factors",
            one("Resize", &["", "s"], &[], vec![floats("s", &[4], &[1.0, 1.0, f32::NAN, 1.0])]),
        ),
        bad("padding of a number too few", "7 numbers", one("Pad", &["s"], &[], vec![ints("s", &[0; 7])])),
    ]
}

/// About values that must be known, or are computed at import.
fn known() -> Vec<Bad> {
    let bad = |name: &str, code, word: &'static str, bytes: Vec<u8>| Bad::new(name, code, word, bytes);
    let filled = |shape: &[i64]| {
        let nodes = vec![
            node("ConstantOfShape", &["s"], &["c"], &[]),
            node("Exp", &["c"], &["e"], &[]),
            node("Add", &["x", "e"], &["y"], &[]),
        ];
        graph(&[1], nodes, vec![ints("s", shape)])
    };
    let folded = |op: &str, a: &[i64], b: &[i64]| {
        let nodes = vec![node(op, &["a", "b"], &["c"], &[]), node("Reshape", &["x", "c"], &["y"], &[])];
        graph(&[1], nodes, vec![ints("a", a), ints("b", b)])
    };
    let range = |numbers: [i64; 3]| {
        let scalar = |name: &str, number: i64| raw_tensor(name, &[], 7, &number.to_le_bytes());
        let nodes = vec![node("Range", &["a", "b", "c"], &["r"], &[]), node("Reshape", &["x", "r"], &["y"], &[])];
        graph(&[1], nodes, ["a", "b", "c"].iter().zip(numbers).map(|(name, number)| scalar(name, number)).collect())
    };
    vec![
        bad("a shape that is computed", "E1014", "its shape, input 2 (`x`)", one("Reshape", &["x"], &[], vec![])),
        bad("a repetition that is computed", "E1014", "`x`", one("Tile", &["x"], &[], vec![])),
        bad("a bound that is computed for each element", "E1013", "one number", one("Clip", &["x"], &[], vec![])),
        bad("a weight that is computed", "E1014", "weight", one("Conv", &["x"], &[], vec![])),
        bad("a constant of eight million elements", "E1002", "8388608", filled(&[1 << 23])),
        bad("a constant of overflowing shape", "E1002", "1099511627776", filled(&[1 << 40, 1 << 40])),
        bad("a constant of the largest extent", "E1002", "9223372036854775807", filled(&[i64::MAX])),
        bad("a constant of nine dimensions", "E1002", "[1, 1, 1, 1, 1, 1, 1, 1, 1]", filled(&[1; 9])),
        bad("a constant huge behind an empty extent", "E1002", "1099511627776", filled(&[0, 1 << 40, 1 << 40])),
        bad("a constant of negative extent", "E1010", "[-1]", filled(&[-1])),
        bad("a shape that is a sum beyond 64 bits", "E1013", "-9223372036854775808", folded("Add", &[i64::MAX], &[1])),
        bad(
            "a shape that is a product beyond 64 bits",
            "E1013",
            "-9223372036854775808",
            folded("Mul", &[i64::MIN], &[-1]),
        ),
        bad("integers divided by 0", "E1005", "division by 0", folded("Div", &[1], &[0])),
        bad("the least integer divided by -1", "E1013", "-9223372036854775808", folded("Div", &[i64::MIN], &[-1])),
        bad("a power of integers that overflows", "E1005", "no such value", folded("Pow", &[2], &[64])),
        bad("integers of shapes that do not fit", "E1013", "[2] and [3]", folded("Add", &[1, 2], &[1, 2, 3])),
        bad("integers gathered from outside", "E1013", "outside", folded("Gather", &[1, 2], &[i64::MIN])),
        bad("a range without end", "E1002", "9223372036854775807", range([0, i64::MAX, 1])),
        bad("a range of steps of 0", "E1013", "no range", range([0, 10, 0])),
    ]
}

/// Names that would do something to a terminal, or are long.
fn names() -> Vec<Bad> {
    const NASTY: &str = "a\u{1b}[2J\u{7}\r\n\u{9b}\u{202e}b\u{0}";
    let relu = |from: &str, to: &str| graph(&[1], vec![node("Relu", &[from], &[to], &[])], vec![]);
    let long = "n".repeat(100_000);
    vec![
        Bad::new("control characters in the name of a value", "E1008", "[2J", relu(NASTY, "y")),
        Bad::new(
            "control characters in the name of a node",
            "E1008",
            "[2J",
            graph(&[1], vec![node("Relu", &["none"], &["y"], &[]).text(3, NASTY)], vec![]),
        ),
        Bad::new("control characters in an operator", "E1005", "[2J", one(NASTY, &[], &[], vec![])),
        Bad::new(
            "control characters in a domain",
            "E1005",
            "[2J",
            graph(&[1], vec![node("Relu", &["x"], &["y"], &[]).text(7, NASTY)], vec![]),
        ),
        Bad::new("control characters in an attribute", "E1010", "[2J", one("Relu", &[], &[int(NASTY, 1)], vec![])),
        Bad::new("control characters in a tensor", "E1006", "[2J", with_bias(raw_tensor(NASTY, &[4], 1, &[0; 15]))),
        Bad::new(
            "control characters in an input",
            "E1011",
            "[2J",
            changed(|model| model.inputs = vec![value_of(NASTY, 8, &[1])]),
        ),
        Bad::new(
            "control characters in an output",
            "E1016",
            "[2J",
            changed(|model| model.outputs = vec![value(NASTY, &[1])]),
        ),
        Bad::new(
            "control characters in a location",
            "E1007",
            "[2J",
            with_bias(
                Message::new()
                    .int(1, 4)
                    .int(2, 1)
                    .text(8, "conv.bias")
                    .message(13, &Message::new().text(1, "location").text(2, &format!("../{NASTY}")))
                    .int(14, 1),
            ),
        ),
        Bad::new(
            "control characters in an offset",
            "E1007",
            "[2J",
            with_bias(
                Message::new()
                    .int(1, 4)
                    .int(2, 1)
                    .text(8, "conv.bias")
                    .messages(
                        13,
                        &[
                            Message::new().text(1, "location").text(2, "data.bin"),
                            Message::new().text(1, "offset").text(2, NASTY),
                        ],
                    )
                    .int(14, 1),
            ),
        ),
        Bad::new("a long name of a value", "E1008", "nnn...", relu(&long, "y")),
        Bad::new("a long name of a tensor", "E1006", "nnn...", with_bias(raw_tensor(&long, &[4], 1, &[0; 15]))),
        Bad::new("a long operator", "E1005", "nnn...", one(&long, &[], &[], vec![])),
        Bad::new(
            "a long location",
            "E1007",
            "///...",
            with_bias(
                Message::new()
                    .int(1, 4)
                    .int(2, 1)
                    .text(8, "conv.bias")
                    .message(13, &Message::new().text(1, "location").text(2, &"/".repeat(100_000)))
                    .int(14, 1),
            ),
        ),
        Bad::new(
            "a long attribute value",
            "E1010",
            "`perm`",
            one("Transpose", &[], &[list("perm", &vec![1_000_000; 10_000])], vec![]),
        ),
        Bad::new(
            "a long list of dimensions",
            "E1006",
            "10000 dimensions",
            with_bias(raw_tensor("conv.bias", &vec![1; 10_000], 1, &[0; 4])),
        ),
        Bad::new(
            "a long list of extents",
            "E1013",
            "4000 dimensions",
            one("Reshape", &["s"], &[], vec![ints("s", &vec![1; 4000])]),
        ),
        Bad::new(
            "a long list of declared extents",
            "E1016",
            "f32",
            changed(|model| model.outputs = vec![value("y", &vec![1; 10_000])]),
        ),
    ]
}
