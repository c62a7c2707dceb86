//! What must hold of a file of any bytes: it is read, or refused with an error that can be shown; what is read keeps its rules however
//! far it is taken. Everything here panics where that does not hold.

use std::path::{Path, PathBuf};

use rebirth_compiler::graph::{self, Graph};
use rebirth_compiler::onnx::{self, Imported, Onnx, OnnxError};
use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::Settings;
use rebirth_lang::Source;
use rebirth_lang::codes::Code;
use rebirth_runtime::error::CODES;
use rebirth_runtime::npy::{parse_npy, read_npy, write_npy};
use rebirth_runtime::weights::{Expected, WeightsFile, bind};
use tempfile::TempDir;

use crate::examine::{Depth, model};

/// Larger graphs are not lowered.
const MOST_LOWERED: usize = 60;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The code of the error, where it was refused.
    pub code: Option<&'static str>,
    /// How many nodes the graph has.
    pub nodes: usize,
}

impl Outcome {
    fn read(nodes: usize) -> Outcome {
        Outcome { code: None, nodes }
    }

    fn refused(code: &'static str, message: &str, help: Option<&str>) -> Outcome {
        assert!(!message.is_empty() && help.is_none_or(|help| !help.is_empty()), "{code}: {message:?} {help:?}");
        Outcome { code: Some(code), nodes: 0 }
    }
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ONNX models.
    Onnx,
    /// Weights.
    Safetensors,
    /// Arrays.
    Npy,
    /// The text of graphs.
    Graph,
}

/// A folder in which files are written one after the other.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch::new()
    }
}

impl Scratch {
    /// An empty folder, removed in the end.
    pub fn new() -> Scratch {
        Scratch { folder: TempDir::new().unwrap_or_else(|error| panic!("{error}")) }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, in place of the one before of this name.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{error}"));
        path
    }

    /// Examines a file of this kind.
    pub fn examine(&self, kind: Kind, bytes: &[u8]) -> Outcome {
        match kind {
            Kind::Onnx => onnx(&self.write("model.onnx", bytes)),
            Kind::Safetensors => safetensors(&self.write("model.safetensors", bytes)),
            Kind::Npy => npy(&self.write("array.npy", bytes), &self.folder().join("again.npy"), bytes),
            Kind::Graph => graph(bytes),
        }
    }
}

/// The codes are those of a table.
fn listed(code: &str) -> bool {
    let in_table = |table: &[Code]| table.iter().any(|known| known.id == code);
    CODES.iter().any(|(known, _)| *known == code) || in_table(onnx::codes::ALL) || in_table(graph::codes::ALL)
}

/// Opens, imports, verifies, loads the weights, and resolves the source.
fn onnx(path: &Path) -> Outcome {
    match import(path) {
        Ok((imported, sizes)) => {
            let found = &imported.model;
            model(found, if found.graph.nodes.len() > MOST_LOWERED { Depth::Graph } else { Depth::Loops });
            source(&imported, &sizes);
            Outcome::read(found.graph.nodes.len())
        }
        Err(error) => {
            assert!(listed(error.code()), "{} is in no table", error.code());
            Outcome::refused(error.code(), &error.to_string(), error.help().as_deref())
        }
    }
}

/// With the weights loaded; the settings hold the sizes of all open dimensions.
fn import(path: &Path) -> Result<(Imported, Settings), OnnxError> {
    let model = Onnx::open(path)?;
    let mut settings = Settings::default();
    for input in model.inputs() {
        for dim in &input.dims {
            if let onnx::Dimension::Symbol(name) = dim {
                assert!(model.has_symbol(name));
                settings.dims.insert(name.clone(), 1);
            }
        }
    }
    let imported = model.import(&settings)?;
    let weights = imported.weights.load()?;
    let graph = &imported.model.graph;
    assert_eq!(weights.len(), graph.params.len());
    for (&id, values) in graph.params.iter().zip(&weights) {
        assert_eq!(graph.ty(id).elements(), values.len(), "{}", graph.value(id).name);
    }
    Ok((imported, settings))
}

