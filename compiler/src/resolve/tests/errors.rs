//! Bad sources: the code and line of every error.

use super::super::codes;
use super::{bad, net, places, render};

/// Each `^CODE` in the text stands on a line of its own behind the line that has an error of this code.
#[track_caller]
fn check(text: &str) {
    let mut expected = Vec::new();
    let mut source = String::new();
    for line in text.lines() {
        match line.trim().strip_prefix('^') {
            Some(codes) => expected.extend(codes.split(' ').map(|code| (code.to_string(), source.lines().count()))),
            None => source += &format!("{line}\n"),
        }
    }
    assert!(!expected.is_empty());
    let errors = bad(&source);
    let found: Vec<_> = places(&source, &errors).into_iter().map(|(code, line)| (code.to_string(), line)).collect();
    assert_eq!(found, expected, "\n{}", render(&source, &errors));
    for error in &errors {
        assert!(!error.labels.is_empty() || error.span().is_none());
        // Only operators know how shapes are mended.
        let helped = error.help.as_ref().is_some_and(|help| !help.is_empty());
        assert!(helped || error.code == "E0301", "no help: {error:?}");
    }
}

/// [`check`] for the body of a net on one line.
#[track_caller]
fn check_body(body: &str, code: &str) {
    check(&format!("{}\n^{code}", net(body)));
}

