//! The caps on evaluation, at the cap and one above, and the stack it takes.

use super::super::paths::MAX_PATH;
use super::super::value::{MAX_LIST, MAX_LIST_DEPTH};
use super::super::{MAX_BLOCKS, MAX_DEPTH};
use super::{bad, good, net, run};

#[track_caller]
fn check(text: &str, expected: Option<&str>) {
    let found: Vec<&str> =
        run(text, &Default::default()).err().unwrap_or_default().iter().map(|error| error.code).collect();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
}

/// A chain of as many blocks, each calling the next, with `inner` in the last.
fn chain(blocks: usize, around: (&str, &str)) -> String {
    let (before, behind) = around;
    let mut text: String =
        (1..blocks).map(|i| format!("block b{i}(x) {{ {before} b{}(x) {behind} }}\n", i + 1)).collect();
    text += &format!("block b{blocks}(x) {{ relu(x) }}\n");
    text + "net m(x: f32[1, 4]) -> f32[1, 4] { b1(x) }"
}

#[test]
fn blocks_nest() {
    check(&chain(MAX_BLOCKS, ("", "")), None);
    check(&chain(MAX_BLOCKS + 1, ("", "")), Some("E0235"));
}

#[test]
fn steps() {
    let text = net("let s = for i in 0..2000 with s = 0 { for j in 0..2000 with s = s { s + 1 } } x");
    check(&text, Some("E0234"));
    check(&net("let s = for i in 0..200 with s = 0 { for j in 0..2000 with s = s { s + 1 } } x"), None);
}

#[test]
fn lists() {
    check(&net(&format!("let l = 0..{MAX_LIST} x")), None);
    check(&net(&format!("let l = 0..{} x", MAX_LIST + 1)), Some("E0237"));
    check(&net(&format!("let l = (0..{MAX_LIST}) + [1] x")), Some("E0237"));
    check(&net("let l = 0..9223372036854775807 x"), Some("E0237"));
    check(&net("let l = (-9223372036854775807)..9223372036854775807 x"), Some("E0237"));
    check(&net(&format!("let l = for i in 0..{} with l = [] {{ [l] }} x", MAX_LIST_DEPTH - 1)), None);
    check(&net(&format!("let l = for i in 0..{MAX_LIST_DEPTH} with l = [] {{ [l] }} x")), Some("E0237"));
}

#[test]
fn comparing_shared_lists_is_paid_for() {
    let body = "let l = for i in 0..30 with l = [1] { [l, l] } if l == l { x } else { x }";
    check(&net(body), Some("E0234"));
}

#[test]
fn paths() {
    // The longest suffix is `.weight`.
    let name = "a".repeat(MAX_PATH - ".conv".len() - ".weight".len());
    check(&net(&format!("let {name} = conv(x, 8, 1) {name}")), None);
    check(&net(&format!("let {name}a = conv(x, 8, 1) {name}a")), Some("E0239"));
}

#[test]
fn nodes() {
    let layers = " |> relu".repeat(1000);
    let body = |turns: usize| net(&format!("for i in 0..{turns} with x = x {{ x{layers} }}"));
    check(&body(1001), Some("E0238"));
}

/// A body that evaluates `body` more often than there are steps. It must yield the integer `s`.
fn forever(body: &str) -> String {
    let inner = format!("for j in 0..60000 with s = s {{ {body} }}");
    format!("let total = for i in 0..60000 with s = 0 {{ {inner} }} x")
}

#[test]
fn whatever_takes_time_is_paid_for() {
    let long = "a".repeat(100_000);
    let parts: Vec<String> = (0..3000).map(|i| format!("p{i}")).collect();
    for (items, body) in [
        (String::new(), format!("s{}", " |> max".repeat(10_000))),
        (String::new(), format!("let t = \"{long}\" s")),
        (String::new(), format!("let {long} = s s")),
        (format!("const {long} = 1"), format!("let l = {long} s")),
        (format!("block {long}(x) {{ x }}"), format!("{long}(s)")),
        (String::new(), format!("let ({}) = list s", parts.join(", "))),
    ] {
        let body = format!("let list = 0..3000 {}", forever(&body));
        check(&format!("{items}\n{}", net(&body)), Some("E0234"));
    }
    let doubled = "let list = for i in 0..15 with l = [x] { l + l }";
    check(&net(&format!("{doubled} {}", forever("let c = concat(list) s"))), Some("E0234"));
    let same = format!("let t = \"{long}\" {}", forever("if t == t { s } else { s }"));
    check(&net(&same), Some("E0234"));
}

#[test]
fn errors_met_again_and_again_are_paid_for() {
    let pair = |i: usize| format!("block b{i}(x) {{ [b{}(x), b{}(x)] }}\n", i + 1, i + 1);
    let doubling: String = (0..40).map(pair).collect();
    let text = format!("{doubling}block b40(x) {{ unknown }}\n{}", net("b0(x)"));
    check(&text, Some("E0207"));
    check(&net(&forever("let y = unknown s")), Some("E0207"));
}

/// Runs on a stack as small as that of a test's or server's thread.
fn on_small_stack(text: String, expected: Option<&'static str>) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || check(&text, expected)).unwrap();
    thread.join().unwrap();
}

#[test]
fn deep_evaluation_is_refused_before_the_stack_ends() {
    let minus = "-".repeat(59);
    on_small_stack(chain(MAX_BLOCKS, (&minus, "")), Some("E0236"));
    for (before, behind) in [
        ("-".repeat(9).as_str(), ""),
        ("if true { if true { if true {", "} else { x } } else { x } } else { x }"),
        ("for i in 0..1 with x = x { for j in 0..1 with x = x { for k in 0..1 with x = x {", "} } }"),
        ("[[[[", "]]]][0][0][0][0]"),
        ("relu(relu(relu(relu(", "))))"),
        ("x |> relu |> conv(4 * (1 + (2 + (3 +", "))), 1)"),
    ] {
        let behind = behind.trim_start_matches(' ');
        let text = chain(MAX_BLOCKS, (before, behind));
        on_small_stack_any(text);
    }
}

/// Whatever comes of it, it does not overflow a small stack.
fn on_small_stack_any(text: String) {
    let thread =
        std::thread::Builder::new().stack_size(2 << 20).spawn(move || run(&text, &Default::default()).is_ok()).unwrap();
    thread.join().unwrap();
}

#[test]
fn the_depth_cap_is_reached_on_a_small_stack() {
    // Constants that need each other take the most stack a level, as each opens a scope.
    let consts = |count: usize| {
        let chain: String = (0..count).map(|i| format!("const c{i} = c{}\n", i + 1)).collect();
        format!("{chain}const c{count} = 1\n{}", net("x"))
    };
    assert_eq!(good(&consts(MAX_DEPTH - 1)).graph.nodes.len(), 0);
    on_small_stack(consts(MAX_DEPTH - 1), None);
    on_small_stack(consts(MAX_DEPTH), Some("E0236"));
    let nested = |levels: usize| {
        let (open, close) = ("for i in 0..1 with x = x { ", " }");
        let per_block = levels / 32;
        let body = |i: usize| {
            format!("block b{i}(x) {{ {}b{}(x){} }}\n", open.repeat(per_block), i + 1, close.repeat(per_block))
        };
        let blocks: String = (0..32).map(body).collect();
        format!("{blocks}block b32(x) {{ x }}\n{}", net("b0(x)"))
    };
    on_small_stack(nested(320), None);
    on_small_stack(nested(960), Some("E0236"));
    assert_eq!(bad(&nested(960)).len(), 1);
}
