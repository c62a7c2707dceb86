use super::{GOOD, report};
use crate::ast::{File, Item};
use crate::limits::{EXPRESSION_HEIGHT, NESTING, TEXT_BYTES};
use crate::{Report, Source, codes, parse};

fn try_parse(text: &str) -> Result<File, Report> {
    parse(&Source::new("test.net", text))
}

/// The only error of a text is of this code.
#[track_caller]
fn check_error(text: &str, code: codes::Code) {
    let codes: Vec<&str> = report(text).diagnostics().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [code.id]);
}

#[track_caller]
fn check_fine(text: &str) {
    if let Err(report) = try_parse(text) {
        panic!("{}", super::render(&report));
    }
}

fn nested(open: &str, core: &str, close: &str, depth: usize) -> String {
    format!("const c = {}{core}{}", open.repeat(depth), close.repeat(depth))
}

/// What can be nested in itself: opening, core, closing, brackets a level.
const NESTS: &[(&str, &str, &str, usize)] = &[
    ("(", "1", ")", 1),
    ("[", "1", "]", 1),
    ("(1, ", "2", ")", 1),
    ("f(", "1", ")", 1),
    ("f(x, a: ", "1", ")", 1),
    ("x[", "0", "]", 1),
    ("if a { ", "1", " } else { 2 }", 1),
    ("if a { 1 } else if b { 2 } else { ", "1", " }", 1),
    ("for i in l with s = 0 { ", "1", " }", 1),
    ("if a { let b = 1 b |> f(", "1", ") } else { 2 }", 2),
    ("for i in l with s = ", "1", " { s }", 1),
    ("for i in ", "l", " with s = 1 { s }", 1),
    ("if ", "a", " { 1 } else { 2 }", 1),
    ("if a { b - ", "1", " } else { 2 }", 1),
    ("if a { b |> @a(", "1", ") f } else { 2 }", 2),
    ("if a { b[", "1", "] } else { 2 }", 2),
    ("if a { @a(", "1", ") let b = c b } else { 2 }", 2),
    ("if a { let b = ", "1", " b } else { 2 }", 1),
    ("x |> @a(", "1", ") f", 1),
    ("1 + (2 * -(", "1", "))", 2),
];

#[test]
fn nesting_at_the_cap_and_one_above() {
    for &(open, core, close, brackets) in NESTS.iter() {
        check_fine(&nested(open, core, close, NESTING / brackets));
        check_error(&nested(open, core, close, NESTING / brackets + 1), codes::NESTING_TOO_DEEP);
    }
}

/// Also when the closing brackets are missing, which must not take exponential time either.
#[test]
fn unclosed_nesting() {
    for &(open, core, ..) in NESTS {
        assert!(try_parse(&nested(open, core, "", 22)).is_err());
        assert!(try_parse(&nested(open, "", "", NESTING * 2)).is_err());
        assert!(try_parse(&nested(open, "@", "", 22)).is_err());
    }
}

/// A text that pest refuses at its innermost place, with all brackets closed.
#[test]
fn nesting_around_an_error_takes_no_exponential_time() {
    for &(open, _, close, brackets) in NESTS {
        let text = nested(open, "1 +", close, NESTING / brackets);
        let report = report(&text);
        assert_eq!(report.entries().len(), 1, "{text}");
    }
}

#[test]
fn text_at_the_cap_and_one_above() {
    let text = |length: usize| format!("const c = 1{}", " ".repeat(length - 11));
    check_fine(&text(TEXT_BYTES));
    check_error(&text(TEXT_BYTES + 1), codes::TEXT_TOO_LONG);
}

#[test]
fn expression_height_at_the_cap_and_one_above() {
    // A name or literal has no height, each operator adds one.
    let sum = |operands: usize| format!("const c = {}", vec!["1"; operands].join(" + "));
    check_fine(&sum(EXPRESSION_HEIGHT + 1));
    check_error(&sum(EXPRESSION_HEIGHT + 2), codes::EXPRESSION_TOO_HIGH);
    let negated = |signs: usize| format!("const c = {}1", "-".repeat(signs));
    check_fine(&negated(EXPRESSION_HEIGHT));
    check_error(&negated(EXPRESSION_HEIGHT + 1), codes::EXPRESSION_TOO_HIGH);
    let indexed = |indices: usize| format!("const c = x{}", "[0]".repeat(indices));
    check_fine(&indexed(EXPRESSION_HEIGHT));
    check_error(&indexed(EXPRESSION_HEIGHT + 1), codes::EXPRESSION_TOO_HIGH);
}

