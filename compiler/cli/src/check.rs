//! `rebirth check`

use clap::Args;
use rebirth_compiler::graph::{Graph, verify};
use rebirth_compiler::inspect::inspect;
use rebirth_compiler::pipeline::CompileError;

use crate::args::NetArgs;
use crate::console::Context;
use crate::failure::Failure;
use crate::present;
use crate::source::load;

const EXAMPLES: &str = "\
EXAMPLES
  rebirth check samples/googlenet.net
  rebirth check samples/googlenet.net --set classes=10 --set n=4";

/// Say whether a network is sound.
///
/// Parses the file, resolves every name and shape of the net, and verifies the graph that results. Prints one line with the
/// network's size, or everything that is wrong, each with its place in the file. Needs no weights.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    net: NetArgs,
}

pub(crate) fn check(context: &mut Context<'_>, args: &CheckArgs) -> Result<(), Failure> {
    let model = load(context, &args.net)?;
    verified(&model.graph)?;
    writeln!(context.out, "{}", present::summary(&model.graph.name, &inspect(&model.graph)))?;
    Ok(())
}

/// Passes a graph that keeps the rules.
pub(crate) fn verified(graph: &Graph) -> Result<(), Failure> {
    Ok(verify(graph).map_err(CompileError::Graph)?)
}
