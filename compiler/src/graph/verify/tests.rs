use super::*;
use crate::graph::random::random_graph_in;
use crate::graph::{Builder, Init, Output, Type, Value};
use crate::ops::conv::Conv;
use crate::ops::geometry::Window;
use crate::ops::relu::Relu;

fn conv() -> Conv {
    Conv { window: Window { kernel: [3, 3], stride: [1, 1], pad: [1; 4], dilation: [1, 1] }, groups: 1 }
}

/// `%x`, `@w`, `%c = conv`, `%y = relu`, `%z = relu`; outputs `y` and `z`.
fn good() -> Graph {
    let mut b = Builder::new("g", Mode::Infer);
    let x = b.input("x", Type::f32([1, 2, 4, 4]));
    let w = b.param("w", Type::f32([3, 2, 3, 3]), false).unwrap();
    let c = b.node("c", conv().into(), vec![x, w]).unwrap()[0];
    let y = b.node("y", Relu.into(), vec![c]).unwrap()[0];
    let z = b.node("z", Relu.into(), vec![y]).unwrap()[0];
    b.output("y", y);
    b.output("z", z);
    b.finish()
}

/// Breaks the good graph and expects this rule at this place.
#[track_caller]
fn check(rule: &str, place: &str, break_it: impl FnOnce(&mut Graph)) {
    let mut graph = good();
    break_it(&mut graph);
    let violation = verify(&graph).expect_err("the graph is broken");
    assert_eq!((violation.rule, violation.place.as_str()), (rule, place), "{violation}");
}

#[test]
fn good_graphs_pass() {
    assert_eq!(verify(&good()), Ok(()));
    for seed in 0..100 {
        for mode in [Mode::Infer, Mode::Train] {
            let graph = random_graph_in(mode, seed, 12);
            assert_eq!(verify(&graph), Ok(()), "{graph}");
        }
    }
}

#[test]
fn node_count() {
    check("node count", "the graph", |g| {
        g.nodes = vec![Node { op: Relu.into(), inputs: vec![], results: vec![] }; MAX_NODES + 1]
    });
}

#[test]
fn ids_out_of_range() {
    let bad = ValueId::new(99);
    check("ids", "the inputs", |g| g.inputs[0] = bad);
    check("ids", "the parameters", |g| g.params[0] = bad);
    check("ids", "node1", |g| g.nodes[1].inputs[0] = bad);
    check("ids", "node2", |g| g.nodes[2].results[0] = bad);
    check("ids", "output `z`", |g| g.outputs[1].value = bad);
}

#[test]
fn name() {
    check("name", "the graph", |g| g.name = "two words".into());
    check("name", "%3", |g| g.values[3].name.clear());
    check("name", "%1", |g| g.values[1].name = "a/b".into());
    check("name", "the outputs", |g| g.outputs[0].name = "1".into());
}

#[test]
fn unique_name() {
    check("unique name", "%x", |g| g.values[4].name = "x".into());
    let mut graph = good();
    graph.values[1].name = "x".into();
    assert_eq!(verify(&graph), Ok(()), "`@x` and `%x` are two names");
}

#[test]
fn rank() {
    check("rank", "%x", |g| g.values[0].ty.shape = vec![1; 9]);
}

#[test]
fn extent() {
    check("extent", "@w", |g| g.values[1].ty.shape[0] = 0);
}

#[test]
fn bytes() {
    check("bytes", "%x", |g| g.values[0].ty.shape = vec![(1 << 38) + 1]);
    check("bytes", "%x", |g| g.values[0].ty.shape = vec![usize::MAX, usize::MAX]);
}

#[test]
fn notes() {
    let note = |at: usize, notes: Notes| move |g: &mut Graph| g.values[at].notes = Some(Box::new(notes));
    check("notes", "%x", note(0, Notes { freeze: true, ..Notes::default() }));
    check("notes", "@w", note(1, Notes { keep: true, ..Notes::default() }));
    check("notes", "@w", note(1, Notes { lr: Some(0.0), ..Notes::default() }));
    check("notes", "@w", note(1, Notes { init: Some(Init::Fill(f64::NAN)), ..Notes::default() }));
    check("notes", "@w", note(1, Notes { init: Some(Init::Normal(-1.0)), ..Notes::default() }));
    check("notes", "%y", note(3, Notes::default()));
    check("notes", "%y", note(3, Notes { new: true, ..Notes::default() }));
}

