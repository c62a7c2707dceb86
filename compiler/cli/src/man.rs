//! `rebirth man`

use std::io;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use rebirth_runtime::Error;
use rebirth_runtime::fs::write_atomically;
use roff::{Roff, roman};

use crate::args::Cli;
use crate::console::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
EXAMPLES
  rebirth man --output ~/.local/share/man/man1
  man rebirth-run
  rebirth man | man -l -";

/// Print the manual page, or write all pages.
///
/// Prints the page of `rebirth` itself as roff. With `--output`, writes it to `rebirth.1` in that folder, and the page of each
/// command to a file such as `rebirth-run.1`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManArgs {
    /// The folder to write to, which is made where it is missing
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) fn man(context: &mut Context<'_>, args: &ManArgs) -> Result<(), Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.output else {
        return Ok(context.out.write_all(&page(&command)?)?);
    };
    std::fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        let name = Man::new(command.clone()).get_filename();
        write_atomically(&folder.join(name), &page(command)?)?;
    }
    Ok(())
}

/// A command's page. The text behind its help gets sections of its own, whose lines stay lines.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone()).source(concat!("rebirth ", env!("CARGO_PKG_VERSION"))).manual("Rebirth");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut sections = Roff::new();
    for line in command.get_after_help().map(ToString::to_string).unwrap_or_default().lines() {
        if line.chars().all(|c| c.is_ascii_uppercase() || c == ' ') && !line.is_empty() {
            sections.control("SH", [line]).control("nf", []);
        } else {
            sections.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
    }
    sections.to_writer(&mut page)?;
    Ok(page)
}