#[test]
fn nets_and_items() {
    let errors = bad("const a = 1");
    assert_eq!(errors[0].code, "E0201");
    check("net a(x: f32[1, 4]) -> f32[1, 4] { x }\n^E0202\nnet b(x: f32[1, 4]) -> f32[1, 4] { x }");
    check("const a = 1\nconst a = 2\n^E0204\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
    check("block a(x) { x }\nconst a = 2\n^E0204\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
    check("block relu(x) { x }\n^E0205\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
    check("block channels(x) { x }\n^E0205\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
}

#[test]
fn names() {
    check_body("let y = relu(x) let y = relu(y) y", "E0206");
    check_body("let x = relu(x) x", "E0206");
    check_body("let (a, a) = (x, x) a", "E0206");
    check("block b(x, x) { x }\n^E0206\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
    check("net m(x: f32[1, 4], x: f32[1, 4]) -> f32[1, 4] { x }\n^E0206");
    check_body("for i in 0..2 with i = x { i }", "E0206");
    check_body("relu(y)", "E0207");
    check_body("let y = if true { let z = x z } else { x } relu(z)", "E0207");
    check("block b(a) { x }\n^E0207\nnet m(x: f32[1, 4]) -> f32[1, 4] { b(x) }");
    check("const a = x\n^E0207\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
    check_body("relu(relu)", "E0303");
    check_body("relu(channels)", "E0303");
    check_body("relu(m)", "E0208");
    check("block b(x) { x }\nnet m(x: f32[1, 4]) -> f32[1, 4] { b }\n^E0303");
    check_body("x |> rleu", "E0209");
    check_body("x(1)", "E0210");
    check_body("x |> m", "E0210");
    check("const a = 1\nnet m(x: f32[1, 4]) -> f32[1, 4] { x |> a(2) }\n^E0210");
}

#[test]
fn arguments() {
    check_body("x |> conv(8)", "E0211");
    check_body("x |> conv()", "E0211");
    check_body("relu()", "E0211");
    check_body("div(1)", "E0211");
    check("block b(x, c) { x }\nnet m(x: f32[1, 4]) -> f32[1, 4] { b(x) }\n^E0211");
    check_body("x |> conv(8, 3, strid: 1)", "E0212");
    check_body("min(a: 1)", "E0212");
    check_body("x |> relu(1)", "E0213");
    check_body("x |> channels(1)", "E0213");
    check("block b(x) { x }\nnet m(x: f32[1, 4]) -> f32[1, 4] { b(x, 1) }\n^E0213");
    check_body("x |> conv(8, 3, out: 3)", "E0214");
    check_body("x |> relu(x: x)", "E0214");
    check_body("x |> conv(8.5, 3)", "E0215");
    check_body("x |> conv(8, (3, 3, 3))", "E0215");
    check_body("x |> conv(8, 3, pad: \"some\")", "E0215");
    check_body("x |> conv(8, 3, bias: 1)", "E0215");
    check_body("x |> conv(8, [x, x])", "E0215");
    check_body("x |> conv(8, 3, 1, x)", "E0215");
}

#[test]
fn blocks_that_call_themselves() {
    check("block b(x) { b(x) }\n^E0216\nnet m(x: f32[1, 4]) -> f32[1, 4] { b(x) }");
    check("block a(x) { b(x) }\nblock b(x) { a(x) }\n^E0216\nnet m(x: f32[1, 4]) -> f32[1, 4] { a(x) }");
    let text = "block a(x) { b(x) }\nblock b(x) { a(x) }\nnet m(x: f32[1, 4]) -> f32[1, 4] { a(x) }";
    assert_eq!(
        render(text, &bad(text)),
        "E0216 the block `a` calls itself: `a` calls `b` calls `a`
  2:14 `a`: `a` is called again here
  1:7 `a`: while this block is being called
  1:14 `b`: in this call of `b`
  3:36 `a`: in this call of `a`
  help: blocks cannot recur; a `for` loop repeats layers, with its state in `with`
"
    );
}

#[test]
fn constants() {
    check("const a = b\nconst b = a\n^E0217\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
    check("const a = a + 1\n^E0217\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
    check("const a = relu(1)\n^E0218\nnet m(x: f32[1, 4]) -> f32[1, 4] { x }");
}

#[test]
fn evaluation() {
    for body in [
        "if 1 { x } else { x }",
        "if x == x { x } else { x }",
        "for i in 3 with x = x { x }",
        "for i in 0..1.5 with x = x { x }",
        "for i in x..3 with x = x { x }",
        "if not 1 { x } else { x }",
        "if true and 1 { x } else { x }",
        "if \"a\" < \"b\" { x } else { x }",
        "if \"a\" == 1 { x } else { x }",
        "-\"a\"",
        "[1] * 2",
        "[1] + 2",
        "x + \"a\"",
        "x + [x]",
        "x[0]",
        "[x][1.0]",
    ] {
        check_body(body, "E0219");
    }
    for body in [
        "9223372036854775807 + 1",
        "-9223372036854775807 - 2",
        "4611686018427387904 * 2",
        "1e308 * 10",
        "round_to(1e300, 8)",
        "div(-9223372036854775807 - 1, -1)",
        "(-9223372036854775807 - 1) / -1",
    ] {
        check_body(body, "E0220");
    }
    for body in ["1 / 0", "1.0 / 0", "div(1, 0)", "ceil_div(1, 0)", "x / 0", "x / 1e-50"] {
        check_body(body, "E0221");
    }
    check_body("7 / 2", "E0222");
    check_body("[x][1]", "E0223");
    check_body("[x][-1]", "E0223");
    check_body("dim(x, 4)", "E0223");
    check_body("let (a, b) = (x, x, x) a", "E0224");
    check_body("let (a, b) = x a", "E0224");
    check_body("for (a, (b, c)) in [(1, (2, 3)), (1, 2)] with x = x { x }", "E0224");
    for body in [
        "len(3)",
        "div(1.5, 2)",
        "div(1, \"a\")",
        "round_to(3, 0)",
        "round_to(x, 8)",
        "min()",
        "max([])",
        "min(1, [x])",
        "rank(1)",
        "dim(x, 1.0)",
    ] {
        check_body(body, "E0225");
    }
    check_body("let c = channels(x) as c x", "E0226");
}

#[test]
fn dimensions() {
    check("net m(x: f32[n, c]) -> f32[n, c] { x }\n^E0230");
    check("net m(x: f32[0, 4]) -> f32[1, 4] { x }\n^E0231");
    check("net m(x: f32[1.5]) -> f32[1] { x }\n^E0231");
    check("net m(x: f32[1, 4]) -> f32[1, 4 - 4] { x }\n^E0231");
    check("net m(x: f32[1, 4]) -> f32[n, 4] { x }\n^E0207");
}

#[test]
fn weight_paths() {
    check_body("let y = x |> conv(8, 1) |> conv(8, 1) y", "E0240");
    check_body("let y = x |> conv(8, 1) |> conv(8, 1) as b y", "E0240");
    check_body("let y = conv(conv(x, 8, 1), 8, 1) y", "E0240");
    check_body("let y = for i in 0..2 with x = x { x |> conv(8, 1) |> conv(8, 1) } y", "E0240");
    check_body("let y = if true { let a = x |> conv(8, 1) a |> conv(8, 1) } else { x } y", "E0240");
    check_body("x |> conv(8, 1) |> conv(8, 1)", "E0241");
    check_body("x |> conv(8, 1) as a |> conv(8, 1) as a", "E0241");
    check_body("let y = x |> conv(8, 1) as a |> conv(8, 1) as a y", "E0241");
    check_body("let a = x |> conv(8, 1) a |> conv(8, 1) as a", "E0241");
    check_body(
        "let y = (for i in 0..2 with x = x { conv(x, 8, 1) }) + (for i in 0..2 with x = x { conv(x, 8, 1) }) y",
        "E0241",
    );
}

#[test]
fn shapes_and_operators() {
    check_body("x |> dense(3)", "E0301");
    check_body("x |> conv(8, 17)", "E0301");
    check_body("concat([x, x |> max_pool(2)])", "E0301");
    check_body("x + (x |> max_pool(2))", "E0301");
    check_body("x |> conv(8, 3, groups: 3)", "E0302");
    check_body("x |> conv(0, 3)", "E0302");
    check_body("x |> conv(8, 3, stride: -1)", "E0302");
    check_body("3 |> relu", "E0303");
    check_body("[x] |> relu", "E0303");
    check_body("concat(x)", "E0303");
    check_body("concat([])", "E0303");
    check_body("concat([x, 1])", "E0303");
    check_body("3", "E0303");
    check_body("[x]", "E0303");
    check_body("max(x, [1])", "E0303");
    check_body("add([x], x)", "E0303");
    check_body("x |> conv(9, 1)", "E0305");
    check("net m(x: f32[1, 4]) -> f32[1, 5] { x }\n^E0305");
    check("net m(x: f32[1099511627776]) -> f32[1] { x }\n^E0306");
    check("net m(x: f32[1, 1, 1, 1, 1, 1, 1, 1, 1]) -> f32[1] { x }\n^E0306");
    check_body("x |> conv(1000000000, 1000000)", "E0306");
    check("net m(x: f23[1]) -> f32[1] { x }\n^E0307");
    check("net m(x: f32[1]) -> f16[1] { x }\n^E0307");
}

#[test]
fn several_errors_and_no_followers() {
    check(
        "const a = 1 / 0
        ^E0221
        block b(x, c) {
            let y = x |> conv(c, 3, strid: 2)
            ^E0212
            relu(y) |> dense(10, a: y)
            ^E0212
        }
        net m(x: f32[n, 3, 8, 8]) -> f32[n, 3, 8, 8] {
            let p = b(x, a)
            let q = b(p, a)
            let r = unknown |> relu |> conv(a, 3) |> sotfmax
            ^E0207 E0209
            concat([p, q, r])
        }",
    );
}

#[test]
fn values_that_hold_an_error_are_errors() {
    let check = |rest: &str| check(&format!("{}\n^E0301", net(&format!("let y = x |> conv(8, 99) {rest}"))));
    check("y |> resize(size: (dim(y, 2), dim(y, 3)))");
    check("x |> conv(channels(y), (3, rank(y)), pad: [1, channels(y)])");
    check("x |> reshape([0, channels(y), -1])");
    check("let sizes = [dim(y, 2)] x |> resize(scale: sizes + sizes)");
    check("let pair = (dim(y, 2), 3) x |> conv(8, if pair == (1, 2) { 1 } else { 3 })");
    check("relu([x, y])");
    check("concat([x, y])");
    check("let (a, b, c) = (x, y) x");
    check("let z = [x, y] z");
    check("for i in 0..len([y]) with x = x { x }");
    check("let z = -[y] x");
    // What is whole in such a value is used, and its errors are told.
    let text = net("let parts = [x |> conv(8, 99), x]\nparts[1] |> dense(3, 4, 5)");
    super::errors::check(&text.replacen('\n', "\n^E0301\n", 1).replace("5) }", "5) }\n^E0213"));
}

#[test]
fn at_most_twenty() {
    let body: String = (0..30).map(|i| format!("let v{i} = u{i} ")).collect();
    assert_eq!(bad(&net(&format!("{body} x"))).len(), rebirth_lang::limits::ERRORS);
}

#[test]
fn a_mismatch_shows_every_party() {
    let text = "block pair(x, c) {
    let a = x |> conv(c, 1)
    let b = x |> max_pool(2)
    concat([a, b, x |> relu])
}
net m(image: f32[n, 3, 8, 8]) -> f32[n, 3, 8, 8] {
    for i in 0..2 with x = image { x |> pair(4) }
}";
    let rendered = render(text, &bad(text));
    // Message and help are the operator's.
    let labels: Vec<&str> =
        rendered.lines().filter(|line| line.starts_with("  ") && !line.starts_with("  help")).collect();
    assert_eq!(
        labels,
        [
            "  4:5 `concat`: in this `concat`",
            "  4:13 `a`: this is f32[1,4,8,8]",
            "  2:9 `a`: `a` comes from here",
            "  4:16 `b`: this is f32[1,3,4,4]",
            "  3:9 `b`: `b` comes from here",
            "  7:41 `pair`: in this call of `pair`",
            "  7:9 `i`: in turn 0 of this loop",
        ],
        "{rendered}"
    );
}

#[test]
fn a_missing_as_shows_the_calls() {
    let text = net("let y = x |> conv(8, 1) |> relu |> conv(8, 1) y");
    assert_eq!(
        render(&text, &bad(&text)),
        "E0240 several calls have weights below `y` and need names of their own
  1:65 `conv`: this call has weights and no `as`
  1:87 `conv`: this call has weights and no `as`
  help: write `conv(..) as NAME`: the weights are then called `y.NAME..`; or give each call a `let`
"
    );
}

#[test]
fn suggestions() {
    for (body, help) in [
        ("x |> rleu", "did you mean `relu`?"),
        ("let stem = x sten", "did you mean `stem`?"),
        ("x |> conv(8, 3, strde: 2)", "did you mean `stride`?"),
        (
            "x |> conv(8)",
            "it is called as `conv(x, out, kernel, stride: 1, pad: 0, dilation: 1, groups: 1, bias: true)`; what flows in with `|>` comes first",
        ),
        ("7 / 2", "`div(7, 2)` rounds down, `ceil_div(7, 2)` rounds up, `7 / 2.0` is a number with a fraction"),
        ("concat(x, x)", "put the tensors into a list: `concat([a, b])`"),
    ] {
        let errors = bad(&net(body));
        assert_eq!(errors[0].help.as_deref(), Some(help), "{body}");
    }
}

#[test]
fn every_code_is_tested() {
    let tests = [
        include_str!("attributes.rs"),
        include_str!("errors.rs"),
        include_str!("graphs.rs"),
        include_str!("all_sizes.rs"),
        include_str!("language.rs"),
        include_str!("limits.rs"),
        include_str!("settings.rs"),
        include_str!("../settings.rs"),
    ];
    for (i, code) in codes::ALL.iter().enumerate() {
        assert!(tests.iter().any(|text| text.contains(code.id)), "{} ({}) is in no test", code.id, code.title);
        assert!(codes::ALL[..i].iter().all(|other| other.id < code.id), "{} is out of order", code.id);
    }
}
