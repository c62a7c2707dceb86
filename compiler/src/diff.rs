//! Two computations of one network side by side: two graphs, two CPU levels, or native code against the interpreter. Tells where
//! they first differ by more than they may.
//!
//! [`correspond`](fn@correspond) finds which values of two graphs mean the same, [`observing`] makes a graph whose outputs are those
//! values, [`Side::run`] computes them, [`Difference`] says how far two results of one value are apart.

mod correspond;
mod measure;

use std::fmt;
use std::sync::Arc;

use rebirth_runtime::{Error, Session, Tensor};

use crate::graph::interpret::{InterpretError, can_hold};
use crate::graph::{Graph, Output, ValueId, interpret};
use crate::ops::Bounded;
use crate::passes::Options;
use crate::pipeline::{CompileError, compile_with, fused};

pub use correspond::{Correspondence, correspond, pair_params};
pub use measure::{Difference, Limit};

/// What computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Compiled for a CPU level, a name of [`crate::codegen::target::TARGETS`] or `native`.
    Native(String),
    /// The interpreter in f64, with bounds.
    Interpreter,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Engine::Native(cpu) => f.write_str(cpu),
            Engine::Interpreter => f.write_str("interpreter"),
        }
    }
}

/// Why a side gives no results.
#[derive(Debug)]
pub enum RunError {
    /// It cannot be compiled.
    Compile(CompileError),
    /// It cannot be run.
    Run(Error),
    /// It cannot be interpreted.
    Interpret(InterpretError),
}

/// A network with its parameters and what computes it.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// A verified inference graph.
    pub graph: &'a Graph,
    /// Row-major elements in the order of `Graph::params`.
    pub params: &'a [Vec<f32>],
    /// What computes.
    pub engine: &'a Engine,
    /// The passes of native code.
    pub passes: &'a Options,
}

impl Side<'_> {
    /// Whether it can be computed as far as memory goes, before anything is loaded.
    ///
    /// # Errors
    /// [`RunError::Interpret`].
    pub fn check(&self) -> Result<(), RunError> {
        match self.engine {
            Engine::Native(_) => Ok(()),
            Engine::Interpreter => can_hold(self.graph).map_err(RunError::Interpret),
        }
    }

    /// The outputs of the graph, for inputs in its order. Native results are exact in the sense of having no bound of their own.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn run(&self, inputs: &[Tensor]) -> Result<Vec<Bounded>, RunError> {
        match self.engine {
            Engine::Native(cpu) => {
                let module = compile_with(self.graph, self.params, cpu, self.passes).map_err(RunError::Compile)?;
                let mut session = Session::new(Arc::new(module)).map_err(RunError::Run)?;
                let outputs = session.run(&inputs.iter().collect::<Vec<_>>()).map_err(RunError::Run)?;
                Ok(outputs.iter().map(|tensor| Bounded::exact(tensor.shape(), tensor.elements().values())).collect())
            }
            Engine::Interpreter => {
                let exact = |tensor: &Tensor| Bounded::exact(tensor.shape(), tensor.elements().values());
                let inputs: Vec<Bounded> = inputs.iter().map(exact).collect();
                let params: Vec<Bounded> = self
                    .graph
                    .params
                    .iter()
                    .zip(self.params)
                    .map(|(&id, data)| Bounded::exact(&self.graph.ty(id).shape, data.iter().map(|&v| f64::from(v))))
                    .collect();
                reference(self.graph, &inputs, &params, self.passes)
            }
        }
    }
}

/// What the interpreter makes of a graph, with bounds for native code of the graph after the passes: these round elsewhere, so that what the
/// interpreter says of the graph as they leave it counts as well.
///
/// # Errors
/// [`RunError::Compile`] where a pass breaks, [`RunError::Interpret`].
pub fn reference(
    graph: &Graph,
    inputs: &[Bounded],
    params: &[Bounded],
    passes: &Options,
) -> Result<Vec<Bounded>, RunError> {
    let mut found = interpret(graph, inputs, params).map_err(RunError::Interpret)?;
    let (after, applied) = fused(graph, passes).map_err(RunError::Compile)?;
    if applied.counts.iter().any(|(_, count)| *count > 0) {
        let others = interpret(&after, inputs, params).map_err(RunError::Interpret)?;
        for (tensor, other) in found.iter_mut().zip(&others) {
            for (bound, more) in tensor.bound.iter_mut().zip(&other.bound) {
                *bound += more;
            }
        }
    }
    Ok(found)
}

/// The graph with these values as its outputs, in their order.
pub fn observing(graph: &Graph, values: &[ValueId]) -> Graph {
    let output = |(i, &value): (usize, &ValueId)| Output { name: format!("v{i}"), value, train: false };
    Graph { outputs: values.iter().enumerate().map(output).collect(), ..graph.clone() }
}
