//! From files to a compiled module, for the commands that run one.

use std::path::Path;
use std::sync::Arc;

use rebirth_compiler::graph::Graph;
use rebirth_compiler::onnx::{Onnx, Weights};
use rebirth_compiler::pipeline::compile_with;
use rebirth_compiler::resolve::{Model, bind_dims};
use rebirth_compiler::weights;
use rebirth_lang::Report;
use rebirth_runtime::elements::Elements;
use rebirth_runtime::npy::{read_npy, write_npy};
use rebirth_runtime::{DType, Error, Port, Session, Tensor, random};

use crate::args::{NamedPath, NetArgs, PassArgs, WeightsArg};
use crate::codes;
use crate::console::Context;
use crate::failure::Failure;
use crate::source::{is_onnx, parse_program, resolve_net, settings};

/// Tensors for inputs, by name.
pub(crate) type Feeds = Vec<(String, Tensor)>;

/// A net and what is known for its run.
pub(crate) struct Loaded {
    pub(crate) model: Model,
    pub(crate) feeds: Feeds,
    /// Weights that lie in the net's own file.
    pub(crate) own: Option<Weights>,
}

/// Reads arrays and resolves the net for their sizes.
pub(crate) fn load_with_arrays(
    context: &mut Context<'_>,
    net: &NetArgs,
    inputs: &[NamedPath],
) -> Result<Loaded, Failure> {
    let arrays = inputs.iter().map(|input| read_npy(&input.path)).collect::<Result<Vec<Tensor>, _>>()?;
    let named = || inputs.iter().map(|input| input.name.as_deref());
    let shapes: Vec<_> = named().zip(arrays.iter().map(Tensor::shape)).collect();
    let mut settings = settings(context, net);
    let (model, own) = if is_onnx(&net.file) {
        let onnx = Onnx::open(&net.file)?;
        settings.dims = onnx.bind(&settings, &shapes)?;
        let imported = onnx.import(&settings)?;
        (imported.model, Some(imported.weights))
    } else {
        let program = parse_program(&net.file)?;
        settings.dims = bind_dims(&program, &settings, &shapes)
            .map_err(|diagnostics| Report::new(program.sources().clone(), diagnostics))?;
        (resolve_net(context, &program, &settings)?, None)
    };
    // An array without a name was accepted, so there is one input.
    let only = model.graph.inputs.first().map_or("", |&id| &model.graph.value(id).name);
    let names: Vec<String> = named().map(|name| name.unwrap_or(only).to_owned()).collect();
    let feeds = names.into_iter().zip(arrays).collect();
    Ok(Loaded { model, feeds, own })
}

/// What to use where `--weights` is not given: the net's own, the file beside the net, else `otherwise`.
pub(crate) fn choose_weights(
    net: &Path,
    given: Option<&WeightsArg>,
    otherwise: Option<WeightsArg>,
) -> Result<WeightsArg, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if is_onnx(net) {
        return Ok(WeightsArg::Own(net.to_owned()));
    }
    let beside = net.with_extension("safetensors");
    if beside.exists() {
        return Ok(WeightsArg::File(beside));
    }
    otherwise.ok_or_else(|| {
        let message = format!("there is no weights file `{}`", beside.display());
        Failure::new(
            codes::NO_WEIGHTS,
            message,
            "put it there, give another with `--weights FILE`, or try `--weights random:1`",
        )
    })
}

/// The parameters; random ones are said aloud.
pub(crate) fn load_weights(
    context: &mut Context<'_>,
    graph: &Graph,
    chosen: &WeightsArg,
    own: Option<&Weights>,
) -> Result<Vec<Vec<f32>>, Failure> {
    if let WeightsArg::Random(seed) = chosen {
        context.note(&format!("the weights are random (seed {seed}), so the results mean nothing"));
    }
    context.busy("loading weights", || match (chosen, own) {
        (WeightsArg::Own(_), Some(own)) => Ok(own.load()?),
        (WeightsArg::File(path) | WeightsArg::Own(path), _) => Ok(weights::from_file(graph, path)?),
        (WeightsArg::Random(seed), _) => Ok(weights::random(graph, *seed)?),
    })
}

