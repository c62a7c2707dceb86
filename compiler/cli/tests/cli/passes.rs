//! `passes`, and what `ir`, `run` and `diff` do about passes.

use rebirth_compiler::passes::PIPELINE;
use serde_json::Value;

use crate::support::{Folder, rebirth};

const NET: &str = "net m(x: f32[n, 3, 8, 8]) -> f32[n, 4, 8, 8] {
    x |> pad(1) |> conv(4, 3, bias: false) |> batch_norm |> relu |> dropout
}
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("m.net", NET);
    folder
}

#[test]
fn all_are_listed() {
    let (text, json) = (rebirth(["passes"]), rebirth(["passes", "--json"]));
    let rows: Vec<Value> = serde_json::from_str(&json.out).unwrap();
    assert_eq!((text.out.lines().count(), rows.len()), (PIPELINE.len(), PIPELINE.len()));
    for ((line, row), pass) in text.out.lines().zip(&rows).zip(PIPELINE) {
        assert!(line.starts_with(pass.name) && line.ends_with(pass.doc), "{line}");
        assert_eq!((&row["name"], &row["doc"]), (&pass.name.into(), &pass.doc.into()));
    }
}

#[test]
fn the_graph_after_them() {
    let folder = folder();
    let fused = folder.run(&["ir", "{}/m.net", "--stage", "fused", "--stats"]);
    let operators = |text: &str| -> Vec<String> {
        let nodes = text.lines().filter(|line| line.starts_with("  %") && !line.contains(".."));
        nodes.map(|line| line.split(" = ").nth(1).unwrap().split(' ').next().unwrap().to_owned()).collect()
    };
    assert!(
        fused.out.starts_with("// 5 operators, 2 after the passes\n// identity: 1\n// fold_pad: 1\n"),
        "{}",
        fused.out
    );
    let graph: String =
        fused.out.lines().filter(|line| !line.starts_with("//")).map(|line| format!("{line}\n")).collect();
    assert_eq!(operators(&graph.replace("..", "")).iter().filter(|op| *op == "conv").count(), 1, "{graph}");
    assert!(!graph.contains("batch_norm %") && !graph.contains(" dropout ") && !graph.contains(" pad "), "{graph}");
    let early = folder.run(&["ir", "{}/m.net", "--stage", "graph@identity"]);
    assert_eq!(operators(&early.out), ["pad", "conv", "batch_norm", "relu"], "{}", early.out);
    let without =
        folder.run(&["ir", "{}/m.net", "--stage", "fused", "--disable", "fold_pad", "--disable", "fold_affine"]);
    assert_eq!(operators(&without.out), ["pad", "conv", "batch_norm", "relu"], "{}", without.out);
    let first = folder.run(&["ir", "{}/m.net", "--stage", "fused", "--stop-after", "0"]);
    assert_eq!(operators(&first.out).len(), 5, "{}", first.out);
}

#[test]
fn an_unknown_pass_is_wrong_usage() {
    for args in [["--stage", "graph@fold_afine"], ["--stage=fused", "--disable=fold_afine"]] {
        let outcome = folder().run(&["ir", "{}/m.net", args[0], args[1]]);
        assert_eq!(outcome.code, 2, "{}", outcome.err);
        assert!(outcome.err.contains("fold_affine"), "{}", outcome.err);
    }
}

#[test]
fn diff_compares_with_and_without() {
    let folder = folder();
    let outcome = folder.run(&["diff", "{}/m.net", "--disable", "all", "--per-layer", "--weights", "random:1"]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.contains("on native without all\n"), "{}", outcome.out);
    assert!(outcome.out.contains("layers agree within 1e-4"), "{}", outcome.out);
}

#[test]
fn the_result_is_the_same_without() {
    let folder = folder();
    folder.array("x.npy", &[1, 3, 8, 8], 0.5);
    let run = |disable: &str| {
        let args = ["run", "{}/m.net", "--weights", "random:1", "--input", "{}/x.npy", "--disable", disable, "--json"];
        let outcome = folder.run(&args);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        serde_json::from_str::<Value>(&outcome.out).unwrap()["outputs"][0]["mean"].as_f64().unwrap()
    };
    assert!((run("dead") - run("all")).abs() < 1e-6);
}

/// What is folded is rounded elsewhere: the bounds are those of the network after the passes as well.
#[test]
fn the_interpreters_bounds_count_what_passes_do() {
    let folder = Folder::new();
    let net = "net m(x: f32[n, 3, 8, 8]) -> f32[n, 4, 6, 6] {
    (x - 1000.1) / 3 |> conv(4, 3)
}
";
    folder.write("m.net", net.replace("(x - 1000.1) / 3 |>", "((x - 1000.1) / 3) |>"));
    folder.array("x.npy", &[1, 3, 8, 8], 1000.0);
    for disable in ["dead", "all"] {
        let args = ["diff", "{}/m.net", "--against", "interpreter", "--input", "{}/x.npy", "--disable", disable];
        let outcome = folder.run(&args);
        assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    }
}
