//! `rebirth diff`

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use rebirth_compiler::codegen::target::TARGETS;
use rebirth_compiler::diff::{Difference, Engine, Limit, Side, correspond, observing, pair_params};
use rebirth_compiler::graph::{Def, Graph, ValueId};
use rebirth_compiler::passes::Options;
use rebirth_compiler::pipeline::fused;
use rebirth_lang::FileId;
use rebirth_lang::ast::{ExprKind, Item, Net};
use rebirth_runtime::{Error, Tensor};
use serde::Serialize;

use crate::args::{NamedPath, NetArgs, PassArgs, WeightsArg};
use crate::check::nets;
use crate::codes;
use crate::console::Context;
use crate::failure::Failure;
use crate::prepare::{Loaded, choose_weights, load_weights, load_with_arrays, random_input};
use crate::present::{self, Align};
use crate::source::{is_onnx, parse_program};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth diff model.net
  rebirth diff model.net --against x86-64 --per-layer
  rebirth diff model.net model.onnx
  rebirth diff old.net new.net --weights random:1 --tol 1e-3";

/// The seed of weights that are not given.
const SEED: u64 = 1;

/// The share of a tensor's largest value by which two native results may differ.
const TOLERANCE: f64 = 1e-4;

/// The share of a tensor's largest value by which a native result may differ from the interpreter's, whatever its bounds allow.
const MOST: f64 = 1e-3;

/// Compare two ways to compute a network.
///
/// Runs two networks, or one network in two ways, on the same input and prints the largest difference of each output. With one file and
/// `--disable`, native code is compared with itself without those passes; with one file alone,
/// native code is compared with the interpreter, which computes in 64 bits and knows for each element how far native code may
/// be off; that is then the limit, up to 1e-3 of the largest value of the tensor, since over many layers it grows without end.
/// Otherwise two results may differ by `--tol` times the largest value of the tensor.
///
/// Each network has its own weights: those in the `.onnx`, or `model.safetensors` beside `model.net`. Where only one has some, the other
/// takes them, as it does those of `--weights`: by their paths, by the place of the layers in the networks, or in their
/// order. Inputs are random unless given. Ends with exit code 1 when a difference is beyond its limit.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
    /// Another `.net` or `.onnx` file; the same again unless given
    #[arg(value_name = "FILE")]
    other: Option<PathBuf>,
    /// What computes the second: a level of CPU, or `interpreter`, the default where there is one file
    #[arg(long, value_name = "ENGINE")]
    against: Option<EngineArg>,
    /// A safetensors file, or `random:SEED`
    #[arg(long, value_name = "FILE")]
    weights: Option<WeightsArg>,
    /// An array for an input; the name may be left out when there is one; repeatable
    #[arg(long, value_name = "[NAME=]FILE")]
    input: Vec<NamedPath>,
    /// The seed of inputs that are not given
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Compare all layers that both networks have, and name the first that differs
    #[arg(long)]
    per_layer: bool,
    /// How far results may differ, as a share of the largest value of the tensor [default: 1e-4, or the interpreter's bounds up to 1e-3]
    #[arg(long, value_name = "T", value_parser = tolerance)]
    tol: Option<f64>,
    #[command(flatten)]
    passes: PassArgs,
    /// Print JSON on one line
    #[arg(long)]
    json: bool,
}

/// What computes the second side.
#[derive(Clone, Debug)]
struct EngineArg(Engine);

impl FromStr for EngineArg {
    type Err = String;

    fn from_str(text: &str) -> Result<EngineArg, String> {
        let levels = || ["native"].into_iter().chain(TARGETS.iter().map(|target| target.name));
        match text {
            "interpreter" => Ok(EngineArg(Engine::Interpreter)),
            level if levels().any(|known| known == level) => Ok(EngineArg(Engine::Native(level.to_owned()))),
            _ => Err(format!("possible are interpreter, {}", levels().collect::<Vec<_>>().join(", "))),
        }
    }
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("the tolerance is a number from 0 to 1, such as `1e-4`".to_owned()),
    }
}

