use super::*;
use crate::graph::random::random_graph_in;
use crate::graph::verify::verify;
use crate::ops::{self, Rng};

const GOOD: &str = "\
graph @tiny infer (%x: f32[1,3,8,8]) -> (y: f32[1,4,8,8], x: f32[1,3,8,8]) {
  param @c.weight: f32[4,3,1,1]
  state @c.bias: f32[4]
  %c = conv %x, @c.weight, @c.bias {kernel=[1,1], stride=[1,1], pad=[0,0,0,0], dilation=[1,1], groups=1} : f32[1,4,8,8]
  %y = relu %c : f32[1,4,8,8]
  return %y, %x
}
";

/// Replaces `from`, which must occur once in the good text, and expects this code at the text `at`.
#[track_caller]
fn check(from: &str, to: &str, code: &str, at: &str) -> Diagnostic {
    assert_eq!(GOOD.matches(from).count(), 1, "{from:?} must occur once");
    check_text(&GOOD.replace(from, to), code, at)
}

#[track_caller]
fn check_text(text: &str, code: &str, at: &str) -> Diagnostic {
    let diagnostic = parse(text).expect_err("the text is broken");
    let span = diagnostic.span().expect("every error has a place");
    assert_eq!((diagnostic.code, &text[span.range()]), (code, at), "{}", diagnostic.message);
    diagnostic
}

#[test]
fn good_text_round_trips() {
    let graph = parse(GOOD).unwrap();
    verify(&graph).unwrap();
    assert_eq!(graph.to_string(), GOOD);
    assert_eq!(parse(&graph.to_string()).unwrap(), graph);
}

#[test]
fn comments_blanks_and_line_ends_do_not_matter() {
    let loose = format!("// a comment\n\n{}\n\n// the end", GOOD.replace('\n', "  // here\r\n\n").replace(", ", " ,"));
    assert_eq!(parse(&loose).unwrap(), parse(GOOD).unwrap());
}

