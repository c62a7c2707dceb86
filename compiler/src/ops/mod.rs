//! The operator table. One file an operator: source signature, attributes, shape rule, reference evaluation, lowering, cost,
//! receptive field and an example. [`Operator`] and [`Declare`] have no default bodies (but for what elements may be: f32), so leaving one out does not compile;
//! everything else (resolver, graph text, interpreter, lowering, `inspect`, random tests) reads this table.
//!
//! Adding an operator: write `ops/NAME.rs`, add a row to the `operators!` list below.

pub mod adaptive;
pub mod blocks;
pub mod call;
pub mod elementwise;
pub mod geometry;
pub mod moves;
pub mod normalisation;
pub mod pooling;
pub mod reader;
pub mod reduction;
pub mod rng;
pub mod shapes;
pub mod value;

pub use call::{ArgKind, ArgSpec, ArgValue, Call, CallError, Operands, ParamSpec, Signature};
pub use rng::Rng;
pub use value::Bounded;

use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::Lowering;

/// An attribute as graph text shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Attr {
    /// `axis=1`
    Int(i64),
    /// `pad=[1,1,1,1]`
    Ints(Vec<i64>),
    /// `eps=0.00001`
    Float(f64),
    /// `ceil=true`
    Bool(bool),
    /// `mode=reflect`
    Word(String),
}

/// Attributes in their printing order.
pub type Attributes = Vec<(&'static str, Attr)>;

/// Why operands do not fit an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What is wrong, with the shapes.
    pub message: String,
    /// Positions of the operands at fault, the most telling first; empty for all.
    pub operands: Vec<usize>,
    /// How to mend it.
    pub help: Option<String>,
}

impl Mismatch {
    /// A mismatch of the operands as a whole.
    pub fn new(message: impl Into<String>) -> Mismatch {
        Mismatch { message: message.into(), operands: Vec::new(), help: None }
    }

    /// Blames these operands.
    #[must_use]
    pub fn at(mut self, operands: impl Into<Vec<usize>>) -> Mismatch {
        self.operands = operands.into();
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Mismatch {
        self.help = Some(help.into());
        self
    }
}

/// Work of a node. Bytes follow from the types and are counted by the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-accumulates of convolutions and dense layers, bias not counted.
    pub macs: u64,
}

/// How far a result element sees, in the operand's pixels; height, then width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// One element of the operand for each of the result.
    Point,
    /// A window; extents count dilation.
    Window {
        /// Rows and columns one result element reads.
        extent: [usize; 2],
        /// Operand pixels between neighbouring results.
        stride: [usize; 2],
    },
    /// One element of the operand, which as many neighbouring results read.
    Repeated {
        /// Results an element of the operand, in height and width.
        times: [usize; 2],
    },
    /// As many neighbours, of elements each repeated and then taken in steps.
    Resampled {
        /// Rows and columns one result element reads.
        taps: usize,
        /// How often elements are repeated, in height and width.
        times: [usize; 2],
        /// Which of those are taken: every so many.
        by: [usize; 2],
    },
    /// One element of the operand, whose height and width are exchanged.
    Turned,
    /// The whole operand.
    Everything,
}

/// A random application of an operator, for tests.
#[derive(Clone, Debug)]
pub struct Example<T> {
    /// The operator.
    pub op: T,
    /// Types of its inputs, parameters included.
    pub inputs: Vec<Type>,
}

/// What an operator knows about one application of itself. `inputs` holds the tensors, then the parameters.
pub trait Operator {
    /// The operator's name in source and graph text.
    fn name(&self) -> &'static str;

    /// All attributes; [`Declare::from_attributes`] reads them back.
    fn attributes(&self) -> Attributes;

    /// Types of the results. Checks everything that evaluation and lowering take for granted; all arithmetic checked. Over
    /// symbolic extents: what it accepts, it accepts for all sizes for which no [`Extent::room`] it asks for and no result is too small.
    ///
    /// # Errors
    /// The inputs do not fit the operator or each other, for all sizes or for some.
    fn infer<D: Extent>(&self, inputs: &[&Type<D>], mode: Mode) -> Result<Vec<Type<D>>, Mismatch>
    where
        Self: Sized;

    /// The results in f64, with a bound on how far an f32 evaluation in any order of summation may be from them.
    fn evaluate(&self, inputs: &[&Bounded], mode: Mode) -> Vec<Bounded>;

    /// The loops of one application (inference only).
    fn lower(&self, inputs: &[&Type], results: &[&Type]) -> Lowering;

    /// The work of one application.
    fn cost(&self, inputs: &[&Type], results: &[&Type]) -> Cost;

    /// What one element of the result sees of the first operand.
    fn field(&self) -> Field;
}

/// What an operator says of itself before there is an application.
pub trait Declare: Operator + Sized {
    /// Name, operands and arguments of a call in source.
    const SIGNATURE: Signature;

    /// Whether operands may be of any type, as where elements are only moved. All others compute in f32, and take nothing else.
    const ANY_ELEMENTS: bool = false;

    /// Whether a call in source gives a list of the results, also where that is one. All others give a tensor.
    const GIVES_LIST: bool = false;

