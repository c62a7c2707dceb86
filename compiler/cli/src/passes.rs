//! `rebirth passes`

use clap::Args;
use rebirth_compiler::passes::PIPELINE;
use serde::Serialize;

use crate::console::Context;
use crate::failure::Failure;
use crate::present::{self, Align};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth passes
  rebirth ir samples/resnet18.net --stage fused --stats
  rebirth ir samples/resnet18.net --stage graph@fold_affine
  rebirth diff samples/mnist.net --disable fold_affine";

/// List the passes that merge layers.
///
/// Each rewrites the network without changing what it computes, in this order. `--disable` leaves one out, wherever a network is compiled.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PassesArgs {
    /// Print JSON on one line
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    doc: &'static str,
}

pub(crate) fn passes(context: &mut Context<'_>, args: &PassesArgs) -> Result<(), Failure> {
    if args.json {
        let rows: Vec<Row> = PIPELINE.iter().map(|pass| Row { name: pass.name, doc: pass.doc }).collect();
        return context.print_json(&rows);
    }
    let rows: Vec<Vec<String>> = PIPELINE.iter().map(|pass| vec![pass.name.to_owned(), pass.doc.to_owned()]).collect();
    write!(context.out, "{}", present::table(&[Align::Left, Align::Left], &rows))?;
    Ok(())
}
