//! Imports, functions, operators as arguments, shared layers, free weights, records and conditions.

use rebirth_lang::Diagnostic;

use super::all_sizes::prove;
use super::{bad, good, net, nodes, render, run, run_files, set, weights};
use crate::graph::Mode;
use crate::resolve::{SetValue, Settings};

/// The paths and shapes of a body's weights.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    assert_eq!(weights(&good(&net(body))), expected, "{body}");
}

#[track_caller]
fn codes(errors: &[Diagnostic], expected: &[&str]) {
    let found: Vec<&str> = errors.iter().map(|error| error.code).collect();
    assert_eq!(found, expected, "{errors:?}");
}

/// The only error of a text, with every label.
#[track_caller]
fn check_error(text: &str, expected: &str) {
    assert_eq!(render(text, &bad(text)), expected.trim_start(), "{text}");
}

const COMMON: &str = "
const eps = 0.001
fn half(v) = div(v, 2)
block conv_bn(x, c, k = 3) { x |> conv(c, k, pad: half(k), bias: false) |> batch_norm(eps: eps) }
net own(x: f32[1, 4]) -> f32[1, 4] { x }
";

#[test]
fn imports() {
    let root = "import \"lib/common.net\" { conv_bn as layer, half, eps }
        net m(x: f32[n, 8, 16, 16]) -> f32[n, 4, 16, 16] { let y = x |> layer(half(8)) y }";
    let files = [("root.net", root), ("lib/common.net", COMMON)];
    let model = run_files(&files, &Settings::default()).expect("a sound program");
    assert_eq!(weights(&model)[0], "y.conv.weight 4x8x3x3");
    assert!(model.graph.to_string().contains("eps=0.001"), "{}", model.graph);
    let model = run_files(&files, &set(&[("eps", SetValue::Float(0.5))])).expect("an imported constant can be set");
    assert!(model.graph.to_string().contains("eps=0.5"), "{}", model.graph);
}

#[test]
fn what_an_import_cannot_take() {
    for (import, expected) in [
        ("conv_bm", "E0249"),
        ("own", "E0250"),
        ("eps as m", "E0204"),
        ("eps, half as eps", "E0204"),
        ("conv_bn as relu", "E0205"),
    ] {
        let root = format!("import \"c.net\" {{ {import} }} net m(x: f32[n, 8]) -> f32[n, 8] {{ x }}");
        codes(&run_files(&[("root.net", &root), ("c.net", COMMON)], &Settings::default()).unwrap_err(), &[expected]);
    }
    let files = [
        ("root.net", "import \"b.net\" { eps } net m(x: f32[n, 8]) -> f32[n, 8] { x }"),
        ("b.net", "import \"c.net\" { eps } const b = eps"),
        ("c.net", COMMON),
    ];
    let errors = run_files(&files, &Settings::default()).unwrap_err();
    codes(&errors, &["E0249"]);
    assert_eq!(errors[0].help.as_deref(), Some("import it from `c.net`, which declares it"));
}

#[test]
fn a_file_sees_its_own_names_only() {
    let root = "import \"c.net\" { conv_bn } net m(x: f32[n, 8]) -> f32[n, 8] { x |> half }";
    let errors = run_files(&[("root.net", root), ("c.net", COMMON)], &Settings::default()).unwrap_err();
    codes(&errors, &["E0209"]);
    assert_eq!(errors[0].help.as_deref(), Some("`c.net` declares it: import it from there"));

    let root = "import \"b.net\" { f } const k = 1 net m(x: f32[n, 8]) -> f32[n, 8] { f(x) }";
    let errors = run_files(&[("root.net", root), ("b.net", "block f(x) { x * k }")], &Settings::default()).unwrap_err();
    codes(&errors, &["E0207"]);

    let root = "import \"c.net\" { conv_bn } net m(x: f32[n, 8]) -> f32[n, 8] { x }";
    let settings = set(&[("eps", SetValue::Float(0.5))]);
    let errors = run_files(&[("root.net", root), ("c.net", COMMON)], &settings).unwrap_err();
    codes(&errors, &["E0227"]);
    let help = "`c.net` has a constant `eps`: to set it, import it: `import \"..\" { eps }`";
    assert_eq!(errors[0].help.as_deref(), Some(help));
}