    /// From a call in source to the operator and the parameters it needs.
    ///
    /// # Errors
    /// An argument is out of range, or the operand has the wrong rank to derive the parameters.
    fn from_call(call: &Call<'_>) -> Result<(Self, Vec<ParamSpec>), CallError>;

    /// From the attributes of graph text.
    ///
    /// # Errors
    /// An attribute is missing, unknown, or of the wrong kind.
    fn from_attributes(attributes: &mut call::AttrReader) -> Result<Self, String>;

    /// A random small application.
    fn example(rng: &mut Rng) -> Example<Self>;
}

/// [`Declare::from_call`] with its type erased.
pub type FromCall = fn(&Call<'_>) -> Result<(Op, Vec<ParamSpec>), CallError>;

/// A row of the table: an operator's declaration with its type erased.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Name, operands and arguments of a call in source.
    pub signature: &'static Signature,
    /// See [`Declare::from_call`].
    pub from_call: FromCall,
    /// See [`Declare::from_attributes`].
    pub from_attributes: fn(&mut call::AttrReader) -> Result<Op, String>,
    /// See [`Declare::ANY_ELEMENTS`].
    pub any_elements: bool,
    /// See [`Declare::GIVES_LIST`].
    pub gives_list: bool,
    /// See [`Declare::example`].
    pub example: fn(&mut Rng) -> Example<Op>,
}

macro_rules! operators {
    ($($module:ident :: $Op:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// An operator with its attributes.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Op {
            $(
                #[doc = concat!("See [`mod@", stringify!($module), "`].")]
                $Op($module::$Op)
            ),*
        }

        $(
            impl From<$module::$Op> for Op {
                fn from(op: $module::$Op) -> Op {
                    Op::$Op(op)
                }
            }
        )*

        impl Op {
            /// Types of the results; see [`Operator::infer`].
            ///
            /// # Errors
            /// The inputs do not fit the operator or each other, for all sizes or for some.
            pub fn infer<D: Extent>(&self, inputs: &[&Type<D>], mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
                let any = match self {
                    $(Op::$Op(_) => <$module::$Op as Declare>::ANY_ELEMENTS),*
                };
                if !any {
                    shapes::only_f32(self.name(), inputs)?;
                }
                match self {
                    $(Op::$Op(op) => op.infer(inputs, mode)),*
                }
            }
        }

        impl std::ops::Deref for Op {
            type Target = dyn Operator;

            fn deref(&self) -> &(dyn Operator + 'static) {
                match self {
                    $(Op::$Op(op) => op),*
                }
            }
        }

        /// All operators, in alphabetical order of their names.
        pub static TABLE: &[Entry] = &[
            $(Entry {
                signature: &<$module::$Op as Declare>::SIGNATURE,
                from_call: |call| <$module::$Op as Declare>::from_call(call).map(|(op, params)| (op.into(), params)),
                from_attributes: |attributes| <$module::$Op as Declare>::from_attributes(attributes).map(Op::from),
                any_elements: <$module::$Op as Declare>::ANY_ELEMENTS,
                gives_list: <$module::$Op as Declare>::GIVES_LIST,
                example: |rng| {
                    let example = <$module::$Op as Declare>::example(rng);
                    Example { op: example.op.into(), inputs: example.inputs }
                },
            }),*
        ];
    };
}

operators! {
    abs::Abs,
    adaptive_avg_pool::AdaptiveAvgPool,
    adaptive_max_pool::AdaptiveMaxPool,
    add::Add,
    argmax::Argmax,
    avg_pool::AvgPool,
    batch_norm::BatchNorm,
    cast::Cast,
    channel_shuffle::ChannelShuffle,
    clip::Clip,
    concat::Concat,
    constant::Constant,
    conv::Conv,
    conv_transpose::ConvTranspose,
    dense::Dense,
    depth_to_space::DepthToSpace,
    div::Div,
    dropout::Dropout,
    elu::Elu,
    exp::Exp,
    flatten::Flatten,
    gelu::Gelu,
    global_avg_pool::GlobalAvgPool,
    global_max_pool::GlobalMaxPool,
    group_norm::GroupNorm,
    hard_sigmoid::HardSigmoid,
    hard_swish::HardSwish,
    instance_norm::InstanceNorm,
    l2_normalize::L2Normalize,
    layer_norm::LayerNorm,
    leaky_relu::LeakyRelu,
    log::Log,
    log_softmax::LogSoftmax,
    lrn::Lrn,
    matmul::MatMul,
    max::Max,
    max_pool::MaxPool,
    min::Min,
    mish::Mish,
    mul::Mul,
    neg::Neg,
    pad::Pad,
    pow::Pow,
    prelu::Prelu,
    reduce_max::ReduceMax,
    reduce_mean::ReduceMean,
    reduce_min::ReduceMin,
    reduce_sum::ReduceSum,
    relu::Relu,
    relu6::Relu6,
    reshape::Reshape,
    resize::Resize,
    scale::Scale,
    selu::Selu,
    sigmoid::Sigmoid,
    silu::Silu,
    slice::Slice,
    softmax::Softmax,
    softplus::Softplus,
    space_to_depth::SpaceToDepth,
    split::Split,
    sqrt::Sqrt,
    squeeze::Squeeze,
    sub::Sub,
    tanh::Tanh,
    transpose::Transpose,
    unsqueeze::Unsqueeze,
}

/// The row of an operator, by name.
pub fn find(name: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.signature.name == name)
}

#[cfg(test)]
mod tests;
