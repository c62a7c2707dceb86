//! Good sources: the graphs they become.

use super::super::Settings;
use super::{good, net, nodes, run, weights};
use crate::graph::Type;

/// The nodes of a body.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    assert_eq!(nodes(&good(&net(body))), expected, "{body}");
}

#[test]
fn a_graph_as_text() {
    let model = good("net tiny(image: f32[n, 3, 8, 8]) -> f32[n, 4, 8, 8] { let c = image |> conv(4, 1) |> relu c }");
    assert_eq!(
        model.graph.to_string(),
        "graph @tiny infer (%image: f32[1,3,8,8]) -> (output: f32[1,4,8,8]) {
  param @c.weight: f32[4,3,1,1]
  param @c.bias: f32[4]
  %c.conv = conv %image, @c.weight, @c.bias {kernel=[1,1], stride=[1,1], pad=[0,0,0,0], dilation=[1,1], groups=1} : f32[1,4,8,8]
  %c = relu %c.conv : f32[1,4,8,8]
  return %c
}
"
    );
    let paths: Vec<&str> = model.origins.iter().map(|origin| origin.path.as_str()).collect();
    assert_eq!(paths, ["c", "c.relu"]);
}

#[test]
fn values_are_named_after_the_source() {
    check("let a = x |> relu |> relu a |> relu", &["a.relu = relu", "a = relu", "relu = relu"]);
    check("x |> relu as a |> relu", &["a = relu", "relu = relu"]);
    check("x |> relu |> relu", &["relu = relu", "relu_2 = relu"]);
    check("let a = x |> relu let b = a b |> relu", &["a = relu", "relu = relu"]);
    check(
        "for i in 0..2 with y = x { let z = y |> relu z |> relu }",
        &["0.z = relu", "0.relu = relu", "1.z = relu", "1.relu = relu"],
    );
    check("let (a, b) = (relu(x), relu(x)) a + b", &["relu = relu", "relu_2 = relu", "add = add"]);
}

