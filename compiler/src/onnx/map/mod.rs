//! The table of ONNX's operators: what each becomes. One file a family; a row says how many inputs an operator has and which
//! function maps it. Versions differ inside of the functions, where attributes became inputs.

mod arithmetic;
mod composed;
mod conv;
mod known;
mod linear;
mod moves;
mod norm;
mod pad;
mod pieces;
mod pointwise;
mod pool;
mod reduce;
mod repeat;
mod reshape;
mod resize;
mod window;

use super::importer::{Importer, Mapped};
use super::node::Node;
use crate::ops::ArgValue;

/// What is done about an operator.
pub(super) struct Row {
    op_type: &'static str,
    /// The fewest and the most inputs; those below the fewest must be given.
    pub(super) inputs: (usize, usize),
    pub(super) map: fn(&mut Importer<'_>, &Node<'_>) -> Mapped,
}

/// Any number of inputs.
const ANY: usize = usize::MAX;

macro_rules! rows {
    ($($name:literal $least:literal..$most:tt $module:ident::$map:ident;)*) => {
        /// All operators of the domain `ai.onnx` that are read, by name.
        static TABLE: &[Row] = &[$(Row { op_type: $name, inputs: ($least, $most), map: $module::$map }),*];
    };
}

rows! {
    "Abs" 1..1 pointwise::plain;
    "Add" 2..2 arithmetic::infix;
    "And" 2..2 known::only;
    "ArgMax" 1..1 reduce::argmax;
    "AveragePool" 1..1 pool::average;
    "BatchNormalization" 5..5 norm::batch;
    "Cast" 1..1 moves::cast;
    "Ceil" 1..1 known::only;
    "Celu" 1..1 composed::celu;
    "Clip" 1..3 pointwise::clip;
    "Concat" 1..ANY moves::concat;
    "Constant" 0..0 known::constant;
    "ConstantOfShape" 1..1 known::constant_of_shape;
    "Conv" 2..3 conv::conv;
    "ConvTranspose" 2..3 conv::conv_transpose;
    "DepthToSpace" 1..1 moves::depth_to_space;
    "Div" 2..2 arithmetic::infix;
    "Dropout" 1..3 moves::dropout;
    "Elu" 1..1 pointwise::elu;
    "Equal" 2..2 known::only;
    "Exp" 1..1 pointwise::plain;
    "Expand" 2..2 repeat::expand;
    "Flatten" 1..1 reshape::flatten;
    "Floor" 1..1 known::only;
    "Gather" 2..2 pieces::gather;
    "Gelu" 1..1 pointwise::gelu;
    "Gemm" 2..3 linear::gemm;
    "GlobalAveragePool" 1..1 pool::global_average;
    "GlobalLpPool" 1..1 pool::global_lp;
    "GlobalMaxPool" 1..1 pool::global_max;
    "Greater" 2..2 known::only;
    "GreaterOrEqual" 2..2 known::only;
    "GroupNormalization" 3..3 norm::group;
    "HardSigmoid" 1..1 pointwise::hard_sigmoid;
    "HardSwish" 1..1 pointwise::plain;
    "Identity" 1..1 moves::identity;
    "InstanceNormalization" 3..3 norm::instance;
    "LRN" 1..1 norm::lrn;
    "LayerNormalization" 2..3 norm::layer;
    "LeakyRelu" 1..1 pointwise::leaky_relu;
    "Less" 2..2 known::only;
    "LessOrEqual" 2..2 known::only;
    "Log" 1..1 pointwise::plain;
    "LogSoftmax" 1..1 pointwise::softmax;
    "LpNormalization" 1..1 norm::lp;
    "LpPool" 1..1 pool::lp;
    "MatMul" 2..2 linear::matmul;
    "Max" 1..ANY arithmetic::extreme;
    "MaxPool" 1..1 pool::max;
    "Mean" 1..ANY arithmetic::sum;
    "MeanVarianceNormalization" 1..1 composed::mean_variance;
    "Min" 1..ANY arithmetic::extreme;
    "Mish" 1..1 pointwise::plain;
    "Mod" 2..2 known::only;
    "Mul" 2..2 arithmetic::infix;
    "Neg" 1..1 pointwise::plain;
    "Not" 1..1 known::only;
    "Or" 2..2 known::only;
    "PRelu" 2..2 pointwise::prelu;
    "Pad" 1..4 pad::pad;
    "Pow" 2..2 arithmetic::pow;
    "RMSNormalization" 2..2 composed::root_mean_square;
    "Range" 3..3 known::only;
    "Reciprocal" 1..1 arithmetic::reciprocal;
    "ReduceL1" 1..2 reduce::reduce;
    "ReduceL2" 1..2 reduce::reduce;
    "ReduceLogSum" 1..2 reduce::reduce;
    "ReduceLogSumExp" 1..2 reduce::reduce;
    "ReduceMax" 1..2 reduce::reduce;
    "ReduceMean" 1..2 reduce::reduce;
    "ReduceMin" 1..2 reduce::reduce;
    "ReduceProd" 1..2 reduce::reduce;
    "ReduceSum" 1..2 reduce::reduce;
    "ReduceSumSquare" 1..2 reduce::reduce;
    "Relu" 1..1 pointwise::plain;
    "Reshape" 2..2 reshape::reshape;
    "Resize" 1..4 resize::resize;
    "Round" 1..1 known::only;
    "Selu" 1..1 pointwise::selu;
    "Shape" 1..1 known::shape;
    "Shrink" 1..1 composed::shrink;
    "Sigmoid" 1..1 pointwise::plain;
    "Sign" 1..1 known::only;
    "Size" 1..1 known::size;
    "Slice" 1..5 pieces::slice;
    "Softmax" 1..1 pointwise::softmax;
    "Softplus" 1..1 pointwise::plain;
    "Softsign" 1..1 composed::softsign;
    "SpaceToDepth" 1..1 moves::space_to_depth;
    "Split" 1..2 pieces::split;
    "Sqrt" 1..1 pointwise::plain;
    "Squeeze" 1..2 reshape::squeeze;
    "Sub" 2..2 arithmetic::infix;
    "Sum" 1..ANY arithmetic::sum;
    "Swish" 1..1 composed::swish;
    "Tanh" 1..1 pointwise::plain;
    "ThresholdedRelu" 1..1 composed::thresholded_relu;
    "Tile" 2..2 repeat::tile;
    "Transpose" 1..1 reshape::transpose;
    "Unsqueeze" 1..2 reshape::unsqueeze;
    "Upsample" 1..2 resize::resize;
    "Where" 3..3 known::only;
}