#[test]
fn random_graphs_round_trip() {
    for seed in 0..200 {
        let mode = if seed % 2 == 0 { Mode::Infer } else { Mode::Train };
        let graph = random_graph_in(mode, seed, 1 + seed as usize % 20);
        let text = graph.to_string();
        let again = parse(&text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        assert_eq!(again, graph, "{text}");
    }
}

#[test]
fn every_operator_round_trips() {
    for entry in ops::TABLE {
        for seed in 0..20 {
            let example = (entry.example)(&mut Rng::new(seed));
            let mut b = crate::graph::Builder::new("g", Mode::Infer);
            let inputs = example.inputs.iter().map(|ty| b.input("x", ty.clone())).collect();
            let results = b.node("y", example.op, inputs).unwrap();
            b.output("y", results[0]);
            let graph = b.finish();
            verify(&graph).unwrap();
            assert_eq!(parse(&graph.to_string()).unwrap(), graph);
        }
    }
}

#[test]
fn broken_text_is_an_error_and_not_a_panic() {
    let mut rng = Rng::new(1);
    let (mut good, mut bad) = (0, 0);
    for seed in 0..1500 {
        let mut text = random_graph_in(Mode::Infer, seed % 20, 4).to_string().into_bytes();
        for _ in 0..rng.range(1, 3) {
            let (at, other) = (rng.range(0, text.len() - 1), rng.range(0, text.len() - 1));
            match rng.range(0, 3) {
                0 => text[at] = text[other],
                1 => drop(text.remove(at)),
                2 => text.insert(at, rng.pick(b"0199-.,:=[]{}()%@ \n/eE~\x7f")),
                _ => text.truncate(at.max(2)),
            }
        }
        let text = String::from_utf8(text).unwrap();
        match parse(&text) {
            Ok(graph) => {
                verify(&graph).unwrap();
                good += 1;
            }
            Err(diagnostic) => {
                assert!(codes::ALL.iter().any(|code| code.id == diagnostic.code));
                assert!(diagnostic.labels.iter().all(|label| text.get(label.span.range()).is_some()));
                bad += 1;
            }
        }
    }
    assert!(good > 10 && bad > 1000, "{good} {bad}");
}

#[test]
fn e0601_text_too_large() {
    assert!(parse_within(GOOD, GOOD.len(), MAX_NODES).is_ok());
    let error = parse_within(GOOD, GOOD.len() - 1, MAX_NODES).unwrap_err();
    assert_eq!(error.code, "E0601");
}

#[test]
fn e0614_too_many_nodes() {
    assert!(parse_within(GOOD, MAX_TEXT, 2).is_ok());
    let error = parse_within(GOOD, MAX_TEXT, 1).unwrap_err();
    assert_eq!((error.code, &GOOD[error.span().unwrap().range()]), ("E0614", "%y"));
}

#[test]
fn e0602_stray_character() {
    check("relu %c", "relu; %c", "E0602", ";");
    check("relu %c", "relu \u{e9}", "E0602", "\u{e9}");
    check("relu %c", "relu -%c", "E0602", "-");
    check("relu %c", "relu / %c", "E0602", "/");
}

#[test]
fn e0603_unexpected() {
    check_text("", "E0603", "");
    check("graph @tiny", "net @tiny", "E0603", "net");
    check("@tiny", "tiny", "E0603", "tiny");
    check("@tiny", "@", "E0603", "@");
    check(" infer ", " ", "E0603", "(");
    check("(%x: ", "(@x: ", "E0603", "@x");
    check(") -> (", ") (", "E0603", "(");
    check("(y: f32[1,4,8,8], x: f32[1,3,8,8])", "()", "E0603", ")");
    check("{\n", "{", "E0603", "param");
    check("f32[4]\n", "f32[4] ", "E0603", "%c");
    check("f32[4]\n", "f32[4.5]\n", "E0603", "4.5");
    check("f32[4]\n", "f32[-4]\n", "E0603", "-4");
    check("= relu", "relu", "E0603", "relu");
    check("= relu %c", "= relu %c,", "E0603", ":");
    check("= relu", "= %c relu", "E0603", "%c");
    check("%y = ", "@y = ", "E0603", "@y");
    check("%y = relu", "%y = relu\n", "E0603", "\n");
    check("groups=1", "groups=%c", "E0603", "%c");
    check("groups=1", "groups=[1,x]", "E0603", "x");
    check("groups=1", "groups", "E0603", "}");
    check("%y = ", "param @late: f32[1]\n  %y = ", "E0603", "param");
    check("return %y, %x", "return", "E0603", "\n");
    check("%x\n}", "%x }", "E0603", "}");
    check("%x\n}\n", "%x\n}\ngraph", "E0603", "graph");
}

#[test]
fn e0604_number_too_large() {
    check("groups=1", "groups=9223372036854775808", "E0604", "9223372036854775808");
    check("groups=1", "groups=-1e999", "E0604", "-1e999");
}

#[test]
fn e0605_unknown_operator() {
    let error = check("relu", "rellu", "E0605", "rellu");
    assert_eq!(error.help.as_deref(), Some("did you mean `relu`?"));
    assert_eq!(error.fix.unwrap().replacement, "relu");
    let error = check("relu", "kaleidoscope", "E0605", "kaleidoscope");
    assert!(error.help.unwrap().starts_with("the operators are "));
}

#[test]
fn e0606_undefined_value() {
    let help = |error: Diagnostic| error.help.unwrap();
    assert_eq!(help(check("relu %c", "relu %y", "E0606", "%y")), "each value is defined above the line that uses it");
    assert_eq!(
        help(check("@c.bias {", "@c.bxyz_ {", "E0606", "@c.bxyz_")),
        "each value is defined above the line that uses it"
    );
    assert_eq!(help(check("@c.bias {", "@c.biass {", "E0606", "@c.biass")), "did you mean `@c.bias`?");
    assert_eq!(help(check("@c.bias {", "%c.bias {", "E0606", "%c.bias")), "did you mean `@c.bias`?");
    check("return %y", "return %z1234", "E0606", "%z1234");
}

#[test]
fn e0607_defined_twice() {
    assert_eq!(check("%y = ", "%c = ", "E0607", "%c").labels.len(), 2);
    check("%y = ", "%x = ", "E0607", "%x");
    check("state @c.bias", "state @c.weight", "E0607", "@c.weight");
    check(", x: ", ", y: ", "E0607", "y");
}

#[test]
fn e0608_bad_attribute() {
    check("groups=1", "groups=1, groups=1", "E0608", "groups");
    check("groups=1", "group=1", "E0608", "{kernel=[1,1], stride=[1,1], pad=[0,0,0,0], dilation=[1,1], group=1}");
    check("groups=1", "groups=1, colour=3", "E0608", "colour");
    check("groups=1", "groups=true", "E0608", "groups");
    check("groups=1", "groups=1.5", "E0608", "groups");
    check("stride=[1,1]", "stride=[0,1]", "E0608", "stride");
    check("stride=[1,1]", "stride=[1]", "E0608", "stride");
    check("stride=[1,1]", "stride=[1,1073741825]", "E0608", "stride");
    check("relu %c", "relu %c {slope=0.1}", "E0608", "slope");
    check(" {kernel=[1,1], stride=[1,1], pad=[0,0,0,0], dilation=[1,1], groups=1}", "", "E0608", "conv");
}

#[test]
fn e0609_operands_do_not_fit() {
    let error = check("@c.weight: f32[4,3,1,1]", "@c.weight: f32[4,2,1,1]", "E0609", "conv");
    assert_eq!(error.labels[1].text, "this is f32[4,2,1,1]");
    check("relu %c", "relu", "E0609", "relu");
    check("state @c.bias: f32[4]", "state @c.bias: f16[4]", "E0613", "f16[4]");
    check("state @c.bias: f32[4]", "state @c.bias: i64[4]", "E0613", "i64[4]");
}

#[test]
fn e0610_wrong_type() {
    let error = check("relu %c : f32[1,4,8,8]", "relu %c : f32[1,4,8,9]", "E0610", "f32[1,4,8,9]");
    assert_eq!(error.fix.unwrap().replacement, "f32[1,4,8,8]");
    check(", x: f32[1,3,8,8])", ", x: u8[1,3,8,8])", "E0610", "u8[1,3,8,8]");
}

#[test]
fn e0611_result_count() {
    check("%y = ", "%y, %z = ", "E0611", "%y, %z");
    check("relu %c : f32[1,4,8,8]", "relu %c : f32[1,4,8,8], f32[1]", "E0611", "f32[1,4,8,8], f32[1]");
    check("return %y, %x", "return %y", "E0611", "return %y");
}

#[test]
fn e0612_missing_return() {
    check("  return %y, %x\n", "", "E0612", "}");
    check("  return %y, %x\n}\n", "", "E0612", "");
}

#[test]
fn e0613_bad_type() {
    check("f32[4]\n", "f33[4]\n", "E0613", "f33");
    check("f32[4]\n", "f32[0]\n", "E0613", "f32[0]");
    check("f32[4]\n", "f32[1,1,1,1,1,1,1,1,1]\n", "E0613", "f32[1,1,1,1,1,1,1,1,1]");
    check("f32[4]\n", "f32[274877906945]\n", "E0613", "f32[274877906945]");
    check("f32[4]\n", "f32[9223372036854775807,9]\n", "E0613", "f32[9223372036854775807,9]");
    assert!(parse(&GOOD.replace("f32[4]\n", "f32[4]\n  param @big: f32[274877906944]\n")).is_ok());
}

#[test]
fn rendered() {
    let text = GOOD.replace("@c.weight: f32[4,3,1,1]", "@c.weight: f32[4,2,1,1]");
    insta::assert_snapshot!(render(&text), @r"
    E0609 conv: the weight must be f32[4,3,1,1], found f32[4,2,1,1]
      `conv`: does not fit its operands
      `@c.weight`: this is f32[4,2,1,1]
    ");
    insta::assert_snapshot!(render(&GOOD.replace("relu %c", "relu %cc")), @r"
    E0606 `%cc` is not defined above this line
      `%cc`: not defined at this point
      help: did you mean `%c`?
      fix: `%cc` -> `%c`
    ");
}

fn render(text: &str) -> String {
    let error = parse(text).unwrap_err();
    let mut out = format!("{} {}", error.code, error.message);
    for label in &error.labels {
        out += &format!("\n  `{}`: {}", &text[label.span.range()], label.text);
    }
    if let Some(help) = &error.help {
        out += &format!("\n  help: {help}");
    }
    if let Some(fix) = &error.fix {
        out += &format!("\n  fix: `{}` -> `{}`", &text[fix.span.range()], fix.replacement);
    }
    out
}

#[test]
fn every_code_has_a_test() {
    let tests = include_str!("tests.rs");
    for code in codes::ALL {
        assert!(tests.contains(&format!("\nfn {}_", code.id.to_lowercase())), "{} has no test", code.id);
    }
}
