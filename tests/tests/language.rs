//! What the language makes of shared layers, free weights, several outputs and imports, compiled and run, against the interpreter.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use rebirth_compiler::graph::{Graph, verify};
use rebirth_compiler::ops::{Bounded, Rng};
use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::{Settings, resolve};
use rebirth_lang::{Program, Source, Unreadable};
use rebirth_tests::compare;

fn random(rng: &mut Rng, shape: &[usize]) -> Bounded {
    let count: usize = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|_| f64::from(rng.range(0, 2000) as f32 / 1000.0 - 1.0)).collect();
    Bounded::exact(shape, values)
}

/// Compiled code gives what the interpreter does.
fn check(graph: &Graph) {
    verify(graph).unwrap();
    let mut rng = Rng::new(7);
    let mut of = |ids: &[rebirth_compiler::graph::ValueId]| -> Vec<Bounded> {
        ids.iter().map(|&id| random(&mut rng, &graph.ty(id).shape)).collect()
    };
    let (inputs, params) = (of(&graph.inputs), of(&graph.params));
    assert_eq!(compare(graph, &inputs, &params, "native"), Ok(0));
}

fn check_text(text: &str) -> Graph {
    let model = load(&Source::new("test.net", text), &Settings::default()).unwrap();
    check(&model.graph);
    model.graph
}

#[test]
fn free_weights_of_every_shape_that_broadcasts() {
    for shape in ["1, 6, 1, 1", "6, 1, 1", "5", "1", "2, 6, 7, 5", "1, 1, 7, 5", "7, 1"] {
        for op in ["x * g", "g + x", "relu(x) * g + conv(x, 6, 3, pad: 1)"] {
            let text =
                format!("net m(x: f32[n, 6, 7, 5]) -> f32[n, 6, 7, 5] {{ param g: f32[{shape}] = fill(0.1) {op} }}");
            let settings = Settings {
                set: [("n".to_string(), rebirth_compiler::resolve::SetValue::Int(2))].into(),
                ..Settings::default()
            };
            check(&load(&Source::new("test.net", text), &settings).unwrap().graph);
        }
    }
}

#[test]
fn a_weight_as_an_output_and_as_the_only_operand() {
    check_text(
        "net m(x: f32[n, 4]) -> {y: f32[n, 4], g: f32[2, 4]} { param g: f32[2, 4] = fill(1) {g: g, y: relu(x)} }",
    );
    check_text(
        "net m(x: f32[n, 8]) -> f32[n, 8] { param g: f32[1, 8, 3, 3] = fill(1) x + (g |> conv(8, 1) |> global_avg_pool |> flatten) }",
    );
}

#[test]
fn a_weight_as_several_outputs() {
    check_text(
        "net m(x: f32[n, 4]) -> {g: f32[2, 4], y: f32[n, 4], again: f32[2, 4], flat: f32[2, 4]} {
            param g: f32[2, 4] = fill(1) {g: g, y: x + x, again: g, flat: g |> flatten |> dropout}
        }",
    );
    check_text("net m() -> f32[1, 4, 2, 3] { param g: f32[1, 4, 2, 3] = fill(1) g }");
    check_text("net m() -> f32[1, 4, 4, 6] { param g: f32[1, 4, 2, 3] = fill(1) g |> resize(2) }");
}

#[test]
fn a_siamese_net_shares_its_tower() {
    let graph = check_text(
        "block tower(x, c) { x |> conv(c, 3, pad: 1) as a |> relu |> max_pool(2) |> conv(2 * c, 3, pad: 1) as b |> relu |> global_avg_pool |> flatten }
        net siamese(left: f32[n, 1, 12, 12], right: f32[n, 1, 12, 12]) -> {left: f32[n, 16], right: f32[n, 16]} {
            share embed = tower(8)
            {left: embed(left), right: embed(right)}
        }",
    );
    assert_eq!(graph.params.len(), 4);
}

#[test]
fn a_recurrent_layer_shares_its_weights_over_turns() {
    let graph = check_text(
        "net m(x: f32[n, 8]) -> f32[n, 8] { share step = dense(8) for i in 0..4 with h = x { relu(step(h) + x) } }",
    );
    assert_eq!(graph.params.len(), 2);
}

#[test]
fn several_files() {
    let root = Source::new(
        "root.net",
        "import \"lib/blocks.net\" { layer, width } net m(x: f32[n, 3, 8, 8]) -> f32[n, width, 8, 8] { x |> layer(act: relu6) }",
    );
    let program = Program::load(root, &mut |path| match path {
        "lib/blocks.net" => Ok(Source::new(
            path,
            "import \"sizes.net\" { width as w } const width = w block layer(x, act: op = relu) { x |> conv(w, 3, pad: 1) |> act }",
        )),
        "lib/sizes.net" => Ok(Source::new(path, "const width = 12")),
        _ => Err(Unreadable { message: path.to_string(), help: String::new() }),
    })
    .unwrap();
    check(&resolve(&program, &Settings::default()).unwrap().graph);
}

#[test]
fn differences_of_tensors_and_numbers() {
    check_text("net m(x: f32[n, 6, 5, 5]) -> f32[n, 6, 5, 5] { (x - relu(x)) * (1 - x) - -x }");
}
