//! From stages to nests: one file a kind. Every function takes operands already in the layout that
//! [`demand`](super::lower) asks for.

pub mod adaptive;
pub mod arg_max;
pub mod concat;
pub mod contraction;
pub mod conv;
pub mod copy;
pub mod interleave;
pub mod matmul;
pub mod pointwise;
pub mod reduce;
pub mod repack;
pub mod repeat;
pub mod resample;
pub mod rows;
pub mod window;

use super::layout::Layout;
use super::nest::BufferId;

/// A tensor as a schedule sees it.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Its memory.
    pub buffer: BufferId,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its layout.
    pub layout: Layout,
}