#[test]
fn train_output() {
    check("train output", "output `z`", |g| g.outputs[1].train = true);
}

#[test]
fn definition() {
    check("definition", "%x", |g| g.values[0].def = Def::Input(1));
    check("definition", "%w", |g| g.values[1].def = Def::Input(0));
    check("definition", "%y", |g| g.values[3].def = Def::Node(NodeId::new(0), 0));
    check("definition", "%y", |g| g.values[3].def = Def::Node(NodeId::new(1), 1));
}

#[test]
fn single() {
    let stray = |def| Value { name: "stray".into(), ty: Type::f32([1]), def, notes: None };
    check("single", "@stray", |g| g.values.push(stray(Def::Param)));
    check("single", "%stray", |g| g.values.push(stray(Def::Node(NodeId::new(0), 0))));
    check("single", "@w", |g| g.params.push(g.params[0]));
}

#[test]
fn order() {
    check("order", "%y", |g| g.nodes[1].inputs[0] = ValueId::new(4));
    check("order", "%y", |g| g.nodes[1].inputs[0] = ValueId::new(3));
}

#[test]
fn attributes() {
    let with = |op: Conv| move |g: &mut Graph| g.nodes[0].op = op.into();
    check("attributes", "%c", with(Conv { window: Window { kernel: [0, 3], ..conv().window }, ..conv() }));
    check("attributes", "%c", with(Conv { window: Window { stride: [1 << 31, 1], ..conv().window }, ..conv() }));
}

#[test]
fn dtype() {
    check("dtype", "@w", |g| g.values[1].ty.dtype = DType::F16);
    check("dtype", "@w", |g| g.values[1].ty.dtype = DType::I32);
    check("operands", "%c", |g| g.values[0].ty.dtype = DType::U8);
}

#[test]
fn operands() {
    check("operands", "%c", |g| g.values[1].ty.shape = vec![3, 1, 3, 3]);
    check("operands", "%y", |g| g.nodes[1].inputs.clear());
}

#[test]
fn results() {
    check("results", "%y", |g| g.values[3].ty.shape[3] = 5);
    check("results", "%z", |g| g.values[4].ty.dtype = DType::I32);
    check("results", "node2", |g| {
        g.nodes[2].results.clear();
        g.outputs.pop();
        g.values.pop();
    });
}

#[test]
fn outputs() {
    check("outputs", "the graph", |g| g.outputs.clear());
}

#[test]
fn unique_output() {
    check("unique output", "output `y`", |g| {
        g.outputs.push(Output { name: "y".into(), value: ValueId::new(0), train: false })
    });
}

#[test]
fn numbering() {
    fn swap(g: &mut Graph) {
        g.values.swap(3, 4);
        let ids = g.nodes.iter_mut().flat_map(|n| n.inputs.iter_mut().chain(&mut n.results));
        for id in ids.chain(g.outputs.iter_mut().map(|o| &mut o.value)) {
            *id = match id.index() {
                3 => ValueId::new(4),
                4 => ValueId::new(3),
                _ => *id,
            };
        }
    }
    check("numbering", "%y", swap);
    let mut graph = good();
    swap(&mut graph);
    graph.compact();
    assert_eq!(graph, good());
}

#[test]
fn compacting_drops_what_nothing_defines() {
    let mut graph = good();
    graph.values.insert(0, Value { name: "stray".into(), ty: Type::f32([1]), def: Def::Param, notes: None });
    let shifted = |id: &mut ValueId| *id = ValueId::new(id.index() + 1);
    graph.inputs.iter_mut().chain(&mut graph.params).for_each(shifted);
    graph.nodes.iter_mut().flat_map(|n| n.inputs.iter_mut().chain(&mut n.results)).for_each(shifted);
    graph.outputs.iter_mut().for_each(|output| shifted(&mut output.value));
    graph.compact();
    assert_eq!(graph, good());
}

#[test]
fn every_rule_of_the_table_has_a_test() {
    let rules = include_str!("../verify.rs").lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next());
    let tests: String = include_str!("tests.rs").split_whitespace().collect();
    let mut count = 0;
    for rule in rules {
        assert!(tests.contains(&format!("check(\"{}\"", rule.replace(' ', ""))), "rule `{rule}` has no rejecting test");
        count += 1;
    }
    assert_eq!(count, 19);
}
