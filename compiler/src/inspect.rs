//! What a network costs, layer by layer: parameters, multiply-accumulates, bytes moved, and how much of the input a result sees.
//!
//! Counts what the graph says, not what the generated code does: fusing and packing change no number here.

use crate::graph::{Def, Graph, Node, ValueId};
use crate::ops::Field;

/// How much of the network's input one element sees, in pixels, height then width. The variants are in the order of growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nothing: it depends on constants and parameters alone.
    Nothing,
    /// A window.
    Window {
        /// Rows and columns of the input that one element sees.
        extent: [usize; 2],
        /// Input pixels between neighbouring elements.
        stride: [usize; 2],
    },
    /// The whole input.
    Everything,
}

impl Reach {
    /// What an element of the input sees.
    const INPUT: Reach = Reach::Window { extent: [1, 1], stride: [1, 1] };

    /// The reach of an operator's result, given that of its operand.
    fn through(self, field: Field) -> Reach {
        match (self, field) {
            (Reach::Nothing | Reach::Everything, _) | (_, Field::Point) => self,
            (Reach::Window { .. }, Field::Everything) => Reach::Everything,
            (Reach::Window { extent, stride }, Field::Window { extent: window, stride: step }) => Reach::Window {
                extent: [0, 1].map(|d| extent[d].saturating_add(window[d].saturating_sub(1).saturating_mul(stride[d]))),
                stride: [0, 1].map(|d| stride[d].saturating_mul(step[d])),
            },
        }
    }

    /// The larger of two, each side by itself.
    fn join(self, other: Reach) -> Reach {
        match (self, other) {
            (Reach::Nothing, reach) | (reach, Reach::Nothing) => reach,
            (Reach::Everything, _) | (_, Reach::Everything) => Reach::Everything,
            (Reach::Window { extent: e, stride: s }, Reach::Window { extent, stride }) => Reach::Window {
                extent: [0, 1].map(|d| e[d].max(extent[d])),
                stride: [0, 1].map(|d| s[d].max(stride[d])),
            },
        }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The name of its first result, unique in the graph.
    pub name: String,
    /// The operator's name.
    pub operator: &'static str,
    /// The shape of its first result.
    pub shape: Vec<usize>,
    /// Elements of its trained parameters.
    pub parameters: u64,
    /// Elements of its state, such as running statistics.
    pub state: u64,
    /// Multiply-accumulates of convolutions and dense layers, bias not counted.
    pub macs: u64,
    /// Bytes of its operands, parameters included.
    pub read_bytes: u64,
    /// Bytes of its results.
    pub written_bytes: u64,
    /// What one element of its first result sees of the network's input.
    pub reach: Reach,
}

/// A whole network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// All nodes, in the order of the graph.
    pub layers: Vec<Layer>,
    /// Elements of all trained parameters; one that several nodes share counts once.
    pub parameters: u64,
    /// Elements of all state.
    pub state: u64,
    /// Multiply-accumulates of all layers.
    pub macs: u64,
    /// Bytes that all layers read.
    pub read_bytes: u64,
    /// Bytes that all layers write.
    pub written_bytes: u64,
}

/// Costs of a graph that satisfies [`verify`](crate::graph::verify()). Sums saturate.
pub fn inspect(graph: &Graph) -> Summary {
    let mut reaches = vec![Reach::Nothing; graph.values.len()];
    for &input in &graph.inputs {
        reaches[input.index()] = Reach::INPUT;
    }
    let mut layers = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let operands = node.inputs.iter().map(|id| reaches[id.index()]);
        let reach = operands.fold(Reach::Nothing, Reach::join).through(node.op.field());
        for result in &node.results {
            reaches[result.index()] = reach;
        }
        layers.push(layer(graph, node, reach));
    }
    let sum = |of: fn(&Layer) -> u64| layers.iter().map(of).fold(0, u64::saturating_add);
    Summary {
        parameters: elements(graph, &graph.params, |def| def == Def::Param),
        state: elements(graph, &graph.params, |def| def == Def::State),
        macs: sum(|layer| layer.macs),
        read_bytes: sum(|layer| layer.read_bytes),
        written_bytes: sum(|layer| layer.written_bytes),
        layers,
    }
}

