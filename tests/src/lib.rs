//! What the test suites share: where things are, how a model is run two ways, and what must hold of any text.

pub mod bad;
pub mod examine;
pub mod files;
pub mod floods;
pub mod memory;
pub mod mutate;
pub mod mutate_files;
pub mod onnx;
pub mod watch;

pub mod nets;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rebirth_compiler::diff::reference;
use rebirth_compiler::graph::{Graph, within};
use rebirth_compiler::ops::Bounded;
use rebirth_compiler::passes::Options;
use rebirth_compiler::pipeline::compile;
use rebirth_compiler::resolve::{Model, Settings, resolve};
use rebirth_lang::{Program, Source, Unreadable};
use rebirth_runtime::elements::Elements;
use rebirth_runtime::{Session, Tensor};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The seed of random cases: the same in every run, another with `REBIRTH_TEST_SEED=N`.
pub fn seed() -> u64 {
    std::env::var("REBIRTH_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2018)
}

/// The text of a file, given by its path from the repository's root.
pub fn text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All `.net` files in a folder and those below, in the order of their paths.
pub fn net_files(folder: &str) -> Vec<String> {
    let mut folders = vec![root().join(folder)];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "net") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .collect()
}

/// Parses and resolves a file and what it imports, or panics with its diagnostics.
pub fn model(path: &Path, settings: &Settings) -> Model {
    let name = path.display().to_string();
    let read = |path: &Path| match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source::new(path.display().to_string(), text)),
        Err(e) => Err(Unreadable { message: format!("{}: {e}", path.display()), help: String::new() }),
    };
    let root = read(path).unwrap_or_else(|e| panic!("{}", e.message));
    let folder = path.parent().unwrap_or(Path::new(""));
    let program = Program::load(root, &mut |import| read(&folder.join(import))).unwrap_or_else(|report| {
        let found: Vec<String> = report.diagnostics().map(|d| format!("{}: {}", d.code, d.message)).collect();
        panic!("{name}: {}", found.join("; "))
    });
    resolve(&program, settings).unwrap_or_else(|diagnostics| {
        let found: Vec<String> = diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
        panic!("{name}: {}", found.join("; "))
    })
}

/// Compiles a graph for this machine and runs it once.
pub fn run(graph: &Graph, params: &[Vec<f32>], inputs: &[&Tensor], cpu: &str) -> Vec<Tensor> {
    let module = compile(graph, params, cpu).unwrap_or_else(|e| panic!("{e}\n{graph}"));
    let mut session = Session::new(Arc::new(module)).unwrap_or_else(|e| panic!("{e}"));
    session.run(inputs).unwrap_or_else(|e| panic!("{e}"))
}

/// Compiled code against the interpreter: every element within the interpreter's bound. `Err` says where not. `Ok` holds the number of
/// elements without a finite bound, of which nothing was asked but to be NaN where the interpreter is.
pub fn compare(graph: &Graph, inputs: &[Bounded], params: &[Bounded], cpu: &str) -> Result<usize, String> {
    let narrow = |b: &Bounded| -> Vec<f32> { b.value.iter().map(|v| *v as f32).collect() };
    let tensors: Vec<Tensor> = inputs
        .iter()
        .zip(&graph.inputs)
        .map(|(b, &id)| {
            let elements = Elements::from_values(graph.ty(id).dtype, b.value.iter().copied());
            Tensor::new(b.shape.clone(), elements.ok_or("no tensor is of this type")?).map_err(|e| e.to_string())
        })
        .collect::<Result<_, String>>()?;
    let weights: Vec<Vec<f32>> = params.iter().map(narrow).collect();
    let outputs = run(graph, &weights, &tensors.iter().collect::<Vec<_>>(), cpu);
    let reference = reference(graph, inputs, params, &Options::default()).map_err(|e| format!("{e:?}"))?;
    let mut unbounded = 0;
    for ((output, expected), port) in outputs.iter().zip(&reference).zip(&graph.outputs) {
        let values: Vec<f64> = output.elements().values().collect();
        let worst = within(expected, &values).map_err(|e| format!("output `{}`: {e}\n{graph}", port.name))?;
        unbounded += worst.unbounded;
    }
    Ok(unbounded)
}

/// The largest difference of two arrays, relative to the largest value of the second.
pub fn relative_difference(actual: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(actual.len(), expected.len());
    let scale = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let difference = actual.iter().zip(expected).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
    assert!(!actual.iter().any(|v| v.is_nan()), "NaN in the output");
    difference / scale
}
