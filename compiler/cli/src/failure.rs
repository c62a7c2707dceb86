//! Why a command fails.

use std::error::Error;
use std::fmt;
use std::io;

use rebirth_compiler::diff::RunError;
use rebirth_compiler::graph::interpret::InterpretError;
use rebirth_compiler::onnx::OnnxError;
use rebirth_compiler::pipeline::CompileError;
use rebirth_lang::Report;
use rebirth_lang::codes::Code;

use crate::codes;

/// Why a command fails.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Errors in a `.net` text.
    Report(Report),
    /// Anything else.
    Problem(Problem),
    /// All there is to say has been said.
    Shown,
    /// Who read the results has had enough.
    Closed,
}

/// An error without a place in a text.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::Problem(Problem { code: code.id, message: message.into(), help: Some(help.into()) })
    }
}

impl Problem {
    /// The help; empty where there is none.
    pub(crate) fn help_text(&self) -> String {
        self.help.clone().unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Problem {}

impl miette::Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

impl From<Report> for Failure {
    fn from(report: Report) -> Failure {
        Failure::Report(report)
    }
}

impl From<rebirth_runtime::Error> for Failure {
    fn from(error: rebirth_runtime::Error) -> Failure {
        Failure::Problem(Problem { code: error.code(), help: error.help(), message: error.to_string() })
    }
}

impl From<CompileError> for Failure {
    fn from(error: CompileError) -> Failure {
        Failure::Problem(Problem { code: error.code(), help: Some(error.help()), message: error.to_string() })
    }
}

impl From<OnnxError> for Failure {
    fn from(error: OnnxError) -> Failure {
        Failure::from(&error)
    }
}

impl From<&OnnxError> for Failure {
    fn from(error: &OnnxError) -> Failure {
        Failure::Problem(Problem { code: error.code(), help: error.help(), message: error.to_string() })
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        match error {
            RunError::Compile(error) => error.into(),
            RunError::Run(error) => error.into(),
            RunError::Interpret(error @ InterpretError::TooLarge { .. }) => Failure::new(
                codes::TOO_LARGE_TO_INTERPRET,
                error.to_string(),
                "use a smaller batch or input, leave out `--per-layer`, or compare CPU levels with `--against`",
            ),
            RunError::Interpret(error) => Failure::new(
                codes::TOO_LARGE_TO_INTERPRET,
                error.to_string(),
                "this is a bug of the interpreter: please report it with the network",
            ),
        }
    }
}

/// Errors of writing results; nothing else here yields bare IO errors.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Closed;
        }
        Failure::new(
            codes::WRITE_RESULT,
            format!("the results cannot be written: {error}"),
            "check where the output goes, and the space there",
        )
    }
}

/// A warning about a `.net` text: the diagnostic of an error with another face.
#[derive(Debug)]
pub(crate) struct Warning<'a, D>(pub(crate) &'a D);

impl<D: fmt::Display> fmt::Display for Warning<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<D: fmt::Display + fmt::Debug> Error for Warning<'_, D> {}

impl<D: miette::Diagnostic> miette::Diagnostic for Warning<'_, D> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Warning)
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help()
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.0.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        self.0.related()
    }
}
