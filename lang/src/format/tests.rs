use super::{WIDTH, format};
use crate::limits::{EXPRESSION_HEIGHT, NESTING, TEXT_BYTES};
use crate::{Source, parse};

fn formatted(text: &str) -> String {
    format(&Source::new("test.net", text)).unwrap_or_else(|report| panic!("{report}: {text}"))
}

/// A text has this layout, which is final.
#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected, "a second time");
}

/// An expression has this layout.
#[track_caller]
fn check_expr(text: &str, expected: &str) {
    check(&format!("const c = {text}"), &format!("const c = {expected}\n"));
}

/// An expression is laid out as it is.
#[track_caller]
fn check_kept(text: &str) {
    check_expr(text, text);
}

/// The layout of a text no longer changes.
#[track_caller]
fn check_final(text: &str) -> String {
    let once = formatted(text);
    assert_eq!(formatted(&once), once, "a second time");
    once
}

/// The layout of each file in `cases`.
#[test]
fn cases() {
    for (name, text) in [
        ("blank_lines", include_str!("cases/blank_lines.net")),
        ("bodies", include_str!("cases/bodies.net")),
        ("comments", include_str!("cases/comments.net")),
        ("expressions", include_str!("cases/expressions.net")),
        ("headers", include_str!("cases/headers.net")),
        ("pipelines", include_str!("cases/pipelines.net")),
        ("tables", include_str!("cases/tables.net")),
    ] {
        let once = check_final(text);
        let too_long = once.lines().filter(|line| line.chars().count() > WIDTH as usize).count();
        assert_eq!(too_long, 0, "{once}");
        insta::assert_snapshot!(name, once);
    }
}

/// Every construct of the language.
#[test]
fn every_construct() {
    insta::assert_snapshot!(check_final(include_str!("../parser/tests/good.net")));
}

#[test]
fn errors_are_those_of_the_parser() {
    let source = Source::new("test.net", "const c = 1 +\nconst d = f (x)");
    let expected: Vec<_> = parse(&source).expect_err("bad").diagnostics().cloned().collect();
    let found: Vec<_> = format(&source).expect_err("bad").diagnostics().cloned().collect();
    assert_eq!(found, expected);
}

#[test]
fn names_need_no_meaning() {
    check("import \"nowhere.net\"{f}const c=f(g)", "import \"nowhere.net\" { f }\nconst c = f(g)\n");
}

#[test]
fn empty_files() {
    check("", "");
    check(" \n\n", "");
    check("\u{feff}", "");
    check("\n\n// nothing  \n\n\n//", "// nothing\n\n//\n");
}

#[test]
fn characters_of_lines() {
    check("\u{feff}const a = 1\r\n\r\n\r\nconst b = 2 // two\r\n", "const a = 1\n\nconst b = 2 // two\n");
    check("const a = 1 \t\n\tconst b = 2\t", "const a = 1\nconst b = 2\n");
    check("const a = \"\t\r \" // \tß  ", "const a = \"\t\r \" // \tß\n");
}

#[test]
fn literals_keep_their_spelling() {
    for text in ["1e-5", "1E+3", "0.10", "007", "\"a \\\"b\\\" \\\\\"", "\"größe\"", "true"] {
        check_kept(text);
        check_expr(&format!("( ({text} ))"), text);
        check_expr(&format!("( // c\n ({text} ))"), &format!("// c\n    {text}"));
    }
}

#[test]
fn parentheses_that_precedence_requires() {
    for text in [
        "(a + b) * c",
        "a - (b - c)",
        "a / (b * c)",
        "-(a + b)",
        "-(a * b)",
        "--a",
        "a - -b",
        "(-a)[0]",
        "-a[0]",
        "(a + b)[0]",
        "not (a and b)",
        "not (a or b) and c",
        "not a == b",
        "(not a) == b",
        "a + (not b) + c",
        "-(not a)",
        "(a == b) == c",
        "a == (b == c)",
        "(0..1)..2",
        "0..n - 1",
        "(a or b) and c",
        "(f(x) as a)[0]",
        "f(x) as a + 1",
        "f(x)[0][1]",
        "[1, 2][0]",
        "(1, 2)[0]",
    ] {
        check_kept(text);
    }
}

