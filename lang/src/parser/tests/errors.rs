use std::collections::BTreeSet;

use super::{render, report};
use crate::{Diagnostic, codes, limits};

/// Wraps statements and a final expression in a block.
fn in_body(body: &str) -> String {
    format!("block b(x, y) {{\n    {body}\n}}\n")
}

/// Texts with one error each, and its code. A text without a top-level keyword stands in a body.
const TABLE: &[(&str, &str)] = &[
    ("x ; y", "E0104"),
    ("x && y", "E0104"),
    ("x || y", "E0104"),
    ("!x", "E0104"),
    ("x | relu", "E0104"),
    ("x.y", "E0104"),
    ("größe", "E0104"),
    ("# comment\n x", "E0104"),
    ("'a'", "E0104"),
    ("/* a */ x", "E0104"),
    ("let a = x\r // c\r a\r", "E0104"),
    ("import parts/blocks.net { conv_relu }", "E0104"),
    ("import ../blocks.net { conv_relu }", "E0104"),
    ("import \"parts\\blocks.net\" { conv_relu }", "E0135"),
    ("from \"blocks.net\" import conv_relu", "E0111"),
    ("from blocks import conv_relu, conv_bn", "E0111"),
    ("let a, b = y\n a", "E0108"),
    ("return x", "E0114"),
    ("let a = relu(x)\n return a |> relu", "E0114"),
    ("net q", "E0108"),
    ("y = x |> relu\n y", "E0112"),
    ("let a = relu(x)\n a = relu(a)\n a", "E0112"),
    ("(x |> conv(3, 3)) as a", "E0126"),
    ("f(\"abc, 3)", "E0105"),
    ("\"abc\\", "E0105"),
    ("f(x", "E0106"),
    ("let a = f(x, [1, 2)\n a", "E0106"),
    ("let a = f(x\n let b = y\n b", "E0106"),
    ("block c(x) { f(x)", "E0106"),
    ("f(x))", "E0107"),
    ("const a = 1 }", "E0107"),
    ("f(x ]", "E0107"),
    ("x |>", "E0108"),
    ("x |> |> y", "E0108"),
    ("x +", "E0108"),
    ("x * * y", "E0108"),
    ("f(x y)", "E0108"),
    ("f(x, , y)", "E0108"),
    ("f(pad = 1)", "E0108"),
    ("[1 2]", "E0108"),
    ("let a x", "E0108"),
    ("let = x", "E0108"),
    ("if x = y { 1 } else { 2 }", "E0108"),
    ("if x 1 else 2", "E0108"),
    ("for i 0..3 with x = x { x }", "E0108"),
    ("for i in 0..3 with x { x }", "E0108"),
    ("x |> else", "E0108"),
    ("f(x)(y)", "E0108"),
    ("(f)(y)", "E0108"),
    ("const a", "E0108"),
    ("const a =", "E0108"),
    ("const a = 1 +", "E0108"),
    ("const 3 = 1", "E0108"),
    ("block b { x }", "E0108"),
    ("block b(x: f32[1]) { x }", "E0108"),
    ("block b(x)", "E0108"),
    ("net a(x) -> f32[1] { x }", "E0108"),
    ("net a(x: f32[1]) { x }", "E0108"),
    ("net a(x: f32) -> f32[1] { x }", "E0108"),
    ("net a(x: f32[1]) -> { x }", "E0108"),
    ("net a(x: f32[1]) -> f32[1]", "E0108"),
    ("net a(x: f32[1], 3) -> f32[1] { x }", "E0108"),
    ("const net = 1", "E0109"),
    ("block if(x) { x }", "E0109"),
    ("let as = x\n as", "E0109"),
    ("f(x) as in", "E0109"),
    ("import \"a.net\" { }", "E0108"),
    ("import \"a.net\"", "E0108"),
    ("import a { b }", "E0108"),
    ("import \"a.net\" { b as }", "E0108"),
    ("fn f(v) { v }", "E0108"),
    ("fn f = 1", "E0108"),
    ("share f\n f(x)", "E0108"),
    ("share = x\n x", "E0108"),
    ("param g = fill(1)\n g", "E0108"),
    ("param g: f32[1]\n g", "E0108"),
    ("f({a: x})", "E0108"),
    ("{}", "E0108"),
    ("block b(x) where { x }", "E0108"),
    ("block b(x: f32) { x }", "E0133"),
    ("fn f(v: int = 1) = v", "E0133"),
    ("share f = relu\n f(x)", "E0134"),
    ("share f = conv(3, 3) as g\n f(x)", "E0134"),
    ("share f = x |> conv(3, 3)\n f(x)", "E0134"),
    ("param g: f32[1] = 0.1\n g", "E0134"),
    ("let share = x\n x", "E0109"),
    ("{a: x, a: y}", "E0120"),
    ("{a: x}\n x", "E0114"),
    ("@freeze {a: x}", "E0129"),
    ("share f = conv(3, 3)", "E0113"),
    ("share f = conv(3, 3)\nconst a = 1", "E0111"),
    ("let a = 1", "E0113"),
    ("let a = 1\nconst c = 1", "E0111"),
    ("model foo { x }\nconst c = 1", "E0111"),
    ("const a = 1\nlet b = 2", "E0111"),
    ("const a = 1 2", "E0111"),
    ("net a(x: f32[1]) -> f32[1] { x }\ny = 3", "E0111"),
    ("y = conv(x, 3)\n y", "E0112"),
    ("", "E0113"),
    ("x\n let a = 1", "E0113"),
    ("x y", "E0114"),
    ("f(x)\n let a = y\n a", "E0114"),
    ("f (x)", "E0115"),
    ("let a = f (x)\n a", "E0115"),
    ("g(f (x))", "E0115"),
    ("g(x [0])", "E0115"),
    ("if f (x) { 1 } else { 2 }", "E0115"),
    ("net a(x: f32 [1]) -> f32[1] { x }", "E0115"),
    ("@lr (10) let a = x\n a", "E0115"),
    ("let a = x\n -y", "E0116"),
    ("x\n + y", "E0116"),
    ("const a = 1\n + 2", "E0116"),
    ("x + y |> relu", "E0117"),
    ("x |> relu + y", "E0117"),
    ("0..3 |> f", "E0117"),
    ("f(x + y |> relu)", "E0117"),
    ("x |> 3", "E0118"),
    ("x |> (relu)", "E0118"),
    ("x |> -f(3)", "E0118"),
    ("x |> f(3)[0]", "E0118"),
    ("x |> [relu]", "E0118"),
    ("f(x, pad: 1, 3)", "E0119"),
    ("f(x, pad: 1, pad: 2)", "E0120"),
    ("f(x, 9223372036854775808)", "E0121"),
    ("1e999", "E0122"),
    ("3x", "E0123"),
    ("1.", "E0123"),
    (".5", "E0123"),
    ("1e", "E0123"),
    ("0x10", "E0123"),
    ("f(\"a\\q\")", "E0124"),
    ("1 < 2 < 3", "E0125"),
    ("0..1..2", "E0125"),
    ("x as y", "E0126"),
    ("(f(x)) as y", "E0126"),
    ("f(x)[0] as y", "E0126"),
    ("if x { 1 }", "E0127"),
    ("if x { 1 } else if y { 2 }", "E0127"),
    ("for i in 0..3 { x }", "E0128"),
    ("@freeze x", "E0129"),
    ("let a = @freeze conv(x)\n a", "E0129"),
    ("x @freeze", "E0129"),
    ("f(@a x)", "E0129"),
    ("()", "E0131"),
    ("_", "E0132"),
];