#[test]
fn errors_in_imported_blocks_show_both_files() {
    let root = "import \"c.net\" { conv_bn } net m(x: f32[n, 8]) -> f32[n, 8] { x |> conv_bn(8) }";
    let errors = run_files(&[("root.net", root), ("c.net", COMMON)], &Settings::default()).unwrap_err();
    codes(&errors, &["E0301"]);
    let files: Vec<usize> = errors[0].labels.iter().map(|label| label.span.file.index()).collect();
    assert_eq!((files[0], files.last()), (1, Some(&0)), "{errors:?}");
}

#[test]
fn functions() {
    let text = |body: &str| {
        format!(
            "fn divisible(v, d = 8) = max(d, div(v + div(d, 2), d) * d)
            fn twice(f: op, v) = f(f(v))
            fn add_one(v) = v + 1
            fn total(list) = for v in list with sum = 0 {{ sum + v }}
            fn half(x) = div(channels(x), 2)
            const wide = divisible(30)
            net m(x: f32[n, 8, 4, 4]) -> f32[n, {body}, 4, 4] {{ x |> conv({body}, 1) }}"
        )
    };
    for (body, channels) in [
        ("divisible(30)", 32),
        ("divisible(30, d: 10)", 30),
        ("wide", 32),
        ("twice(add_one, 5)", 7),
        ("total([1, 2, 3])", 6),
        ("17 % 5", 2),
        ("(-3) % 5", 2),
        ("(-3) % -5 + 5", 2),
    ] {
        assert_eq!(weights(&good(&text(body)))[0], format!("conv.weight {channels}x8x1x1"), "{body}");
    }
    let text = text("8").replace("conv(8, 1)", "conv(half(x), 1) as a |> conv(8, 1)");
    assert_eq!(weights(&good(&text))[0], "a.weight 4x8x1x1");
}

#[test]
fn functions_that_cannot_be() {
    let check = |items: &str, body: &str, expected: &str| {
        let text = format!("{items} net m(x: f32[n, 8, 4, 4]) -> f32[n, 8, 4, 4] {{ {body} }}");
        let errors = bad(&text);
        codes(&errors, &[expected]);
        errors
    };
    check("fn f(v) = f(v - 1)", "x * f(3)", "E0216");
    check("fn f(v) = g(v) fn g(v) = f(v)", "x * f(3)", "E0216");
    check("fn f(v) = v + c const c = f(1)", "x * c", "E0217");
    check("fn f(v) = relu(v)", "f(x)", "E0218");
    check("fn f(v) = v * 2", "f(x)", "E0218");
    check("block b(x) { relu(x) } fn f(v) = b(v)", "f(x)", "E0218");
    check("fn f(v) = if true { share g = relu() v } else { v }", "x * f(1)", "E0218");
    check("fn f(v) = if true { param g: f32[1] = fill(1) v } else { v }", "x * f(1)", "E0218");
    check("fn f(v, w) = v", "x * f(1)", "E0211");
    check("fn f(v) = v", "x * f(1) as g", "E0226");
    check("fn f(v) = v", "x * f(w: 1)", "E0212");
    check("fn conv(v) = v", "x", "E0205");
    check("fn f(v, v) = v", "x", "E0206");
    check("", "x * (5 % 0)", "E0221");
    check("", "x % 2", "E0219");
    check("", "x * (5.0 % 2)", "E0219");
    check("const a = -9223372036854775807 - 1", "x * (a % -1)", "E0220");
}

#[test]
fn operators_and_blocks_as_arguments() {
    let text = |call: &str| {
        format!(
            "block scaled(x, by = 2) {{ x * by }}
            block layer(x, act: op = relu, op: op = conv) {{ x |> op(8, 1) |> act }}
            const table = [(8, relu), (8, relu6)]
            const chosen = table[1][1]
            net m(x: f32[n, 8, 4, 4]) -> f32[n, 8, 4, 4] {{ {call} }}"
        )
    };
    let check = |call: &str, expected: &[&str]| assert_eq!(nodes(&good(&text(call))), expected, "{call}");
    check("layer(x)", &["layer.op = conv", "layer.act = relu"]);
    check("layer(x, relu6)", &["layer.op = conv", "layer.act = relu6"]);
    check("x |> layer(act: if 1 > 2 { relu } else { relu6 })", &["layer.op = conv", "layer.act = relu6"]);
    check("layer(x, act: scaled)", &["layer.op = conv", "layer.act.constant = constant", "layer.act.mul = mul"]);
    check(
        "for (c, act) in table with x = x { x |> conv(c, 1) |> act }",
        &["0.conv = conv", "0.act = relu", "1.conv = conv", "1.act = relu6"],
    );
    check("let f = relu6 f(x)", &["f = relu6"]);
    check("x |> chosen", &["chosen = relu6"]);
    check("if chosen == relu6 and chosen != scaled { x |> relu } else { x }", &["relu = relu"]);
    assert_eq!(weights(&good(&text("layer(x)")))[0], "layer.op.weight 8x8x1x1");

    for (call, expected) in [
        ("layer(x, act: 3)", "E0215"),
        ("layer(x, act: \"relu\")", "E0215"),
        ("layer(x, act: m)", "E0208"),
        ("layer(x, act: reluu)", "E0207"),
        ("x |> conv(relu, 1)", "E0215"),
        ("x + relu", "E0219"),
        ("let f = 3 f(x)", "E0210"),
        ("concat([x, relu])", "E0303"),
    ] {
        codes(&bad(&text(call)), &[expected]);
    }
}

