//! `rebirth explain`: how explanations are found and shown.

use crate::support::{Folder, rebirth};
use serde_json::Value;

fn good(args: &[&str]) -> String {
    let outcome = rebirth(args.iter().copied());
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{args:?}");
    outcome.out
}

#[test]
fn an_explanation_has_a_title_and_examples() {
    let out = good(&["explain", "E0112"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..2], ["E0112: a binding without `let`", ""], "{out}");
    for part in ["\n\nWrong:\n\n    net ", "\n}\n", "\n\nRight:\n\n    net ", "\n        let stem"] {
        assert!(out.replace("\n    }", "\n}").contains(part), "{part:?}: {out}");
    }
    assert!(!out.contains("```") && !out.contains('\x1b'), "{out}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{out}");
    assert_eq!(good(&["explain", "e0112"]), out);
    let coloured = good(&["explain", "E0112", "--color=always"]);
    assert!(coloured.starts_with("\x1b[1mE0112: a binding without `let`\x1b[0m\n"), "{coloured}");
    assert_eq!(coloured.replace("\x1b[1m", "").replace("\x1b[0m", ""), out);
}

#[test]
fn all_codes_are_listed_in_groups() {
    let out = good(&["explain"]);
    assert!(out.starts_with("E01xx  syntax and imports\n  E0101  the text is longer than the limit\n"), "{out}");
    assert!(out.contains("\n\nE09xx  the command line\n  E0901  the `.net` file does not exist\n"), "{out}");
    let codes: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("  ")).map(|line| &line[..5]).collect();
    assert_eq!(codes.len(), rebirth_cli::codes::everything().len());
    for (found, expected) in codes.iter().zip(rebirth_cli::codes::everything()) {
        assert_eq!(*found, expected.id);
    }
}

#[test]
fn json_has_the_text() {
    let one: Value = serde_json::from_str(&good(&["explain", "E0112", "--json"])).unwrap();
    assert_eq!((one["code"].clone(), one["title"].clone()), ("E0112".into(), "a binding without `let`".into()));
    assert!(one["text"].as_str().unwrap().contains("\nWrong:\n```net\n"), "{one}");
    let all: Vec<Value> =
        good(&["explain", "--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(all.len(), rebirth_cli::codes::everything().len());
    assert!(all.contains(&one));
}

#[test]
fn unknown_codes() {
    let folder = Folder::new();
    folder.fails(&["explain", "E0911x"], "E0951", "did you mean `E0911`?");
    folder.fails(&["explain", "e01122"], "E0951", "did you mean `E0112`?");
    folder.fails(&["explain", "let"], "E0951", "`rebirth explain` lists all codes");
    folder.fails(&["explain", ""], "E0951", "there is no error code ``");
    folder.fails(&["explain", &"E".repeat(100_000)], "E0951", "lists all codes");
}
