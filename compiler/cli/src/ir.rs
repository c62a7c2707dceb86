//! `rebirth ir`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rebirth_compiler::codegen::{listing, target};
use rebirth_compiler::graph::Mode;
use rebirth_compiler::pipeline::{CompileError, loops};
use rebirth_lang::dump::dump;
use rebirth_lang::{FileId, Source, parse};
use rebirth_runtime::fs::write_atomically;

use crate::args::NetArgs;
use crate::check::verified;
use crate::console::Context;
use crate::failure::Failure;
use crate::source::{import, is_onnx, load, parse_program};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth ir samples/mnist.net --stage graph
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
    /// What to print
    #[arg(long, value_enum)]
    stage: Stage,
    /// Write to a file instead of printing
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stage {
    /// The syntax tree
    Ast,
    /// Operators and tensors
    Graph,
    /// The graph for training, with the outputs that are marked `@train`
    TrainGraph,
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
    if let Stage::Ast = args.stage {
        if is_onnx(&args.net.file) {
            let imported = import(context, &args.net)?;
            return Ok(dump(&parse(&Source::new("import.net", imported.source()?))?));
        }
        let program = parse_program(&args.net.file)?;
        return Ok(dump(program.file(FileId::ROOT)));
    }
    let mode = if let Stage::TrainGraph = args.stage { Mode::Train } else { Mode::Infer };
    let model = load(context, &args.net, mode)?;
    if let Stage::Graph | Stage::TrainGraph = args.stage {
        verified(&model.graph)?;
        return Ok(model.graph.to_string());
    }
    let program = loops(&model.graph)?;
    let target = || target::find(&context.options.cpu).map_err(CompileError::Codegen);
    Ok(match args.stage {
        Stage::Clif => listing::clif(&program, target()?).map_err(CompileError::Codegen)?,
        Stage::Asm => listing::asm(&program, target()?).map_err(CompileError::Codegen)?,
        Stage::Ast | Stage::Graph | Stage::TrainGraph | Stage::Loops => program.to_string(),
    })
}