#[test]
fn shared_layers() {
    check("share f = conv(8, 3, pad: 1) f(f(x))", &["f.weight 8x8x3x3", "f.bias 8"]);
    check("share f = conv(8, 1, bias: false) let y = x |> f |> relu |> f y + f(x)", &["f.weight 8x8x1x1"]);
    check("share f = conv(8, 1, bias: false) for i in 0..3 with x = x { f(x) }", &["f.weight 8x8x1x1"]);
    check(
        "for i in 0..2 with x = x { share f = conv(8, 1, bias: false) f(f(x)) }",
        &["0.f.weight 8x8x1x1", "1.f.weight 8x8x1x1"],
    );
    check("let y = if true { share f = conv(8, 1, bias: false) f(f(x)) } else { x } y", &["y.f.weight 8x8x1x1"]);
    check("share f = conv(8, 1, bias: false) x |> @keep f", &["f.weight 8x8x1x1"]);
    // The convolution outside the shared one keeps its own name.
    check(
        "share f = conv(8, 1, bias: false) x |> f |> conv(8, 1, bias: false) |> f",
        &["f.weight 8x8x1x1", "conv.weight 8x8x1x1"],
    );
    // One set of weights for sizes that differ, as long as the weights do not.
    check("share f = conv(8, 1, bias: false) let s = x |> max_pool(16) |> f f(x) + s", &["f.weight 8x8x1x1"]);
}

#[test]
fn shared_blocks() {
    let text = |body: &str| {
        format!(
            "block tower(x, c) {{ let a = x |> conv(c, 1, bias: false) share g = conv(c, 1, bias: false) a |> g |> relu |> g }}
            block apply(x, f: op) {{ f(f(x)) }}
            net m(x: f32[n, 8, 4, 4]) -> f32[n, 8, 4, 4] {{ {body} }}"
        )
    };
    let paths = |body: &str| weights(&good(&text(body)));
    assert_eq!(paths("share t = tower(8) t(x) + t(relu(x))"), ["t.a.weight 8x8x1x1", "t.g.weight 8x8x1x1"]);
    assert_eq!(paths("share t = tower(8) apply(x, t)"), ["t.a.weight 8x8x1x1", "t.g.weight 8x8x1x1"]);
    assert_eq!(
        paths("tower(x, 8) as one |> tower(8)"),
        ["one.a.weight 8x8x1x1", "one.g.weight 8x8x1x1", "tower.a.weight 8x8x1x1", "tower.g.weight 8x8x1x1"]
    );
}

#[test]
fn shared_layers_that_cannot_be() {
    check_error(
        "net m(x: f32[n, 8, 4, 4]) -> f32[n, 4, 4, 4] {\n    share f = conv(4, 1)\n    let y = f(x)\n    f(y)\n}",
        "
E0254 two calls share `f.weight` but need it in different shapes
  4:5 `f`: this call needs f32[4,4,1,1]
  3:13 `f`: this one made it f32[4,8,1,1]
  2:11 `f`: shared here
  help: what flows into the calls of one `share` must agree in all that decides the shapes of weights, such as the channels
",
    );
    check_error(
        "net m(x: f32[n, 8, 4, 4]) -> f32[n, 8, 4, 4] {\n    share f = conv(8, 1)\n    f(x) as a\n}",
        "
E0226 the weights of `f` have their name already
  3:13 `a`: this cannot name them again
  2:11 `f`: they are named by this `share`
  help: leave `as` out; `let` names the value
",
    );
    for (body, expected) in [
        ("share f = div(8) x", "E0253"),
        ("share f = conv(8, 1) share g = f() g(x)", "E0253"),
        ("share f = covn(8, 1) f(x) + f(x)", "E0209"),
        ("share f = conv(8) f(x)", "E0211"),
        ("share f = conv(8, 1) share f = conv(8, 1) f(x)", "E0206"),
        ("share f = conv(8, 1) conv(f(x), 8, 1) as f", "E0241"),
        ("share f = conv(8, 1) f()", "E0211"),
        ("share f = conv(8, 1, stride: 1) f(x, stride: 2)", "E0214"),
    ] {
        codes(&bad(&net(body))[..1], &[expected]);
    }
}

