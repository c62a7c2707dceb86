use super::{GOOD, tree};

/// The tree of `const c = EXPR`, without its first line.
fn check(expr: &str, expected: &str) {
    let tree = tree(&format!("const c = {expr}"));
    assert_eq!(tree.lines().skip(1).map(str::trim).collect::<Vec<_>>().join(" "), expected, "{expr}");
}

#[test]
fn precedence() {
    check("1 + 2 * 3", "(+ 1 (* 2 3))");
    check("1 * 2 + 3", "(+ (* 1 2) 3)");
    check("1 - 2 - 3", "(- (- 1 2) 3)");
    check("8 / 4 / 2", "(/ (/ 8 4) 2)");
    check("(1 + 2) * 3", "(* (+ 1 2) 3)");
    check("-a * b", "(* (- a) b)");
    check("a - -b", "(- a (- b))");
    check("- - a", "(- (- a))");
    check("-x[0]", "(- x[0])");
    check("-f(x) as g", "(- f(x) as g)");
    check("a + 1 < b * 2", "(< (+ a 1) (* b 2))");
    check("not a == b", "(not (== a b))");
    check("not a and b", "(and (not a) b)");
    check("a or b and c", "(or a (and b c))");
    check("a and b or c", "(or (and a b) c)");
    check("0..n - 1", "(.. 0 (- n 1))");
    check("0..n == r", "(== (.. 0 n) r)");
    check("a<=b", "(<= a b)");
    check("(a < b) == (c < d)", "(== (< a b) (< c d))");
    check("-x |> f", "(- x) |> f");
    check("(a + b) |> f |> g", "(+ a b) |> f |> g");
    check("(x |> f) + y", "(+ (x |> f) y)");
}

#[test]
fn literals() {
    check("9223372036854775807", "9223372036854775807");
    check("1.5", "1.5");
    check("1E3", "1000.0");
    check("2e-05", "2e-5");
    check("0..3", "(.. 0 3)");
    check("true", "true");
    check("false_", "false_");
    check("notable", "notable");
    check(r#""a\"b\\\n\t// no comment""#, r#""a\"b\\\n\t// no comment""#);
    check("\"größe 猫\"", "\"größe 猫\"");
}

#[test]
fn brackets() {
    check("[]", "[]");
    check("[1, [2], (3, 4),]", "[1, [2], (3, 4)]");
    check("(1)", "1");
    check("((1))", "1");
    check("(1,)", "(1,)");
    check("[1, 2][0]", "[1, 2][0]");
    check("x[0][i + 1]", "x[0][(+ i 1)]");
    check("f()[0]", "f()[0]");
    check("f(g(h(x)))", "f(g(h(x)))");
}

#[test]
fn calls() {
    check("conv(x, 32, pad: 1, op: relu, in: 3, let : 4)", "conv(x, 32, pad: 1, op: relu, in: 3, let: 4)");
    check("x |> relu() |> conv(3) as a |> @lr(10) @new b as c", "x |> relu |> conv(3) as a |> @lr(10) @new b as c");
    check("concat([x |> f, if c { x } else { y }])", "concat([(x |> f), (if c { x } else { y })])");
}

#[test]
fn newlines_are_blanks() {
    check("a\n    * b\n    / c", "(/ (* a b) c)");
    check("x\n    // comment\n    |> f // another\n    |> g", "x |> f |> g");
    check("(a\n    + b\n    - c)", "(- (+ a b) c)");
    check("f(a\n    - b)", "f((- a b))");
    check("a +\n    b", "(+ a b)");
    check("\n    -a", "(- a)");
}

#[test]
fn trivia_at_the_ends() {
    assert_eq!(tree(""), "");
    assert_eq!(tree("\u{feff}// only a comment"), "");
    assert_eq!(tree("\r\n// c\r\nconst a = 1\r\n// c"), "const a\n  1\n");
}

/// Spans cover exactly the node, without the trivia behind it.
#[test]
fn spans() {
    let text = "block b(x , y = 1 ) { let a = f ( 1 ) as g  // c\n ( if x { 1 } else { 2 }  ) }".replace("f (", "f(");
    let file = crate::parse(&crate::Source::new("test.net", text.as_str())).expect("a good text");
    let crate::ast::Item::Block(block) = &file.items[0] else { panic!("a block") };
    let slice = |span: crate::Span| &text[span.range()];
    assert_eq!(slice(block.span), text);
    assert_eq!(slice(block.params[0].span), "x");
    assert_eq!(slice(block.params[1].span), "y = 1");
    let crate::ast::Statement::Let(binding) = &block.body.statements[0] else {
        panic!("not a `let`");
    };
    assert_eq!(slice(binding.span), "let a = f( 1 ) as g");
    assert_eq!(slice(binding.value.span), "f( 1 ) as g");
    assert_eq!(slice(block.body.result.span), "( if x { 1 } else { 2 }  )");
}

#[test]
fn every_construct() {
    insta::assert_snapshot!(tree(GOOD));
}
