//! Loop IR to machine code through Cranelift. In the order data takes: [`target`] is the table of CPUs, `emit` writes one region as a
//! function (`math` holds the polynomials), `driver` writes the entry that calls the regions, [`jit`] puts them into memory. Nothing here sees
//! the graph.

mod driver;
mod element;
mod emit;
pub mod jit;
pub mod listing;
mod math;
pub mod target;

use std::fmt;

/// Why there is no code.
#[derive(Debug)]
pub enum CodegenError {
    /// `--cpu` names no row of the table.
    UnknownCpu {
        /// The name.
        name: String,
    },
    /// The weights do not fit memory.
    OutOfMemory {
        /// Bytes asked for.
        bytes: usize,
    },
    /// Our bug, or a limit of Cranelift: what it says.
    Cranelift {
        /// The region it was about.
        region: String,
        /// Cranelift's message.
        message: String,
    },
}

impl fmt::Display for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodegenError::UnknownCpu { name } => {
                let names: Vec<&str> = target::TARGETS.iter().map(|t| t.name).collect();
                write!(f, "there is no CPU level `{name}`; there are native, {}", names.join(", "))
            }
            CodegenError::OutOfMemory { bytes } => write!(f, "{bytes} bytes of packed weights do not fit memory"),
            CodegenError::Cranelift { region, message } => {
                write!(f, "code generation of region `{region}` failed: {message}")
            }
        }
    }
}

impl std::error::Error for CodegenError {}

impl CodegenError {
    fn cranelift(region: &str, error: impl fmt::Display) -> CodegenError {
        CodegenError::Cranelift { region: region.to_string(), message: error.to_string() }
    }
}

#[cfg(test)]
mod tests;
