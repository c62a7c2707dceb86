//! The loop IR of a whole network.

use rebirth_runtime::{DType, Port};

use super::layout::Layout;
use super::nest::{BufferId, Nest};
use super::pack::Pack;
use crate::graph::ValueId;

/// Where a buffer lives while the module runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The caller's n-th input.
    Input(usize),
    /// The caller's n-th output.
    Output(usize),
    /// This many bytes into the packed weights.
    Weights(usize),
    /// This many bytes into the arena.
    Arena(usize),
}

/// A tensor in memory. Loads convert its elements to f32, stores convert back; what is loaded and stored at once is not rounded in
/// between.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// The value it holds, as graph text spells it, or what it was packed for.
    pub name: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Its shape; for packed weights the flat length.
    pub shape: Vec<usize>,
    /// Its layout.
    pub layout: Layout,
    /// Elements, pad lanes included.
    pub elements: usize,
    /// Where it lives.
    pub home: Home,
    /// The buffer whose memory this one is, under another shape.
    pub alias: Option<BufferId>,
}

impl Buffer {
    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.elements * self.dtype.size()
    }
}

/// What one function of the module computes: the stages of one operator, or a conversion between layouts.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Unique; the function's name.
    pub name: String,
    /// The operator, or `repack`.
    pub operator: String,
    /// What it may load from: operands and weights.
    pub reads: Vec<BufferId>,
    /// What it may load from and store to: results and temporaries.
    pub writes: Vec<BufferId>,
    /// The operand that the result may overwrite: every element is read before its place is written.
    pub in_place: Option<BufferId>,
    /// The loops, in order.
    pub nests: Vec<Nest>,
}

/// The loop IR of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The network's name.
    pub name: String,
    /// Inputs as callers see them.
    pub inputs: Vec<Port>,
    /// Outputs as callers see them.
    pub outputs: Vec<Port>,
    /// All buffers.
    pub buffers: Vec<Buffer>,
    /// The values of the graph that are packed: parameters, and what is computed from these and constants alone.
    pub constants: Vec<ValueId>,
    /// How the weights blob is filled.
    pub packs: Vec<Pack>,
    /// What runs, in order.
    pub regions: Vec<Region>,
    /// Scratch memory.
    pub arena_bytes: usize,
    /// Packed weights.
    pub weights_bytes: usize,
}

impl Program {
    /// A buffer by id.
    pub fn buffer(&self, id: BufferId) -> &Buffer {
        &self.buffers[id.index()]
    }

    /// The buffer that owns the memory of `id`.
    pub fn root(&self, id: BufferId) -> BufferId {
        let mut id = id;
        while let Some(of) = self.buffer(id).alias {
            id = of;
        }
        id
    }
}
