//! Bad weights files for a net of one dense layer, each with its code. Bless with `INSTA_UPDATE=always cargo test -p rebirth-tests`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::Path;

use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::Settings;
use rebirth_compiler::weights;
use rebirth_lang::Source;
use rebirth_runtime::Error;

const NET: &str = "net one(x: f32[n, 3]) -> f32[n, 2] { x |> dense(2) as fc }";

fn read(path: &Path) -> Result<Vec<Vec<f32>>, Error> {
    let model = load(&Source::new("one.net", NET), &Settings::default()).unwrap();
    weights::from_file(&model.graph, path)
}

/// A file of this header and this many bytes of payload.
fn file(header: &str, payload: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; payload]);
    bytes
}

/// The error about a file of these bytes, and its text with the folder, a temporary one, left out.
fn error(bytes: &[u8]) -> (Error, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.safetensors");
    std::fs::write(&path, bytes).unwrap();
    let error = read(&path).expect_err("the file is bad");
    let text = error.to_string().replace(&folder.path().display().to_string(), "FOLDER");
    (error, text)
}

fn check(code: &str, bytes: &[u8]) {
    let (error, text) = error(bytes);
    assert_eq!(error.code(), code, "{text}");
}

const GOOD: &str = r#"{"fc.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"fc.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}}"#;

#[test]
fn the_good_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.safetensors");
    std::fs::write(&path, file(GOOD, 32)).unwrap();
    assert_eq!(read(&path).unwrap().len(), 2);
}

#[test]
fn a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read(&folder.path().join("none.safetensors")).expect_err("no file").code(), "E0401");
}

#[test]
fn a_directory() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read(folder.path()).expect_err("a directory").code(), "E0402");
}

#[test]
fn no_bytes() {
    check("E0403", &[]);
}

#[test]
fn garbage() {
    check("E0406", b"these are not weights at all");
    check("E0405", &[0; 7]);
}

#[test]
fn a_header_beyond_the_end() {
    check("E0405", &file(GOOD, 32)[..60]);
}

#[test]
fn a_huge_header() {
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.extend([b' '; 64]);
    check("E0406", &bytes);
}

#[test]
fn a_payload_cut_short() {
    check("E0405", &file(GOOD, 31));
}

#[test]
fn a_payload_too_long() {
    check("E0405", &file(GOOD, 33));
}

#[test]
fn overlapping_tensors() {
    let header = GOOD.replace("[8,32]", "[4,28]");
    check("E0405", &file(&header, 28));
}

#[test]
fn a_gap_between_tensors() {
    let header = GOOD.replace("[8,32]", "[12,36]");
    check("E0405", &file(&header, 36));
}

#[test]
fn offsets_that_disagree_with_the_shape() {
    let header = GOOD.replace("[2,3]", "[2,4]");
    check("E0405", &file(&header, 32));
}

#[test]
fn integers() {
    let header = GOOD.replace("F32\",\"shape\":[2,3]", "I32\",\"shape\":[2,3]");
    check("E0407", &file(&header, 32));
}

#[test]
fn a_missing_tensor() {
    let header = r#"{"fc.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    check("E0408", &file(header, 8));
}

#[test]
fn a_superfluous_tensor() {
    let header = GOOD.replace("]}}", r#"]},"fc.scale":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}"#);
    check("E0408", &file(&header, 40));
}

#[test]
fn a_misshapen_tensor() {
    check("E0408", &file(&GOOD.replace("[2,3]", "[3,2]"), 32));
}

#[test]
fn all_differences_are_in_one_error() {
    let header = GOOD.replace("[2,3]", "[3,2]").replace("fc.bias", "fc.bais");
    let (error, text) = error(&file(&header, 32));
    assert_eq!(error.code(), "E0408");
    insta::assert_snapshot!(format!("{text}\nhelp: {}", error.help().unwrap_or_default()));
}