/// Operators that give several outputs, and how many at most.
const OUTPUTS: [(&str, usize); 5] =
    [("BatchNormalization", 5), ("Dropout", 2), ("LayerNormalization", 3), ("MaxPool", 2), ("Split", ANY)];

/// The most outputs that a node's operator gives.
pub(super) fn most_outputs(node: &Node<'_>) -> usize {
    OUTPUTS.iter().find(|(op_type, _)| *op_type == node.op_type()).map_or(1, |(_, most)| *most)
}

/// The row of a node's operator.
pub(super) fn find(node: &Node<'_>) -> Option<&'static Row> {
    node.is_standard().then(|| TABLE.iter().find(|row| row.op_type == node.op_type()))?
}

/// A count, as an argument. Those from files fit, for they have been compared with shapes.
fn int(value: usize) -> ArgValue {
    ArgValue::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

fn float(value: f64) -> ArgValue {
    ArgValue::Float(value)
}

fn text(value: &str) -> ArgValue {
    ArgValue::Str(value.to_string())
}

fn list(values: &[usize]) -> ArgValue {
    ArgValue::List(values.iter().map(|&value| int(value)).collect())
}

/// One number for all directions where they are equal.
fn directions(values: &[usize]) -> ArgValue {
    match values {
        [first, rest @ ..] if rest.iter().all(|value| value == first) => int(*first),
        _ => list(values),
    }
}

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.windows(2).all(|pair| pair[0].op_type < pair[1].op_type));
        assert!(TABLE.iter().all(|row| row.inputs.0 <= row.inputs.1));
    }
}