/// The height counts through brackets, bodies and attributes: nesting does not multiply it.
#[test]
fn nesting_does_not_multiply_height() {
    let sum = "1 + ".repeat(EXPRESSION_HEIGHT / 4);
    for &(open, core, close, brackets) in NESTS {
        let depth = NESTING / brackets;
        let text = nested(open, &format!("{sum}{core}"), close, depth / 2);
        if !open.starts_with("for i in ") && !open.starts_with("1 + (2 * -(") {
            check_fine(&text);
        }
    }
    let tail = " + 1".repeat(EXPRESSION_HEIGHT / 4);
    for (open, close) in [("(", ")"), ("f(", ")"), ("[", "]"), ("if a { ", " } else { 2 }"), ("x[", "]")] {
        check_fine(&nested(open, "1", &format!("{close}{tail}"), 3));
        check_error(&nested(open, "1", &format!("{close}{tail}"), NESTING), codes::EXPRESSION_TOO_HIGH);
    }
    check_error(&nested("x |> @a((", "1", &format!("){tail}) f"), 8), codes::EXPRESSION_TOO_HIGH);
}

/// Long chains neither recurse nor take quadratic time.
#[test]
fn long_chains() {
    let fill = |head: &str, part: &str, tail: &str| {
        let count = (TEXT_BYTES - head.len() - tail.len() - 16) / part.len();
        format!("const c = {head}{}{tail}", part.repeat(count))
    };
    check_error(&fill("1", "+1", ""), codes::EXPRESSION_TOO_HIGH);
    check_error(&fill("", "-", "1"), codes::EXPRESSION_TOO_HIGH);
    check_error(&fill("", "not ", "1"), codes::EXPRESSION_TOO_HIGH);
    check_error(&fill("1", "+not 1", ""), codes::EXPRESSION_TOO_HIGH);
    check_error(&fill("1", "*-1", ""), codes::EXPRESSION_TOO_HIGH);
    check_error(&fill("x", "[0]", ""), codes::EXPRESSION_TOO_HIGH);
    check_fine(&fill("x", " |> f", ""));
    check_fine(&fill("x |> ", "@a ", "f"));
    check_fine(&fill("if a { 1 }", " else if a { 1 }", " else { 2 }"));
    check_fine(&fill("[", "1,", "]"));
    check_fine(&fill("f(", "1,", ")"));
    check_fine(&fill("\"", "\\\\", "\""));
    let named: String = (0..20_000).map(|index| format!("a{index}:1,")).collect();
    check_fine(&format!("const c = f({named})"));
}

/// Many items, statements, errors.
#[test]
fn many_of_everything() {
    let file = try_parse(&"const c = 1\n".repeat(20_000)).expect("good");
    assert_eq!(file.items.len(), 20_000);
    let file = try_parse(&format!("block b(x) {{ {} x }}", "let a = x ".repeat(20_000))).expect("good");
    let Item::Block(block) = &file.items[0] else { panic!("a block") };
    assert_eq!(block.body.statements.len(), 20_000);
    for part in
        ["const 3\n", "const c = 1 +\n", "block b(x) { \n", "net a ", ")", "@", "\"", "é ", "1x ", "block b(x) {}\n"]
    {
        assert!(try_parse(&part.repeat(TEXT_BYTES / part.len())).is_err());
    }
}

#[test]
fn every_prefix_of_a_good_file() {
    for (end, _) in GOOD.char_indices() {
        let _ = try_parse(&GOOD[..end]);
    }
    // Cut within its last item the file is never good.
    let last = GOOD.rfind("net").expect("an item");
    for end in last + 1..GOOD.trim_end().len() {
        assert!(try_parse(&GOOD[..end]).is_err(), "{}", &GOOD[last..end]);
    }
}

/// A multiplicative congruential generator; the tests need variety, not quality.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

#[test]
fn mutations_of_a_good_file() {
    const PARTS: &[&str] = &[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|>",
        "as ",
        "let ",
        "net ",
        "block ",
        "const ",
        "-",
        "+",
        "=",
        "==",
        ":",
        ",",
        "..",
        "@",
        "\"",
        "1e9",
        "\n",
        " ",
        "//",
        "if ",
        "else ",
        "for ",
        "with ",
        "in ",
        "é",
        "\\",
        "99999999999999999999",
    ];
    let mut random = Random(2018);
    let mut refused = 0;
    for _ in 0..3000 {
        let mut text: Vec<char> = GOOD.chars().collect();
        for _ in 0..=random.below(3) {
            let at = random.below(text.len());
            let length = random.below(6).min(text.len() - at);
            match random.below(3) {
                0 => drop(text.drain(at..at + length)),
                1 => drop(text.splice(at..at, PARTS[random.below(PARTS.len())].chars())),
                _ => {
                    let moved: Vec<char> = text.drain(at..at + length).collect();
                    let to = random.below(text.len());
                    drop(text.splice(to..to, moved));
                }
            }
        }
        let text: String = text.into_iter().collect();
        if let Err(report) = try_parse(&text) {
            refused += 1;
            for label in report.diagnostics().flat_map(|diagnostic| &diagnostic.labels) {
                assert!(text.get(label.span.range()).is_some(), "{label:?} in {text}");
            }
        }
    }
    assert!(refused > 1500, "the mutations are too mild: {refused} of 3000 refused");
}
