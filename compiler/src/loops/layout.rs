//! How a tensor lies in memory.

use std::fmt;

use super::LANES;

/// The order of a tensor's elements in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Row-major.
    Plain,
    /// `nChw4c`: channels in blocks of [`LANES`], the lane innermost. With `groups` > 1 each group's channels start a new
    /// block. Lanes beyond the last channel hold 0. What is not of rank 4 counts as [`nchw`] says.
    Blocked {
        /// Groups that start on a block of their own; 1 where groups fill whole blocks anyway.
        groups: usize,
    },
}

impl Layout {
    /// Blocks, each group on blocks of its own.
    pub fn blocked(channels: usize, groups: usize) -> Layout {
        let aligned = (channels / groups).is_multiple_of(LANES);
        Layout::Blocked { groups: if aligned { 1 } else { groups } }
    }

    /// Blocks without regard to groups.
    pub const BLOCKED: Layout = Layout::Blocked { groups: 1 };

    /// Elements the tensor takes in memory, pad lanes included. `None` where that overflows.
    pub fn elements(self, shape: &[usize]) -> Option<usize> {
        match self {
            Layout::Plain => shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)),
            Layout::Blocked { .. } => {
                let [n, _, h, w] = nchw(shape);
                n.checked_mul(self.blocks(shape))?.checked_mul(h)?.checked_mul(w)?.checked_mul(LANES)
            }
        }
    }

    /// Channel blocks of a blocked tensor (0 for a plain one).
    pub fn blocks(self, shape: &[usize]) -> usize {
        match self {
            Layout::Plain => 0,
            Layout::Blocked { groups } => groups * (nchw(shape)[1] / groups).div_ceil(LANES),
        }
    }

    /// Whether a tensor of `shape` in this layout has the very bytes that `other_shape` has in `other`, both in the same row-major order.
    pub fn same_bytes(self, shape: &[usize], other: Layout, other_shape: &[usize]) -> bool {
        let flat = |layout: Layout, shape: &[usize]| match layout {
            Layout::Plain => true,
            Layout::Blocked { groups } => {
                let [_, c, h, w] = nchw(shape);
                h * w == 1 && (c / groups).is_multiple_of(LANES)
            }
        };
        (self == other && shape == other_shape) || (flat(self, shape) && flat(other, other_shape))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layout::Plain => f.write_str("plain"),
            Layout::Blocked { groups: 1 } => write!(f, "nChw{LANES}c"),
            Layout::Blocked { groups } => write!(f, "nChw{LANES}c/{groups}"),
        }
    }
}

/// Whether tensors of this rank have channels in dimension 1, and pixels or samples behind: images and sequences.
pub fn has_channels(rank: usize) -> bool {
    matches!(rank, 3 | 4)
}

/// A shape of rank at most 4 as (n, channels, height, width): a sequence [n, channels, width] is one row high, others have leading
/// extents of 1.
pub fn nchw(shape: &[usize]) -> [usize; 4] {
    if let [n, c, w] = *shape {
        return [n, c, 1, w];
    }
    let mut out = [1; 4];
    let skip = shape.len().saturating_sub(4);
    let tail = &shape[skip..];
    out[4 - tail.len()..].copy_from_slice(tail);
    out
}