#[test]
fn several_results_are_a_list() {
    check("let (a, b) = split(x, 2) concat([a, b])", &["split = split", "concat = concat"]);
    for one in ["split(x, 1)", "split(x, [8])"] {
        check(&format!("let parts = {one} parts[0]"), &["parts.split = split"]);
        check(&format!("concat({one})"), &["split = split", "concat = concat"]);
        check(&format!("for part in {one} with y = x {{ y + part }}"), &["split = split", "0.add = add"]);
    }
    let text = good(&net("let parts = x |> split([1, 3, 4]) concat([parts[2], parts[0], parts[1]])")).graph.to_string();
    let expected = "  %parts.split, %parts.split_2, %parts.split_3 = split %x {sizes=[1,3,4], axis=1} : f32[1,1,16,16], f32[1,3,16,16], f32[1,4,16,16]
  %concat = concat %parts.split_3, %parts.split, %parts.split_2 {axis=1} : f32[1,8,16,16]\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn infix_arithmetic_of_tensors() {
    check("x + x", &["add = add"]);
    check("x * x + x", &["mul = mul", "add = add"]);
    check("2 * x", &["constant = constant", "mul = mul"]);
    check("x - x / x", &["div = div", "sub = sub"]);
    check("x - 1.5", &["constant = constant", "sub = sub"]);
    check("1 / x", &["constant = constant", "div = div"]);
    check("-x", &["neg = neg"]);
    let text = good(&net("(x - 3) / 4")).graph.to_string();
    assert!(text.contains("value=3.0") && text.contains("value=4.0"), "{text}");
}

#[test]
fn names_of_operators_and_functions() {
    check("max(x, x) |> min(x)", &["max = max", "min = min"]);
    check("x |> max(0)", &["constant = constant", "max = max"]);
    check("div(max(6, 4), x)", &["constant = constant", "div = div"]);
    check("max(a: x, b: 1.5)", &["constant = constant", "max = max"]);
    check("let f = max f(x, f(1, 2))", &["constant = constant", "f = max"]);
    check("x |> add(1)", &["constant = constant", "add = add"]);
}

/// `check` for a condition that must hold.
#[track_caller]
fn holds(condition: &str) {
    let model = good(&net(&format!("if {condition} {{ x |> relu }} else {{ x }}")));
    assert_eq!(model.graph.nodes.len(), 1, "{condition}");
}

#[test]
fn compile_time_values() {
    for condition in [
        "1 + 2 * 3 == 7",
        "6 / 3 == 2",
        "7 / 2.0 == 3.5",
        "1 == 1.0",
        "0.0 <= -0.0 and 0.0 == -0.0",
        "-3 < 2 and 2 <= 2 and 3 > 2 and 2 >= 2 and 1 != 2",
        "true and not false or 1 / 0 == 1",
        "false and 1 / 0 == 1 or true",
        "\"a\" == \"a\" and \"a\" != \"b\"",
        "[1, (2, 3)] == (1, [2, 3])",
        "[1] != [1, 2]",
        "[1, 2] + [3] == [1, 2, 3]",
        "0..3 == [0, 1, 2] and len(3..1) == 0",
        "[4, 5, 6][2] == 6",
        "((1, 2), 3)[0][1] == 2",
        "div(-7, 2) == -4 and ceil_div(7, 2) == 4",
        "round_to(33, 8) == 32 and round_to(32 * 1.4, 8) == 48",
        "min(3, 1, 2) == 1 and max([3, 1.5]) == 3 and min(2, 1.5) == 1.5",
        "len([]) == 0 and len((1, 2)) == 2",
        "channels(x) == 8 and dim(x, 2) == 16 and rank(x) == 4 and (x |> channels) == 8",
        "(for i in 1..=0 with s = 0 { s }) == 0",
        "n == 1",
    ] {
        if !condition.contains("..=") {
            holds(condition);
        }
    }
    holds("(for (a, (b, _)) in [(1, (2, 9)), (3, (4, 9))] with s = 0 { s + a * b }) == 14");
    holds("(for i in 0..5 with (a, b) = (0, 1) { (b, a + b) })[0] == 5");
    holds("(for i in [] with s = 3 { 1 / 0 }) == 3");
}

#[test]
fn blocks() {
    let model = good(
        "const width = 2
        block scaled(x, c, k = 1, twice = c * width, then = true) {
            let y = conv(x, twice, k)
            if then { relu(y) } else { y }
        }
        block half(c) { div(c, 2) }
        net m(x: f32[1, 3, 8, 8]) -> f32[1, 8, 6, 6] {
            let a = x |> scaled(half(9), then: false)
            let b = scaled(k: 3, x: a, c: 0, twice: 8)
            b
        }",
    );
    assert_eq!(nodes(&model), ["a = conv", "b.y = conv", "b = relu"]);
    assert_eq!(weights(&model), ["a.y.weight 8x3x1x1", "a.y.bias 8", "b.y.weight 8x8x3x3", "b.y.bias 8"]);
}

#[test]
fn tuples_and_lists_of_tensors_vanish() {
    let model = good(
        "block both(x) { (relu(x), [x, conv(x, 8, 1)]) }
        net m(x: f32[1, 8, 4, 4]) -> f32[1, 16, 4, 4] {
            let skips = for i in 0..2 with s = [] { s + [x |> relu] }
            let (a, rest) = both(skips[1])
            concat([a, rest[1]])
        }",
    );
    assert_eq!(model.graph.nodes.last().map(|node| node.inputs.len()), Some(2));
    assert_eq!(weights(&model), ["both.conv.weight 8x8x1x1", "both.conv.bias 8"]);
}

#[test]
fn names_of_operators_may_be_bound() {
    check(
        "let relu = relu(x) let channels = channels(relu) if channels == 8 { relu |> relu } else { x }",
        &["relu = relu", "relu_2 = relu"],
    );
}

#[test]
fn the_batch_is_one_unless_bound() {
    let text = net("x");
    let ty = |settings: &Settings| {
        let model = run(&text, settings).unwrap();
        model.graph.ty(model.graph.inputs[0]).clone()
    };
    assert_eq!(ty(&Settings::default()), Type::f32([1, 8, 16, 16]));
    let dims = [("n".to_string(), 5)].into();
    assert_eq!(ty(&Settings { dims, ..Settings::default() }), Type::f32([5, 8, 16, 16]));
}

#[test]
fn an_unused_input_is_a_warning() {
    let model = good("net m(x: f32[1, 4], y: f32[1, 4]) -> f32[1, 4] { x }");
    assert_eq!(model.warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["E0248"]);
    assert!(good(&net("x")).warnings.is_empty());
}
