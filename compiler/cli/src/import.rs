//! `rebirth import`

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use rebirth_compiler::inspect::inspect;
use rebirth_runtime::DType;
use rebirth_runtime::fs::Staged;
use rebirth_runtime::weights::stage_weights;

use crate::args::NetArgs;
use crate::check::verified;
use crate::codes;
use crate::console::Context;
use crate::failure::Failure;
use crate::present;
use crate::source::import as read;

const EXAMPLES: &str = "\
EXAMPLES
  rebirth import model.onnx -o model.net
  rebirth import model.onnx -o model.net --set n=8
  rebirth import model.onnx -o model.net --force
  rebirth import model.onnx -o -";

/// Write an ONNX model as `.net` source.
///
/// Names come from the model. The weights go to a safetensors file beside the source, in the layouts and under the paths that the source
/// says: `model.safetensors` beside `model.net`. Neither may be there already. With `-` the source is printed and no weights are written. A first dimension
/// that is open in the model stays open where the network allows it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("file", |file| file.help("The `.onnx` file")))]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) net: NetArgs,
    /// The `.net` file to write, or `-`
    #[arg(short, long, value_name = "OUT", value_parser = target)]
    output: PathBuf,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
}

fn target(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_net = path.extension().is_some_and(|extension| extension == "net");
    if is_net || text == "-" { Ok(path) } else { Err("the name must end with `.net`".to_owned()) }
}

/// Refuses to replace what is there.
fn not_there(files: &[&Path]) -> Result<(), Failure> {
    // A link to nothing is there, too.
    let found = files.iter().filter(|path| path.symlink_metadata().is_ok());
    let names: Vec<String> = found.map(|path| format!("`{}`", path.display())).collect();
    let are = match names.len() {
        0 => return Ok(()),
        1 => "is",
        _ => "are",
    };
    let message = format!("{} {are} there already", names.join(" and "));
    Err(Failure::new(
        codes::WOULD_OVERWRITE,
        message,
        "give another name with `-o`, or `--force` to replace what is there",
    ))
}

pub(crate) fn import(context: &mut Context<'_>, args: &ImportArgs) -> Result<(), Failure> {
    let file = &args.net.file;
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("net")) {
        return Err(Failure::new(
            codes::NOT_TO_IMPORT,
            format!("`{}` is a `.net` file, not an ONNX model", file.display()),
            "`import` makes a `.net` file of an `.onnx` file; `rebirth check`, `run` and all others take this one as it is",
        ));
    }
    let weights = args.output.with_extension("safetensors");
    let is_printed = args.output == Path::new("-");
    if !is_printed && !args.force {
        not_there(&[&args.output, &weights])?;
    }
    let imported = read(context, &args.net)?;
    let graph = &imported.model.graph;
    verified(graph)?;
    let source = imported.source()?;
    if let Some((name, size)) = &imported.fixed {
        context.note(&format!(
            "the dimension `{name}` is {size} in the source: a part of the network is for one size only; another is `--set {name}=8`"
        ));
    }
    if is_printed {
        return Ok(write!(context.out, "{source}")?);
    }
    let mut text = Staged::new(&args.output)?;
    text.write(source.as_bytes())?;
    let params: Vec<_> = graph.params.iter().map(|&id| graph.value(id)).collect();
    let params: Vec<_> = params.iter().map(|value| (value.name.as_str(), value.ty.shape.as_slice())).collect();
    let values = context.busy("writing weights", || {
        stage_weights(&weights, &params, DType::F32, |i| Ok::<_, Failure>(Cow::Owned(imported.weights.load_one(i)?)))
    })?;
    // The weights first: a source without them is no use.
    values.commit()?;
    text.commit()?;
    context.note(&format!("wrote `{}` and `{}`", args.output.display(), weights.display()));
    Ok(writeln!(context.out, "{}", present::summary(&graph.name, &inspect(graph)))?)
}
