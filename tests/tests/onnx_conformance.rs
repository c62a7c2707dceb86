//! The node tests of ONNX: for each a model of one operator, inputs, and what it must yield. They come with Python's `onnx` package:
//!
//! ```text
//! pip install onnx
//! REBIRTH_ONNX_NODE_TESTS=$(python3 -c 'import onnx, os; print(os.path.dirname(onnx.__file__))')/backend/test/data/node \
//!     cargo test -p rebirth-tests --test onnx_conformance
//! ```
//!
//! `tests/cases/onnx_supported.txt` lists those that pass. A case that is not supported is no failure; one that runs and yields
//! something else always is. `INSTA_UPDATE=always` writes the list anew.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::collections::BTreeSet;
use std::path::Path;

use rebirth_compiler::graph::verify;
use rebirth_compiler::onnx::{Imported, Onnx};
use rebirth_compiler::resolve::Settings;
use rebirth_runtime::Tensor;
use rebirth_tests::onnx::{Message, Read, read_tensor, resolved};
use rebirth_tests::{root, run, text};

const FOLDER: &str = "REBIRTH_ONNX_NODE_TESTS";
const LIST: &str = "tests/cases/onnx_supported.txt";

/// Largest difference, relative to a value, as ONNX's own runner has it: some expected values are written with four digits.
const TOLERANCE: f32 = 1e-3;

/// Cases whose expectation we do not share, as onnxruntime does not.
const DISPUTED: &[&str] = &[
    // 0 / 0 is NaN there; a vector of zeros stays one here.
    "test_l2normalization_axis_0",
    // The corners are aligned for the length before it is rounded down, 2.4 pixels, which no result has.
    "test_resize_downsample_scales_linear_align_corners",
];

enum Outcome {
    Passes,
    /// With the code.
    Unsupported(String),
    Wrong(String),
}

fn tensors(folder: &Path, kind: &str) -> Option<Vec<(Vec<u8>, Read)>> {
    let mut all = Vec::new();
    while let Ok(bytes) = std::fs::read(folder.join(format!("test_data_set_0/{kind}_{}.pb", all.len()))) {
        let read = read_tensor(&bytes)?;
        all.push((bytes, read));
    }
    Some(all)
}

/// The model with inputs from the `first` on as initializers.
fn frozen(model: &[u8], inputs: &[(Vec<u8>, Read)], first: usize) -> Vec<u8> {
    let mut bytes = model.to_vec();
    for (tensor, _) in &inputs[first.min(inputs.len())..] {
        // A message that comes twice is merged.
        bytes.extend(Message::new().message(7, &Message::new().bytes(5, tensor)).0);
    }
    bytes
}

fn import(bytes: &[u8]) -> Result<Imported, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, bytes).unwrap();
    let imported = Onnx::open(&path).and_then(|onnx| onnx.import(&Settings::default()));
    imported.map_err(|error| error.code().to_owned())
}

fn check(folder: &Path) -> Outcome {
    let Ok(model) = std::fs::read(folder.join("model.onnx")) else {
        return Outcome::Unsupported("no model".to_owned());
    };
    let (Some(inputs), Some(outputs)) = (tensors(folder, "input"), tensors(folder, "output")) else {
        return Outcome::Unsupported("no tensors".to_owned());
    };
    let mut found = Err(String::new());
    let mut count = inputs.len();
    // What may not be an input is a weight.
    while count > 0 {
        found = import(&frozen(&model, &inputs, count));
        if found.is_ok() {
            break;
        }
        count -= 1;
    }
    let imported = match found {
        Ok(imported) => imported,
        Err(code) => return Outcome::Unsupported(code),
    };
    if inputs[..count].iter().chain(&outputs).any(|(_, read)| read.shape.contains(&0)) {
        return Outcome::Unsupported("empty".to_owned());
    }
    let graph = &imported.model.graph;
    if let Err(violation) = verify(graph) {
        return Outcome::Wrong(format!("{violation}"));
    }
    if let Err(how) = resolved(&imported, 1) {
        return Outcome::Wrong(format!("{how}\n{}", imported.source().unwrap_or("")));
    }
    let tensor = |read: &Read| Tensor::new(read.shape.clone(), read.elements.clone()?).ok();
    let Some(feeds) = inputs[..count].iter().map(|(_, read)| tensor(read)).collect::<Option<Vec<_>>>() else {
        return Outcome::Unsupported("elements".to_owned());
    };
    let found = run(graph, &imported.weights.load().unwrap(), &feeds.iter().collect::<Vec<_>>(), "native");
    for (found, (_, expected)) in found.iter().zip(&outputs) {
        let Some(expected) = tensor(expected) else { return Outcome::Unsupported("elements".to_owned()) };
        if (found.dtype(), found.shape()) != (expected.dtype(), expected.shape()) {
            let ty = |tensor: &Tensor| format!("{}{:?}", tensor.dtype(), tensor.shape());
            return Outcome::Wrong(format!("{}, not {}", ty(found), ty(&expected)));
        }
        let (Some(found), Some(expected)) = (found.as_slice::<f32>(), expected.as_slice::<f32>()) else {
            if *found != expected {
                return Outcome::Wrong(format!("{found:?} where {expected:?} is expected"));
            }
            continue;
        };
        let scale = expected.iter().filter(|v| v.is_finite()).fold(1e-3_f32, |most, v| most.max(v.abs()));
        for (a, b) in found.iter().zip(expected) {
            let same = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * b.abs() + 1e-6 * scale;
            if !same {
                return Outcome::Wrong(format!("{a} where {b} is expected"));
            }
        }
    }
    Outcome::Passes
}

#[test]
fn node_tests() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        assert!(std::env::var_os("CI").is_none(), "{FOLDER} is not set, and nothing is left out in CI");
        println!("SKIPPED: {FOLDER} is not set; the top of this file says where the tests come from");
        return;
    };
    let mut cases: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 300, "only {} cases in {}", cases.len(), folder.display());
    let (mut passing, mut wrong) = (BTreeSet::new(), Vec::new());
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        match check(case) {
            Outcome::Passes => {
                passing.insert(name);
            }
            Outcome::Wrong(how) if DISPUTED.contains(&name.as_str()) => println!("disputed {name}: {how}"),
            Outcome::Wrong(how) => wrong.push(format!("{name}: {how}")),
            Outcome::Unsupported(code) => println!("{code} {name}"),
        }
    }
    println!("{} of {} cases pass", passing.len(), cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        let list: String = passing.iter().map(|name| format!("{name}\n")).collect();
        std::fs::write(root().join(LIST), list).unwrap();
    }
    let listed = text(LIST);
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let lost: Vec<&String> = listed.difference(&passing).collect();
    assert!(lost.is_empty(), "listed, but do not pass any more: {lost:?}");
    let new: Vec<&String> = passing.difference(&listed).collect();
    assert!(new.is_empty(), "pass, but are not listed (INSTA_UPDATE=always lists them): {new:?}");
}
