//! Parameters of a graph: what a weights file must hold, and random ones.

use std::path::Path;

use rebirth_runtime::weights::{Expected, WeightsFile, bind};
use rebirth_runtime::{Error, random as numbers};

use crate::graph::Graph;

/// Names and shapes of all parameters, in the order of `Graph::params`.
pub fn expected(graph: &Graph) -> Vec<Expected> {
    let of = |id| Expected { name: graph.value(id).name.clone(), shape: graph.ty(id).shape.clone() };
    graph.params.iter().map(|&id| of(id)).collect()
}

/// The parameters from a safetensors file, in the order of `Graph::params`.
///
/// # Errors
/// The file cannot be read, or its tensors are not those of the graph: all differences in one error.
pub fn from_file(graph: &Graph, path: &Path) -> Result<Vec<Vec<f32>>, Error> {
    bind(&expected(graph), &WeightsFile::open(path)?)
}

/// Random parameters by seed and path: weights scaled by sqrt(2 / fan-in) (He et al. 2015, section 2.2), so that activations
/// keep their size; vectors near what they are after training. The same on every machine.
///
/// # Errors
/// They do not fit memory.
pub fn random(graph: &Graph, seed: u64) -> Result<Vec<Vec<f32>>, Error> {
    graph
        .params
        .iter()
        .map(|&id| {
            let (value, ty) = (graph.value(id), graph.ty(id));
            let fan_in: usize = ty.shape.iter().skip(1).product();
            let suffix = value.name.rsplit('.').next().unwrap_or_default();
            match suffix {
                "weight" if ty.rank() > 1 => {
                    numbers::normal(seed, &value.name, (2.0 / fan_in as f32).sqrt(), ty.elements())
                }
                "weight" | "running_var" => numbers::uniform(seed, &value.name, 0.5, 1.5, ty.elements()),
                _ => numbers::normal(seed, &value.name, 0.1, ty.elements()),
            }
        })
        .collect()
}
