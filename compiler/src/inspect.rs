//! What a network costs, layer by layer: parameters, multiply-accumulates, bytes moved, and how much of the input a result sees.
//!
//! Counts what the graph says, not what the generated code does: fusing and packing change no number here.

mod reach;

pub use reach::{Reach, Span, Stride};

use crate::graph::{Def, Graph, Node, ValueId};

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer<'g> {
    /// The name of its first result, unique in the graph.
    pub name: &'g str,
    /// The operator's name.
    pub operator: &'static str,
    /// The shape of its first result.
    pub shape: &'g [usize],
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
pub struct Summary<'g> {
    /// All nodes, in the order of the graph.
    pub layers: Vec<Layer<'g>>,
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
pub fn inspect(graph: &Graph) -> Summary<'_> {
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
    let sum = |of: fn(&Layer<'_>) -> u64| layers.iter().map(of).fold(0, u64::saturating_add);
    Summary {
        parameters: elements(graph, &graph.params, |def| def == Def::Param),
        state: elements(graph, &graph.params, |def| def == Def::State),
        macs: sum(|layer| layer.macs),
        read_bytes: sum(|layer| layer.read_bytes),
        written_bytes: sum(|layer| layer.written_bytes),
        layers,
    }
}

fn layer<'g>(graph: &'g Graph, node: &Node, reach: Reach) -> Layer<'g> {
    let first = node.results.first();
    Layer {
        name: first.map_or("", |&id| &graph.value(id).name),
        operator: node.op.name(),
        shape: first.map_or(&[], |&id| &graph.ty(id).shape),
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

    fn graph(body: &str) -> Graph {
        let text = format!("net t(x: f32[n, 4, 32, 32]) -> f32[n, 4, 32, 32] {{ {body} }}");
        load(&Source::new("t.net", text), &Settings::default()).unwrap().graph
    }

    fn check(body: &str, extent: [usize; 2], stride: [usize; 2]) {
        match inspect(&graph(body)).layers.last().unwrap().reach {
            Reach::Window(spans) => {
                let found = (spans.map(Span::extent), spans.map(|span| span.stride().as_whole()));
                assert_eq!(found, (extent, stride.map(Some)), "{body}");
            }
            reach => panic!("{body}: {reach:?}"),
        }
    }

    #[test]
    fn reach_accumulates() {
        check("x |> relu", [1, 1], [1, 1]);
        check("x |> conv(4, 3, pad: 1)", [3, 3], [1, 1]);
        check("x |> conv(4, 3, pad: 2, dilation: 2)", [5, 5], [1, 1]);
        check("x |> conv(8, 3, pad: 1) as a |> conv(4, 3, pad: 1) as b", [5, 5], [1, 1]);
    }

    #[test]
    fn repeated_pixels_count_once() {
        check("x |> max_pool(4) |> resize(4)", [4, 4], [1, 1]);
        check("x |> max_pool(4) |> resize(4) |> conv(4, 3, pad: 1)", [8, 8], [1, 1]);
        check("x |> max_pool(2) |> resize((1, 2)) |> relu |> resize((2, 1))", [2, 2], [1, 1]);
        check("let up = x |> max_pool(4) |> resize(4) let sum = up + x sum |> conv(4, 3, pad: 1)", [8, 8], [1, 1]);
    }

    #[test]
    fn the_widest_branch_counts() {
        check("x + (x |> conv(4, 5, pad: 2))", [5, 5], [1, 1]);
        check("(x |> conv(4, 5, pad: 2)) + x", [5, 5], [1, 1]);
    }

    #[test]
    fn state_is_no_parameter() {
        let graph = graph("x |> conv(4, 1, bias: false) |> batch_norm");
        let found = inspect(&graph);
        assert_eq!((found.parameters, found.state, found.macs), (16 + 8, 8, 16 * 32 * 32));
        let norm = &found.layers[1];
        assert_eq!((norm.parameters, norm.state, norm.macs), (8, 8, 0));
        assert_eq!((norm.read_bytes, norm.written_bytes), (4 * (4096 + 16), 4 * 4096));
    }
}