/// Compiles and allocates.
pub(crate) fn start(
    context: &Context<'_>,
    graph: &Graph,
    params: &[Vec<f32>],
    passes: &PassArgs,
) -> Result<Session, Failure> {
    let options = passes.options();
    let module = context.busy("compiling", || compile_with(graph, params, &context.options.cpu, &options))?;
    Ok(Session::new(Arc::new(module))?)
}

/// Data for an input, the same for the same seed and name: of standard normal distribution, or spread over the middle of what an integer
/// can be, or true half of the time.
///
/// # Errors
/// The tensor is too large, or there is no memory.
pub(crate) fn random_input(seed: u64, name: &str, dtype: DType, shape: &[usize]) -> Result<Tensor, Error> {
    let data = random::normal(seed, name, 1.0, shape.iter().product())?;
    let (scale, middle) = match dtype {
        DType::U8 => (48.0, 128.0),
        DType::I8 => (48.0, 0.0),
        DType::I32 | DType::I64 => (1000.0, 0.0),
        _ => (1.0, 0.0),
    };
    let value = |&value: &f32| if dtype == DType::Bool { value.max(0.0) } else { value * scale + middle };
    let elements = Elements::from_values(dtype, data.iter().map(value).map(f64::from));
    Tensor::new(shape, elements.ok_or(Error::TensorDtype { dtype })?)
}

/// Which output each `--output` is for.
pub(crate) fn output_files<'a>(graph: &Graph, files: &'a [NamedPath]) -> Result<Vec<(usize, &'a Path)>, Failure> {
    let names: Vec<&str> = graph.outputs.iter().map(|output| output.name.as_str()).collect();
    let all = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut chosen: Vec<(usize, &Path)> = Vec::new();
    for file in files {
        let index = match &file.name {
            None if names.len() == 1 => 0,
            None => {
                let help = format!("write `--output {}={}`", names.first().unwrap_or(&"NAME"), file.path.display());
                return Err(Failure::new(
                    codes::WHICH_OUTPUT,
                    format!("the net has several outputs ({})", all()),
                    help,
                ));
            }
            Some(name) => names.iter().position(|output| output == name).ok_or_else(|| {
                let help = format!("the net has {}", all());
                Failure::new(codes::NO_OUTPUT, format!("the net has no output `{name}`"), help)
            })?,
        };
        if chosen.iter().any(|&(earlier, _)| earlier == index) {
            let message = format!("the output `{}` is to be written twice", names[index]);
            return Err(Failure::new(codes::OUTPUT_TWICE, message, "give one `--output` for each"));
        }
        chosen.push((index, &file.path));
    }
    Ok(chosen)
}

/// Writes outputs to their files.
pub(crate) fn write_outputs(files: &[(usize, &Path)], outputs: &[Tensor]) -> Result<(), Failure> {
    for &(index, path) in files {
        write_npy(path, &outputs[index])?;
    }
    Ok(())
}

/// Says when outputs hold values that are not finite.
pub(crate) fn note_not_finite(context: &mut Context<'_>, ports: &[Port], outputs: &[Tensor]) {
    for (port, output) in ports.iter().zip(outputs) {
        let count = output.elements().values().filter(|value| !value.is_finite()).count();
        if count > 0 {
            context.note(&format!(
                "{count} of {} values of the output `{}` are not finite",
                output.elements().len(),
                port.name
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use rebirth_compiler::graph::{Output, parse};

    use super::*;

    const GRAPH: &str =
        "graph @g infer (%a: f32[1,4]) -> (y: f32[1,4]) {\n  %relu = relu %a : f32[1,4]\n  return %relu\n}\n";

    /// The position of the output that is written, or the error.
    fn check(outputs: &[&str], file: &str, expected: Result<usize, &str>) {
        let mut graph = parse(GRAPH).unwrap();
        let value = graph.outputs[0].value;
        graph.outputs = outputs.iter().map(|name| Output { name: (*name).to_owned(), value, train: false }).collect();
        let files = [file.parse::<NamedPath>().unwrap()];
        let found = output_files(&graph, &files).map(|found| found[0].0).map_err(|failure| format!("{failure:?}"));
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn outputs_by_name() {
        check(&["y"], "f.npy", Ok(0));
        check(&["y", "z"], "z=f.npy", Ok(1));
        check(&["y", "z"], "f.npy", Err("E0932"));
        check(&["y", "z"], "x=f.npy", Err("E0931"));
    }
}
