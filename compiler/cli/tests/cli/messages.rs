//! The forms of `--message-format`, fixes, and the last line of a failed run.

use crate::support::{Folder, rebirth};
use serde_json::{Value, json};

/// Two errors, the first with a fix.
const BAD: &str = "// é\nnet bad(x: f32[n, 4]) -> f32[n, 4] {\n    y = x |> relu\n    y\n}\nnet worse(\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("bad.net", BAD);
    folder.write("unused.net", "net unused(a: f32[n, 4], b: f32[n, 4]) -> f32[n, 4] { a |> relu }");
    folder
}

/// The lines of the second stream, with the folder as `{}`.
fn lines(folder: &Folder, args: &[&str]) -> Vec<String> {
    let err = folder.run(args).err.replace(folder.path("").to_str().unwrap().trim_end_matches('/'), "{}");
    err.lines().map(str::to_owned).collect()
}

fn objects(folder: &Folder, args: &[&str]) -> Vec<Value> {
    lines(folder, args)
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect()
}

#[test]
fn short_messages_are_lines() {
    let folder = folder();
    let check = |args: &[&str], expected: &[&str]| {
        let found = lines(&folder, &[&["--message-format", "short"], args].concat());
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    };
    check(&["check", "{}/bad.net"], &["{}/bad.net:3:5: error[E0112]: ", "{}/bad.net:6:10: error[E0106]: "]);
    check(&["check", "{}/unused.net"], &["{}/unused.net:1:26: warning[E0248]: "]);
    check(&["check", "{}/none.net"], &["error[E0901]: the file `{}/none.net` does not exist"]);
    check(&["bench", "{}/tiny.net", "--runs=1"], &["note: the weights are random"]);
    check(&["explain", "E9999"], &["error[E0951]: there is no error code `E9999`"]);
}

#[test]
fn json_has_places_and_the_fix() {
    let folder = folder();
    let found = objects(&folder, &["check", "{}/bad.net", "--message-format", "json"]);
    assert_eq!(found.len(), 2);
    let first = &found[0];
    assert_eq!((first["level"].clone(), first["code"].clone()), ("error".into(), "E0112".into()));
    assert!(first["message"].as_str().unwrap().len() > 10 && first["help"].is_string(), "{first}");
    let start = BAD.find("y =").unwrap();
    let fix = json!({
        "file": "{}/bad.net", "start": start, "end": start, "line": 3, "column": 5, "end_line": 3, "end_column": 5,
        "replacement": "let ",
    });
    assert_eq!(first["fix"], fix);
    let label = &first["labels"][0];
    assert_eq!((label["file"].clone(), label["start"].clone()), ("{}/bad.net".into(), start.into()));
    assert_eq!((label["line"].clone(), label["column"].clone()), (3.into(), 5.into()));
    assert!(label["end"].as_u64() > label["start"].as_u64() && label["text"].is_string(), "{label}");
    assert_eq!(label["primary"], true);
    for place in found.iter().flat_map(|error| error["labels"].as_array().unwrap()) {
        let range = place["start"].as_u64().unwrap() as usize..place["end"].as_u64().unwrap() as usize;
        assert!(BAD.get(range).is_some(), "{place}");
    }
    assert_eq!(found[1]["fix"], Value::Null);
}

#[test]
fn json_counts_columns_in_characters() {
    let folder = Folder::new();
    folder.write("é.net", "net a(x: f32[n, 4]) -> f32[n, 4] { \"éé\" ö }");
    let found = objects(&folder, &["check", "{}/é.net", "--message-format=json"]);
    let label = &found[0]["labels"][0];
    assert_eq!((label["start"].clone(), label["column"].clone()), (42.into(), 41.into()), "{label}");
    assert_eq!((label["end"].clone(), label["end_column"].clone()), (44.into(), 42.into()), "{label}");
}

/// Behind tabs, characters of several bytes and a byte order mark.
#[test]
fn all_forms_give_the_same_place() {
    let folder = Folder::new();
    let text = "\u{feff}net m(x: f32[1, 8]) -> f32[1, 8] {\r\n\tlet a = \"é😀\" + q\r\n\tx\r\n}\r\n";
    folder.write("a.net", text);
    let human = lines(&folder, &["check", "{}/a.net"]).join("\n");
    assert!(human.contains("[{}/a.net:2:17]"), "{human}");
    let short = lines(&folder, &["check", "{}/a.net", "--message-format=short"]);
    assert!(short[0].starts_with("{}/a.net:2:17: "), "{short:?}");
    let json = objects(&folder, &["check", "{}/a.net", "--message-format=json"]);
    assert_eq!((json[0]["labels"][0]["line"].clone(), json[0]["labels"][0]["column"].clone()), (2.into(), 17.into()));
}

