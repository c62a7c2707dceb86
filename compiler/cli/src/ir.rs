//! `rebirth ir`

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use rebirth_compiler::codegen::{listing, target};
use rebirth_compiler::graph::{Graph, Mode};
use rebirth_compiler::passes::{Applied, Options, PIPELINE, find};
use rebirth_compiler::pipeline::{CompileError, fused, loops_with};
use rebirth_lang::dump::dump;
use rebirth_lang::{FileId, Source, parse};
use rebirth_runtime::fs::write_atomically;
use rebirth_runtime::suggest::closest;

use crate::args::{NetArgs, PassArgs};
use crate::check::verified;
use crate::console::Context;
use crate::failure::Failure;
use crate::source::{import, is_onnx, load, parse_program};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth ir samples/mnist.net --stage graph
  rebirth ir samples/resnet18.net --stage fused --stats
  rebirth ir samples/mnist.net --stage loops -o mnist.loops
  rebirth ir samples/mnist.net --stage asm --cpu x86-64-v3 | grep -c vfmadd";

/// Print a network as the compiler sees it.
///
/// Shows the network as text at one stage of the compiler: the syntax tree, the graph of operators, the loops with their
/// buffers, Cranelift's IR, or machine instructions. Needs no weights.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct IrArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
    /// What to print; `graph@PASS` is the graph after a pass has had its first turn
    #[arg(long, value_parser = StageParser)]
    stage: At,
    #[command(flatten)]
    passes: PassArgs,
    /// Stop after so many patches of the passes, to find the one that is wrong
    #[arg(long, value_name = "N")]
    stop_after: Option<usize>,
    /// Also print, as comments, how often each pass has found something and what is left
    #[arg(long)]
    stats: bool,
    /// Write to a file instead of printing
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

/// A stage, or the graph after the first turn of a pass.
#[derive(Clone, Debug)]
enum At {
    Stage(Stage),
    After(&'static str),
}

/// Reads a stage.
#[derive(Clone)]
struct StageParser;

impl TypedValueParser for StageParser {
    type Value = At;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<At, clap::Error> {
        let Some(name) = value.to_str().and_then(|text| text.strip_prefix("graph@")) else {
            return EnumValueParser::new().parse_ref(command, arg, value).map(At::Stage);
        };
        find(name).map(|pass| At::After(pass.name)).ok_or_else(|| {
            let names: Vec<&str> = PIPELINE.iter().map(|pass| pass.name).collect();
            let near = closest(name, names.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
            let message = format!(
                "there is no pass `{name}`{}",
                near.unwrap_or_else(|| format!("; there are {}", names.join(", ")))
            );
            command.clone().error(ErrorKind::InvalidValue, message)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Stage::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// The syntax tree
    Ast,
    /// Operators and tensors
    Graph,
    /// The graph for training, with the outputs that are marked `@train`
    TrainGraph,
    /// The graph after all passes
    Fused,
    /// Loops and buffers
    Loops,
    /// Cranelift's IR
    Clif,
    /// Machine instructions
    Asm,
}

pub(crate) fn ir(context: &mut Context<'_>, args: &IrArgs) -> Result<(), Failure> {
    let text = text(context, args)?;
    match &args.output {
        Some(path) => write_atomically(path, text.as_bytes())?,
        None => context.out.write_all(text.as_bytes())?,
    }
    Ok(())
}

fn text(context: &mut Context<'_>, args: &IrArgs) -> Result<String, Failure> {
    if let At::Stage(Stage::Ast) = args.stage {
        if is_onnx(&args.net.file) {
            let imported = import(context, &args.net)?;
            return Ok(dump(&parse(&Source::new("import.net", imported.source()?))?));
        }
        let program = parse_program(&args.net.file)?;
        return Ok(dump(program.file(FileId::ROOT)));
    }
    let mode = if let At::Stage(Stage::TrainGraph) = args.stage { Mode::Train } else { Mode::Infer };
    let model = load(context, &args.net, mode)?;
    if let At::Stage(Stage::Graph | Stage::TrainGraph) = args.stage {
        verified(&model.graph)?;
        return Ok(model.graph.to_string());
    }
    let until = match &args.stage {
        At::After(name) => Some((*name).to_owned()),
        At::Stage(_) => None,
    };
    let options = Options { until, stop_after: args.stop_after, ..args.passes.options() };
    let (graph, applied) = fused(&model.graph, &options)?;
    let stats = if args.stats { statistics(&model.graph, &graph, &applied) } else { String::new() };
    let program = || loops_with(&graph, &Options::none());
    let target = || target::find(&context.options.cpu).map_err(CompileError::Codegen);
    let text = match args.stage {
        At::Stage(Stage::Clif) => listing::clif(&program()?, target()?).map_err(CompileError::Codegen)?,
        At::Stage(Stage::Asm) => listing::asm(&program()?, target()?).map_err(CompileError::Codegen)?,
        At::Stage(Stage::Loops) => program()?.to_string(),
        At::After(_) | At::Stage(Stage::Ast | Stage::Graph | Stage::TrainGraph | Stage::Fused) => graph.to_string(),
    };
    Ok(stats + &text)
}

/// How often each pass has found something, and what it comes to.
fn statistics(before: &Graph, after: &Graph, applied: &Applied) -> String {
    let operators = |graph: &Graph| {
        let constant = graph.constants();
        graph.nodes.iter().filter(|node| !node.results.iter().all(|id| constant[id.index()])).count()
    };
    let mut text = format!("// {} operators, {} after the passes\n", operators(before), operators(after));
    for (name, count) in applied.counts.iter().filter(|(_, count)| *count > 0) {
        text += &format!("// {name}: {count}\n");
    }
    text
}
