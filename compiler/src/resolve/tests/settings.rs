//! `--set`, `--net`, headers and arrays.

use std::collections::BTreeMap;

use rebirth_lang::{Diagnostic, Program, Source};
use rebirth_runtime::DType;

use super::super::{Dim, Header, HeaderInput, SetValue, Settings, bind_dims, header};
use super::{run, set, weights};

const TEXT: &str = "const classes = 10
const slope = 0.5
const deep = true
const pad = \"same\"
const sizes = [1, 2]
net m(x: f32[n, 8, h, 2 * h], y: f32[n, classes, classes + 1]) -> f32[n, classes, h, 2 * h] { x |> conv(classes, 3, pad: pad) }";

#[track_caller]
fn codes(result: Result<impl Sized, Vec<Diagnostic>>, expected: &[&str]) {
    let found: Vec<&str> = result.err().unwrap_or_default().iter().map(|error| error.code).collect();
    assert_eq!(found, expected);
}

#[test]
fn constants_and_dimensions() {
    let settings = set(&[
        ("classes", SetValue::Int(3)),
        ("h", SetValue::Int(4)),
        ("n", SetValue::Int(2)),
        ("slope", SetValue::Int(1)),
    ]);
    let model = run(TEXT, &settings).unwrap();
    assert_eq!(weights(&model), ["conv.weight 3x8x3x3", "conv.bias 3"]);
    assert_eq!(model.graph.ty(model.graph.outputs[0].value).to_string(), "f32[2,3,4,8]");
}

#[test]
fn bad_settings() {
    for (name, value, expected) in [
        ("classses", SetValue::Int(3), "E0227"),
        ("m", SetValue::Int(3), "E0227"),
        ("x", SetValue::Int(3), "E0227"),
        ("classes", SetValue::Float(0.5), "E0228"),
        ("slope", SetValue::Bool(true), "E0228"),
        ("deep", SetValue::Int(1), "E0228"),
        ("pad", SetValue::Int(1), "E0228"),
        ("sizes", SetValue::Int(1), "E0228"),
        ("n", SetValue::Int(0), "E0228"),
        ("n", SetValue::Float(1.0), "E0228"),
    ] {
        codes(run(TEXT, &set(&[("h", SetValue::Int(4)), (name, value)])), &[expected]);
    }
    codes(
        run(TEXT, &set(&[("a1", SetValue::Int(4)), ("b2", SetValue::Int(4)), ("h", SetValue::Int(4))])),
        &["E0227", "E0227"],
    );
    let errors = run(TEXT, &set(&[("h", SetValue::Int(4)), ("clases", SetValue::Int(3))])).unwrap_err();
    assert_eq!(errors[0].help.as_deref(), Some("did you mean `classes`?"));
}

#[test]
fn one_of_several_nets() {
    let text = "net a(x: f32[1, 4]) -> f32[1, 4] { x } net b(x: f32[1, 4]) -> f32[1, 4] { relu(x) }";
    let choose = |name: &str| run(text, &Settings { net: Some(name.to_string()), ..Settings::default() });
    assert_eq!(choose("b").unwrap().graph.name, "b");
    codes(choose("c"), &["E0203"]);
    codes(run(text, &Settings::default()), &["E0202"]);
}

#[test]
fn headers() {
    let source = Source::new("test.net", TEXT);
    let program = Program::single(&source).unwrap();
    let symbol = |name: &str| Dim::Symbol(name.to_string());
    let expected = Header {
        net: "m".to_string(),
        inputs: vec![
            HeaderInput {
                name: "x".to_string(),
                dtype: DType::F32,
                dims: vec![symbol("n"), Dim::Fixed(8), symbol("h"), Dim::Formula("2 * h".to_string())],
            },
            HeaderInput {
                name: "y".to_string(),
                dtype: DType::F32,
                dims: vec![symbol("n"), Dim::Fixed(10), Dim::Fixed(11)],
            },
        ],
    };
    assert_eq!(header(&program, &Settings::default()), Ok(expected));
    codes(header(&program, &Settings { net: Some("a".to_string()), ..Settings::default() }), &["E0203"]);
}

fn bind(settings: &Settings, arrays: &[(Option<&str>, &[usize])]) -> Result<BTreeMap<String, usize>, Vec<Diagnostic>> {
    let source = Source::new("test.net", TEXT);
    bind_dims(&Program::single(&source).unwrap(), settings, arrays)
}

#[test]
fn arrays_bind_symbols() {
    let settings = Settings::default();
    let bound = bind(&settings, &[(Some("x"), &[3, 8, 4, 8]), (Some("y"), &[3, 10, 11])]).unwrap();
    assert_eq!(bound, [("h".to_string(), 4), ("n".to_string(), 3)].into());
    assert_eq!(bind(&settings, &[(Some("y"), &[2, 10, 11])]).unwrap(), [("n".to_string(), 2)].into());
    assert!(bind(&set(&[("n", SetValue::Int(3))]), &[(Some("x"), &[3, 8, 4, 8])]).is_ok());
}

#[test]
fn arrays_that_do_not_fit() {
    let settings = Settings::default();
    for (arrays, expected) in [
        (vec![(Some("x"), [1, 8, 4].as_slice())], "E0232"),
        (vec![(Some("x"), [1, 7, 4, 8].as_slice())], "E0232"),
        (vec![(Some("x"), [1, 8, 4, 9].as_slice())], "E0232"),
        (vec![(Some("x"), [0, 8, 4, 8].as_slice())], "E0232"),
        (vec![(Some("y"), [1, 9, 11].as_slice())], "E0232"),
        (vec![(Some("x"), [1, 8, 4, 8].as_slice()), (Some("y"), [2, 10, 11].as_slice())], "E0232"),
        (vec![(None, [1, 8, 4, 8].as_slice())], "E0233"),
        (vec![(Some("z"), [1].as_slice())], "E0233"),
        (vec![(Some("y"), [1, 10, 11].as_slice()), (Some("y"), [1, 10, 11].as_slice())], "E0233"),
    ] {
        codes(bind(&settings, &arrays), &[expected]);
    }
    codes(bind(&set(&[("n", SetValue::Int(2))]), &[(Some("x"), &[3, 8, 4, 8])]), &["E0232"]);
    let errors = bind(&settings, &[(Some("x"), &[1, 7, 4, 8])]).unwrap_err();
    assert_eq!(errors[0].message, "the array [1,7,4,8] is not a `x`: it has 7 in dimension 1, not 8");
}

#[test]
fn the_only_input_needs_no_name() {
    let source = Source::new("test.net", "net m(x: f32[n, 4]) -> f32[n, 4] { x }");
    let program = Program::single(&source).unwrap();
    assert_eq!(bind_dims(&program, &Settings::default(), &[(None, &[7, 4])]), Ok([("n".to_string(), 7)].into()));
}
