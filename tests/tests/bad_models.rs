//! Bad ONNX files, each with the code of its error and a word of the message; and what is good although it looks bad. Bless the renderings
//! with `INSTA_UPDATE=always cargo test -p rebirth-tests`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::Path;

use rebirth_compiler::onnx::{Imported, Onnx, OnnxError};
use rebirth_compiler::resolve::Settings;
use rebirth_tests::bad::{self, Bad, models};
use rebirth_tests::files::Scratch;
use rebirth_tests::onnx::{Message, Model, node, raw_tensor, small, value};

/// A folder with what models refer to beside them.
fn folder() -> Scratch {
    let scratch = Scratch::new();
    for (name, length) in models::BESIDE {
        scratch.write(name, &vec![0; length]);
    }
    std::fs::create_dir(scratch.folder().join("folder")).unwrap();
    std::fs::write(scratch.folder().join("folder/data.bin"), [0; 16]).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(scratch.folder().join("data.bin"), scratch.folder().join("link.bin")).unwrap();
        symlink(scratch.folder().join("none.bin"), scratch.folder().join("dangling.bin")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(scratch.folder().join("pipe")).status().unwrap();
        assert!(made.success());
    }
    scratch
}

fn import(path: &Path) -> Result<Imported, OnnxError> {
    let imported = Onnx::open(path)?.import(&Settings::default())?;
    imported.weights.load()?;
    Ok(imported)
}

fn found(scratch: &Scratch, bytes: &[u8]) -> Option<OnnxError> {
    import(&scratch.write("model.onnx", bytes)).err()
}

/// Code, message without the temporary folder, and help.
fn parts(scratch: &Scratch, error: &OnnxError) -> (&'static str, String, String) {
    let folder = format!("{}/", scratch.folder().display());
    (error.code(), error.to_string().replace(&folder, ""), error.help().unwrap_or_default())
}

#[cfg(unix)]
#[test]
fn every_bad_file_has_its_error() {
    let (scratch, files) = (folder(), models::all());
    assert!(files.len() >= 80, "only {} files", files.len());
    bad::check(&files, |bad| found(&scratch, &bad.bytes).map(|error| parts(&scratch, &error)));
}

/// Whoever reads an error about the model itself sees which of several files it is about.
#[test]
fn errors_begin_with_the_file() {
    let scratch = folder();
    let files = models::all();
    let about = files.iter().filter(|bad| bad.code.starts_with("E10")).map(|bad| (bad, found(&scratch, &bad.bytes)));
    for (bad, error) in about {
        let Some(error) = error else { panic!("{} is good", bad.name) };
        let text = parts(&scratch, &error).1;
        assert!(text.starts_with("`model.onnx`: "), "{}: {text}", bad.name);
    }
}

#[test]
fn all_unknown_operators_are_named_at_once() {
    let nodes = vec![
        node("Frobnicate", &["x"], &["a"], &[]).text(3, "first"),
        node("Relu", &["a"], &["b"], &[]),
        node("Unknown", &["b"], &["c"], &[]),
        node("Frobnicate", &["c"], &["y"], &[]),
    ];
    let model =
        Model { opset: 13, nodes, inputs: vec![value("x", &[1])], outputs: vec![value("y", &[1])], ..Model::default() };
    insta::assert_snapshot!(rendering(&model.bytes()));
}

#[test]
fn a_circle() {
    let nodes = vec![node("Add", &["x", "b"], &["a"], &[]).text(3, "sum"), node("Relu", &["a"], &["b"], &[])];
    let model =
        Model { opset: 13, nodes, inputs: vec![value("x", &[1])], outputs: vec![value("b", &[1])], ..Model::default() };
    insta::assert_snapshot!(rendering(&model.bytes()));
}

#[test]
fn data_of_a_wrong_length() {
    let mut model = small();
    model.initializers[1] = raw_tensor("conv.bias", &[4], 1, &[0; 15]);
    insta::assert_snapshot!(rendering(&model.bytes()));
}

fn rendering(bytes: &[u8]) -> String {
    let scratch = folder();
    let (code, text, help) = parts(&scratch, &found(&scratch, bytes).unwrap());
    format!("error[{code}]: {text}\nhelp: {help}")
}

/// What ONNX allows beside the graph that computes: it is not read.
#[test]
fn what_does_not_matter_is_passed_over() {
    let graph = Message::new().message(1, &node("If", &["x"], &["z"], &[]));
    let with = |fields: Message| [small().bytes(), fields.0].concat();
    for (name, bytes) in [
        ("training information", with(Message::new().message(20, &Message::new().message(2, &graph)))),
        ("functions that nothing calls", with(Message::new().message(25, &Message::new().text(1, "Block")))),
        ("metadata", with(Message::new().message(14, &Message::new().text(1, "a").text(2, "b")))),
        (
            "an operator set of another domain",
            with(Message::new().message(8, &Message::new().text(1, "ai.onnx.ml").int(2, 3))),
        ),
        ("a field of a later version", with(Message::new().text(1000, "new"))),
    ] {
        let scratch = Scratch::new();
        assert!(found(&scratch, &bytes).is_none(), "{name}");
    }
}

/// An error about one of these would be of no use without the node.
#[test]
fn errors_of_nodes_name_them() {
    let scratch = folder();
    let codes = ["E1008", "E1010", "E1012", "E1013", "E1014"];
    let of_nodes = models::all().into_iter().filter(|bad: &Bad| codes.contains(&bad.code));
    for bad in of_nodes {
        let (_, text, _) = parts(&scratch, &found(&scratch, &bad.bytes).unwrap());
        assert!(text.starts_with("`model.onnx`: the node "), "{}: {text}", bad.name);
    }
}
