//! `rebirth check`

use std::collections::BTreeMap;

use clap::Args;
use rebirth_compiler::graph::{Graph, verify};
use rebirth_compiler::inspect::{Summary, inspect};
use rebirth_compiler::pipeline::CompileError;
use rebirth_compiler::resolve::{Proven, Run, check_library};
use rebirth_lang::ast::{self, Item};
use rebirth_lang::{FileId, Report};
use serde::Serialize;

use crate::args::NetArgs;
use crate::console::Context;
use crate::failure::Failure;
use crate::present;
use crate::source::{import, is_onnx, parse_program, prove_net, settings, warn};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth check samples/googlenet.net
  rebirth check samples/googlenet.net --set classes=10 --set n=4
  rebirth check samples/googlenet.net --json | jq .macs
  rebirth check model.net --message-format short";

/// Say whether networks are sound.
///
/// Parses the file, resolves every name and shape of its nets, or of the one that `--net` names, and verifies the graphs that
/// result. Prints one line with each network's size, and everything that is wrong, with its place in the file. Needs no weights.
///
/// A file of blocks, functions and constants without a net is checked as far as that goes without values.
///
/// An `.onnx` file is checked for the sizes of its inputs; open ones take `--set`.
///
/// Symbolic dimensions that `--set` leaves open stay open: that shapes fit is proved for all sizes that the net's `where` clause
/// allows, and counts are for one choice of them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
    /// Print JSON, one line for each net; for a file without a net, its name and how many items it has to import
    #[arg(long)]
    json: bool,
}

pub(crate) fn check(context: &mut Context<'_>, args: &CheckArgs) -> Result<(), Failure> {
    if is_onnx(&args.net.file) {
        let model = import(context, &args.net)?.model;
        verified(&model.graph)?;
        let (sizes, least) = (BTreeMap::new(), BTreeMap::new());
        return print(context, &Proven { model, sizes, least, needs: Vec::new(), conditions: Vec::new() }, args.json);
    }
    let program = parse_program(&args.net.file)?;
    let file = program.file(FileId::ROOT);
    let given = settings(context, &args.net);
    let library =
        file.items.iter().filter(|item| matches!(item, Item::Block(_) | Item::Fn(_) | Item::Const(_))).count();
    if library > 0 && nets(file).count() == 0 && given.net.is_none() {
        check_library(&program, &given).map_err(|errors| Report::new(program.sources().clone(), errors))?;
        let name = program.sources().root().name();
        if args.json {
            return context.print_json(&LibraryJson { file: name, items: library });
        }
        let noun = if library == 1 { "item" } else { "items" };
        return Ok(writeln!(context.out, "{name}: no net, {library} {noun} to import")?);
    }
    // A file without nets, or of one, is the resolver's business.
    if nets(file).count() < 2 || given.net.is_some() {
        let proven = prove_net(context, &program, &given)?;
        verified(&proven.model.graph)?;
        return print(context, &proven, args.json);
    }
    let mut run = Run::new(&program, &given);
    for net in nets(file) {
        if let Some(mut proven) = run.prove(net) {
            warn(context, &program, &mut proven.model);
            verified(&proven.model.graph)?;
            print(context, &proven, args.json)?;
        }
    }
    Ok(run.finish().map_err(|errors| Report::new(program.sources().clone(), errors))?)
}

fn print(context: &mut Context<'_>, proven: &Proven, json: bool) -> Result<(), Failure> {
    let Proven { model, sizes, least, needs, conditions } = proven;
    let net = &model.graph.name;
    let summary = inspect(&model.graph);
    if json {
        let Summary { parameters, state, macs, .. } = summary;
        return context.print_json(&NetJson { net, parameters, state, macs, sizes, least, needs });
    }
    let mut line = present::summary(net, &summary);
    if !sizes.is_empty() {
        let list = |sizes: &BTreeMap<String, i64>| {
            sizes.iter().map(|(name, size)| format!("{name}={size}")).collect::<Vec<_>>().join(", ")
        };
        line += &format!(" at {}; shapes fit for all sizes", list(sizes));
        if !conditions.is_empty() {
            line += &format!(" with {}", conditions.join(", "));
        }
        if !least.is_empty() {
            line += &format!(", from {}", list(least));
        }
        if !needs.is_empty() {
            line += &format!(", as long as {}", needs.join(", "));
        }
    }
    Ok(writeln!(context.out, "{line}")?)
}

#[derive(Serialize)]
struct LibraryJson<'a> {
    file: &'a str,
    items: usize,
}

#[derive(Serialize)]
struct NetJson<'a> {
    net: &'a str,
    parameters: u64,
    state: u64,
    macs: u64,
    /// The sizes that `macs` is for, where those were open.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    sizes: &'a BTreeMap<String, i64>,
    /// Those from which on windows fit, where smaller ones are allowed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    least: &'a BTreeMap<String, i64>,
    /// What else must hold for windows to fit.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    needs: &'a [String],
}

/// Passes a graph that keeps the rules.
pub(crate) fn verified(graph: &Graph) -> Result<(), Failure> {
    Ok(verify(graph).map_err(CompileError::Graph)?)
}

pub(crate) fn nets(file: &ast::File) -> impl Iterator<Item = &ast::Net> {
    file.items.iter().filter_map(|item| match item {
        Item::Net(net) => Some(net),
        _ => None,
    })
}
