//! `rebirth run`

use std::path::{Path, PathBuf};

use clap::Args;
use rebirth_compiler::resolve::Model;
use rebirth_runtime::image::load_image;
use rebirth_runtime::labels::Labels;
use rebirth_runtime::{DType, Port, Tensor};
use serde::Serialize;

use crate::args::{NamedPath, NetArgs, PassArgs, WeightsArg};
use crate::codes;
use crate::console::Context;
use crate::failure::Failure;
use crate::prepare::{
    Feeds, Loaded, choose_weights, load_weights, load_with_arrays, note_not_finite, output_files, start, write_outputs,
};
use crate::present::{self, Align};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth run samples/efficientnet_lite0.net --image samples/images/chelsea.png
  rebirth run samples/mnist.net --image samples/images/digit-7.png --top 3
  rebirth run samples/googlenet.net --image samples/images/coffee.png --weights random:1
  rebirth run model.net --input left=a.npy --input right=b.npy --output y.npy";

/// Run a network on an image or on arrays.
///
/// Compiles the network for this machine and runs it once. Images are prepared as the `@image` of the input says; arrays are
/// `.npy` files of f32, whose sizes also give symbolic dimensions theirs. The weights are `model.safetensors` beside `model.net`
/// unless given; an `.onnx` file has its own. Prints the best classes of each row of outputs `[n, classes]`, and the shape and range of others.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
    #[command(flatten)]
    data: Data,
    /// A safetensors file, or `random:SEED`
    #[arg(long, value_name = "FILE")]
    weights: Option<WeightsArg>,
    /// How many classes to show
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Write an output as `.npy`; the name may be left out when there is one; repeatable
    #[arg(long, value_name = "[NAME=]FILE")]
    output: Vec<NamedPath>,
    #[command(flatten)]
    passes: PassArgs,
    /// Print JSON on one line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Data {
    /// A PNG or JPEG for an input with `@image`; repeatable, in the order of those inputs
    #[arg(long, value_name = "IMG")]
    image: Vec<PathBuf>,
    /// An array for an input; the name may be left out when there is one; repeatable
    #[arg(long, value_name = "[NAME=]FILE")]
    input: Vec<NamedPath>,
}

pub(crate) fn run(context: &mut Context<'_>, args: &RunArgs) -> Result<(), Failure> {
    let Loaded { model, mut feeds, own } = load_with_arrays(context, &args.net, &args.data.input)?;
    feeds.extend(images(&model, &args.data.image)?);
    let files = output_files(&model.graph, &args.output)?;
    let chosen = choose_weights(&args.net.file, args.weights.as_ref(), None)?;
    let labels = match chosen {
        WeightsArg::File(_) | WeightsArg::Own(_) => labels(&model, &args.net.file)?,
        WeightsArg::Random(_) => model.graph.outputs.iter().map(|_| None).collect(),
    };
    let params = load_weights(context, &model.graph, &chosen, own.as_ref())?;
    let mut session = start(context, &model.graph, &params, &args.passes)?;
    let named: Vec<(&str, &Tensor)> = feeds.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let outputs = session.run_named(&named)?;
    write_outputs(&files, &outputs)?;

    let ports = &session.description().outputs;
    note_not_finite(context, ports, &outputs);
    let results: Vec<Output<'_>> = ports
        .iter()
        .zip(&outputs)
        .zip(&labels)
        .map(|((port, tensor), labels)| Output::new(port, tensor, labels.as_ref(), args.top as usize))
        .collect();
    if args.json {
        let json = RunJson { net: &model.graph.name, weights: chosen.to_string(), outputs: &results };
        context.print_json(&json)?;
    } else {
        for result in &results {
            write!(context.out, "{}", result.text(results.len() > 1))?;
        }
    }
    Ok(())
}

/// The images, one an input with `@image`.
fn images(model: &Model, paths: &[PathBuf]) -> Result<Feeds, Failure> {
    let specs: Vec<_> =
        model.graph.inputs.iter().zip(&model.images).filter_map(|(&id, spec)| Some((id, spec.as_ref()?))).collect();
    if !paths.is_empty() && specs.is_empty() {
        let help = "give arrays with `--input x.npy`, or write `@image(..)` before the input in the file";
        return Err(Failure::new(
            codes::NO_IMAGE_INPUT,
            "no input of the net says how an image becomes its data",
            help,
        ));
    }
    if paths.len() > specs.len() {
        let message =
            format!("{} images are given, but the net has {} with `@image`", paths.len(), inputs(specs.len()));
        return Err(Failure::new(
            codes::TOO_MANY_IMAGES,
            message,
            "run once for each image, or give a batch as an array with `--input`",
        ));
    }
    let load = |(&(id, spec), path): (&_, &PathBuf)| Ok((model.graph.value(id).name.clone(), load_image(path, spec)?));
    specs.iter().zip(paths).map(load).collect()
}

