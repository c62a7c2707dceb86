//! The interface between generated code and its host.

use std::fmt;

use crate::buffer::AlignedBuffer;
use crate::dtype::DType;

/// The function a module is entered by.
///
/// - `io`: one pointer an input, then one an output, in the order of the [`Description`]; each is aligned to its
///   element, no more. Inputs are only read.
/// - `weights`: the packed weights, [`Description::weights_bytes`] long, 64-byte aligned, only read.
/// - `arena`: scratch of [`Description::arena_bytes`], 64-byte aligned, for this call alone; zero before the first call
///   of a session, afterwards as the last call left it.
pub type Entry = unsafe extern "C" fn(io: *const *mut u8, weights: *const u8, arena: *mut u8);

/// An input or an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The name it has in the source.
    pub name: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Its dimensions, outermost first.
    pub shape: Vec<usize>,
}

/// What a host has to know to call a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The inputs, in the order of the pointer table.
    pub inputs: Vec<Port>,
    /// The outputs, in the order of the pointer table, behind the inputs.
    pub outputs: Vec<Port>,
    /// Bytes of scratch a call needs.
    pub arena_bytes: usize,
    /// Bytes of packed weights.
    pub weights_bytes: usize,
    /// The level of CPU the code needs, a name of [`crate::cpu::LEVELS`].
    pub cpu: String,
}

/// Compiled code with its weights: immutable, shared between sessions (and threads) by `Arc`.
pub struct Module {
    description: Description,
    weights: AlignedBuffer,
    entry: Entry,
    /// Dropped last: the memory that `entry` points into.
    _code: Box<dyn Send + Sync>,
}

impl Module {
    /// Joins code with its description and weights.
    ///
    /// Whether the weights have the described size, and whether this machine has the CPU level, is checked by
    /// [`crate::Session::new`], before anything runs.
    ///
    /// # Safety
    /// `entry` must be code that is valid to call while `code` lives, from several threads at once, on a CPU of the
    /// described level. Called with buffers as [`Entry`] says, sized as `description` says, it must read and write
    /// nothing else, write no input and no weight, and return without unwinding.
    #[allow(unsafe_code)]
    pub unsafe fn new(
        description: Description,
        weights: AlignedBuffer,
        entry: Entry,
        code: Box<dyn Send + Sync>,
    ) -> Module {
        Module { description, weights, entry, _code: code }
    }

    /// What a host has to know to call the module.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The packed weights.
    pub fn weights(&self) -> &AlignedBuffer {
        &self.weights
    }

    pub(crate) fn entry(&self) -> Entry {
        self.entry
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("description", &self.description).finish_non_exhaustive()
    }
}
