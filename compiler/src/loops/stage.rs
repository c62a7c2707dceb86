//! What an operator lowers to: stages of a few kinds over whole tensors. Layouts, loops and addresses come later
//! (`loops::schedule`); fusion and layout rules are tables over these kinds, never over operators.

use std::fmt;

use super::expr::Expr;
use super::pieces::Pieces;
use super::sampling::Sampling;
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
    /// The smallest; NaN if any is NaN.
    Min,
}

/// How an average window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Taps on real pixels only.
    Valid,
    /// Also taps on padding, but not beyond it (a window hanging over the end in ceil mode).
    Padded,
}

/// How a convolution's weight [oc, ic / groups, kh, kw] comes from its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// It is the parameter.
    Direct,
    /// From that of a transposed convolution.
    Transposed(Transposed),
}

/// A transposed convolution, parameter [ic, oc / groups, kh, kw], as one of stride 1 with an output channel for each phase: output row
/// q * stride + r is row q of phase r. Output channels are in order of group, phase (rows before columns), channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transposed {
    /// Taps of the parameter.
    pub kernel: [usize; 2],
    /// Output pixels between neighbouring inputs.
    pub stride: [usize; 2],
    /// Output pixels between neighbouring taps.
    pub dilation: [usize; 2],
}

impl Transposed {
    /// Phases in both directions.
    pub fn phases(&self) -> Option<usize> {
        self.stride[0].checked_mul(self.stride[1])
    }

    /// Taps of the convolution in direction `d`, and its dilation. With a stride, taps that a dilation leaves out are there with
    /// weight 0.
    pub fn taps(&self, d: usize) -> [usize; 2] {
        match self.stride[d] {
            1 => [self.kernel[d], self.dilation[d]],
            stride => [(self.kernel[d] - 1) * self.dilation[d] / stride + 1, 1],
        }
    }

    /// The parameter's tap in direction `d` that is tap `at` of a phase; `None` where the weight is 0.
    pub fn tap(&self, d: usize, phase: usize, at: usize) -> Option<usize> {
        let back = self.taps(d)[0] - 1 - at;
        if self.stride[d] == 1 {
            return Some(back);
        }
        let reach = phase + self.stride[d] * back;
        let tap = reach / self.dilation[d];
        (reach.is_multiple_of(self.dilation[d]) && tap < self.kernel[d]).then_some(tap)
    }
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
    /// Combines over neighbouring axes; the reduced extents become 1, or vanish; then `finish` (over `Operand(0)`, the reduced element).
    Reduce {
        /// Reduced dimensions, ascending and contiguous.
        axes: Vec<usize>,
        /// How.
        combine: Combine,
        /// What becomes of the combined element.
        finish: Expr<Operand>,
    },
    /// The first index along an axis where the largest element is, NaN being the largest; the axis becomes 1, or vanishes. At most 2^24
    /// elements along the axis.
    ArgMax {
        /// The axis.
        axis: usize,
    },
    /// Largest element, or average, of a window over height and width of NCHW. Max ignores padding; a window without a real pixel cannot be
    /// (the shape rule refuses pads as large as the window).
    Pool {
        /// The window.
        window: Window,
        /// `None`: maximum.
        average: Option<Count>,
    },
    /// Largest element, or average, of windows over height and width of NCHW that share out the operand: window o of O over H elements is
    /// from floor(o * H / O) to before ceil((o + 1) * H / O).
    Adaptive {
        /// The average rather than the largest.
        average: bool,
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
        /// Where the weight comes from. With [`Weights::Transposed`] the bias has one element for all phases of a channel.
        weights: Weights,
    },
    /// Phases side by side become pixels: result[n, g * c + i, y, z] = x[n, (g * s + phase) * c + i, (y + crop[0]) / stride[0], (z + crop[1]) /
    /// stride[1]], where s = stride[0] * stride[1], phase = (y + crop[0]) % stride[0] * stride[1] + (z + crop[1]) % stride[1], and c is
    /// the number of the result's channels by groups.
    Interleave {
        /// Phases in height and width.
        stride: [usize; 2],
        /// Rows and columns left out at the top and left.
        crop: [usize; 2],
        /// Groups of channels, each with all phases.
        groups: usize,
    },
    /// Matrix product: operands x [n, k], weight [o, k] and bias [o] if there is a third.
    Gemm,
    /// Matrix products: operands a [.., m, k] and b [.., k, n], whose leading dimensions are broadcast as numpy does.
    MatMul,
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
    /// Height and width resampled: the element at each position rounded down, or the two there and behind mixed by what is left.
    Resample {
        /// Positions of rows and of columns.
        sampling: [Sampling; 2],
        /// Mixed.
        linear: bool,
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
            Kind::Reduce { .. } | Kind::ArgMax { .. } => "reduce",
            Kind::Pool { .. }
            | Kind::Adaptive { .. }
            | Kind::ChannelSquares { .. }
            | Kind::Resample { linear: true, .. } => "window",
            Kind::Conv { .. } | Kind::Gemm | Kind::MatMul => "contraction",
            Kind::Concat { .. }
            | Kind::Repeat { .. }
            | Kind::Resample { .. }
            | Kind::Copy(_)
            | Kind::Interleave { .. }
            | Kind::Reshape => "move",
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
