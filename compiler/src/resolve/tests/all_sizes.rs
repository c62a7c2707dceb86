//! Nets for all sizes: what is proved, what is demanded of sizes besides, and how a sample of them is found.

use rebirth_lang::Diagnostic;

use super::super::paths::MAX_PATH;
use super::super::{Proven, Settings};
use super::render;

/// Resolves for all sizes.
pub(super) fn prove(text: &str) -> Result<Proven, Vec<Diagnostic>> {
    let program = rebirth_lang::Program::single(&rebirth_lang::Source::new("test.net", text)).expect("it parses");
    super::super::prove(&program, &Settings::default())
}

#[track_caller]
fn proven(text: &str) -> Proven {
    let proven = prove(text).unwrap_or_else(|errors| panic!("{text}\n{}", render(text, &errors)));
    assert_eq!(crate::graph::verify(&proven.model.graph), Ok(()));
    proven
}

/// The codes of a net's errors; none for a sound one.
#[track_caller]
fn check_codes(text: &str, expected: &[&str]) {
    let errors = prove(text).err().unwrap_or_default();
    let found: Vec<&str> = errors.iter().map(|error| error.code).collect();
    assert_eq!(found, expected, "{text}\n{}", render(text, &errors));
}

/// A net whose only work is a mean over each channel.
fn of(inputs: &str, conditions: &str) -> String {
    let conditions = if conditions.is_empty() { String::new() } else { format!("where {conditions}") };
    format!("net m({inputs}) -> f32[n, 4] {conditions} {{ x |> global_avg_pool |> flatten }}")
}

const IMAGE: &str = "x: f32[n, 4, h, w]";

/// A net of `depth` convolutions that each halve the image, rounding up.
fn strided(depth: usize, header: &str) -> String {
    format!(
        "block step(x) {{ x |> conv(channels(x), 3, stride: 2, pad: 1) }}
        net m(x: f32[n, 4, h, w]) -> {header} {{
            let down = for i in 0..{depth} with x = x {{ step(x) }}
            relu(down)
        }}"
    )
}

#[test]
fn nets_for_all_sizes() {
    for (header, depth) in [
        ("f32[n, 4, ceil_div(h, 2), ceil_div(w, 2)]", 1),
        ("f32[n, 4, ceil_div(h, 8), ceil_div(w, 8)]", 3),
        ("f32[n, 4, div(h + 7, 8), ceil_div(ceil_div(w, 4), 2)]", 3),
        ("f32[n, 4, h / 8, w / 8] where h % 8 == 0, w % 8 == 0", 3),
        ("f32[n, 4, h / 8, h / 8] where h % 8 == 0 and w == h", 3),
        ("f32[n, 4, h / 8, w / 8] where h % 8 == 0, w == 2 * h", 3),
        ("f32[n, 4, h / 8, w / 8] where 0 == h % 8, 0 == w % 8", 3),
        ("f32[n, 4, h, w] where h >= 300, w < 200", 0),
    ] {
        let proven = proven(&strided(depth, header));
        assert_eq!(proven.sizes.keys().collect::<Vec<_>>(), ["h", "w"]);
        assert_eq!(proven.conditions.is_empty(), !header.contains("where"));
        assert!(header.contains("w < 200") == (proven.sizes["w"] < 200), "{:?}", proven.sizes);
    }
}

#[test]
fn down_and_up_again() {
    let hourglass = |conditions: &str| {
        format!(
            "block hourglass(x, depth) {{
                let (down, skips) = for i in 0..depth with (x, skips) = (x, []) {{ (x |> max_pool(2), skips + [x]) }}
                for i in 0..depth with y = down {{ concat([y |> resize(2), skips[depth - 1 - i]]) }}
            }}
            net m(x: f32[n, 4, h, w]) -> f32[n, 16, h, w] {conditions} {{ hourglass(x, 3) }}"
        )
    };
    assert_eq!(proven(&hourglass("where h % 8 == 0, w % 8 == 0")).needs, [""; 0]);
    check_codes(&hourglass("where h % 4 == 0, w % 8 == 0"), &["E0301"]);
}

