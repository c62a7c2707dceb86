use super::*;
use crate::graph::random::{random_graph, random_graph_in, random_tensors};
use crate::graph::{Builder, Mode, parse};
use crate::ops::relu::Relu;

fn tensor(shape: &[usize], value: &[f64]) -> Bounded {
    Bounded::exact(shape, value.iter().copied())
}

fn relus() -> Graph {
    let mut b = Builder::new("g", Mode::Infer);
    let x = b.input("x", Type::f32([2]));
    let y = b.node("y", Relu.into(), vec![x]).unwrap()[0];
    let z = b.node("z", Relu.into(), vec![y]).unwrap()[0];
    b.node("unused", Relu.into(), vec![x]).unwrap();
    for (name, value) in [("z", z), ("x", x), ("again", z)] {
        b.output(name, value);
    }
    b.finish()
}

#[test]
fn evaluates_by_hand() {
    let text = "graph @g infer (%x: f32[1,1,1,3]) -> (y: f32[1,1,1,2]) {
  param @w: f32[1,1,1,2]
  param @b: f32[1]
  %c = conv %x, @w, @b {kernel=[1,2], stride=[1,1], pad=[0,0,0,0], dilation=[1,1], groups=1} : f32[1,1,1,2]
  %y = relu %c : f32[1,1,1,2]
  return %y
}";
    let (x, w, b) =
        (tensor(&[1, 1, 1, 3], &[1.0, 2.0, -3.0]), tensor(&[1, 1, 1, 2], &[10.0, 1.0]), tensor(&[1], &[-18.0]));
    let out = interpret(&parse(text).unwrap(), &[x], &[w, b]).unwrap();
    assert_eq!(out[0].value, [0.0, 0.0 - 18.0 + 20.0 - 3.0 + 1.0]);
}

#[test]
fn outputs_may_be_inputs_and_repeat() {
    let x = tensor(&[2], &[-1.0, 2.0]);
    let out = interpret(&relus(), std::slice::from_ref(&x), &[]).unwrap();
    assert_eq!(out[0].value, [0.0, 2.0]);
    assert_eq!((&out[1], &out[2]), (&x, &out[0]));
}

#[test]
fn values_die_after_their_last_use() {
    let graph = relus();
    let dying: Vec<Vec<String>> =
        last_uses(&graph).iter().map(|ids| ids.iter().map(|&id| graph.spelling(id)).collect()).collect();
    assert_eq!(dying, [vec![], vec!["%y"], vec!["%unused"]]);
    assert_eq!(most_live(&graph, &last_uses(&graph)), 4);
}

#[test]
fn random_graphs_evaluate() {
    let (mut finite, mut all) = (0, 0);
    for seed in 0..40 {
        let mode = if seed % 4 == 0 { Mode::Train } else { Mode::Infer };
        let graph = random_graph_in(mode, seed, 8);
        let (inputs, params) = random_tensors(&graph, seed);
        let out = interpret(&graph, &inputs, &params).unwrap();
        assert_eq!(out.len(), graph.outputs.len());
        for (output, tensor) in graph.outputs.iter().zip(&out) {
            all += tensor.value.len();
            finite += tensor.value.iter().filter(|v| v.is_finite()).count();
            assert!(tensor.bound.iter().all(|&b| b >= 0.0), "{} of\n{graph}", output.name);
        }
    }
    // The logarithm and the square root of negative numbers are none.
    assert!(finite * 4 > all * 3, "{finite} of {all}");
}

#[test]
fn tensors_are_checked() {
    let graph = random_graph(3, 6);
    let (inputs, params) = random_tensors(&graph, 0);
    let check = |inputs: &[Bounded], params: &[Bounded], expected: &str| {
        assert_eq!(interpret(&graph, inputs, params).unwrap_err().to_string(), expected);
    };
    check(&[], &params, "the graph has 1 inputs, 0 were given");
    let more: Vec<Bounded> = params.iter().chain(&inputs).cloned().collect();
    check(&inputs, &more, &format!("the graph has {} parameters, {} were given", params.len(), more.len()));
    let ty = graph.ty(graph.inputs[0]);
    check(&[tensor(&[2], &[0.0, 0.0])], &params, &format!("%x is {ty}, but the tensor given is [2]"));
    let mut short = inputs.clone();
    short[0].bound.pop();
    check(&short, &params, &format!("%x is {ty}, but the tensor given is {:?}", ty.shape));
}

#[test]
fn too_large_is_refused_before_anything_is_allocated() {
    let error = |elements: usize| {
        let text = format!(
            "graph @g infer (%x: f32[{elements}]) -> (y: f32[{elements}]) {{\n  %y = relu %x : f32[{elements}]\n  return %y\n}}"
        );
        interpret(&parse(&text).unwrap(), &[], &[]).unwrap_err()
    };
    assert_eq!(error(MAX_LIVE_ELEMENTS), InterpretError::Count { what: "inputs", expected: 1, found: 0 });
    assert_eq!(error(MAX_LIVE_ELEMENTS + 1), InterpretError::TooLarge { elements: MAX_LIVE_ELEMENTS + 1 });
}

#[test]
fn an_evaluation_against_the_shape_rule_is_named() {
    let mut graph = relus();
    graph.values[1].ty = Type::f32([3]);
    let error = interpret(&graph, &[tensor(&[2], &[0.0, 0.0])], &[]).unwrap_err();
    assert_eq!(error.to_string(), "relu evaluates %y to [[2]], against its shape rule");
}
