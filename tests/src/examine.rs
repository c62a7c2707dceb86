//! What must hold of any text, however broken: it gives a tree or a report; a report can be shown; a graph keeps its rules. Everything
//! here panics where that does not hold.

use std::collections::HashSet;

use miette::{GraphicalReportHandler, GraphicalTheme};
use rebirth_compiler::graph::{self, Mode};
use rebirth_compiler::inspect::inspect;
use rebirth_compiler::pipeline::{CompileError, loops};
use rebirth_compiler::resolve::{self, Model, Proven, SetValue, Settings, bind_dims, header, prove, resolve};
use rebirth_lang::ast::File;
use rebirth_lang::dump::dump;
use rebirth_lang::{Program, Report, Source, Span, codes, limits, parse};

/// Of larger graphs there are never two at a time: what one takes is measured.
const MOST_COMPARED: usize = 10_000;

/// How far a model is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The rules of its graph, and what it costs.
    Graph,
    /// Also the graph's text and the loops.
    Loops,
}

/// Parses a text; a tree must have a printed form.
///
/// # Errors
/// What is wrong with the text.
pub fn parsed(source: &Source) -> Result<File, Report> {
    let file = parse(source)?;
    assert!(file.items.is_empty() || !dump(&file).is_empty());
    Ok(file)
}

/// Resolves a program for all sizes that are not set; what is proved must hold for the sizes that were chosen.
///
/// # Errors
/// What is wrong with the program.
pub fn proved(program: &Program, settings: &Settings) -> Result<Proven, Report> {
    let report = |diagnostics| Report::new(program.sources().clone(), diagnostics);
    let proven = prove(program, settings).map_err(report)?;
    assert_eq!(graph::verify(&proven.model.graph), Ok(()));
    if proven.model.graph.nodes.len() > MOST_COMPARED {
        return Ok(proven);
    }
    let mut settings = settings.clone();
    settings.set.extend(proven.sizes.iter().map(|(name, size)| (name.clone(), SetValue::Int(*size))));
    match resolve(program, &settings) {
        Ok(model) => assert_eq!(model.graph, proven.model.graph, "at {:?}", proven.sizes),
        Err(errors) => panic!("proved, but not sound at {:?}: {errors:?}", proven.sizes),
    }
    Ok(proven)
}

/// Resolves a program, also for all sizes; whatever else reads headers must agree that it is sound.
///
/// # Errors
/// What is wrong with the program.
pub fn resolved(program: &Program, settings: &Settings) -> Result<Model, Report> {
    let report = |diagnostics| Report::new(program.sources().clone(), diagnostics);
    let header = header(program, settings).map_err(report);
    // Whether the shapes fit does not matter.
    let _ = bind_dims(program, settings, &[(None, &[2, 3, 8, 8]), (Some("x"), &[])]);
    if let Err(refused) = proved(program, settings) {
        self::report(&refused);
    }
    match resolve(program, settings) {
        Ok(model) => {
            assert!(header.is_ok(), "a sound net without a header");
            Ok(model)
        }
        Err(diagnostics) => Err(report(diagnostics)),
    }
}

/// A model keeps what the resolver promises; a graph for inference has loops.
pub fn model(model: &Model, depth: Depth) {
    let graph = &model.graph;
    assert_eq!(graph::verify(graph), Ok(()));
    assert_eq!(model.origins.len(), graph.nodes.len(), "one origin a node");
    assert_eq!(model.images.len(), graph.inputs.len(), "one image a input");
    assert_eq!(model.labels.len(), graph.outputs.len(), "one file of labels a output");
    assert_eq!(inspect(graph).layers.len(), graph.nodes.len());
    if depth < Depth::Loops {
        return;
    }
    match graph::parse(&graph.to_string()) {
        Ok(again) => assert!(again == *graph, "another graph comes out of its text\n{graph}"),
        Err(error) => panic!("{}\n{graph}", error.message),
    }
    if graph.mode == Mode::Infer
        && let Err(error) = loops(graph)
    {
        let excused = matches!(error.code(), "E0702" | "E0703");
        assert!(excused, "{}: {error}\n{graph}", CompileError::code(&error));
    }
}

/// A report is neither empty nor endless, its codes are listed, and all its places lie in its texts.
pub fn report(report: &Report) {
    let count = report.diagnostics().count();
    assert!((1..=limits::ERRORS).contains(&count), "{count} errors");
    let inside = |span: Span| {
        let known = span.file.index() < report.sources().iter().count();
        known && report.sources().get(span.file).text().get(span.range()).is_some()
    };
    for diagnostic in report.diagnostics() {
        let listed = codes::ALL.iter().chain(resolve::codes::ALL).any(|code| code.id == diagnostic.code);
        assert!(listed, "{} is in no table", diagnostic.code);
        let message = &diagnostic.message;
        assert!(!message.is_empty() && !message.contains('\n'), "{}: {message:?}", diagnostic.code);
        for label in &diagnostic.labels {
            assert!(inside(label.span), "{}: {label:?} is outside", diagnostic.code);
        }
        if let Some(fix) = &diagnostic.fix {
            assert!(inside(fix.span), "{}: {fix:?} is outside", diagnostic.code);
        }
    }
}

/// A report as a terminal of 80 columns shows it.
pub fn render(report: &Report) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(80);
    let mut text = String::new();
    let shown = handler.render_report(&mut text, report);
    assert!(shown.is_ok() && !text.is_empty(), "{report:?}");
    text
}

/// Checks all reports, and renders some: rendering takes longer than finding the error.
#[derive(Debug)]
pub struct Reports {
    every: usize,
    seen: usize,
    codes: HashSet<&'static str>,
}

impl Reports {
    /// Renders one in `every` reports, and whatever has a code that no earlier one had.
    pub fn new(every: usize) -> Reports {
        Reports { every, seen: 0, codes: HashSet::new() }
    }

    /// Takes a report.
    pub fn check(&mut self, found: &Report) {
        report(found);
        let news = found.diagnostics().filter(|diagnostic| self.codes.insert(diagnostic.code)).count();
        if news > 0 || self.seen.is_multiple_of(self.every) {
            render(found);
        }
        self.seen += 1;
    }

    /// How many came.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// How many different codes they had.
    pub fn codes(&self) -> usize {
        self.codes.len()
    }
}
