//! The whole path: text to model, model to module.
//!
//! ```
//! use rebirth_compiler::pipeline::{compile, load};
//! use rebirth_compiler::resolve::Settings;
//! use rebirth_compiler::weights;
//! use rebirth_lang::Source;
//! use rebirth_runtime::{Session, Tensor};
//!
//! let source = Source::new("tiny.net", "net tiny(x: f32[n, 3, 8, 8]) -> f32[n, 2] {
//!     let y = x |> conv(8, 3, pad: 1) |> relu
//!     y |> global_avg_pool |> flatten |> dense(2) as fc |> softmax
//! }");
//! let model = load(&source, &Settings::default())?;
//! let params = weights::random(&model.graph, 1)?;
//! let module = compile(&model.graph, &params, "native")?;
//! let mut session = Session::new(module.into())?;
//! let outputs = session.run(&[&Tensor::zeros([1, 3, 8, 8])?])?;
//! assert_eq!(outputs[0].shape(), [1, 2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod codes;

use std::collections::HashMap;
use std::fmt;

use rebirth_lang::{Program as Files, Report, Source};
use rebirth_runtime::Module;
use rebirth_runtime::suggest::closest;

use crate::codegen::{CodegenError, jit, target};
use crate::graph::interpret::InterpretError;
use crate::graph::{self, Graph, ValueId};
use crate::loops::lower::{LowerError, lower};
use crate::loops::program::Program;
use crate::passes::{self, Applied, Options, PassError};
use crate::resolve::{Model, Settings, resolve};

/// Why a model has no module.
#[derive(Debug)]
pub enum CompileError {
    /// The graph breaks a rule: our bug, or the bug of who built it by hand.
    Graph(graph::verify::Violation),
    /// A pass broke it: our bug.
    Pass(PassError),
    /// It has no loops.
    Lower(LowerError),
    /// It has no code.
    Codegen(CodegenError),
    /// The parameters are not one tensor of the right size each.
    Params {
        /// What is wrong.
        message: String,
    },
}

impl CompileError {
    /// The stable code, one of [`codes::ALL`].
    pub fn code(&self) -> &'static str {
        let code = match self {
            CompileError::Graph(_) => codes::BROKEN_GRAPH,
            CompileError::Lower(LowerError::TooLarge { .. }) => codes::TOO_LARGE,
            CompileError::Lower(LowerError::ComputedWeights { .. }) => codes::COMPUTED_WEIGHTS,
            CompileError::Lower(LowerError::Broken(_)) => codes::BROKEN_LOOPS,
            CompileError::Codegen(CodegenError::UnknownCpu { .. }) => codes::UNKNOWN_CPU,
            CompileError::Codegen(CodegenError::OutOfMemory { .. }) => codes::OUT_OF_MEMORY,
            CompileError::Codegen(CodegenError::Cranelift { .. }) => codes::CODEGEN,
            CompileError::Params { .. } => codes::PARAMS,
            CompileError::Pass(_) => codes::BROKEN_PASS,
        };
        code.id
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        let fixed = match self {
            CompileError::Graph(_) => {
                "no `.net` file should lead here: please report it; a graph built by hand must pass `graph::verify`"
            }
            CompileError::Lower(LowerError::TooLarge { .. }) => "use a smaller batch or input, or fewer channels",
            CompileError::Lower(LowerError::ComputedWeights { .. }) => {
                "weights can be computed from weights, not from inputs; for products of two tensors there is `matmul`"
            }
            CompileError::Lower(LowerError::Broken(_)) => {
                "this is a bug of the compiler: please report it with the network"
            }
            CompileError::Codegen(CodegenError::UnknownCpu { name }) => {
                let names = target::TARGETS.iter().map(|target| target.name);
                return match closest(name, names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`native` is the level of this machine".to_owned(),
                };
            }
            CompileError::Codegen(CodegenError::OutOfMemory { .. }) => {
                "free memory, or use a network with fewer parameters"
            }
            CompileError::Codegen(CodegenError::Cranelift { .. }) => {
                "this is a bug of the compiler or a limit of Cranelift: please report it with the network"
            }
            CompileError::Pass(_) => {
                "this is a bug of the compiler: please report it with the network; `--disable` leaves a pass out"
            }
            CompileError::Params { .. } => "give one tensor for each parameter, in the order of `Graph::params`",
        };
        fixed.to_owned()
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Graph(violation) => write!(f, "the graph breaks a rule: {violation}"),
            CompileError::Lower(error) => error.fmt(f),
            CompileError::Pass(error) => error.fmt(f),
            CompileError::Codegen(error) => error.fmt(f),
            CompileError::Params { message } => f.write_str(message),
        }
    }
}

impl std::error::Error for CompileError {}

