//! The caps on evaluation, at the cap and one above, and the stack it takes.

use rebirth_lang::limits::ERRORS;
use rebirth_lang::{Program, Source};
use rebirth_runtime::shape::{MAX_RANK, MAX_TENSOR_BYTES};

use super::super::eval::MAX_STRING;
use super::super::paths::{MAX_PATH, MAX_PATH_BYTES};
use super::super::run::nets;
use super::super::value::{BYTES_A_STEP, Budget, MAX_LIST, MAX_LIST_DEPTH};
use super::super::{MAX_BLOCKS, MAX_DEPTH, MAX_STEPS, Run, Settings};
use super::{bad, good, net, run};
use crate::graph::MAX_NODES;
use crate::ops::call::MAX_ATTRIBUTE;

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

/// What the nets of a text are in one run: which are sound, and the messages.
fn all(text: &str) -> (Vec<bool>, Vec<String>) {
    let program = Program::single(&Source::new("test.net", text)).expect("no syntax error");
    let settings = Settings::default();
    let mut run = Run::new(&program, &settings);
    let sound = nets(&program).map(|net| run.prove(net).is_some()).collect();
    let errors = run.finish().err().unwrap_or_default();
    (sound, errors.into_iter().map(|error| format!("{} {}", error.code, error.message)).collect())
}

#[test]
fn steps_of_all_nets_together() {
    let net = |i: usize| {
        let turns = MAX_LIST / 2;
        format!("net n{i}(x: f32[1, 4]) -> f32[1, 4] {{ let s = for i in 0..{turns} with s = 0 {{ s + 1 }} x }}\n")
    };
    let (sound, errors) = all(&(0..40).map(net).collect::<String>());
    assert!(sound[0] && sound.is_sorted_by(|a, b| a >= b) && !sound[39], "{sound:?}");
    assert_eq!(errors, [format!("E0234 evaluation takes more than {MAX_STEPS} steps for all nets together")]);
}

#[test]
fn nodes_of_all_nets_together() {
    let layers = MAX_NODES / 2 / 1000;
    let net = |i: usize, more: &str| {
        let thousand = " |> relu".repeat(1000);
        format!("net n{i}(x: f32[1]) -> f32[1] {{ for i in 0..{layers} with x = x {{ x{thousand} }}{more} }}\n")
    };
    assert_eq!(all(&(net(0, "") + &net(1, ""))), (vec![true; 2], vec![]));
    let (sound, errors) = all(&(net(0, "") + &net(1, " |> relu")));
    assert_eq!(sound, [true, false]);
    assert_eq!(errors, [format!("E0238 there are more than {MAX_NODES} layers for all nets together")]);
}

#[test]
fn errors_of_all_nets_together() {
    let net = |i: usize| format!("net n{i}(x: f32[1]) -> f32[1] {{ q{i} }}\n");
    let (sound, errors) = all(&(0..ERRORS + 5).map(net).collect::<String>());
    assert_eq!((sound, errors.len()), (vec![false; ERRORS + 5], ERRORS));
    // What several nets meet is said once, and none of them is sound; one that does not meet it is.
    let text = "block b(x) { x |> rleu }
        net a(x: f32[1]) -> f32[1] { x |> b }
        net c(x: f32[1]) -> f32[1] { x |> b }
        net d(x: f32[1]) -> f32[1] { x |> relu }";
    let (sound, errors) = all(text);
    assert_eq!((sound, errors.len()), (vec![false, false, true], 1), "{errors:?}");
    let (sound, errors) = all(&format!("const w = 1 / 0\n{text}"));
    assert_eq!((sound, errors.len()), (vec![false; 3], 2), "{errors:?}");
}

#[test]
fn steps() {
    let text = net("let s = for i in 0..2000 with s = 0 { for j in 0..2000 with s = s { s + 1 } } x");
    check(&text, Some("E0234"));
    check(&net("let s = for i in 0..200 with s = 0 { for j in 0..2000 with s = s { s + 1 } } x"), None);
}

/// Elements of lists cost a step each, whatever is around them a fixed number: so the cap is met exactly.
#[test]
fn steps_at_the_cap_and_one_above() {
    let text = |last: usize| {
        let full: String = (0..61).map(|i| format!("let r{i} = 0..{MAX_LIST} ")).collect();
        net(&format!("{full} let last = 0..{last} x"))
    };
    let fits = |last: usize| run(&text(last), &Default::default()).is_ok();
    let (mut most, mut too_many) = (1, MAX_LIST);
    assert!(fits(most) && !fits(too_many));
    while too_many - most > 1 {
        let middle = (most + too_many) / 2;
        if fits(middle) { most = middle } else { too_many = middle }
    }
    check(&text(most), None);
    check(&text(most + 1), Some("E0234"));
    // What the statements around the elements cost is little.
    let elements = 61 * MAX_LIST + most;
    assert!((MAX_STEPS as usize - 1000..MAX_STEPS as usize).contains(&elements), "{elements}");

    let mut budget = Budget::new(3);
    assert!(budget.spend(2) && budget.spend(1) && budget.spend(0) && !budget.spend(1));
    let mut budget = Budget::new(3);
    assert!(!budget.spend(4) && !budget.spend(1), "what cannot be paid leaves nothing");
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
    let name = "a".repeat(MAX_PATH - ".weight".len());
    check(&net(&format!("let {name} = conv(x, 8, 1) {name}")), None);
    check(&net(&format!("let {name}a = conv(x, 8, 1) {name}a")), Some("E0239"));
}