#[test]
fn parentheses_that_nothing_requires() {
    check_expr("(a * b) + c", "a * b + c");
    check_expr("(a + b) + c", "a + b + c");
    check_expr("((a and b)) or (c)", "a and b or c");
    check_expr("(-a) + (-b)", "-a + -b");
    check_expr("((f))", "f");
    check_expr("f((x), (a + b), k: (3))", "f(x, a + b, k: 3)");
    check_expr("[(1), ((2, 3))]", "[1, (2, 3)]");
    check_expr("(a == b) and (c < d)", "a == b and c < d");
    check_expr("(x |> f)", "x |> f");
    check_expr("(not a) |> f", "not a |> f");
    check_expr("(if a { 1 } else { 2 })", "if a { 1 } else { 2 }");
    check("block b(x = ((1, 2))) { x }", "block b(x = (1, 2)) {\n    x\n}\n");
    check("block b(x) { let ((a), ((b, c)), (d,)) = x a }", "block b(x) {\n    let (a, (b, c), (d,)) = x\n    a\n}\n");
}

#[test]
fn parentheses_of_pipelines() {
    for text in [
        "(a + b) |> f",
        "(0..3) |> f",
        "(x |> f) |> g",
        "(x |> f) + 1",
        "-(x |> f)",
        "-x |> f",
        "f(x |> g)",
        "[x |> g]",
    ] {
        check_kept(text);
    }
}

/// The tree does not say whether an `if` that is an operand stood in parentheses; both are legible to someone.
#[test]
fn parentheses_around_if_and_for_are_the_authors() {
    for text in [
        "(if a { 1 } else { 2 }) + 3",
        "if a { 1 } else { 2 } + 3",
        "(if a { x } else { y }) |> f",
        "if a { x } else { y } |> f",
        "(for i in l with x = x { x }) |> f",
        "(if a { x } else { y })[0]",
    ] {
        check_kept(text);
    }
    check_expr("((if a { 1 } else { 2 })) + 3", "(if a { 1 } else { 2 }) + 3");
}

/// Behind a statement a line can't begin with a sign.
#[test]
fn results_that_begin_with_a_sign() {
    let body = |result: &str| format!("block b(x) {{\n    let a = x\n    {result}\n}}\n");
    check(&body("(-a + b)"), &body("(-a) + b"));
    check(&body("((-a) |> f)"), &body("(-a) |> f"));
    check(&body("(--a * b == c..d)"), &body("(--a) * b == c..d"));
    check(&body("( // c\n -a)"), &body("( // c\n        -a\n    )"));
    check("block b(x) { (-x) + 1 }", "block b(x) {\n    -x + 1\n}\n");
}

#[test]
fn empty_parentheses() {
    check_expr("x |> f() |> @keep() g()", "x |> f |> @keep g");
    check_kept("f() + g()[0]");
    check("block b() { share f = conv() f() }", "block b() {\n    share f = conv()\n    f()\n}\n");
}

#[test]
fn commas() {
    check_expr("[1, 2,]", "[1, 2]");
    check_expr("f(x, k: 3,)", "f(x, k: 3)");
    check_expr("(1,)", "(1,)");
    check_expr("(1, 2,)", "(1, 2)");
    let long = "a_name_that_is_as_long_as_names_are_in_practice";
    check_expr(&format!("f({long}, {long}, 1)"), &format!("f(\n    {long},\n    {long},\n    1,\n)"));
    check_expr(&format!("({long}{long}{long},)"), &format!("(\n    {long}{long}{long},\n)"));
    check_expr(&format!("x[{long}{long}{long}]"), &format!("x[\n    {long}{long}{long}\n]"));
}

/// At the last column and one behind it.
#[test]
fn width() {
    let call = |length: usize| format!("f({}, 1)", "x".repeat(length - "const c = f(, 1)".len()));
    check_kept(&call(WIDTH as usize));
    let broken = call(WIDTH as usize + 1).replace("(", "(\n    ").replace(", ", ",\n    ").replace(")", ",\n)");
    check_expr(&call(WIDTH as usize + 1), &broken);
    // A comment has no width.
    check_kept(&format!("{} // {}", call(WIDTH as usize), "c".repeat(100)));
}

#[test]
fn comments_in_the_midst() {
    check("const // a\n c // b\n = // d\n 1", "const // a\n    c = // b\n    // d\n    1\n");
    check_expr(
        "x // a\n |> // b\n f( // c\n ) // d\n as // e\n g",
        "x // a\n    |> // b\n        f as // c\n        // d\n        // e\n        g",
    );
    check_expr("-// a\n1", "- // a\n    1");
    check_expr("not // a\n// b\nx", "not // a\n    // b\n    x");
    check_expr("a * // b\n c", "a * // b\n    c");
    check_expr("(a // b\n + c)", "a + // b\n    c");
    check_expr("(a + c // b\n) * d", "(\n    a + c // b\n) *\n    d");
    check_expr("[ // a\n ]", "[ // a\n]");
    check_expr("[\n // a\n\n // b\n ]", "[\n    // a\n    // b\n]");
}

