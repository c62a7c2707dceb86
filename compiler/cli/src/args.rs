//! What the command line can say.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use rebirth_compiler::codegen::target::TARGETS;
use rebirth_compiler::passes::{Options, PIPELINE};
use rebirth_compiler::resolve::{SetValue, parse_setting};

use crate::{bench, check, completions, diff, explain, fmt as format, import, inspect, ir, man, passes, run};

const EXAMPLES: &str = "\
EXAMPLES
  rebirth run samples/efficientnet_lite0.net --image samples/images/chelsea.png
  rebirth inspect samples/googlenet.net
  rebirth run --help
  rebirth explain E0112

EXIT CODES
  0 fine, 1 the model or the data is wrong, 2 wrong usage, 101 a bug of rebirth";

/// A compiler for convolutional networks: a `.net` file becomes native code.
#[derive(Debug, Parser)]
#[command(name = "rebirth", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Settings,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Settings {
    /// The level of CPU to generate code for
    #[arg(long, global = true, value_name = "LEVEL", default_value = "native", value_parser = cpu_levels())]
    pub(crate) cpu: String,
    /// The net, where the file has several
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) net: Option<String>,
    /// Whether messages are coloured; `auto` also respects NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// The form of messages on standard error
    ///
    /// Objects of `json` have level, code, message, help, fix and labels; fix and each label have file, start and end in bytes, and
    /// line, column, end_line and end_column, which count from 1, columns in characters; fix has replacement, labels have text
    /// and primary.
    #[arg(long, global = true, value_name = "FORM", value_enum, default_value_t = MessageFormat::Human)]
    pub(crate) message_format: MessageFormat,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// When messages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// For people: with the lines they are about
    Human,
    /// One line each: FILE:LINE:COLUMN: error[CODE]: MESSAGE
    Short,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::CheckArgs),
    Fmt(format::FmtArgs),
    Ir(ir::IrArgs),
    Inspect(inspect::InspectArgs),
    Run(run::RunArgs),
    Bench(bench::BenchArgs),
    Diff(diff::DiffArgs),
    Import(import::ImportArgs),
    Passes(passes::PassesArgs),
    Explain(explain::ExplainArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl Cli {
    /// The command line.
    ///
    /// # Errors
    /// What clap finds wrong with it, or a name that is set twice.
    pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
        let cli = Cli::try_parse_from(args)?;
        let mut names = HashSet::new();
        let sets = cli.command.net().map_or(&[][..], |net| &net.set);
        match sets.iter().find(|(name, _)| !names.insert(name)) {
            None => Ok(cli),
            Some((name, _)) => {
                let message = format!("`--set {name}=..` is given twice: a name has one value");
                Err(Cli::command().error(ErrorKind::ArgumentConflict, message))
            }
        }
    }
}

impl Command {
    fn net(&self) -> Option<&NetArgs> {
        match self {
            Command::Check(args) => Some(&args.net),
            Command::Ir(args) => Some(&args.net),
            Command::Inspect(args) => Some(&args.net),
            Command::Run(args) => Some(&args.net),
            Command::Bench(args) => Some(&args.net),
            Command::Diff(args) => Some(&args.net),
            Command::Import(args) => Some(&args.net),
            Command::Fmt(_) | Command::Passes(_) | Command::Explain(_) | Command::Completions(_) | Command::Man(_) => {
                None
            }
        }
    }
}

/// The network of a command.
#[derive(Debug, Args)]
pub(crate) struct NetArgs {
    /// The `.net` or `.onnx` file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Override a constant or give a symbolic dimension its size; repeatable, each name once
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, SetValue)>,
}

/// Which passes run.
#[derive(Clone, Debug, Args)]
pub(crate) struct PassArgs {
    /// Leave out a pass, one of those that `rebirth passes` lists, or `all`; repeatable
    #[arg(long, value_name = "PASS", value_parser = pass_names(), hide_possible_values = true)]
    pub(crate) disable: Vec<String>,
}

impl PassArgs {
    pub(crate) fn options(&self) -> Options {
        if self.disable.iter().any(|name| name == "all") {
            return Options::none();
        }
        Options { disabled: self.disable.iter().cloned().collect(), ..Options::default() }
    }
}

fn pass_names() -> PossibleValuesParser {
    PossibleValuesParser::new(PIPELINE.iter().map(|pass| pass.name).chain(["all"]))
}

/// Where weights come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WeightsArg {
    /// A safetensors file.
    File(PathBuf),
    /// Random ones, by seed.
    Random(u64),
    /// Those in the file of the network itself.
    Own(PathBuf),
}

impl FromStr for WeightsArg {
    type Err = String;

    fn from_str(text: &str) -> Result<WeightsArg, String> {
        match text.strip_prefix("random:") {
            None => Ok(WeightsArg::File(PathBuf::from(text))),
            Some(seed) => seed
                .parse()
                .map(WeightsArg::Random)
                .map_err(|_| "the seed must be an integer from 0, such as `random:1`".to_owned()),
        }
    }
}

impl fmt::Display for WeightsArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeightsArg::File(path) | WeightsArg::Own(path) => path.display().fmt(f),
            WeightsArg::Random(seed) => write!(f, "random:{seed}"),
        }
    }
}

/// A file for an input or from an output: `[NAME=]PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// The input or output; without, the only one.
    pub(crate) name: Option<String>,
    /// The file.
    pub(crate) path: PathBuf,
}

impl FromStr for NamedPath {
    type Err = String;

    fn from_str(text: &str) -> Result<NamedPath, String> {
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let (name, path) = match text.split_once('=') {
            Some((name, path)) if is_name(name) => (Some(name.to_owned()), path),
            _ => (None, text),
        };
        if path.is_empty() {
            return Err("the path is missing".to_owned());
        }
        Ok(NamedPath { name, path: PathBuf::from(path) })
    }
}

fn setting(text: &str) -> Result<(String, SetValue), String> {
    parse_setting(text).map_err(|diagnostic| match diagnostic.help {
        Some(help) => format!("{}; {help}", diagnostic.message),
        None => diagnostic.message,
    })
}

fn cpu_levels() -> PossibleValuesParser {
    PossibleValuesParser::new(["native"].into_iter().chain(TARGETS.iter().map(|target| target.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn named_paths() {
        let check = |text: &str, name: Option<&str>, path: &str| {
            let expected = NamedPath { name: name.map(str::to_owned), path: PathBuf::from(path) };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        };
        check("x.npy", None, "x.npy");
        check("x=y.npy", Some("x"), "y.npy");
        check("x=y=z.npy", Some("x"), "y=z.npy");
        check("./x=y.npy", None, "./x=y.npy");
        check("=y.npy", None, "=y.npy");
        assert!("x=".parse::<NamedPath>().is_err());
        assert!("".parse::<NamedPath>().is_err());
    }

    #[test]
    fn weights() {
        assert_eq!("random:7".parse(), Ok(WeightsArg::Random(7)));
        assert_eq!("random".parse(), Ok(WeightsArg::File(PathBuf::from("random"))));
        for text in ["random:", "random:-1", "random:x", "random:18446744073709551616"] {
            assert!(text.parse::<WeightsArg>().is_err(), "{text}");
        }
    }
}