/// A net around a body, and what it demands of sizes: `h=7` for the least, then the inequalities.
#[track_caller]
fn check_demands(inputs: &str, body: &str, header: &str, expected: &[&str]) {
    let text = format!("net m({inputs}) -> {header} {{ {body} }}");
    let proven = proven(&text);
    let least = proven.least.iter().map(|(name, size)| format!("{name}={size}"));
    let found: Vec<String> = least.chain(proven.needs).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn sizes_from_which_on_windows_fit() {
    let check = |body: &str, header: &str, expected: &[&str]| check_demands(IMAGE, body, header, expected);
    check("x |> conv(4, 3, pad: 1)", "f32[n, 4, h, w]", &[]);
    check("x |> conv(4, (7, 5))", "f32[n, 4, h - 6, w - 4]", &["h=7", "w=5"]);
    check("x |> conv(4, 7)", "f32[n, 4, h - 6, w - 6] where h >= 9, w > 4", &["w=7"]);
    check("x |> max_pool(2) |> max_pool(2)", "f32[n, 4, h / 4, w / 4] where h % 4 == 0, w % 4 == 0", &[]);
    check("x |> conv(4, 9)", "f32[n, 4, h - 8, w - 8] where h % 4 == 0, w == h", &["h=12"]);
    // However the conditions say it.
    check("x |> conv(4, 61)", "f32[n, 4, h - 60, w - 60] where h >= 64 and 64 <= w", &[]);
    check("x |> conv(4, 61)", "f32[n, 4, h - 60, w - 60] where h >= 2, h >= 70, 2 * w > 130", &[]);
    // A window that hangs over the end needs room as well.
    let pool = "x |> max_pool(3, stride: 2, ceil: true)";
    check(pool, "f32[n, 4, h / 2, w / 2] where h % 2 == 0, w % 2 == 0", &["h=4", "w=4"]);
}

#[test]
fn sizes_that_positions_and_borders_need() {
    let check = |body: &str, extents: &str, conditions: &str, expected: &[&str]| {
        check_demands(IMAGE, &format!("x |> {body}"), &format!("f32[n, 4, {extents}] {conditions}"), expected);
    };
    check("slice(axis: 2, end: 3)", "3, w", "", &["h=3"]);
    check("slice(axis: 2, end: 3)", "3, w", "where h >= 3", &[]);
    check("slice(axis: 2, end: 3)", "3, w", "where h % 2 == 0", &["h=4"]);
    check("slice(axis: 2, start: 1, end: 3, step: 2)", "1, w", "", &["h=3"]);
    check("slice(axis: 2, start: 2)", "h - 2, w", "", &["h=3"]);
    check("slice(axis: 2, start: -3)", "3, w", "", &["h=3"]);
    check("slice(axis: 2, end: -3)", "h - 3, w", "", &["h=4"]);
    check("slice(axis: 2, start: 1, end: -3)", "h - 4, w", "", &["h=5"]);
    check("slice(axis: 2, start: -4, end: -3)", "1, w", "", &["h=4"]);
    check("slice(axis: 2, start: 4, step: -1)", "5, w", "", &["h=5"]);
    check("slice(axis: 2, start: 4, end: 2, step: -1)", "2, w", "", &["h=5"]);
    check("slice(axis: 2, start: -2, step: -1)", "h - 1, w", "", &["h=2"]);
    check("slice(axis: 2, start: -2, end: 0, step: -1)", "h - 2, w", "", &["h=3"]);
    check("slice(axis: 2, end: -4, step: -2)", "2, w", "", &["h=4"]);
    check("slice(axis: 2, end: 300)", "300, w", "", &["h=300"]);
    check("pad(2, mode: \"reflect\")", "h + 4, w + 4", "", &["h=3", "w=3"]);
    check("pad((1, 4, 2, 0), mode: \"reflect\")", "h + 3, w + 4", "where w > 4", &["h=3"]);
    check("pad(2, mode: \"edge\")", "h + 4, w + 4", "", &[]);
    check("slice(axis: 2, end: 3) |> pad((2, 0), mode: \"reflect\")", "7, w", "", &["h=3"]);
    check_demands(
        &format!("{IMAGE}, y: f32[n, 4, h - w, 1]"),
        "(x |> global_avg_pool) + (y |> slice(axis: 2, end: 2) |> global_avg_pool)",
        "f32[n, 4, 1, 1]",
        &["h - w >= 2"],
    );
}

#[test]
fn sizes_that_depend_on_each_other() {
    let two = |extent: &str| format!("{IMAGE}, y: f32[n, 4, {extent}, 4]");
    let body = "(x |> global_avg_pool) + (y |> global_avg_pool) |> flatten";
    let check = |inputs: &str, conditions: &str, expected: &[&str]| {
        check_demands(
            inputs,
            &format!("({body})").replace(" |> flatten)", ") |> flatten"),
            &format!("f32[n, 4] {conditions}"),
            expected,
        );
    };
    check(&two("h - w + 1"), "", &["h - w >= 0"]);
    check(&two("h - w"), "where h > w", &[]);
    check(&two("h - w"), "where w + 5 <= h", &[]);
    check(&two("h - w"), "where h >= w", &["h - w >= 1"]);
    check(&two("300 - h"), "", &["h <= 299"]);
    check(&two("300 - h"), "where h < 250", &[]);
    check(&two("h - div(h, 2)"), "", &[]);
    check_demands(IMAGE, "x |> max_pool(3, stride: 1)", "f32[n, 4, h - 2, w - 2] where h - w == 2", &["h=5"]);
}

#[test]
fn samples() {
    let check = |conditions: &str, fits: fn(i64, i64) -> bool| {
        let sizes = proven(&of(IMAGE, conditions)).sizes;
        assert!(fits(sizes["h"], sizes["w"]), "{conditions}: {sizes:?}");
    };
    check("", |h, w| h == 224 && w == 224);
    check("h > 1024", |h, _| h > 1024);
    check("h >= 5000", |h, _| h >= 5000);
    check("h >= 2000, w > 5", |h, w| h >= 2000 && w > 5);
    check("h >= 33, h <= 63, h % 2 == 0", |h, _| (33..=63).contains(&h) && h % 2 == 0);
    check("250 < h, h < 260", |h, _| 250 < h && h < 260);
    check("h == 300 or h == 400", |h, _| h == 300 || h == 400);
    check("h * w == 35", |h, w| h * w == 35);
    check("h % w == 0, 16 % h == 0, h != 0, not h == 3, h == 16 or w == 8", |h, w| h % w == 0 && 16 % h == 0);
    check("h == 1000000007, w == 3", |h, w| h == 1_000_000_007 && w == 3);
    assert_eq!(proven(&of(IMAGE, "n >= 2")).sizes["n"], 2);
    assert_eq!(proven(&of(IMAGE, "n == 3 or n == 5")).sizes["n"], 3);
    check_codes(&of(IMAGE, "h"), &["E0219"]);
    let with_constant = format!("const c = 32 {}", of(IMAGE, "h <= c, h > c - 3"));
    assert!(matches!(proven(&with_constant).sizes["h"], 30..=32));
}

#[test]
fn larger_sizes_are_chosen_for_larger_windows() {
    assert_eq!(
        proven("net m(x: f32[n, 3, h, w]) -> f32[n, 3, h - 299, w - 299] { x |> conv(3, 300) }").least["h"],
        300
    );
    assert!(
        proven("net m(x: f32[n, 3, h, w]) -> f32[n, 3, h - 2999, w - 2999] { x |> conv(3, 3000) }").sizes["h"] >= 3000
    );
    let text = "net m(x: f32[n, 3, h, w]) -> f32[n, 3, h - 299, w] where h <= 30 { x |> conv(3, (300, 1)) }";
    let errors = prove(text).expect_err(text);
    let shown = render(text, &errors);
    assert!(errors[0].code == "E0301" && shown.contains("at h=30"), "{shown}");
}

#[test]
fn conditions_use_those_before_them() {
    let relu = |conditions: &str| format!("net m({IMAGE}) -> f32[n, 4, h, w] where {conditions} {{ x |> relu }}");
    proven(&relu("h % 2 == 0, h / 2 == w"));
    proven(&relu("h % 2 == 0, w % 2 == 0, (h / 2) * 2 == h"));
    proven(&relu("h % 2 == 0 and div(h, 2) * 2 == h"));
    check_codes(&relu("h / 2 == w"), &["E0222"]);
    check_codes(&relu("h % 2 == 2"), &["E0256"]);
}

#[test]
fn what_is_told_of_bad_conditions() {
    let check = |conditions: &str, label: &str| {
        let text = of(IMAGE, conditions);
        let errors = prove(&text).expect_err(&text);
        assert_eq!((errors[0].code, errors[0].labels[0].text.as_str()), ("E0256", label), "{}", render(&text, &errors));
    };
    check("h % 2 == 2", "no size fulfils this");
    check("h % 4 == 1, h % 2 == 0", "this contradicts the sizes or conditions before it");
    check("h % 4611686018427387904 == 0, h % 3 == 0", "this takes numbers beyond 64 bits");
    check("h > 100, h < 50", "none of the sizes that were tried fulfils this `where`");
}

#[test]
fn arithmetic_of_sizes() {
    let relu = |height: &str| format!("net m({IMAGE}) -> f32[n, 4, {height}, w] {{ x |> relu }}");
    proven(&relu("w + -w + h"));
    let decide = |condition: &str| {
        format!("net m({IMAGE}) -> f32[n, 4, h, w] {{ if {condition} {{ x }} else {{ x |> relu }} }}")
    };
    check_codes(&decide("[h, w] == [h, w]"), &["E0255"]);
    check_codes(&decide("h == h"), &[]);
    for condition in ["h == 0", "0 == h", "h % 2 == 0"] {
        let text = decide(condition);
        let errors = prove(&text).expect_err(&text);
        assert_eq!(
            (errors[0].code, errors[0].help.as_deref()),
            ("E0255", Some("give the sizes: `--set h=224`")),
            "{text}"
        );
    }
}

/// What an error suggests can be written.
#[test]
fn suggested_types_are_right() {
    let text = |header: &str| {
        format!(
            "net m({IMAGE}) -> {header} where w % 4 == 2 {{ x |> conv(4, 3, stride: 2, pad: 1) |> max_pool(2, stride: 3) }}"
        )
    };
    let errors = prove(&text("f32[n, 4, h, w]")).expect_err("another type");
    let help = errors[0].help.as_deref().unwrap_or_default();
    let (_, declared) = help.split_once("declare ").expect("a type is suggested");
    proven(&text(declared));
}

/// Sums of as many floors, equal to h.
fn hermite(parts: usize) -> String {
    (0..parts).map(|i| format!("div(h + {i}, {parts})")).collect::<Vec<_>>().join(" + ")
}

#[test]
fn proofs_are_paid_for() {
    let compare = |turns: usize| {
        format!(
            "net m(x: f32[n, h], y: f32[n, {}]) -> f32[n, h] {{
                let (a, b) = (dim(x, 1), dim(y, 1))
                let s = for i in 0..{turns} with s = 0 {{ if a == b {{ s + 1 }} else {{ s }} }}
                x
            }}",
            hermite(60)
        )
    };
    check_codes(&compare(1), &[]);
    check_codes(&compare(10_000), &["E0234"]);
    let divide = "let s = for i in 0..10000 with s = 0 { dim(y, 1) / 61 }";
    check_codes(
        &compare(1)
            .replace("let s = for i in 0..1 with s = 0 {", &format!("{divide} let t = for i in 0..1 with s = 0 {{")),
        &["E0222"],
    );
}