pub(crate) fn diff(context: &mut Context<'_>, args: &DiffArgs) -> Result<(), Failure> {
    let first = Engine::Native(context.options.cpu.clone());
    let second = match (&args.against, &args.other) {
        (Some(EngineArg(engine)), _) => engine.clone(),
        (None, Some(_)) => first.clone(),
        (None, None) if !args.passes.disable.is_empty() => first.clone(),
        (None, None) => Engine::Interpreter,
    };
    if args.other.is_none() && first == second && args.passes.disable.is_empty() {
        let help = "give another file, or another engine with `--against` or `--cpu`";
        return Err(Failure::new(codes::NOTHING_TO_COMPARE, format!("both sides are {first}"), help));
    }
    let file_b = args.other.as_deref().unwrap_or(&args.net.file);
    let a = load_with_arrays(context, &net_of(&args.net.file, file_b, args)?, &args.input)?;
    let b = match &args.other {
        Some(other) => Some(load_with_arrays(context, &net_of(other, &args.net.file, args)?, &args.input)?),
        None => None,
    };
    let (graph_a, graph_b) = (&a.model.graph, &b.as_ref().unwrap_or(&a).model.graph);
    same_ports(graph_a, graph_b)?;
    // One network with and without passes: these run first, so that what is looked at does not keep them from it.
    let by_passes = args.other.is_none() && !args.passes.disable.is_empty() && second != Engine::Interpreter;
    let rewritten = if by_passes {
        Some((fused(graph_a, &Options::default())?.0, fused(graph_b, &args.passes.options())?.0))
    } else {
        None
    };
    let (graph_a, graph_b) = rewritten.as_ref().map_or((graph_a, graph_b), |(a, b)| (a, b));
    let passes = if by_passes { Options::none() } else { args.passes.options() };
    let layers = match (args.per_layer, by_passes) {
        (true, true) => same_names(graph_a, graph_b),
        (true, false) => correspond(graph_a, graph_b).values,
        (false, _) => Vec::new(),
    };
    // A network of nothing but its inputs has no layers.
    let pairs: Vec<(ValueId, ValueId)> = if layers.is_empty() {
        graph_a.outputs.iter().zip(&graph_b.outputs).map(|(a, b)| (a.value, b.value)).collect()
    } else {
        layers
    };
    let observed_a = observing(graph_a, &pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let observed_b = observing(graph_b, &pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    Side { graph: &observed_b, params: &[], engine: &second, passes: &passes }.check()?;
    let (params_a, params_b) = weights(context, args, &a, b.as_ref(), file_b)?;
    let inputs = inputs(graph_a, &a, args.seed)?;

    let params_b = params_b.as_ref().unwrap_or(&params_a);
    let results_a =
        run(context, Side { graph: &observed_a, params: &params_a, engine: &first, passes: &passes }, &inputs)?;
    let results_b =
        run(context, Side { graph: &observed_b, params: params_b, engine: &second, passes: &passes }, &inputs)?;

    let limit = match args.tol {
        Some(share) => Limit::Relative(share),
        None if second == Engine::Interpreter => Limit::Bounds(MOST),
        None => Limit::Relative(TOLERANCE),
    };
    let rows = pairs.iter().zip(results_a.iter().zip(&results_b)).enumerate().map(|(i, (&(x, y), (a, b)))| {
        let name = |graph: &Graph, id: ValueId, at: usize| {
            if args.per_layer { graph.value(id).name.clone() } else { graph.outputs[at].name.clone() }
        };
        let operator = match graph_a.value(x).def {
            Def::Node(node, _) => graph_a.node(node).op.name(),
            _ => "",
        };
        Row {
            name: name(graph_a, x, i),
            other: name(graph_b, y, i),
            operator,
            shape: a.shape.clone(),
            difference: Difference::between(a, b, limit),
        }
    });
    let found = Comparison {
        sides: [(&args.net.file, first, false), (&file_b.to_owned(), second, by_passes)].map(
            |(file, engine, without)| {
                let without =
                    if without { format!(" without {}", args.passes.disable.join(", ")) } else { String::new() };
                format!("{} on {engine}{without}", file.display())
            },
        ),
        limit,
        rows: rows.collect(),
    };
    if args.json {
        context.print_json(&found.json())?
    } else {
        write!(context.out, "{}", found.text(args.per_layer))?
    }
    if found.first_beyond().is_none() { Ok(()) } else { Err(Failure::Shown) }
}

/// Values that have one name and type in both, which passes keep with what it stands for.
fn same_names(a: &Graph, b: &Graph) -> Vec<(ValueId, ValueId)> {
    let results = |graph: &Graph| graph.nodes.iter().flat_map(|node| node.results.clone()).collect::<Vec<_>>();
    let constant = a.constants();
    let of_b: HashMap<&str, ValueId> = results(b).into_iter().map(|id| (b.value(id).name.as_str(), id)).collect();
    let partner = |id: ValueId| of_b.get(a.value(id).name.as_str()).map(|&other| (id, other));
    let computed = results(a).into_iter().filter(|id| !constant[id.index()]);
    computed.filter_map(partner).filter(|&(x, y)| a.ty(x) == b.ty(y)).collect()
}

/// The net of a file, with those settings that concern it, or concern neither file.
fn net_of(file: &Path, other: &Path, args: &DiffArgs) -> Result<NetArgs, Failure> {
    let mut set = Vec::new();
    for (name, value) in &args.net.set {
        let elsewhere = other != file && knows(other, name)?;
        if !elsewhere || knows(file, name)? {
            set.push((name.clone(), value.clone()));
        }
    }
    Ok(NetArgs { file: file.to_owned(), set })
}

/// Whether a constant or dimension of a file is called so.
fn knows(file: &Path, name: &str) -> Result<bool, Failure> {
    if is_onnx(file) {
        return Ok(rebirth_compiler::onnx::Onnx::open(file)?.has_symbol(name));
    }
    let program = parse_program(file)?;
    let root = program.file(FileId::ROOT);
    let declares = |item: &Item| match item {
        Item::Import(import) => import.names.iter().any(|import| import.local().name == name),
        item => item.name().is_some_and(|own| own.name == name),
    };
    let has_dimension = |net: &Net| {
        let mut dims = net.inputs.iter().flat_map(|input| &input.ty.dims);
        dims.any(|dim| matches!(&dim.kind, ExprKind::Name(dim) if dim == name))
    };
    Ok(root.items.iter().any(declares) || nets(root).any(has_dimension))
}

/// Refuses networks that do not take and give the same.
fn same_ports(a: &Graph, b: &Graph) -> Result<(), Failure> {
    let list = |graph: &Graph, ids: &mut dyn Iterator<Item = ValueId>| {
        let types: Vec<String> = ids.map(|id| graph.ty(id).to_string()).collect();
        types.join(", ")
    };
    let inputs = [a, b].map(|graph| list(graph, &mut graph.inputs.iter().copied()));
    let outputs = [a, b].map(|graph| list(graph, &mut graph.outputs.iter().map(|output| output.value)));
    for (what, [of_a, of_b]) in [("inputs", inputs), ("outputs", outputs)] {
        if of_a != of_b {
            let message = format!("the first network has the {what} {of_a}, the second {of_b}");
            let help = "give open dimensions the same sizes with `--set`; inputs and outputs are paired in their order";
            return Err(Failure::new(codes::OTHER_NETS, message, help));
        }
    }
    Ok(())
}

/// The parameters of both sides; `None` for the second where they are the first's.
#[expect(clippy::type_complexity, reason = "the parameters of two sides")]
fn weights(
    context: &mut Context<'_>,
    args: &DiffArgs,
    a: &Loaded,
    b: Option<&Loaded>,
    file_b: &Path,
) -> Result<(Vec<Vec<f32>>, Option<Vec<Vec<f32>>>), Failure> {
    let graph_a = &a.model.graph;
    let of_a = choose_weights(&args.net.file, args.weights.as_ref(), None).ok();
    let Some(b) = b else {
        let chosen = of_a.unwrap_or(WeightsArg::Random(SEED));
        return Ok((load_weights(context, graph_a, &chosen, a.own.as_ref())?, None));
    };
    let graph_b = &b.model.graph;
    let of_b = match args.weights {
        Some(_) => None,
        None => choose_weights(file_b, None, None).ok(),
    };
    let paired = |from: &Graph, params: &[Vec<f32>], to: &Graph| match pair_params(to, from) {
        Ok(pairs) => Ok(pairs.into_iter().map(|i| params[i].clone()).collect::<Vec<_>>()),
        Err(message) => Err(Failure::new(
            codes::OTHER_NETS,
            message,
            "put a weights file beside each `.net` file, or compare networks of the same layers",
        )),
    };
    match (of_a, of_b) {
        (Some(of_a), Some(of_b)) => {
            let params_a = load_weights(context, graph_a, &of_a, a.own.as_ref())?;
            Ok((params_a, Some(load_weights(context, graph_b, &of_b, b.own.as_ref())?)))
        }
        (None, Some(of_b)) => {
            let params_b = load_weights(context, graph_b, &of_b, b.own.as_ref())?;
            Ok((paired(graph_b, &params_b, graph_a)?, Some(params_b)))
        }
        (of_a, None) => {
            let chosen = of_a.unwrap_or(WeightsArg::Random(SEED));
            let params_a = load_weights(context, graph_a, &chosen, a.own.as_ref())?;
            let params_b = paired(graph_a, &params_a, graph_b)?;
            Ok((params_a, Some(params_b)))
        }
    }
}

/// Data for each input: what was given, else random numbers.
fn inputs(graph: &Graph, loaded: &Loaded, seed: u64) -> Result<Vec<Tensor>, Failure> {
    let tensor = |&id: &ValueId| {
        let value = graph.value(id);
        match loaded.feeds.iter().find(|(name, _)| *name == value.name) {
            Some((_, tensor)) => Ok(tensor.clone()),
            None => random_input(seed, &value.name, value.ty.dtype, &value.ty.shape),
        }
    };
    Ok(graph.inputs.iter().map(tensor).collect::<Result<Vec<_>, Error>>()?)
}

fn run(
    context: &mut Context<'_>,
    side: Side<'_>,
    inputs: &[Tensor],
) -> Result<Vec<rebirth_compiler::ops::Bounded>, Failure> {
    let what = if *side.engine == Engine::Interpreter { "interpreting" } else { "running" };
    Ok(context.busy(what, || side.run(inputs))?)
}

/// The difference of one output or layer.
struct Row {
    /// As the first network calls it.
    name: String,
    /// As the second does.
    other: String,
    operator: &'static str,
    shape: Vec<usize>,
    difference: Difference,
}

struct Comparison {
    sides: [String; 2],
    limit: Limit,
    rows: Vec<Row>,
}

impl Comparison {
    fn first_beyond(&self) -> Option<&Row> {
        self.rows.iter().find(|row| !row.difference.agrees())
    }

    fn text(&self, per_layer: bool) -> String {
        let heads = [
            if per_layer { "layer" } else { "output" },
            "operator",
            "shape",
            "largest difference",
            "of the largest value",
            "worst at",
        ];
        let rows = self.rows.iter().map(|row| {
            let name = if row.name == row.other { row.name.clone() } else { format!("{} = {}", row.name, row.other) };
            let found = &row.difference;
            let share = if found.magnitude > 0.0 { found.largest / found.magnitude } else { found.largest };
            let place = if found.largest == 0.0 { "-".to_owned() } else { format!("{:?}", found.index) };
            vec![
                name,
                row.operator.to_owned(),
                format!("{:?}", row.shape),
                number(found.largest),
                number(share),
                if found.agrees() { place } else { format!("{place} beyond its limit") },
            ]
        });
        let table: Vec<Vec<String>> = std::iter::once(heads.map(str::to_owned).to_vec()).chain(rows).collect();
        let columns = [Align::Left, Align::Left, Align::Left, Align::Right, Align::Right, Align::Left];
        let [a, b] = &self.sides;
        format!("{a} against {b}\n{}{}\n", present::table(&columns, &table), self.verdict(per_layer))
    }

    fn verdict(&self, per_layer: bool) -> String {
        let noun = match (per_layer, self.rows.len()) {
            (true, 1) => "layer agrees",
            (true, _) => "layers agree",
            (false, 1) => "output agrees",
            (false, _) => "outputs agree",
        };
        let limit = match self.limit {
            Limit::Relative(share) => format!("{share:e} of their largest value"),
            Limit::Bounds(most) => format!("the interpreter's bounds and {most:e} of their largest value"),
        };
        let Some(row) = self.first_beyond() else {
            let not_finite: usize = self.rows.iter().map(|row| row.difference.not_finite).sum();
            let open = match not_finite {
                0 => String::new(),
                count => format!("; {} elements are not finite", present::grouped(count as u64)),
            };
            return format!("{} {noun} within {limit}{open}", self.rows.len());
        };
        let found = &row.difference;
        let [x, y] = found.pair;
        format!(
            "the first beyond its limit is `{}`: {} of {} elements; at {:?} {x:?} against {y:?}, {} apart where {} is allowed",
            row.name,
            present::grouped(found.beyond as u64),
            present::grouped(found.elements as u64),
            found.index,
            number((x - y).abs()),
            number(found.limit),
        )
    }

    fn json(&self) -> ComparisonJson<'_> {
        let row = |row: &Row| {
            let found = &row.difference;
            let finite = |v: f64| v.is_finite().then_some(v);
            serde_json::json!({
                "name": row.name, "other": row.other, "operator": row.operator, "shape": row.shape,
                "largest": finite(found.largest), "magnitude": found.magnitude, "index": found.index,
                "pair": found.pair.map(finite), "limit": finite(found.limit), "beyond": found.beyond,
                "not_finite": found.not_finite, "elements": found.elements,
            })
        };
        ComparisonJson {
            sides: &self.sides,
            agree: self.first_beyond().is_none(),
            first_beyond: self.first_beyond().map(|row| row.name.as_str()),
            rows: self.rows.iter().map(row).collect(),
        }
    }
}

/// Numbers that are not finite are null.
#[derive(Serialize)]
struct ComparisonJson<'a> {
    sides: &'a [String; 2],
    agree: bool,
    first_beyond: Option<&'a str>,
    rows: Vec<serde_json::Value>,
}

fn number(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value:.1e}") }
}