#[test]
fn imports_that_do_not_exist() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("parts")).unwrap();
    folder.write("parts/blocks.net", "block cb(x) { x |> relu }");
    let net = "net m(x: f32[n, 4]) -> f32[n, 4] { x |> cb }";
    for (path, help) in [
        ("parts/bloks.net", "did you mean `blocks.net`, which is in the same folder?"),
        ("parts/zzzzzzzz.net", "check the spelling"),
        ("nowhere/blocks.net", "check the spelling"),
    ] {
        folder.write("m.net", format!("import \"{path}\" {{ cb }}\n{net}"));
        let found = objects(&folder, &["check", "{}/m.net", "--message-format=json"]);
        let said = found[0]["help"].as_str().unwrap();
        assert!(said.starts_with(help) && said.ends_with("relative to the file that imports"), "{said}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

/// What follows from an import that cannot be is not said.
#[test]
fn imports_have_no_followers() {
    let folder = Folder::new();
    folder.write("inner.net", "const base = 8");
    folder.write("blocks.net", "import \"inner.net\" { base }\nblock cb(x, c = base) { x |> dense(c) }");
    let check = |import: &str, args: &[&str], code: &str| {
        folder.write("m.net", format!("import {import}\nnet m(x: f32[n, 4]) -> f32[n, 8] {{ x |> cb }}"));
        let found = objects(&folder, &[&["check", "{}/m.net", "--message-format=json"], args].concat());
        let codes: Vec<&Value> = found.iter().map(|error| &error["code"]).collect();
        assert_eq!(codes, [code], "{import}");
    };
    check("\"blocks.net\" { cb as relu }", &[], "E0205");
    check("\"blocks.net\" { cb, base }", &["--set", "base=8"], "E0249");
    check("\"inner.net\" { cb }", &[], "E0249");
    check("parts/blocks.net { cb }", &[], "E0104");
    check("\"parts\\blocks.net\" { cb }", &[], "E0135");
}

#[test]
fn a_name_is_set_once() {
    let outcome = rebirth(["check", "x.net", "--set", "n=1", "--set", "m=1", "--set", "n=2"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("`--set n=..` is given twice"), "{}", outcome.err);
}

#[test]
fn codes_of_earlier_versions() {
    let folder = Folder::new();
    folder.fails(&["explain", "e0110"], "E0951", "the error code `E0110` is no longer given");
}

#[test]
fn json_of_what_has_no_place() {
    let folder = folder();
    let format = |args: &[&str]| objects(&folder, &[&["--message-format=json"], args].concat());
    let found = format(&["check", "{}/none.net"]);
    let expected = json!({
        "level": "error",
        "code": "E0901",
        "message": "the file `{}/none.net` does not exist",
        "help": "check the spelling; relative paths start at the current directory",
        "fix": null,
        "labels": [],
    });
    assert_eq!(found, [expected]);
    let found = format(&["check", "{}/unused.net"]);
    assert_eq!(
        (found.len(), found[0]["level"].clone(), found[0]["code"].clone()),
        (1, "warning".into(), "E0248".into())
    );
    let found = format(&["bench", "{}/tiny.net", "--runs=1"]);
    let note = "the weights are random (seed 1), so the results mean nothing";
    assert_eq!(found, [json!({"level": "note", "message": note})]);
}

#[test]
fn fixes_are_shown_as_lines() {
    let folder = folder();
    let found = lines(&folder, &["check", "{}/bad.net"]).join("\n");
    let fix = "\n        3 | let y = x |> relu\n          | +++\n";
    assert!(found.contains("  help: ") && found.contains(fix), "{found}");
}

#[test]
fn an_empty_line_stands_between_errors() {
    let folder = folder();
    let found = lines(&folder, &["check", "{}/bad.net"]);
    let (first, second) =
        (found.iter().position(|line| line == "E0112"), found.iter().position(|line| line == "E0106"));
    assert_eq!(first, Some(0), "{found:?}");
    assert_eq!(found[second.unwrap() - 1], "", "{found:?}");
    assert_eq!(found[found.len() - 3..found.len() - 1], ["2 errors", ""], "{found:?}");
}

#[test]
fn the_last_line_points_to_explain() {
    let folder = folder();
    let line = "for more about an error: rebirth explain ";
    let check = |args: &[&str], expected: Option<&str>| {
        let found = lines(&folder, args);
        let hints: Vec<&String> = found.iter().filter(|found| found.contains(line)).collect();
        assert_eq!(hints.len(), usize::from(expected.is_some()), "{found:?}");
        if let Some(code) = expected {
            assert_eq!(found.last().unwrap(), &format!("{line}{code}"));
        }
    };
    check(&["check", "{}/bad.net"], Some("E0112"));
    check(&["check", "{}/none.net"], Some("E0901"));
    check(&["check", "{}/none.net", "-q"], None);
    check(&["check", "{}/none.net", "--message-format=short"], None);
    check(&["check", "{}/none.net", "--message-format=json"], None);
    check(&["check", "{}/unused.net"], None);
    let err = folder.run(&["check", "{}/none.net", "--color=always"]).err;
    assert!(err.ends_with(&format!("\x1b[2m{line}E0901\x1b[0m\n")), "{err}");
}

#[test]
fn the_form_is_one_of_three() {
    let outcome = rebirth(["check", "x.net", "--message-format", "xml"]);
    assert_eq!(outcome.code, 2);
    for form in ["human", "short", "json"] {
        assert!(outcome.err.contains(form), "{}", outcome.err);
    }
    let help = rebirth(["check", "--help"]).out;
    for field in ["level", "code", "message", "help", "fix", "labels", "replacement", "end_column", "primary"] {
        assert!(help.contains(field), "{field}: {help}");
    }
}
