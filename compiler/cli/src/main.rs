//! The binary: [`rebirth_cli`] on the process's arguments and streams.

use std::io;

use rebirth_cli::{Console, run_on};

fn main() {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr());
    let code = run_on(std::env::args_os(), &mut out, &mut err, Console::of_process());
    std::process::exit(code);
}
