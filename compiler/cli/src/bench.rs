//! `rebirth bench`

use std::time::{Duration, Instant};

use clap::Args;
use rebirth_compiler::inspect::inspect;
use rebirth_runtime::{Error, Port, Tensor};
use serde::Serialize;

use crate::args::{NamedPath, NetArgs, PassArgs, WeightsArg};
use crate::console::Context;
use crate::failure::Failure;
use crate::prepare::{
    Loaded, choose_weights, load_weights, load_with_arrays, note_not_finite, output_files, random_input, start,
    write_outputs,
};
use crate::present::{bytes, grouped};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth bench samples/efficientnet_lite0.net
  rebirth bench samples/googlenet.net --weights random:1 --runs 20 --json
  rebirth bench model.net --set n=8 --input x.npy --output y.npy";

/// Runs before the first that is timed: caches and branch predictors learn.
const WARM_UP: usize = 3;

/// The seed of weights and inputs that are not given.
const SEED: u64 = 1;

/// Time a network.
///
/// Compiles the network for this machine, runs it a few times to warm up, then times each of the runs. The weights are
/// `model.safetensors` beside `model.net` unless given, or random where there is none; inputs are random unless given.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
    /// A safetensors file, or `random:SEED`
    #[arg(long, value_name = "FILE")]
    weights: Option<WeightsArg>,
    /// An array for an input; the name may be left out when there is one; repeatable
    #[arg(long, value_name = "[NAME=]FILE")]
    input: Vec<NamedPath>,
    /// Write an output as `.npy`; the name may be left out when there is one; repeatable
    #[arg(long, value_name = "[NAME=]FILE")]
    output: Vec<NamedPath>,
    /// How many runs to time
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    runs: u32,
    #[command(flatten)]
    passes: PassArgs,
    /// Print JSON on one line
    #[arg(long)]
    json: bool,
}

/// Times in milliseconds, sizes in bytes.
#[derive(Serialize)]
struct Timing<'a> {
    net: &'a str,
    cpu: &'a str,
    weights: String,
    runs: usize,
    median_ms: f64,
    min_ms: f64,
    /// From the graph to machine code and packed weights.
    compile_ms: f64,
    macs: u64,
    arena_bytes: usize,
    weights_bytes: usize,
}

pub(crate) fn bench(context: &mut Context<'_>, args: &BenchArgs) -> Result<(), Failure> {
    let Loaded { model, mut feeds, own } = load_with_arrays(context, &args.net, &args.input)?;
    let graph = &model.graph;
    let files = output_files(graph, &args.output)?;
    let chosen = choose_weights(&args.net.file, args.weights.as_ref(), Some(WeightsArg::Random(SEED)))?;
    let params = load_weights(context, graph, &chosen, own.as_ref())?;
    let begin = Instant::now();
    let mut session = start(context, graph, &params, &args.passes)?;
    let compile = begin.elapsed();
    drop(params);

    let description = session.description().clone();
    for port in &description.inputs {
        if !feeds.iter().any(|(name, _)| *name == port.name) {
            feeds.push((port.name.clone(), random_input(SEED, &port.name, port.dtype, &port.shape)?));
        }
    }
    let named: Vec<(&str, &Tensor)> = feeds.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let inputs = description.arrange(&named)?;
    let zeros = |port: &Port| Tensor::zeros_of(port.dtype, port.shape.as_slice());
    let mut outputs = description.outputs.iter().map(zeros).collect::<Result<Vec<_>, Error>>()?;
    let times = context.busy("running", || {
        let mut times = Vec::with_capacity(args.runs as usize);
        for run in 0..WARM_UP + args.runs as usize {
            let begin = Instant::now();
            session.run_into(&inputs, &mut outputs)?;
            if run >= WARM_UP {
                times.push(begin.elapsed());
            }
        }
        times.sort();
        Ok::<_, Error>(times)
    })?;
    write_outputs(&files, &outputs)?;
    note_not_finite(context, &description.outputs, &outputs);

    let timing = Timing {
        net: &graph.name,
        cpu: &description.cpu,
        weights: chosen.to_string(),
        runs: times.len(),
        median_ms: median(&times),
        min_ms: times.first().copied().map_or(0.0, milliseconds),
        compile_ms: milliseconds(compile),
        macs: inspect(graph).macs,
        arena_bytes: description.arena_bytes,
        weights_bytes: description.weights_bytes,
    };
    if args.json {
        context.print_json(&timing)?;
    } else {
        write!(context.out, "{}", timing.text())?;
    }
    Ok(())
}

impl Timing<'_> {
    fn text(&self) -> String {
        let rate = self.macs as f64 / self.median_ms / 1e6;
        format!(
            "{}: median {:.3} ms, min {:.3} ms of {} runs on {}\n{} MACs, {rate:.1} G MACs/s; compiled in {:.0} ms; arena {}, packed weights {}\n",
            self.net,
            self.median_ms,
            self.min_ms,
            self.runs,
            self.cpu,
            grouped(self.macs),
            self.compile_ms,
            bytes(self.arena_bytes),
            bytes(self.weights_bytes),
        )
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The median of sorted times, in milliseconds.
fn median(times: &[Duration]) -> f64 {
    let middle = times.len() / 2;
    match times {
        [] => 0.0,
        _ if times.len() % 2 == 1 => milliseconds(times[middle]),
        _ => (milliseconds(times[middle - 1]) + milliseconds(times[middle])) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let check = |times: &[u64], expected: f64| {
            let times: Vec<_> = times.iter().copied().map(Duration::from_millis).collect();
            assert_eq!(median(&times), expected);
        };
        check(&[3], 3.0);
        check(&[1, 2], 1.5);
        check(&[1, 2, 9], 2.0);
    }
}