fn layer(graph: &Graph, node: &Node, reach: Reach) -> Layer {
    let first = node.results.first();
    Layer {
        name: first.map_or_else(String::new, |&id| graph.value(id).name.clone()),
        operator: node.op.name(),
        shape: first.map_or_else(Vec::new, |&id| graph.ty(id).shape.clone()),
        parameters: elements(graph, &node.inputs, |def| def == Def::Param),
        state: elements(graph, &node.inputs, |def| def == Def::State),
        macs: node.op.cost(&graph.input_types(node), &graph.result_types(node)).macs,
        read_bytes: bytes(graph, &node.inputs),
        written_bytes: bytes(graph, &node.results),
        reach,
    }
}

fn elements(graph: &Graph, values: &[ValueId], counts: impl Fn(Def) -> bool) -> u64 {
    values
        .iter()
        .filter(|&&id| counts(graph.value(id).def))
        .map(|&id| graph.ty(id).elements() as u64)
        .fold(0, u64::saturating_add)
}

fn bytes(graph: &Graph, values: &[ValueId]) -> u64 {
    let size = |&id: &ValueId| {
        let ty = graph.ty(id);
        (ty.elements() as u64).saturating_mul(ty.dtype.size() as u64)
    };
    values.iter().map(size).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::load;
    use crate::resolve::Settings;
    use rebirth_lang::Source;

    fn summary(body: &str) -> Summary {
        let text = format!("net t(x: f32[n, 4, 32, 32]) -> f32[n, 4, 32, 32] {{ {body} }}");
        let model = load(&Source::new("t.net", text), &Settings::default()).unwrap();
        inspect(&model.graph)
    }

    fn check(body: &str, extent: [usize; 2], stride: [usize; 2]) {
        assert_eq!(summary(body).layers.last().unwrap().reach, Reach::Window { extent, stride }, "{body}");
    }

    #[test]
    fn reach_accumulates() {
        check("x |> relu", [1, 1], [1, 1]);
        check("x |> conv(4, 3, pad: 1)", [3, 3], [1, 1]);
        check("x |> conv(4, 3, pad: 2, dilation: 2)", [5, 5], [1, 1]);
        check("x |> conv(8, 3, pad: 1) as a |> conv(4, 3, pad: 1) as b", [5, 5], [1, 1]);
    }

    #[test]
    fn the_widest_branch_counts() {
        check("x + (x |> conv(4, 5, pad: 2))", [5, 5], [1, 1]);
        check("(x |> conv(4, 5, pad: 2)) + x", [5, 5], [1, 1]);
    }

    #[test]
    fn windows_and_wholes_join() {
        let window = Reach::Window { extent: [3, 5], stride: [2, 1] };
        let other = Reach::Window { extent: [4, 4], stride: [1, 1] };
        assert_eq!(window.join(other), Reach::Window { extent: [4, 5], stride: [2, 1] });
        assert_eq!(window.join(Reach::Nothing), window);
        assert_eq!(Reach::Everything.join(window), Reach::Everything);
        assert_eq!(window.through(Field::Everything), Reach::Everything);
        assert_eq!(Reach::Nothing.through(Field::Everything), Reach::Nothing);
        let huge = Field::Window { extent: [usize::MAX; 2], stride: [usize::MAX; 2] };
        assert_eq!(window.through(huge), Reach::Window { extent: [usize::MAX; 2], stride: [usize::MAX; 2] });
    }

    #[test]
    fn state_is_no_parameter() {
        let found = summary("x |> conv(4, 1, bias: false) |> batch_norm");
        assert_eq!((found.parameters, found.state, found.macs), (16 + 8, 8, 16 * 32 * 32));
        let norm = &found.layers[1];
        assert_eq!((norm.parameters, norm.state, norm.macs), (8, 8, 0));
        assert_eq!((norm.read_bytes, norm.written_bytes), (4 * (4096 + 16), 4 * 4096));
    }
}
