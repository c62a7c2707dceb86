//! What an operator lowers to: stages of a few kinds over whole tensors. Layouts, loops and addresses come later
//! (`loops::schedule`); fusion and layout rules are tables over these kinds, never over operators.

use std::fmt;

use super::expr::Expr;
use super::pieces::Pieces;
use crate::graph::Type;
use crate::ops::geometry::Window;

/// A tensor that a stage reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The node's n-th input (tensors, then parameters).
    Input(usize),
    /// A temporary of this lowering.
    Temp(usize),
    /// The node's n-th result. Stages may read what an earlier stage of the same lowering wrote.
    Result(usize),
}

/// An element of the n-th operand of a stage, at the position of the result (broadcast where its extent is 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand(pub usize);

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.0)
    }
}

/// How a reduction combines elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// The sum.
    Sum,
    /// The largest; NaN if any is NaN.
    Max,
}

/// How an average window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Taps on real pixels only.
    Valid,
    /// Also taps on padding, but not beyond it (a window hanging over the end in ceil mode).
    Padded,
}

/// The kinds of stages.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// result[i] = expr(operands[i]): operands are broadcast to the result as numpy does, aligned at the last dimension.
    Pointwise(Expr<Operand>),
    /// Operands x [n, c, ..] and parameters [c]: result[n, c, ..] = expr(x[n, c, ..], parameters[c]).
    Channelwise(Expr<Operand>),
    /// Operands x [n, c, ..], weight, bias, mean and variance [c]: x * s + (bias - mean * s) with s = weight / sqrt(variance + eps).
    /// The two vectors are computed in f64 when weights are packed.
    BatchNorm {
        /// Added to the variance.
        eps: f64,
    },
    /// Combines over one axis, or over height and width; the reduced extents become 1; then `finish` (over `Operand(0)`, the reduced element).
    Reduce {
        /// Reduced dimensions, ascending and contiguous.
        axes: Vec<usize>,
        /// How.
        combine: Combine,
        /// What becomes of the combined element.
        finish: Expr<Operand>,
    },
    /// Largest element, or average, of a window over height and width of NCHW. Max ignores padding; a window without a real pixel cannot be
    /// (the shape rule refuses pads as large as the window).
    Pool {
        /// The window.
        window: Window,
        /// `None`: maximum.
        average: Option<Count>,
    },
    /// result[n, c, ..] = sum of squares of x[n, c - before ..= c + after, ..], cut at the first and last channel.
    ChannelSquares {
        /// Channels before.
        before: usize,
        /// Channels after.
        after: usize,
    },
    /// Convolution: operands x [n, ic, h, w], weight [oc, ic / groups, kh, kw], and bias [oc] if there is a third.
    Conv {
        /// The window.
        window: Window,
        /// Groups; `groups == ic == oc` is depthwise.
        groups: usize,
    },
    /// Matrix product: operands x [n, k], weight [o, k] and bias [o] if there is a third.
    Gemm,
    /// Operands one behind the other along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// result[n, c, y, z] = x[n, c, y / scale[0], z / scale[1]], rounded down.
    Repeat {
        /// How often each pixel is repeated in height and width, at least once.
        scale: [usize; 2],
    },
    /// Each element from a place that moves by constant steps.
    Copy(Pieces),
    /// The same elements in row-major order under another shape. Between stages of one lowering it is the same memory.
    Reshape,
}

impl Kind {
    /// The kind's name in listings.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Pointwise(_) | Kind::Channelwise(_) | Kind::BatchNorm { .. } => "pointwise",
            Kind::Reduce { .. } => "reduce",
            Kind::Pool { .. } | Kind::ChannelSquares { .. } => "window",
            Kind::Conv { .. } | Kind::Gemm => "contraction",
            Kind::Concat { .. } | Kind::Repeat { .. } | Kind::Copy(_) | Kind::Reshape => "move",
        }
    }
}

/// One stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it does.
    pub kind: Kind,
    /// What it reads.
    pub reads: Vec<Place>,
    /// What it writes, whole.
    pub write: Place,
}

/// The stages of one node, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lowering {
    /// Types of temporaries.
    pub temps: Vec<Type>,
    /// Stages.
    pub stages: Vec<Stage>,
}

impl Lowering {
    /// One stage that reads all `inputs` and writes the first result.
    pub fn single(kind: Kind, inputs: usize) -> Lowering {
        let reads = (0..inputs).map(Place::Input).collect();
        Lowering { temps: Vec::new(), stages: vec![Stage { kind, reads, write: Place::Result(0) }] }
    }
}