/// Parses and resolves a text that imports nothing; for programs of several files see [`Program::load`](rebirth_lang::Program::load)
/// and [`resolve`](fn@resolve).
///
/// # Errors
/// Everything that is wrong with it, in the order of places.
pub fn load(source: &Source, settings: &Settings) -> Result<Model, Report> {
    let program = Files::single(source)?;
    resolve(&program, settings).map_err(|diagnostics| Report::new(program.sources().clone(), diagnostics))
}

/// An inference graph after the passes.
///
/// # Errors
/// The graph breaks a rule, or a pass does.
pub fn fused(graph: &Graph, options: &Options) -> Result<(Graph, Applied), CompileError> {
    graph::verify(graph).map_err(CompileError::Graph)?;
    passes::run(graph, options).map_err(CompileError::Pass)
}

/// The loops of an inference graph after all passes.
///
/// # Errors
/// The graph breaks a rule, or has no loops.
pub fn loops(graph: &Graph) -> Result<Program, CompileError> {
    loops_with(graph, &Options::default())
}

/// [`loops`] with a choice of passes.
///
/// # Errors
/// As [`loops`].
pub fn loops_with(graph: &Graph, options: &Options) -> Result<Program, CompileError> {
    lower(&fused(graph, options)?.0).map_err(CompileError::Lower)
}

/// Compiles an inference graph into memory. `params` holds row-major elements in the order of `Graph::params`; `cpu` is a name of
/// [`target::TARGETS`] or `native`.
///
/// # Errors
/// See [`CompileError`].
pub fn compile(graph: &Graph, params: &[Vec<f32>], cpu: &str) -> Result<Module, CompileError> {
    compile_with(graph, params, cpu, &Options::default())
}

/// [`compile`] with a choice of passes.
///
/// # Errors
/// See [`CompileError`].
pub fn compile_with(graph: &Graph, params: &[Vec<f32>], cpu: &str, options: &Options) -> Result<Module, CompileError> {
    let target = target::find(cpu).map_err(CompileError::Codegen)?;
    if params.len() != graph.params.len() {
        let message = format!("the network has {} parameters, {} were given", graph.params.len(), params.len());
        return Err(CompileError::Params { message });
    }
    // Passes leave the parameters as they are.
    let graph = &fused(graph, options)?.0;
    let program = lower(graph).map_err(CompileError::Lower)?;
    for (&id, tensor) in graph.params.iter().zip(params) {
        if tensor.len() != graph.ty(id).elements() {
            let message = format!("{} is {}, {} elements were given", graph.spelling(id), graph.ty(id), tensor.len());
            return Err(CompileError::Params { message });
        }
    }
    let computed = computed(graph, &program, params)?;
    let position: HashMap<ValueId, usize> = graph.params.iter().enumerate().map(|(i, &id)| (id, i)).collect();
    let mut computed = computed.iter();
    let constants: Vec<&[f32]> = program
        .constants
        .iter()
        .filter_map(|id| position.get(id).map(|&i| &params[i]).or_else(|| computed.next()))
        .map(Vec::as_slice)
        .collect();
    jit::compile(&program, target, &constants).map_err(CompileError::Codegen)
}

/// The constants of a program that are no parameters, in their order.
fn computed(graph: &Graph, program: &Program, params: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, CompileError> {
    let values: Vec<ValueId> = program.constants.iter().copied().filter(|&id| !graph.is_param(id)).collect();
    graph.evaluate_constants(&values, params).map_err(|error| match error {
        InterpretError::TooLarge { elements } => {
            let what = format!("what is computed from weights, {elements} elements at once,");
            CompileError::Lower(LowerError::TooLarge { what })
        }
        error => CompileError::Params { message: error.to_string() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loops::verify as rules;

    #[test]
    fn every_code_is_given_and_has_help() {
        let text = String::new;
        let cpu = |name: &str| CompileError::Codegen(CodegenError::UnknownCpu { name: name.to_owned() });
        let graph = graph::verify::Violation { rule: "", place: text(), message: text() };
        let loops = rules::Violation { rule: "", region: text(), message: text() };
        let errors = [
            CompileError::Graph(graph),
            CompileError::Lower(LowerError::TooLarge { what: text() }),
            CompileError::Lower(LowerError::ComputedWeights { operator: text(), node: text() }),
            CompileError::Lower(LowerError::Broken(loops)),
            cpu("z80"),
            CompileError::Codegen(CodegenError::OutOfMemory { bytes: 1 }),
            CompileError::Codegen(CodegenError::Cranelift { region: text(), message: text() }),
            CompileError::Params { message: text() },
            CompileError::Pass(PassError { pass: "", message: text() }),
        ];
        let given: Vec<_> = errors.iter().map(CompileError::code).collect();
        let listed: Vec<_> = codes::ALL.iter().map(|code| code.id).collect();
        assert_eq!(given, listed);
        for error in &errors {
            assert!(error.help().len() > 20, "{error}");
        }
        assert_eq!(cpu("x86-64-v33").help(), "did you mean `x86-64-v3`?");
    }
}