fn inputs(count: usize) -> String {
    if count == 1 { "1 input".to_owned() } else { format!("{count} inputs") }
}

/// The labels of each output `[n, classes]` that has any.
fn labels(model: &Model, net: &Path) -> Result<Vec<Option<Labels>>, Failure> {
    let folder = net.parent().unwrap_or(Path::new(""));
    let mut all = Vec::new();
    for (output, name) in model.graph.outputs.iter().zip(&model.labels) {
        let shape = &model.graph.ty(output.value).shape;
        all.push(match name {
            Some(name) if shape.len() == 2 => {
                let labels = Labels::open(&folder.join(name))?;
                labels.check_count(shape)?;
                Some(labels)
            }
            _ => None,
        });
    }
    Ok(all)
}

#[derive(Serialize)]
struct RunJson<'a> {
    net: &'a str,
    weights: String,
    outputs: &'a [Output<'a>],
}

/// The most integers of an output that are shown one by one.
const FEW: usize = 16;

/// What is shown of an output.
#[derive(Serialize)]
struct Output<'a> {
    name: &'a str,
    shape: &'a [usize],
    /// The smallest, largest and mean value, of those that are not NaN.
    #[serde(serialize_with = "shortest")]
    min: f64,
    #[serde(serialize_with = "shortest")]
    max: f64,
    mean: f64,
    /// All elements, of integers where they are few.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<i64>>,
    /// The best classes of each row, for f32 of shapes `[n, classes]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    top: Option<Vec<Vec<Class<'a>>>>,
}

#[derive(Serialize)]
struct Class<'a> {
    class: usize,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
}

impl<'a> Output<'a> {
    fn new(port: &'a Port, tensor: &Tensor, labels: Option<&'a Labels>, count: usize) -> Output<'a> {
        let numbers = || tensor.elements().values().filter(|value| !value.is_nan());
        let top = match (&port.shape[..], tensor.as_slice()) {
            (&[_, classes], Some(scores)) if classes > 0 => {
                Some(scores.chunks(classes).map(|row| best(row, labels, count)).collect())
            }
            _ => None,
        };
        let few = port.dtype != DType::F32 && tensor.elements().len() <= FEW;
        let values = few.then(|| tensor.elements().values().map(|value| value as i64).collect());
        Output {
            name: &port.name,
            shape: &port.shape,
            min: numbers().fold(f64::INFINITY, f64::min),
            max: numbers().fold(f64::NEG_INFINITY, f64::max),
            mean: numbers().sum::<f64>() / numbers().count() as f64,
            values,
            top,
        }
    }

    /// With its name where there are several outputs.
    fn text(&self, several: bool) -> String {
        if let Some(values) = &self.values {
            let values: Vec<String> = values.iter().map(i64::to_string).collect();
            return format!("{} {:?}: {}\n", self.name, self.shape, values.join(", "));
        }
        let Some(rows) = &self.top else {
            let [min, max, mean] = [self.min, self.max, self.mean].map(present::value);
            return format!("{} {:?}: min {min}, max {max}, mean {mean}\n", self.name, self.shape);
        };
        let mut text = if several { format!("{} {:?}\n", self.name, self.shape) } else { String::new() };
        for (index, row) in rows.iter().enumerate() {
            if rows.len() > 1 {
                text += &format!("row {index}\n");
            }
            let cell = |class: &Class<'_>| {
                let label = class.label.unwrap_or_default().to_owned();
                vec![present::value(class.score.into()), class.class.to_string(), label]
            };
            let cells: Vec<_> = row.iter().map(cell).collect();
            text += &present::table(&[Align::Right, Align::Right, Align::Left], &cells);
        }
        text
    }
}

/// An f32 without the digits that it has in f64.
fn shortest<S: serde::Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let single = *value as f32;
    if f64::from(single) == *value { serializer.serialize_f32(single) } else { serializer.serialize_f64(*value) }
}

/// The classes of largest score; of equal ones the first, NaN behind all others.
fn best<'a>(row: &[f32], labels: Option<&'a Labels>, count: usize) -> Vec<Class<'a>> {
    let rank = |class: usize| if row[class].is_nan() { f32::NEG_INFINITY } else { row[class] };
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| rank(b).total_cmp(&rank(a)));
    order.truncate(count);
    order
        .into_iter()
        .map(|class| Class { class, score: row[class], label: labels.and_then(|labels| labels.get(class)) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first() {
        let classes = |row: &[f32], count| best(row, None, count).iter().map(|class| class.class).collect::<Vec<_>>();
        assert_eq!(classes(&[0.1, 0.7, 0.2], 2), [1, 2]);
        assert_eq!(classes(&[1.0, 1.0, 2.0], 9), [2, 0, 1]);
        assert_eq!(classes(&[f32::NAN, 0.0, f32::INFINITY], 3), [2, 1, 0]);
    }
}
