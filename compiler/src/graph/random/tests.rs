use std::collections::BTreeSet;

use super::*;
use crate::graph::verify;

#[test]
fn a_seed_gives_one_graph() {
    assert_eq!(random_graph(7, 10), random_graph(7, 10));
    assert_ne!(random_graph(7, 10), random_graph(8, 10));
    assert_eq!(random_tensors(&random_graph(7, 10), 1), random_tensors(&random_graph(7, 10), 1));
}

#[test]
fn graphs_are_good_small_and_seldom_short() {
    let mut short = 0;
    for seed in 0..100 {
        let graph = random_graph(seed, 10);
        verify(&graph).unwrap();
        assert!(graph.values.iter().all(|value| value.ty.elements() <= MAX_ELEMENTS));
        short += usize::from(graph.nodes.len() < 10);
    }
    assert!(short < 10, "{short}");
}

#[test]
fn every_operator_appears() {
    let seen: BTreeSet<&str> =
        (0..300).flat_map(|seed| random_graph(seed, 10).nodes).map(|node| node.op.name()).collect();
    let all: BTreeSet<&str> = TABLE.iter().map(|entry| entry.signature.name).collect();
    assert_eq!(seen, all);
}

#[test]
fn size_zero_is_the_input() {
    let graph = random_graph(0, 0);
    assert_eq!((graph.nodes.len(), graph.outputs.len(), graph.outputs[0].value), (0, 1, graph.inputs[0]));
}

#[test]
fn tensors_are_exact_f32_and_state_is_positive() {
    let mut b = Builder::new("g", Mode::Infer);
    let x = b.input("x", Type::f32([1000]));
    b.param("s", Type::f32([1000]), true);
    b.output("x", x);
    let (inputs, params) = random_tensors(&b.finish(), 3);
    let both = || inputs.iter().chain(&params).flat_map(|tensor| &tensor.value);
    assert!(both().all(|&v| f64::from(v as f32) == v));
    assert!(inputs[0].value.iter().any(|&v| v < -0.5) && inputs[0].value.iter().all(|v| v.abs() <= 1.0));
    assert!(params[0].value.iter().all(|v| (0.5..1.5).contains(v)));
}
