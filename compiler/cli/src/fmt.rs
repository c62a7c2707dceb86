//! `rebirth fmt`

mod diff;
mod walk;

use std::fs;
use std::path::PathBuf;

use clap::Args;
use rebirth_lang::{Source, format};
use rebirth_runtime::Error;
use rebirth_runtime::fs::write_atomically;

use crate::codes;
use crate::console::Context;
use crate::failure::Failure;
use crate::source::{capped, read_source, too_long};
use walk::Text;

const EXAMPLES: &str = "\
EXAMPLES
  rebirth fmt model.net
  rebirth fmt samples
  rebirth fmt --check samples
  rebirth fmt - < model.net

EXIT CODES
  1 a file has errors or cannot be written; with --check also, a file would change";

/// What messages call standard input.
const STDIN: &str = "<stdin>";

/// Format `.net` files.
///
/// Formats files in place, all in one style. Comments stay, and so does the network. Of a directory, formats every `.net` file in
/// it and below; hidden ones and links in it are passed over. `-` formats standard input to standard output. A file with errors
/// in it is left alone, and the others are formatted all the same.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FmtArgs {
    /// A `.net` file, a directory, or `-`
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write nothing; list the files that would change, and show how
    #[arg(long)]
    check: bool,
}

pub(crate) fn fmt(context: &mut Context<'_>, args: &FmtArgs) -> Result<(), Failure> {
    let mut good = true;
    for text in walk::texts(&args.files) {
        match text.and_then(|text| one(context, &text, args.check)) {
            Ok(fine) => good &= fine,
            Err(Failure::Closed) => return Err(Failure::Closed),
            Err(failure) => {
                context.show_failure(&failure);
                good = false;
            }
        }
    }
    if good { Ok(()) } else { Err(Failure::Shown) }
}

/// Formats one text. False when it would change and must not.
fn one(context: &mut Context<'_>, text: &Text, check: bool) -> Result<bool, Failure> {
    let source = match text {
        Text::Stdin => Source::from_bytes(STDIN, &stdin()?)?,
        Text::File(path) => read_source(path)?,
    };
    let formatted = format(&source)?;
    let same = formatted == source.text();
    match text {
        _ if check => {
            if !same {
                writeln!(context.out, "{}", source.name())?;
                if context.for_people() && !context.options.quiet {
                    let _ = write!(context.err, "{}", diff::diff(source.name(), source.text(), &formatted));
                }
            }
            return Ok(same);
        }
        Text::Stdin => context.out.write_all(formatted.as_bytes())?,
        Text::File(_) if same => {}
        Text::File(path) => {
            let failed = |source| Error::Write { path: path.clone(), source };
            let permissions = fs::metadata(path).map_err(failed)?.permissions();
            write_atomically(path, formatted.as_bytes())?;
            fs::set_permissions(path, permissions).map_err(failed)?;
        }
    }
    Ok(true)
}

fn stdin() -> Result<Vec<u8>, Failure> {
    let bytes = capped(std::io::stdin().lock()).map_err(|error| {
        let message = format!("standard input cannot be read: {error}");
        Failure::new(codes::SOURCE_UNREADABLE, message, "give the name of a file instead of `-`")
    })?;
    bytes.ok_or_else(|| too_long(&STDIN))
}