#[test]
fn forms_are_paid_for() {
    let many = |count: usize| {
        let inputs: String = (0..count).map(|i| format!("y{i}: f32[n, g(h + {i})], ")).collect();
        format!("fn g(h) = {} net m({inputs} x: f32[n, h]) -> f32[n, h] {{ x }}", hermite(60))
    };
    check_codes(&many(10), &[]);
    check_codes(&many(1000), &["E0234"]);
    // Shapes that nothing in the text computes.
    let pools = |turns: usize| {
        format!(
            "net m(s: f32[n, h], x: f32[n, 1, {}, 1]) -> f32[n, 1, 1, 1] {{
                let y = for i in 0..{turns} with x = x {{ x |> max_pool((2, 1), stride: 1) }}
                global_avg_pool(y)
            }}",
            hermite(60)
        )
    };
    check_codes(&pools(100), &[]);
    check_codes(&pools(3000), &["E0234"]);
}

#[test]
fn paths_of_free_weights() {
    let text = |length: usize| {
        let name = "a".repeat(length);
        format!(
            "block b(x) {{ param longer: f32[1] = fill(1.0) x * longer }} net m(x: f32[n, h]) -> f32[n, h] {{ let {name} = b(x) {name} }}"
        )
    };
    let most = MAX_PATH - ".longer".len();
    check_codes(&text(most), &[]);
    check_codes(&text(most + 1), &["E0239"]);
}

