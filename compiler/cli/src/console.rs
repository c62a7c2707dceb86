//! Where messages go and how they look there.

use std::io::{self, IsTerminal, Write};

use miette::{GraphicalReportHandler, GraphicalTheme};

use serde::Serialize;

use crate::args::{Color, MessageFormat, Settings};
use crate::failure::{Failure, Warning};
use crate::message::{Message, json, short};
use crate::spinner::Spinner;

/// Columns of messages that go to no terminal.
const PIPE_WIDTH: usize = 100;

/// Columns below which messages are not broken further.
const MIN_WIDTH: usize = 40;

/// What the streams can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// Whether messages go to a terminal, which can show progress.
    pub terminal: bool,
    /// Whether messages are coloured.
    pub color: bool,
    /// Whether results are coloured.
    pub color_results: bool,
    /// Columns of messages.
    pub width: usize,
}

impl Console {
    /// Pipes or files.
    pub fn pipe() -> Console {
        Console { terminal: false, color: false, color_results: false, width: PIPE_WIDTH }
    }

    /// The process's standard output and error; what is a terminal is coloured when `NO_COLOR` is unset or empty.
    pub fn of_process() -> Console {
        let allowed = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let terminal = io::stderr().is_terminal();
        let asked = std::env::var("COLUMNS").ok();
        let found = terminal.then(|| columns(&io::stderr())).flatten();
        Console {
            terminal,
            color: allowed && terminal,
            color_results: allowed && io::stdout().is_terminal(),
            width: width(asked.as_deref(), found),
        }
    }

    pub(crate) fn with_color(mut self, color: Color) -> Console {
        if color != Color::Auto {
            (self.color, self.color_results) = (color == Color::Always, color == Color::Always);
        }
        self
    }

    fn handler(&self) -> GraphicalReportHandler {
        let theme = if self.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        GraphicalReportHandler::new_themed(theme).with_width(self.width).with_links(false)
    }
}

/// The width of messages: what `COLUMNS` asks for, else that of the terminal, else that of a pipe.
fn width(asked: Option<&str>, found: Option<usize>) -> usize {
    let asked = asked.and_then(|text| text.trim().parse::<u16>().ok()).filter(|&columns| columns > 0);
    asked.map(usize::from).or(found).unwrap_or(PIPE_WIDTH).max(MIN_WIDTH)
}

/// The columns of a terminal that knows them, whether or not it knows its rows.
#[cfg(unix)]
fn columns(terminal: &io::Stderr) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

/// The columns of a terminal.
#[cfg(not(unix))]
fn columns(terminal: &io::Stderr) -> Option<usize> {
    terminal_size::terminal_size_of(terminal).map(|(width, _)| usize::from(width.0))
}

/// How a text stands out where there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Bold,
    Dim,
}

impl Style {
    /// The text in this style, or as it is without `color`.
    pub(crate) fn on(self, text: &str, color: bool) -> String {
        let code = match self {
            Style::Bold => 1,
            Style::Dim => 2,
        };
        if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// What every subcommand gets.
pub(crate) struct Context<'a> {
    /// Results.
    pub(crate) out: &'a mut dyn Write,
    /// Everything else. Errors of writing to it are dropped: nobody is left to tell.
    pub(crate) err: &'a mut dyn Write,
    pub(crate) console: Console,
    pub(crate) options: &'a Settings,
    /// Warnings shown.
    pub(crate) warnings: usize,
    /// The code of the first error shown.
    pub(crate) first_error: Option<&'static str>,
    /// Whether an error or warning has been shown to people.
    pub(crate) has_shown: bool,
}

impl Context<'_> {
    /// Says something that is no error.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.options.quiet {
            self.say(Message::Note(text));
        }
    }

    /// Shows a message in the form that the options ask for.
    pub(crate) fn say(&mut self, message: Message<'_>) {
        if message.level() == "error" {
            self.first_error = self.first_error.or(message.code());
        }
        let text = match self.options.message_format {
            MessageFormat::Human => self.human(message),
            MessageFormat::Short => short::short(message),
            // Strings and numbers always have a JSON.
            MessageFormat::Json => json::json(message).unwrap_or_default(),
        };
        let _ = writeln!(self.err, "{text}");
    }

    /// With an empty line before it when an error or warning was shown before.
    fn human(&mut self, message: Message<'_>) -> String {
        let diagnostic: &dyn miette::Diagnostic = match message {
            Message::Error(entry) => entry,
            Message::Warning(entry) => &Warning(entry),
            Message::Problem(problem) => problem,
            Message::Note(text) => return format!("note: {text}"),
        };
        let mut text = String::new();
        if self.console.handler().render_report(&mut text, diagnostic).is_err() {
            // The labels lie outside the text: show the rest.
            text = diagnostic.to_string();
        }
        let gap = if std::mem::replace(&mut self.has_shown, true) { "\n" } else { "" };
        format!("{gap}{}", text.trim_matches('\n'))
    }

    /// Shows why a command, or a part of it, failed.
    pub(crate) fn show_failure(&mut self, failure: &Failure) {
        match failure {
            Failure::Report(report) => {
                for entry in report.entries() {
                    self.say(Message::Error(entry));
                }
                let count = report.entries().len();
                if count > 1 && self.for_people() {
                    let _ = writeln!(self.err, "{count} errors");
                }
            }
            Failure::Problem(problem) => self.say(Message::Problem(problem)),
            Failure::Shown | Failure::Closed => {}
        }
    }

    /// The last line of a failed run: where to read on.
    pub(crate) fn point_to_explain(&mut self) {
        if let Some(code) = self.first_error.filter(|_| self.for_people() && !self.options.quiet) {
            let line = format!("for more about an error: rebirth explain {code}");
            let _ = writeln!(self.err, "\n{}", Style::Dim.on(&line, self.console.color));
        }
    }

    /// Whether messages are for people.
    pub(crate) fn for_people(&self) -> bool {
        self.options.message_format == MessageFormat::Human
    }

    /// Prints a result as JSON on one line.
    pub(crate) fn print_json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string(value).map_err(io::Error::from)?;
        Ok(writeln!(self.out, "{json}")?)
    }

    /// Does something that may take long, with a spinner on a terminal when it does.
    pub(crate) fn busy<T>(&self, doing: &'static str, work: impl FnOnce() -> T) -> T {
        let spins = self.console.terminal && self.for_people() && !self.options.quiet;
        let _spinner = spins.then(|| Spinner::start(doing));
        work()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths() {
        for (asked, found, expected) in [
            (None, None, PIPE_WIDTH),
            (None, Some(72), 72),
            (Some("80"), None, 80),
            (Some("120"), Some(72), 120),
            (Some("8"), None, MIN_WIDTH),
            (None, Some(8), MIN_WIDTH),
            (Some("0"), Some(72), 72),
            (Some(""), None, PIPE_WIDTH),
            (Some("wide"), None, PIPE_WIDTH),
            (Some("99999999999"), None, PIPE_WIDTH),
        ] {
            assert_eq!(width(asked, found), expected, "{asked:?} {found:?}");
        }
    }
}
