//! `rebirth completions`

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::console::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
EXAMPLES
  rebirth completions bash > ~/.local/share/bash-completion/completions/rebirth
  rebirth completions zsh > ~/.zfunc/_rebirth
  rebirth completions fish > ~/.config/fish/completions/rebirth.fish
  rebirth completions elvish >> ~/.config/elvish/rc.elv
  rebirth completions powershell >> $PROFILE

The folder must exist; a shell that is started afterwards completes.
For zsh, ~/.zshrc needs `fpath+=~/.zfunc` before `compinit`.";

/// Print the completions of a shell.
///
/// Prints a script for the shell. Where it goes, the examples show.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

pub(crate) fn completions(context: &mut Context<'_>, args: &CompletionsArgs) -> Result<(), Failure> {
    // Collected first: the generator panics when it cannot write.
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "rebirth", &mut script);
    Ok(context.out.write_all(&script)?)
}