#[test]
fn nets_that_do_not_hold_for_all_sizes() {
    let check = |text: &str, code: &str, help: &str| {
        let errors = prove(text).expect_err(text);
        assert_eq!(errors[0].code, code, "{}", render(text, &errors));
        assert_eq!(errors[0].help.as_deref(), Some(help), "{}", render(text, &errors));
        assert_eq!(errors.len(), 1, "{}", render(text, &errors));
    };
    check(
        &strided(3, "f32[n, 4, h / 8, ceil_div(w, 8)]"),
        "E0222",
        "it is if `h % 8 == 0`: write that in the `where` clause; `div` rounds down",
    );
    check(
        &strided(1, "f32[n, 4, div(h, 2), ceil_div(w, 2)] where w % 2 == 0"),
        "E0305",
        "they are equal if `h % 2 == 0`: write that in the `where` clause; or declare f32[n,4,ceil_div(h, 2),w/2]",
    );
    check(
        "net m(x: f32[n, 4, h, w]) -> f32[n, 4, h, w] { x + (x |> conv(4, 3, stride: 2, pad: 1)) }",
        "E0301",
        "extents must be equal, or one of them 1; shapes are aligned at the last dimension",
    );
    check(
        "net m(x: f32[n, 4, h, w], y: f32[n, 4, h, v]) -> f32[n, 4, h, w] { x + y }",
        "E0301",
        "they are equal if `v == w`: write that in the `where` clause",
    );
    check(
        "net m(x: f32[n, 4, h, w]) -> f32[n, 4, ceil_div(h, 2), ceil_div(w, 2)] where w % 2 == 0 { x |> conv(4, 3, stride: 2, pad: \"same\") }",
        "E0301",
        "write `h % 2 == 0` in the `where` clause, or the padding in numbers",
    );
    check(
        "net m(x: f32[n, 4, h, w]) -> f32[n, 4] where h % 4 == 1, h % 2 == 0 { x |> global_avg_pool |> flatten }",
        "E0256",
        "weaken the `where` clause so that some sizes are left",
    );
    check(
        "net m(x: f32[n, 4, h, w]) -> f32[n, 4] where h > 100, h < 50 { x |> global_avg_pool |> flatten }",
        "E0256",
        "give sizes that do with `--set`, or weaken the `where` clause",
    );
    check(
        "net m(x: f32[n, 4, h, w]) -> f32[n, 4] { let y = if dim(x, 2) > 7 { x |> max_pool(2) } else { x } y |> global_avg_pool |> flatten }",
        "E0255",
        "give the sizes: `--set h=224`",
    );
    check(
        "net m(x: f32[n, 4, h, w]) -> f32[n, 4] { x |> avg_pool((dim(x, 2), dim(x, 3))) |> flatten }",
        "E0255",
        "give the sizes: `--set h=224`",
    );
    check(
        "net m(x: f32[n, 4, h, w]) -> f32[n, 9] { x |> flatten |> dense(9) }",
        "E0301",
        "the shape of a weight cannot depend on a size; give dense the same number of features for all sizes",
    );
    check("net m(x: f32[n, 8]) -> f32[1, 8] { relu(x) }", "E0305", "change the last layers, or declare f32[n,8]");
}
