//! `rebirth inspect`

use clap::Args;
use rebirth_compiler::graph::Mode;
use rebirth_compiler::inspect::{Layer, Reach, Span, Stride, Summary, inspect as analyse};
use serde::Serialize;

use crate::args::NetArgs;
use crate::check::verified;
use crate::console::Context;
use crate::failure::Failure;
use crate::present::{self, Align, grouped};
use crate::source::load;

const EXAMPLES: &str = "\
EXAMPLES
  rebirth inspect samples/googlenet.net
  rebirth inspect samples/googlenet.net --set n=8
  rebirth inspect samples/googlenet.net --json | jq .macs";

/// Show what each layer costs.
///
/// Lists the layers of a network with the shape of their output, parameters, multiply-accumulates, bytes read and written,
/// and the receptive field and stride in pixels of the input. Running statistics are state, not parameters. Needs no weights.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
    /// Print JSON on one line
    #[arg(long)]
    json: bool,
}

pub(crate) fn inspect(context: &mut Context<'_>, args: &InspectArgs) -> Result<(), Failure> {
    let model = load(context, &args.net, Mode::Infer)?;
    verified(&model.graph)?;
    let summary = analyse(&model.graph);
    if args.json {
        context.print_json(&NetJson::new(&model.graph.name, &summary))?;
    } else {
        write!(context.out, "{}", text(&model.graph.name, &summary))?;
    }
    Ok(())
}

fn text(name: &str, summary: &Summary) -> String {
    use Align::{Left, Right};
    let mut rows =
        vec![row(["layer", "operator", "output", "parameters", "state", "MACs", "read", "written", "field", "stride"])];
    rows.extend(summary.layers.iter().map(|layer| {
        let [field, stride] = reach(layer.reach);
        row([
            layer.name,
            layer.operator,
            &format!("{:?}", layer.shape),
            &count(layer.parameters),
            &count(layer.state),
            &count(layer.macs),
            &grouped(layer.read_bytes),
            &grouped(layer.written_bytes),
            &field,
            &stride,
        ])
    }));
    let all = summary;
    rows.push(row([
        "total",
        "",
        "",
        &grouped(all.parameters),
        &grouped(all.state),
        &grouped(all.macs),
        &grouped(all.read_bytes),
        &grouped(all.written_bytes),
        "",
        "",
    ]));
    let columns = [Left, Left, Left, Right, Right, Right, Right, Right, Right, Right];
    format!("{}\n{}\n", present::table(&columns, &rows), present::summary(name, summary))
}

fn row(cells: [&str; 10]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

fn count(number: u64) -> String {
    if number == 0 { "-".to_owned() } else { grouped(number) }
}

fn reach(reach: Reach) -> [String; 2] {
    match reach {
        Reach::Nothing => ["-".to_owned(), "-".to_owned()],
        Reach::Everything => ["all".to_owned(), "-".to_owned()],
        Reach::Window([height, width]) => {
            [format!("{}x{}", height.extent(), width.extent()), format!("{}x{}", height.stride(), width.stride())]
        }
    }
}

#[derive(Serialize)]
struct NetJson<'a> {
    net: &'a str,
    parameters: u64,
    state: u64,
    macs: u64,
    read_bytes: u64,
    written_bytes: u64,
    layers: Vec<LayerJson<'a>>,
}

#[derive(Serialize)]
struct LayerJson<'a> {
    name: &'a str,
    operator: &'a str,
    shape: &'a [usize],
    parameters: u64,
    state: u64,
    macs: u64,
    read_bytes: u64,
    written_bytes: u64,
    /// Height and width; null when it is the whole input, or nothing of it.
    field: Option<[usize; 2]>,
    /// Fractions where pixels have been repeated.
    stride: Option<[serde_json::Value; 2]>,
    /// `nothing`, `window` or `everything`.
    sees: &'static str,
}

impl<'a> NetJson<'a> {
    fn new(net: &'a str, summary: &'a Summary) -> NetJson<'a> {
        let &Summary { parameters, state, macs, read_bytes, written_bytes, ref layers } = summary;
        NetJson {
            net,
            parameters,
            state,
            macs,
            read_bytes,
            written_bytes,
            layers: layers.iter().map(LayerJson::new).collect(),
        }
    }
}

fn number(stride: Stride) -> serde_json::Value {
    stride.as_whole().map_or_else(|| stride.as_f64().into(), Into::into)
}

impl<'a> LayerJson<'a> {
    fn new(layer: &'a Layer) -> LayerJson<'a> {
        let (field, stride, sees) = match layer.reach {
            Reach::Nothing => (None, None, "nothing"),
            Reach::Window(spans) => {
                (Some(spans.map(Span::extent)), Some(spans.map(|span| number(span.stride()))), "window")
            }
            Reach::Everything => (None, None, "everything"),
        };
        let &Layer { name, operator, shape, parameters, state, macs, read_bytes, written_bytes, .. } = layer;
        LayerJson { name, operator, shape, parameters, state, macs, read_bytes, written_bytes, field, stride, sees }
    }
}
