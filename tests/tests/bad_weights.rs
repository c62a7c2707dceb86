//! Bad weights files for a net of one dense layer, each with its code. Bless with `INSTA_UPDATE=always cargo test -p rebirth-tests`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::Path;

use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::Settings;
use rebirth_compiler::weights;
use rebirth_lang::Source;
use rebirth_runtime::Error;
use rebirth_tests::bad;
use rebirth_tests::bad::weights::{GOOD, all, file};
use rebirth_tests::files::Scratch;

const NET: &str = "net one(x: f32[n, 3]) -> f32[n, 2] { x |> dense(2) as fc }";

fn read(path: &Path) -> Result<Vec<Vec<f32>>, Error> {
    let model = load(&Source::new("one.net", NET), &Settings::default()).unwrap();
    weights::from_file(&model.graph, path)
}

#[test]
fn the_good_file_is_read() {
    let scratch = Scratch::new();
    assert_eq!(read(&scratch.write("one.safetensors", &file(GOOD, 32))).unwrap().len(), 2);
}

#[test]
fn every_bad_file_has_its_error() {
    let (scratch, files) = (Scratch::new(), all());
    assert!(files.len() >= 60, "only {} files", files.len());
    bad::check(&files, |bad| {
        let error = read(&scratch.write("one.safetensors", &bad.bytes)).err()?;
        Some((error.code(), error.to_string(), error.help().unwrap_or_default()))
    });
}

#[test]
fn what_is_no_file() {
    let scratch = Scratch::new();
    let code = |path: &Path| read(path).expect_err("no file").code();
    assert_eq!(code(&scratch.folder().join("none.safetensors")), "E0401");
    assert_eq!(code(scratch.folder()), "E0402");
    assert_eq!(code(&scratch.write("empty.safetensors", &[])), "E0403");
}

#[test]
fn all_differences_are_in_one_error() {
    let scratch = Scratch::new();
    let header = GOOD.replace("[2,3]", "[3,2]").replace("fc.bias", "fc.bais");
    let error = read(&scratch.write("one.safetensors", &file(header, 32))).expect_err("the file is bad");
    assert_eq!(error.code(), "E0408");
    // The folder is a temporary one.
    let text = error.to_string().replace(&scratch.folder().display().to_string(), "FOLDER");
    insta::assert_snapshot!(format!("{text}\nhelp: {}", error.help().unwrap_or_default()));
}
