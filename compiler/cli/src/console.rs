//! Where messages go and how they look there.

use std::io::{self, IsTerminal, Write};

use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::args::{Color, Options};
use crate::failure::Failure;
use crate::spinner::Spinner;

/// Columns of messages that go to no terminal.
const PIPE_WIDTH: usize = 100;

/// Columns below which messages are not broken further.
const MIN_WIDTH: usize = 40;

/// What the stream of messages can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// Whether it is a terminal, which can show progress.
    pub terminal: bool,
    /// Whether messages are coloured.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

impl Console {
    /// A pipe or file.
    pub fn pipe() -> Console {
        Console { terminal: false, color: false, width: PIPE_WIDTH }
    }

    /// The process's standard error; coloured when it is a terminal and `NO_COLOR` is unset or empty.
    pub fn of_process() -> Console {
        if !io::stderr().is_terminal() {
            return Console::pipe();
        }
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let size = terminal_size::terminal_size_of(io::stderr());
        let width = size.map_or(PIPE_WIDTH, |(width, _)| usize::from(width.0));
        Console { terminal: true, color: !forbidden, width: width.max(MIN_WIDTH) }
    }

    pub(crate) fn with_color(mut self, color: Color) -> Console {
        match color {
            Color::Auto => {}
            Color::Always => self.color = true,
            Color::Never => self.color = false,
        }
        self
    }

    fn handler(&self) -> GraphicalReportHandler {
        let theme = if self.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        GraphicalReportHandler::new_themed(theme).with_width(self.width).with_links(false)
    }
}

/// What every subcommand gets.
pub(crate) struct Context<'a> {
    /// Results.
    pub(crate) out: &'a mut dyn Write,
    /// Everything else. Errors of writing to it are dropped: nobody is left to tell.
    pub(crate) err: &'a mut dyn Write,
    pub(crate) console: Console,
    pub(crate) options: &'a Options,
}

impl Context<'_> {
    /// Says something that is no error.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.options.quiet {
            let _ = writeln!(self.err, "note: {text}");
        }
    }

    /// Shows a diagnostic.
    pub(crate) fn show(&mut self, diagnostic: &dyn miette::Diagnostic) {
        let mut text = String::new();
        if self.console.handler().render_report(&mut text, diagnostic).is_err() {
            // The labels lie outside the text: show the rest.
            text = diagnostic.to_string();
        }
        let _ = writeln!(self.err, "{}", text.trim_matches('\n'));
    }

    pub(crate) fn show_failure(&mut self, failure: &Failure) {
        match failure {
            Failure::Report(report) => {
                for entry in report.entries() {
                    self.show(entry);
                }
                let count = report.entries().len();
                if count > 1 {
                    let _ = writeln!(self.err, "{count} errors");
                }
            }
            Failure::Problem(problem) => self.show(problem),
            Failure::Closed => {}
        }
    }

    /// Does something that may take long, with a spinner on a terminal when it does.
    pub(crate) fn busy<T>(&self, doing: &'static str, work: impl FnOnce() -> T) -> T {
        let _spinner = (self.console.terminal && !self.options.quiet).then(|| Spinner::start(doing));
        work()
    }
}
