//! `rebirth check`

use std::collections::BTreeMap;

use clap::Args;
use rebirth_compiler::graph::{Graph, verify};
use rebirth_compiler::inspect::{Summary, inspect};
use rebirth_compiler::pipeline::CompileError;
use rebirth_compiler::resolve::{Proven, Settings, check_library};
use rebirth_lang::ast::{self, ExprKind, Item};
use rebirth_lang::{Diagnostic, FileId, Report};
use serde::Serialize;

use crate::args::NetArgs;
use crate::console::Context;
use crate::failure::Failure;
use crate::present;
use crate::source::{parse_program, prove_net, settings};

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
/// A file of blocks and functions without a net is checked as far as that goes without values.
///
/// Symbolic dimensions that `--set` leaves open stay open: that shapes fit is proved for all sizes that the net's `where` clause
/// allows, and counts are for one choice of them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    net: NetArgs,
    /// Print JSON, one line for each net
    #[arg(long)]
    json: bool,
}

pub(crate) fn check(context: &mut Context<'_>, args: &CheckArgs) -> Result<(), Failure> {
    let program = parse_program(&args.net.file)?;
    let file = program.file(FileId::ROOT);
    let given = settings(context, &args.net);
    let library = file.items.iter().filter(|item| matches!(item, Item::Block(_) | Item::Fn(_))).count();
    if library > 0 && nets(file).count() == 0 && given.net.is_none() {
        check_library(&program, &given).map_err(|errors| Report::new(program.sources().clone(), errors))?;
        let noun = if library == 1 { "block or function" } else { "blocks and functions" };
        let name = program.sources().root().name();
        return Ok(writeln!(context.out, "{name}: no net, {library} {noun} to import")?);
    }
    // A file without nets, or of one, is the resolver's business.
    let chosen: Vec<Settings> = match nets(file).count() {
        2.. if given.net.is_none() => nets(file).map(|net| for_net(&given, file, net)).collect(),
        _ => vec![given],
    };
    let mut wrong: Vec<Diagnostic> = Vec::new();
    for settings in &chosen {
        match prove_net(context, &program, settings) {
            Ok(proven) => {
                verified(&proven.model.graph)?;
                print(context, &proven, args.json)?;
            }
            Err(Failure::Report(report)) => {
                let new: Vec<_> =
                    report.diagnostics().filter(|found| !wrong.iter().any(|old| same(old, found))).collect();
                wrong.extend(new.into_iter().cloned());
            }
            Err(other) => return Err(other),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Report::new(program.sources().clone(), wrong).into()) }
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

/// Whether two nets are wrong in the same place, such as a block that both call.
fn same(a: &Diagnostic, b: &Diagnostic) -> bool {
    (a.code, &a.message, a.span()) == (b.code, &b.message, b.span())
}

/// Passes a graph that keeps the rules.
pub(crate) fn verified(graph: &Graph) -> Result<(), Failure> {
    Ok(verify(graph).map_err(CompileError::Graph)?)
}

fn nets(file: &ast::File) -> impl Iterator<Item = &ast::Net> {
    file.items.iter().filter_map(|item| match item {
        Item::Net(net) => Some(net),
        _ => None,
    })
}

/// The settings for one of several nets: without those of dimensions that only others have.
fn for_net(given: &Settings, file: &ast::File, net: &ast::Net) -> Settings {
    let mut settings = Settings { net: Some(net.name.name.clone()), ..given.clone() };
    settings.set.retain(|name, _| {
        is_declared(file, name) || has_dimension(net, name) || !nets(file).any(|other| has_dimension(other, name))
    });
    settings
}

fn is_declared(file: &ast::File, name: &str) -> bool {
    file.items.iter().any(|item| match item {
        Item::Import(import) => import.names.iter().any(|import| import.local().name == name),
        item => item.name().is_some_and(|own| own.name == name),
    })
}

/// Whether a dimension of an input is spelled like this.
fn has_dimension(net: &ast::Net, name: &str) -> bool {
    let mut dims = net.inputs.iter().flat_map(|input| &input.ty.dims);
    dims.any(|dim| matches!(&dim.kind, ExprKind::Name(dim) if dim == name))
}