#[test]
fn free_weights() {
    check("param g: f32[1, channels(x), 1, 1] = fill(1e-6) x * g", &["g 1x8x1x1"]);
    check("let y = if true { param g: f32[8, 1, 1] = uniform(1) x * g } else { x } y", &["y.g 8x1x1"]);
    check("for i in 0..2 with x = x { param g: f32[1] = fill(0) x + g }", &["0.g 1", "1.g 1"]);
    check("@path(\"a.0\") param g: f32[1] = fill(0) x + g", &["a.0 1"]);
    for (body, expected) in [
        ("param g: f32[1] = fill(0) param g: f32[1] = fill(0) x", "E0206"),
        ("param g: f32[1] = fill(0) conv(x + g, 8, 1) as g", "E0241"),
        ("param g: i64[1] = fill(0) x", "E0307"),
        ("param g: f32[0] = fill(0) x", "E0231"),
        ("param g: f32[3] = fill(0) x * g", "E0301"),
    ] {
        codes(&bad(&net(body))[..1], &[expected]);
    }
}

#[test]
fn paths_of_ones_own() {
    check("x |> @path(\"features.0\") conv(8, 1, bias: false)", &["features.0.weight 8x8x1x1"]);
    check("@path(\"stem\") let y = x |> conv(8, 1, bias: false) y", &["stem.weight 8x8x1x1"]);
    check(
        "@path(\"stem\") let y = x |> conv(8, 1, bias: false) as a |> conv(8, 1, bias: false) as b y",
        &["stem.a.weight 8x8x1x1", "stem.b.weight 8x8x1x1"],
    );
    check("@path(\"s\") share f = conv(8, 1, bias: false) f(f(x))", &["s.weight 8x8x1x1"]);
    check(
        "for i in 0..2 with x = x { x |> @path(\"layers.\" + i) conv(8, 1, bias: false) }",
        &["layers.0.weight 8x8x1x1", "layers.1.weight 8x8x1x1"],
    );
    for body in [
        "let a = x |> @path(\"p\") conv(8, 1) let b = a |> @path(\"p\") conv(8, 1) b",
        "x |> @path(\"conv\") conv(8, 1) |> conv(8, 1)",
        "for i in 0..2 with x = x { x |> @path(\"p\") conv(8, 1) }",
    ] {
        codes(&bad(&net(body))[..1], &["E0241"]);
    }
}

const TWO: &str =
    "net m(x: f32[n, 8]) -> {main: f32[n, 8], @train aux: f32[n, 4]} { let a = x |> dense(4) {aux: a, main: x} }";

#[test]
fn training_hands_on_statistics_that_are_no_value() {
    let settings = Settings { mode: Mode::Train, ..Settings::default() };
    let text = "net m(x: f32[2, 4]) -> f32[2, 4] { let y = x |> batch_norm y + relu(y) }";
    let model = run(text, &settings).unwrap_or_else(|errors| panic!("{}", render(text, &errors)));
    assert_eq!(nodes(&model), ["y = batch_norm", "relu = relu", "add = add"]);
}

#[test]
fn several_outputs() {
    let outputs = |mode: Mode| {
        let model = run(TWO, &Settings { mode, ..Settings::default() }).expect("a good text");
        assert_eq!(crate::graph::verify(&model.graph), Ok(()));
        let names: Vec<String> = model.graph.outputs.iter().map(|output| output.name.clone()).collect();
        assert_eq!(model.labels.len(), names.len());
        assert_eq!(model.origins.len(), model.graph.nodes.len());
        (names, weights(&model))
    };
    let both = vec!["main".to_string(), "aux".to_string()];
    assert_eq!(outputs(Mode::Train), (both, vec!["a.weight 4x8".to_string(), "a.bias 4".to_string()]));
    // In inference the auxiliary classifier and its weights do not exist.
    assert_eq!(outputs(Mode::Infer), (vec!["main".to_string()], vec![]));
}

