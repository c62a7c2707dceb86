//! Reading `.net` files and what they import, and `.onnx` files.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rebirth_compiler::graph::Mode;
use rebirth_compiler::onnx::{Imported, Onnx};
use rebirth_compiler::resolve::{Model, Proven, Settings, prove, resolve};
use rebirth_lang::{Diagnostic, Program, Report, Source, Unreadable, limits};
use rebirth_runtime::suggest::closest;

use crate::args::NetArgs;
use crate::codes;
use crate::console::Context;
use crate::failure::Failure;
use crate::message::Message;

/// Reads and parses a file and what it imports; its name in messages is the path as given.
pub(crate) fn parse_program(path: &Path) -> Result<Program, Failure> {
    let root = read_source(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(Program::load(root, &mut |import| read_import(folder, import))?)
}

/// Reads a file as text.
pub(crate) fn read_source(path: &Path) -> Result<Source, Failure> {
    Ok(Source::from_bytes(path.display().to_string(), &read(path)?)?)
}

/// Reads an imported file, `import` being its path from the root file's folder. Links may not leave that folder either: what is
/// compiled must not show what else lies on the disk.
fn read_import(folder: &Path, import: &str) -> Result<Source, Unreadable> {
    let path = folder.join(import);
    let real = |path: &Path| path.canonicalize().ok();
    let home = real(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    if let (Some(home), Some(target)) = (home, real(&path))
        && !target.starts_with(&home)
    {
        return Err(Unreadable {
            message: format!("`{}` is a link that leaves the folder of the root file", path.display()),
            help: "copy the file into the folder".to_owned(),
        });
    }
    read_source(&path).map_err(|failure| match failure {
        Failure::Problem(problem) if problem.code == codes::SOURCE_NOT_FOUND.id => {
            Unreadable { message: problem.to_string(), help: other_import(&path) }
        }
        Failure::Problem(problem) => Unreadable { message: problem.to_string(), help: problem.help_text() },
        // The bytes are no text.
        Failure::Report(report) => {
            Unreadable { message: format!("`{}`: {report}", path.display()), help: "save the file as UTF-8".to_owned() }
        }
        Failure::Shown | Failure::Closed => {
            Unreadable { message: format!("`{}` cannot be read", path.display()), help: String::new() }
        }
    })
}

/// What to import instead of a file that does not exist.
fn other_import(path: &Path) -> String {
    /// More names of a folder are not looked at.
    const MOST: usize = 1000;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = folder.read_dir().into_iter().flatten().take(MOST).flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let names: Vec<String> = names.filter(|name| name.ends_with(".net")).collect();
    let wanted = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let rule = "paths of imports are relative to the file that imports";
    match closest(wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`, which is in the same folder? {rule}"),
        None => format!("check the spelling; {rule}"),
    }
}

/// Resolves the chosen net of a file and shows the warnings about it.
pub(crate) fn resolve_net(context: &mut Context<'_>, program: &Program, settings: &Settings) -> Result<Model, Failure> {
    let mut model = resolve(program, settings).map_err(|errors| report(program, errors))?;
    warn(context, program, &mut model);
    Ok(model)
}

/// Resolves the chosen net for all sizes that the settings leave open, and shows the warnings about it.
pub(crate) fn prove_net(context: &mut Context<'_>, program: &Program, settings: &Settings) -> Result<Proven, Failure> {
    let mut proven = prove(program, settings).map_err(|errors| report(program, errors))?;
    warn(context, program, &mut proven.model);
    Ok(proven)
}

fn report(program: &Program, diagnostics: Vec<Diagnostic>) -> Report {
    Report::new(program.sources().clone(), diagnostics)
}

/// Shows the warnings about a model, in a run as many as errors.
pub(crate) fn warn(context: &mut Context<'_>, program: &Program, model: &mut Model) {
    if !context.options.quiet {
        let room = limits::ERRORS.saturating_sub(context.warnings);
        model.warnings.truncate(room);
        context.warnings += model.warnings.len();
        for entry in report(program, std::mem::take(&mut model.warnings)).entries() {
            context.say(Message::Warning(entry));
        }
    }
}

/// Whether a file is an ONNX model, by its name.
pub(crate) fn is_onnx(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"))
}

/// Reads an ONNX model and maps its nodes.
pub(crate) fn import(context: &Context<'_>, net: &NetArgs) -> Result<Imported, Failure> {
    Ok(Onnx::open(&net.file)?.import(&settings(context, net))?)
}

/// Reads, parses and resolves.
pub(crate) fn load(context: &mut Context<'_>, net: &NetArgs, mode: Mode) -> Result<Model, Failure> {
    if is_onnx(&net.file) {
        return Ok(import(context, net)?.model);
    }
    let program = parse_program(&net.file)?;
    resolve_net(context, &program, &Settings { mode, ..settings(context, net) })
}

/// What the options decide about the net.
pub(crate) fn settings(context: &Context<'_>, net: &NetArgs) -> Settings {
    Settings { set: net.set.iter().cloned().collect(), net: context.options.net.clone(), ..Settings::default() }
}

/// The bytes of a file, at most as many as a text may have.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            let help = "check the spelling; relative paths start at the current directory";
            Failure::new(codes::SOURCE_NOT_FOUND, format!("the file `{name}` does not exist"), help)
        }
        _ => Failure::new(
            codes::SOURCE_UNREADABLE,
            format!("the file `{name}` cannot be read: {error}"),
            "check its permissions",
        ),
    };
    // Asked before opening: opening a pipe would wait for its writer.
    let found = path.metadata().map_err(unreadable)?;
    if found.is_dir() {
        let help = "give a `.net` file in it";
        return Err(Failure::new(
            codes::SOURCE_IS_DIRECTORY,
            format!("`{name}` is a directory, not a `.net` file"),
            help,
        ));
    }
    if !found.is_file() {
        let help = "copy the text to a file first";
        return Err(Failure::new(
            codes::SOURCE_NOT_A_FILE,
            format!("`{name}` is a device or pipe, not a `.net` file"),
            help,
        ));
    }
    if found.len() > limits::TEXT_BYTES as u64 {
        return Err(too_long(&name));
    }
    let file = File::open(path).map_err(unreadable)?;
    // The file may have grown since.
    capped(file).map_err(unreadable)?.ok_or_else(|| too_long(&name))
}

/// The bytes of a stream; `None` when they are more than a text may have.
pub(crate) fn capped(stream: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    stream.take(limits::TEXT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limits::TEXT_BYTES).then_some(bytes))
}

/// A text of this name is too long.
pub(crate) fn too_long(name: &dyn Display) -> Failure {
    let limit = limits::TEXT_BYTES;
    let message = format!("the file `{name}` has more than {limit} bytes, the most a `.net` file may have");
    Failure::new(codes::SOURCE_TOO_LONG, message, "is this a weights file? weights are given with `--weights`")
}