fn table_source(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_file =
        ["net", "block", "const", "import", "fn", "model", "from"].contains(&first) || text.contains("\nconst");
    if is_file { text.to_owned() } else { in_body(text) }
}

/// Each gives exactly one error: the right one, in the text, with help.
#[test]
fn bad_sources() {
    let mut wrong = String::new();
    for (text, code) in TABLE {
        let source = table_source(text);
        let report = report(&source);
        let found: Vec<&str> = report.diagnostics().map(|diagnostic| diagnostic.code).collect();
        if found != [*code] {
            wrong += &format!("{text:?}: expected {code}\n{}\n", render(&report));
        }
        for diagnostic in report.diagnostics() {
            check_shape(diagnostic, &source);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What holds of every diagnostic.
fn check_shape(diagnostic: &Diagnostic, source: &str) {
    assert!(!diagnostic.message.is_empty() && !diagnostic.labels.is_empty(), "{diagnostic:?}");
    for label in &diagnostic.labels {
        assert!(source.get(label.span.range()).is_some(), "{diagnostic:?} in {source:?}");
    }
    assert!(!diagnostic.message.contains("something else"), "{diagnostic:?} in {source:?}");
}

#[test]
fn every_code_is_tested_and_ordered() {
    let mut tested: BTreeSet<&str> = TABLE.iter().map(|(_, code)| *code).collect();
    // These have tests of their own, in `robust` and below.
    // Those of several files stand in `program`.
    for code in [
        codes::TEXT_TOO_LONG,
        codes::NESTING_TOO_DEEP,
        codes::NOT_UTF8,
        codes::EXPRESSION_TOO_HIGH,
        codes::IMPORT_PATH,
        codes::IMPORT_UNREADABLE,
        codes::IMPORT_CYCLE,
        codes::TOO_MANY_FILES,
    ] {
        tested.insert(code.id);
    }
    let declared: Vec<&str> = codes::ALL.iter().map(|code| code.id).collect();
    assert_eq!(declared, tested.into_iter().collect::<Vec<_>>());
}

#[test]
fn keywords_agree_with_the_grammar() {
    for keyword in super::super::KEYWORDS {
        let report = report(&format!("const {keyword} = 1"));
        let code = report.diagnostics().next().map(|diagnostic| diagnostic.code);
        assert!(code == Some("E0109"), "{keyword}: {code:?}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    let report = crate::Source::from_bytes("a.net", b"const a = 1\nconst b\xff = 2").expect_err("not UTF-8");
    let diagnostic = report.diagnostics().next().expect("never empty");
    assert_eq!(diagnostic.code, codes::NOT_UTF8.id);
    assert_eq!(diagnostic.message, "the file is not UTF-8 text (line 2)");
}

/// Every fix makes its error go away.
#[test]
fn fixes_repair() {
    let mut fixed = 0;
    for (text, code) in TABLE {
        let source = table_source(text);
        for diagnostic in report(&source).diagnostics() {
            let Some(fix) = &diagnostic.fix else { continue };
            let mut repaired = source.clone();
            repaired.replace_range(fix.span.range(), &fix.replacement);
            if let Err(report) = crate::parse(&crate::Source::new("test.net", repaired.as_str())) {
                assert!(report.diagnostics().all(|next| next.code != *code), "{repaired}\n{}", render(&report));
            }
            fixed += 1;
        }
    }
    assert!(fixed >= 10, "only {fixed} fixes in the table");
}

/// The help of the only error in a body, and the body as its fix leaves it.
#[track_caller]
fn repair(body: &str, help: &str, repaired: Option<&str>) {
    let source = in_body(body);
    let report = report(&source);
    let diagnostic = report.diagnostics().next().expect("never empty");
    assert!(diagnostic.help.as_ref().is_some_and(|found| found.contains(help)), "{}", render(&report));
    let fixed = diagnostic.fix.as_ref().map(|fix| {
        let mut text = source.clone();
        text.replace_range(fix.span.range(), &fix.replacement);
        text
    });
    assert_eq!(fixed, repaired.map(in_body));
}

#[test]
fn helps_show_the_repair() {
    repair("let a, b, c = y\n a", "parentheses", Some("let (a, b, c) = y\n a"));
    repair("return x |> relu", "delete `return`", Some("x |> relu"));
    repair("(x |> conv(3, 3)) as a", "behind the call of `conv`", Some("(x |> conv(3, 3) as a)"));
    repair("(conv(x, 3, 3)) as a", "behind the call of `conv`", Some("(conv(x, 3, 3) as a)"));
    repair("(x + y) as a", "use `let`", None);
    repair("a = x |> relu\n a", "put `let` in front", Some("let a = x |> relu\n a"));
    repair("y = x |> relu\n y", "write `let y2 = x |> relu`, and `y2` for `y` below", None);
    repair("let y2 = x\n y = y2\n y", "write `let y3 = y2`", None);
    repair("let (a, _) = x\n a = y\n a", "write `let a2 = y`", None);
    repair("let t = for i in 0..2 with s = x { s = relu(s) s }\n t", "write `let s2 = relu(s)`", None);
}

#[test]
fn several_errors_in_one_run() {
    let text = "
block a(x) { f(x, pad: 1, 2) }
const z = 1
blok b(x) { x }
block c(x) { let y = (x + 1
    y }
net d(x: f32[n, 3]) -> f32[n, 3] { x |> }
const e = 3x
block f(x) { y = x
    g(x, p: 1, p: 2) }
";
    let report = report(text);
    let found: Vec<String> = report
        .diagnostics()
        .map(|diagnostic| {
            let start = diagnostic.span().expect("a place").start;
            format!("{} {}", report.sources().root().position(start), diagnostic.code)
        })
        .collect();
    assert_eq!(
        found,
        ["2:27 E0119", "4:1 E0111", "5:22 E0106", "7:41 E0108", "8:11 E0123", "9:14 E0112", "10:16 E0120"]
    );
}

#[test]
fn at_most_so_many_errors() {
    let text = "const a = 3x\n".repeat(limits::ERRORS + 5);
    assert_eq!(report(&text).entries().len(), limits::ERRORS);
}

macro_rules! rendered {
    ($($name:ident: $text:expr;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), render(&report($text)));
        })*
    };
}

rendered! {
    missing_let: &in_body("let a = x |> relu\n    b = conv(a, 32, 3)\n    b");
    no_result: &in_body("let a = x |> relu");
    extra_result: &in_body("conv(x, 32, 3)\n    relu(x)");
    space_before_bracket: &in_body("relu (x)");
    line_starts_with_sign: &in_body("let a = conv(x, 32, 3)\n    - y");
    pipeline_with_infix: &in_body("x + y |> relu |> dense(10)");
    pipeline_then_infix: &in_body("x |> conv(32, 3) + y");
    positional_after_named: &in_body("x |> conv(32, kernel: 3, 1)");
    duplicate_argument: &in_body("x |> conv(32, pad: 3,\n        stride: 2, pad: 1)");
    unclosed_bracket: "block a(x) {\n    let y = conv(x, [3, 3)\n    relu(y)\n}";
    unclosed_body: "block a(x) {\n    x |> relu\n\nblock b(x) { x }";
    chained_comparison: &in_body("if 0 < x < 10 { y } else { x }");
    expected_expression: &in_body("x |> relu |>");
    if_without_else: &in_body("let a = if x == 1 { y }\n    a");
    no_output_type: "net a(x: f32[n, 3]) {\n    x\n}";
    two_errors: "const a = 99999999999999999999\nconst b = a & 1";
}