#[test]
fn outputs_that_cannot_be() {
    let check = |header: &str, result: &str, expected: &[&str]| {
        let text = format!("net m(x: f32[n, 8]) -> {header} {{ {result} }}");
        codes(&bad(&text), expected);
    };
    let two = "{a: f32[n, 8], b: f32[n, 8]}";
    check(two, "{a: x}", &["E0251"]);
    check(two, "{a: x, b: x, c: x}", &["E0251"]);
    check(two, "{a: x, d: x}", &["E0251"]);
    check(two, "(x, x)", &["E0251"]);
    check(two, "x", &["E0251"]);
    check(two, "{a: x, b: 3}", &["E0303"]);
    check(two, "{a: x, b: dense(x, 4) as d}", &["E0305"]);
    check("f32[n, 8]", "{a: x}", &["E0303"]);
    check("{a: f32[n, 8], a: f32[n, 8]}", "{a: x}", &["E0206"]);
    check("@train f32[n, 8]", "x", &["E0243"]);
    check("@train(3) f32[n, 8]", "x", &["E0243", "E0245"]);
    codes(&bad("block b(x) { {a: x} } net m(x: f32[n, 8]) -> f32[n, 8] { relu(b(x)) }"), &["E0303"]);
}

#[test]
fn conditions() {
    let text = "net m(x: f32[n, 8, h, w]) -> f32[n, 8, h, w] where h % 16 == 0, h == w { x }";
    let at = |h: i64, w: i64| run(text, &set(&[("h", SetValue::Int(h)), ("w", SetValue::Int(w))]));
    assert!(at(32, 32).is_ok());
    codes(&at(32, 48).unwrap_err(), &["E0252"]);
    codes(&at(40, 41).unwrap_err(), &["E0252", "E0252"]);
    assert_eq!(at(40, 40).unwrap_err()[0].help.as_deref(), Some("32 and 48 are the nearest that do"));
    assert_eq!(at(8, 8).unwrap_err()[0].help.as_deref(), Some("16 is the nearest that does"));
    check_error(
        "block b(x, c) where channels(x) % c == 0 { x }\nnet m(x: f32[n, 8]) -> f32[n, 8] { b(x, 3) }",
        "
E0252 `channels(x) % c == 0` does not hold
  1:21 `channels(x) % c == 0`: required here
  1:9 `x`: `x` is a tensor f32[1,8]
  1:12 `c`: `c` is 3
  2:36 `b`: in this call of `b`
  help: call the block with other arguments, or weaken its `where`
",
    );
    codes(&bad("net m(x: f32[n, 8]) -> f32[n, 8] where n { x }"), &["E0219"]);
    codes(&bad("net m(x: f32[n, 8]) -> f32[n, 8] where k > 0 { x }"), &["E0207"]);
}

#[test]
fn code_that_nothing_calls_is_checked() {
    let check = |items: &str, expected: &[&str]| {
        let text = format!("{items} net m(x: f32[n, 8]) -> f32[n, 8] {{ x }}");
        match run(&text, &Settings::default()) {
            Ok(_) => assert!(expected.is_empty(), "{items} is accepted"),
            Err(errors) => codes(&errors, expected),
        }
        match prove(&text.replace("8]", "4, h, w]")) {
            Ok(_) => assert!(expected.is_empty(), "{items} is accepted"),
            Err(errors) => codes(&errors, expected),
        }
    };
    check("block b(x) { y }", &["E0207"]);
    check("block b(x) { x |> covn(8, 3) }", &["E0209"]);
    check("block b(x) { x |> conv(8, 3, strid: 2) }", &["E0212"]);
    check("block b(x) { if x { y } else { z } }", &["E0207", "E0207"]);
    check("block b(x) { for i in x with s = x { s + j } }", &["E0207"]);
    check("block b(x, c = d) where e > 1 { x |> @freez relu }", &["E0207", "E0207", "E0242"]);
    check("fn f(v) = w", &["E0207"]);
    check("block b(x) { let y = x let y = x y }", &["E0206"]);
    check("block a(x) { b(x) } block b(x) { a(x) }", &[]);
    check(
        "block b(x, f: op) { share g = f(3) param p: f32[channels(x)] = fill(1) let (a, c) = x let d = g(a) * p d |> f |> conv(a, c) }",
        &[],
    );
    check("block b(x) { x |> conv(8, 3) |> conv(8, 3) as conv }", &[]);
    // Its values are others than those of the net.
    check("block b(y) { param w: f32[2, 5] = fill(0.0) w |> dense(3) }", &[]);
}
