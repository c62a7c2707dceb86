//! Tests of the resolver: the helpers, and one module a subject.

mod all_sizes;
mod attributes;
mod errors;
mod graphs;
mod language;
mod limits;
mod paths;
mod random_sizes;
mod samples;
mod settings;

use rebirth_lang::{Diagnostic, Program, Source};

use super::{Model, SetValue, Settings, resolve};

/// Parses and resolves.
fn run(text: &str, settings: &Settings) -> Result<Model, Vec<Diagnostic>> {
    let source = Source::new("test.net", text);
    let program = Program::single(&source)
        .unwrap_or_else(|report| panic!("{:?}\n{text}", report.diagnostics().collect::<Vec<_>>()));
    resolve(&program, settings)
}

/// Parses and resolves a program of several files, given as `(path, text)`; the first is the root.
fn run_files(files: &[(&str, &str)], settings: &Settings) -> Result<Model, Vec<Diagnostic>> {
    let root = Source::new(files[0].0, files[0].1);
    let program = Program::load(root, &mut |path| match files.iter().find(|(name, _)| *name == path) {
        Some((name, text)) => Ok(Source::new(*name, *text)),
        None => Err(rebirth_lang::Unreadable { message: format!("no `{path}`"), help: String::new() }),
    })
    .unwrap_or_else(|report| panic!("{:?}", report.diagnostics().collect::<Vec<_>>()));
    resolve(&program, settings)
}

/// Resolves a good text.
fn good(text: &str) -> Model {
    run(text, &Settings::default()).unwrap_or_else(|errors| panic!("{}\n{text}", render(text, &errors)))
}

/// The errors of a bad text.
fn bad(text: &str) -> Vec<Diagnostic> {
    match run(text, &Settings::default()) {
        Ok(model) => panic!("no error\n{text}\n{}", model.graph),
        Err(errors) => errors,
    }
}

/// A net around a body: its input `x` is f32[1,8,16,16], its result too.
fn net(body: &str) -> String {
    format!("net m(x: f32[n, 8, 16, 16]) -> f32[n, 8, 16, 16] {{ {body} }}")
}

/// Settings from `--set` texts.
fn set(settings: &[(&str, SetValue)]) -> Settings {
    Settings {
        set: settings.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
        ..Settings::default()
    }
}

/// Diagnostics as text: code, message, every label with its place, help.
fn render(text: &str, diagnostics: &[Diagnostic]) -> String {
    let source = Source::new("test.net", text);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out += &format!("{} {}\n", diagnostic.code, diagnostic.message);
        for label in &diagnostic.labels {
            out += &format!("  {} `{}`: {}\n", source.position(label.span.start), source.slice(label.span), label.text);
        }
        if let Some(help) = &diagnostic.help {
            out += &format!("  help: {help}\n");
        }
    }
    out
}

/// Codes and lines of diagnostics.
fn places(text: &str, diagnostics: &[Diagnostic]) -> Vec<(&'static str, usize)> {
    let source = Source::new("test.net", text);
    let line = |diagnostic: &Diagnostic| diagnostic.span().map_or(0, |span| source.position(span.start).line);
    diagnostics.iter().map(|diagnostic| (diagnostic.code, line(diagnostic))).collect()
}

/// Paths and shapes of a model's parameters.
fn weights(model: &Model) -> Vec<String> {
    let graph = &model.graph;
    let shape = |dims: &[usize]| dims.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
    graph.params.iter().map(|&id| format!("{} {}", graph.value(id).name, shape(&graph.ty(id).shape))).collect()
}

/// Names of a model's nodes, with their operators.
fn nodes(model: &Model) -> Vec<String> {
    let graph = &model.graph;
    graph.nodes.iter().map(|node| format!("{} = {}", graph.value(node.results[0]).name, node.op.name())).collect()
}