/// A comment before an `else` is about what follows.
#[test]
fn comments_before_else() {
    let text = "if a { 1 } // b\n // c\n else // d\n if e { 2 } // f\n else { 3 }";
    check_expr(text, "if a {\n    1\n} else if e { // b\n    // c\n    // d\n    2\n} else { // f\n    3\n}");
    // Those of its condition go with them: the condition is laid out as if it had none.
    check_expr(
        "if a { 1 } else // b\n if f([(1, 20), // c\n (30, 4)]) { 2 } else { 3 }",
        "if a {\n    1\n} else if f([(1, 20), (30, 4)]) { // b\n    // c\n    2\n} else {\n    3\n}",
    );
}

/// The layout of a pattern, type or argument that does not fit.
#[test]
fn long_parts() {
    let name = "a_name_that_is_as_long_as_names_are";
    check(
        &format!("block b() {{ let ({name}, {name}, {name}) = x x }}"),
        &format!("block b() {{\n    let (\n        {name},\n        {name},\n        {name},\n    ) = x\n    x\n}}\n"),
    );
    check(
        &format!("block b() {{ param p: f32[{name}, {name}, {name}] = fill(0.1) p }}"),
        &format!(
            "block b() {{\n    param p: f32[\n        {name},\n        {name},\n        {name},\n    ] = fill(0.1)\n    p\n}}\n"
        ),
    );
}

/// What would be longer than the parser accepts stays as it is.
#[test]
fn text_near_the_cap() {
    let text = |blocks: usize| "block b(){x}\n".repeat(blocks);
    let length = formatted(&text(2)).len() - formatted(&text(1)).len();
    let most = (TEXT_BYTES + 1) / length;
    assert_eq!(check_final(&text(most)).len(), most * length - 1);
    assert_eq!(formatted(&text(most + 1)), text(most + 1));
}

#[test]
fn nesting_at_the_cap() {
    for (open, close) in
        [("(1, ", ")"), ("[", "]"), ("f(x, ", ")"), ("if a { ", " } else { 2 }"), ("for i in l with s = 0 { ", " }")]
    {
        check_final(&format!("const c = {}1{}", open.repeat(NESTING), close.repeat(NESTING)));
    }
    // Parentheses that only the layout has would nest too deep.
    let text = format!("const c = {}a + not b + c{}", "(1, ".repeat(NESTING), ")".repeat(NESTING));
    check_final(&text);
    let text = format!("const c = {}-not a{}", "(1, ".repeat(NESTING), ")".repeat(NESTING));
    assert_eq!(formatted(&text), text);
}

#[test]
fn height_at_the_cap() {
    check_final(&format!("const c = {}", vec!["1"; EXPRESSION_HEIGHT + 1].join(" + ")));
    check_final(&format!("const c = {}1", "-".repeat(EXPRESSION_HEIGHT)));
    check_final(&format!("const c = {}1", "not ".repeat(EXPRESSION_HEIGHT)));
    check_final(&format!("const c = x{}", "[0]".repeat(EXPRESSION_HEIGHT)));
    let levels = NESTING / 2;
    let sum = "1 + ".repeat(EXPRESSION_HEIGHT / levels / 2);
    check_final(&format!(
        "const c = {}1{}",
        format!("if a {{ {sum}f(").repeat(levels / 2),
        ") } else { 2 }".repeat(levels / 2)
    ));
}

/// Much of everything takes no quadratic time.
#[test]
fn many_of_everything() {
    for (head, part, tail) in [
        ("const c = [", "1,", "]"),
        ("const c = [", "a,", "]"),
        ("const c = [", "(1,2),", "]"),
        ("const c = [", "1,//\n", "]"),
        ("const c = f(", "a,", ")"),
        ("const c = x", "|>f", ""),
        ("const c = if a {1}", "else if a {1}", "else {2}"),
        ("", "const c=1\n", ""),
        ("", " //\n", ""),
        ("block b(x) { ", "let a=x ", "x }"),
        ("block b(x) { ", "@a ", "let a = x x }"),
    ] {
        let text = format!("{head}{}{tail}", part.repeat(4000));
        assert_ne!(check_final(&text), text);
    }
}
