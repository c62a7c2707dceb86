//! Single operators and small chains against outputs that onnxruntime made: `references/operators/CASE/`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::path::Path;

use rebirth_compiler::resolve::Settings;
use rebirth_compiler::weights;
use rebirth_runtime::npy::read_npy;
use rebirth_tests::{model, relative_difference, root, run};

/// Largest difference to onnxruntime, relative to the largest value.
const TOLERANCE: f32 = 1e-5;

fn check(case: &Path) -> Result<(), String> {
    let model = model(&case.join("model.net"), &Settings::default());
    let file = case.join("model.safetensors");
    let params =
        if file.exists() { weights::from_file(&model.graph, &file).map_err(|e| e.to_string())? } else { Vec::new() };
    let names = ["input.npy", "input2.npy", "input3.npy"];
    let inputs: Vec<_> = names[..model.graph.inputs.len()]
        .iter()
        .map(|name| read_npy(&case.join(name)).map_err(|e| e.to_string()))
        .collect::<Result<_, _>>()?;
    let expected = read_npy(&case.join("output.npy")).map_err(|e| e.to_string())?;
    for cpu in ["native", "x86-64"] {
        let outputs = run(&model.graph, &params, &inputs.iter().collect::<Vec<_>>(), cpu);
        if outputs[0].shape() != expected.shape() {
            return Err(format!("shape {:?}, expected {:?}", outputs[0].shape(), expected.shape()));
        }
        if expected.as_slice::<f32>().is_none() {
            if outputs[0] != expected {
                return Err(format!("{cpu}: {:?} instead of {:?}", outputs[0], expected));
            }
            continue;
        }
        let difference = relative_difference(outputs[0].data(), expected.data());
        if difference > TOLERANCE {
            return Err(format!("{cpu}: differs by {difference:e} of the largest value"));
        }
    }
    Ok(())
}

#[test]
fn all_cases_agree_with_onnxruntime() {
    let folder = root().join("tests/references/operators");
    let mut cases: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 100, "only {} cases in {}", cases.len(), folder.display());
    let mut failures = Vec::new();
    for case in &cases {
        let outcome = std::panic::catch_unwind(|| check(case)).unwrap_or_else(|panic| {
            Err(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "panic".to_string()))
        });
        if let Err(message) = outcome {
            failures.push(format!("{}: {message}", case.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