#[test]
fn all_paths_together() {
    let name = "p".repeat(200);
    // Turn numbers have up to three digits.
    let of = |turns: usize| {
        net(&format!(
            "let {name} = for i in 0..{turns} with x = x {{ for j in 0..100 with x = x {{ x |> conv(8, 1, bias: false) as {name} }} }} {name}"
        ))
        .replace(&format!(" as {name}"), " as c")
    };
    let bytes = |turns: usize| -> usize {
        (0..turns).flat_map(|i| (0..100).map(move |j| format!("{}.{i}.{j}.c.weight", "p".repeat(200)).len())).sum()
    };
    let most = (1..3000).take_while(|&turns| bytes(turns) <= MAX_PATH_BYTES).last().unwrap_or(0);
    check(&of(most), None);
    check(&of(most + 1), Some("E0239"));
}

#[test]
fn paths_of_attributes() {
    let path = |length: usize| net(&format!("@path(\"{}\") let y = conv(x, 8, 1) y", "a".repeat(length)));
    check(&path(MAX_PATH - ".weight".len()), None);
    check(&path(MAX_PATH - ".weight".len() + 1), Some("E0239"));
    check(&path(MAX_PATH + 1), Some("E0245"));
    let param = |length: usize| net(&format!("@path(\"{}\") param p: f32[1] = fill(1) x * p", "a".repeat(length)));
    check(&param(MAX_PATH), None);
    check(&param(MAX_PATH + 1), Some("E0245"));
}

#[test]
fn strings() {
    let sum =
        |left: usize, right: usize| net(&format!("let t = \"{}\" + \"{}\" x", "a".repeat(left), "b".repeat(right)));
    check(&sum(MAX_STRING, 0), None);
    check(&sum(MAX_STRING - 1, 1), None);
    check(&sum(MAX_STRING, 1), Some("E0237"));
    check(&net(&format!("let t = \"{}\" + 10 x", "a".repeat(MAX_STRING - 2))), None);
    check(&net(&format!("let t = \"{}\" + 10 x", "a".repeat(MAX_STRING - 1))), Some("E0237"));
    // What is written may be longer; it is paid for.
    const { assert!(MAX_STRING > BYTES_A_STEP) };
    check(&net(&format!("let t = \"{}\" x", "a".repeat(MAX_STRING + 1))), None);
}

#[test]
fn errors() {
    let count = |errors: usize| {
        let lines: String = (0..errors).map(|i| format!("let y{i} = unknown{i}\n")).collect();
        bad(&net(&(lines + "x"))).len()
    };
    assert_eq!([count(ERRORS - 1), count(ERRORS), count(ERRORS + 1)], [ERRORS - 1, ERRORS, ERRORS]);
}

#[test]
fn ranks_and_bytes() {
    let input = |dims: &str| format!("net m(x: f32[1], y: f32[{dims}]) -> f32[1] {{ x }}");
    check(&input(&["1"; MAX_RANK].join(", ")), None);
    check(&input(&["1"; MAX_RANK + 1].join(", ")), Some("E0306"));
    let most = MAX_TENSOR_BYTES / 4;
    check(&input(&most.to_string()), None);
    check(&input(&(most + 1).to_string()), Some("E0306"));
    check(&input(&format!("{}, 2", most / 2)), None);
    check(&input(&format!("{}, 2", most / 2 + 1)), Some("E0306"));
    // Also of what layers make, and of their weights.
    let joined = |parts: usize| {
        let (part, parts) = (most / 4, vec!["x"; parts].join(", "));
        format!("net m(x: f32[1, {part}]) -> f32[1, {most}] {{ concat([{parts}]) }}")
    };
    check(&joined(4), None);
    check(&joined(5), Some("E0301"));
    let dense =
        |units: usize| format!("net m(x: f32[1, 65536]) -> f32[1, {units}] {{ dense(x, {units}, bias: false) }}");
    check(&dense(most / 65536), None);
    check(&dense(most / 65536 + 1), Some("E0306"));
    check("net m(x: f32[1, 9223372036854775807]) -> f32[1] { x }", Some("E0306"));
    check("net m(x: f32[9223372036854775807, 9223372036854775807]) -> f32[1] { x }", Some("E0306"));
}

#[test]
fn arguments_of_operators() {
    let padded = |pad: i64| format!("net m(x: f32[1, 1, 1, 1]) -> f32[1, 1, 1, 1] {{ conv(x, 1, 1, stride: {pad}) }}");
    check(&padded(MAX_ATTRIBUTE), None);
    check(&padded(MAX_ATTRIBUTE + 1), Some("E0302"));
}

#[test]
fn nodes() {
    let layers = " |> relu".repeat(1000);
    let turns = MAX_NODES / 1000;
    let body = |more: &str| net(&format!("let y = for i in 0..{turns} with x = x {{ x{layers} }} y{more}"));
    assert_eq!(good(&body("")).graph.nodes.len(), MAX_NODES);
    check(&body(" |> relu"), Some("E0238"));
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
