//! Reading `.net` files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rebirth_compiler::resolve::{Model, Settings, resolve};
use rebirth_lang::{Report, Source, ast, limits, parse};

use crate::args::NetArgs;
use crate::codes;
use crate::console::Context;
use crate::failure::{Failure, Warning};

/// Reads and parses a file; its name in messages is the path as given.
pub(crate) fn parse_file(path: &Path) -> Result<(Source, ast::File), Failure> {
    let source = Source::from_bytes(path.display().to_string(), &read(path)?)?;
    let file = parse(&source)?;
    Ok((source, file))
}

/// Resolves the chosen net of a file and shows the warnings about it.
pub(crate) fn resolve_net(
    context: &mut Context<'_>,
    source: &Source,
    file: &ast::File,
    settings: &Settings,
) -> Result<Model, Failure> {
    let mut model = resolve(source, file, settings).map_err(|diagnostics| Report::new(source.clone(), diagnostics))?;
    if !context.options.quiet {
        for entry in Report::new(source.clone(), std::mem::take(&mut model.warnings)).entries() {
            context.show(&Warning(entry));
        }
    }
    Ok(model)
}

/// Reads, parses and resolves.
pub(crate) fn load(context: &mut Context<'_>, net: &NetArgs) -> Result<Model, Failure> {
    let (source, file) = parse_file(&net.file)?;
    resolve_net(context, &source, &file, &settings(context, net))
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
    let too_long = || {
        let message =
            format!("the file `{name}` has more than {} bytes, the most a `.net` file may have", limits::TEXT_BYTES);
        Failure::new(codes::SOURCE_TOO_LONG, message, "is this a weights file? weights are given with `--weights`")
    };
    if found.len() > limits::TEXT_BYTES as u64 {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    // The file may have grown since.
    let file = File::open(path).map_err(unreadable)?;
    file.take(limits::TEXT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > limits::TEXT_BYTES { Err(too_long()) } else { Ok(bytes) }
}
