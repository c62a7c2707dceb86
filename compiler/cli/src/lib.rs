//! The command line of Rebirth: IO and presentation around `rebirth_compiler` and `rebirth_runtime`, one file a subcommand.
//!
//! Results go to the first stream, everything else to the second. Exit codes: 0 fine, 1 the model or the data is wrong, 2 usage;
//! 101 is a panic, which is always a bug of ours.
//!
//! Modules in the order a command uses them: `args` (what the command line says), [`console`] and `message` (how to show things),
//! `source` and `prepare` (from files to a compiled module), the subcommands, `present` (numbers and tables), `failure` (why
//! commands fail) with the table of [`codes`].

mod args;
pub mod console;
mod message;

mod prepare;
mod source;

mod bench;
mod check;
mod completions;
mod diff;
mod explain;
mod fmt;
mod import;
mod inspect;
mod ir;
mod man;
mod passes;
mod run;

mod present;

pub mod codes;
mod failure;
mod spinner;

use std::ffi::OsString;
use std::io::Write;

use args::{Cli, Command};
pub use console::Console;
use console::Context;
use failure::Failure;

/// Runs a command as on a pipe: without colours, 100 columns wide. `args` starts with the program's name. Returns the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    run_on(args, out, err, Console::pipe())
}

/// Runs a command whose second stream goes to a known console. Returns the exit code.
pub fn run_on(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    console: Console,
) -> i32 {
    let cli = match Cli::read(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, out, err, console),
    };
    let console = console.with_color(cli.options.color);
    let mut context =
        Context { out, err, console, options: &cli.options, warnings: 0, first_error: None, has_shown: false };
    let result = match &cli.command {
        Command::Check(args) => check::check(&mut context, args),
        Command::Fmt(args) => fmt::fmt(&mut context, args),
        Command::Ir(args) => ir::ir(&mut context, args),
        Command::Inspect(args) => inspect::inspect(&mut context, args),
        Command::Run(args) => run::run(&mut context, args),
        Command::Bench(args) => bench::bench(&mut context, args),
        Command::Import(args) => import::import(&mut context, args),
        Command::Diff(args) => diff::diff(&mut context, args),
        Command::Passes(args) => passes::passes(&mut context, args),
        Command::Explain(args) => explain::explain(&mut context, args),
        Command::Completions(args) => completions::completions(&mut context, args),
        Command::Man(args) => man::man(&mut context, args),
    };
    match result.and_then(|()| Ok(context.out.flush()?)) {
        Ok(()) | Err(Failure::Closed) => 0,
        Err(failure) => {
            context.show_failure(&failure);
            context.point_to_explain();
            1
        }
    }
}

/// Shows what clap has to say: help and version as results, mistakes as errors.
fn usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write, console: Console) -> i32 {
    let text = error.render();
    // Nobody is left to tell when a stream is closed.
    let _ = if !error.use_stderr() {
        write!(out, "{text}").and_then(|()| out.flush())
    } else if console.color {
        write!(err, "{}", text.ansi())
    } else {
        write!(err, "{text}")
    };
    error.exit_code()
}