/// The source resolves to the same graph.
fn source(imported: &Imported, settings: &Settings) {
    match imported.source() {
        Ok(text) => {
            let model = load(&Source::new("model.net", text), settings).unwrap_or_else(|report| {
                let found: Vec<String> = report.diagnostics().map(|d| format!("{}: {}", d.code, d.message)).collect();
                panic!("{}\n{text}", found.join("\n"))
            });
            assert!(anonymous(&model.graph) == anonymous(&imported.model.graph), "another graph comes out of\n{text}");
        }
        Err(error) => assert_eq!(error.code(), "E1019", "{error}"),
    }
}

/// The graph's text with values called by the order of their definition, which is all that names of nodes say.
fn anonymous(graph: &Graph) -> String {
    let mut graph = graph.clone();
    for (at, node) in graph.nodes.iter().enumerate() {
        for (i, &id) in node.results.iter().enumerate() {
            graph.values[id.index()].name = format!("node_{at}_{i}");
        }
    }
    graph.to_string()
}

/// Opens, reads all tensors, and binds them to a network of as many.
fn safetensors(path: &Path) -> Outcome {
    let read = || {
        let file = WeightsFile::open(path)?;
        let names: Vec<String> = file.names().map(str::to_owned).collect();
        assert_eq!(names.len(), file.len());
        let expected: Vec<Expected> = names
            .iter()
            .filter_map(|name| Some(Expected { name: name.clone(), shape: file.view(name)?.shape.to_vec() }))
            .collect();
        let values = bind(&expected, &file)?;
        for (tensor, values) in expected.iter().zip(&values) {
            assert_eq!(tensor.shape.iter().product::<usize>(), values.len(), "{}", tensor.name);
        }
        let other = [Expected { name: "another".to_owned(), shape: vec![3] }];
        let refused = bind(&other, &file).expect_err("it needs another tensor");
        assert_eq!(refused.code(), "E0408");
        assert!(refused.to_string().len() < 20_000, "a long message: {refused}");
        Ok(())
    };
    outcome(read())
}

fn outcome(result: Result<(), rebirth_runtime::Error>) -> Outcome {
    match result {
        Ok(()) => Outcome::read(0),
        Err(error) => {
            assert!(listed(error.code()), "{} is in no table", error.code());
            Outcome::refused(error.code(), &error.to_string(), error.help().as_deref())
        }
    }
}

/// Reads from the file and from its bytes, writes and reads again.
fn npy(path: &Path, again: &Path, bytes: &[u8]) -> Outcome {
    let result = read_npy(path).and_then(|tensor| {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
        let mut copies = vec![parse_npy(bytes, path)?];
        write_npy(again, &tensor)?;
        copies.push(read_npy(again)?);
        for copy in copies {
            assert_eq!(copy.shape(), tensor.shape());
            assert_eq!(bits(copy.data()), bits(tensor.data()));
        }
        Ok(())
    });
    if let (Err(error), false) = (&result, bytes.is_empty()) {
        assert_eq!(parse_npy(bytes, path).map_err(|error| error.code()), Err(error.code()));
    }
    outcome(result)
}

/// Parses, verifies, prints and parses again.
fn graph(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else { return Outcome { code: Some("no text"), nodes: 0 } };
    match graph::parse(text) {
        Ok(found) => {
            assert_eq!(graph::verify(&found), Ok(()));
            let printed = found.to_string();
            match graph::parse(&printed) {
                Ok(again) => assert!(again == found, "another graph comes out of its text\n{printed}"),
                Err(error) => panic!("{}\n{printed}", error.message),
            }
            Outcome::read(found.nodes.len())
        }
        Err(error) => {
            assert!(listed(error.code), "{} is in no table", error.code);
            for label in &error.labels {
                assert!(text.get(label.span.range()).is_some(), "{label:?} is outside");
            }
            Outcome::refused(error.code, &error.message, error.help.as_deref())
        }
    }
}
