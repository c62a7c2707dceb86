//! The samples against onnxruntime, whose outputs were made from the committed f16-rounded weights. Parameters, MACs and weight paths
//! are checked where they come from, in the compiler's `resolve`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use rebirth_compiler::graph::Graph;
use rebirth_compiler::graph::random::random_tensors;
use rebirth_compiler::resolve::{SetValue, Settings};
use rebirth_compiler::weights;
use rebirth_runtime::Tensor;
use rebirth_runtime::image::load_image;
use rebirth_runtime::labels::Labels;
use rebirth_runtime::npy::read_npy;
use rebirth_tests::{compare, model, relative_difference, root, run};

/// Largest difference to onnxruntime, relative to the largest value.
const TOLERANCE: f32 = 1e-4;

/// The probabilities, the five best classes, and the name of the best.
fn classify(photo: &str) -> (Tensor, Vec<usize>, String) {
    let samples = root().join("samples");
    let model = model(&samples.join("efficientnet_lite0.net"), &Settings::default());
    let params = weights::from_file(&model.graph, &samples.join("efficientnet_lite0.safetensors")).unwrap();
    let image = load_image(&samples.join(format!("images/{photo}.png")), model.images[0].as_ref().unwrap()).unwrap();
    let output = run(&model.graph, &params, &[&image], "native").remove(0);
    let labels = Labels::open(&samples.join(model.labels[0].as_ref().unwrap())).unwrap();
    let mut classes: Vec<usize> = (0..1000).collect();
    classes.sort_by(|a, b| output.data()[*b].total_cmp(&output.data()[*a]));
    classes.truncate(5);
    let best = labels.get(classes[0]).unwrap().to_string();
    (output, classes, best)
}

fn check_photo(photo: &str, best: &str, probability: f32) {
    let references = root().join("tests/references/efficientnet_lite0");
    let (output, classes, name) = classify(photo);
    let expected = read_npy(&references.join(format!("{photo}.npy"))).unwrap();
    let difference = relative_difference(output.data(), expected.data());
    assert!(difference <= TOLERANCE, "{photo} differs by {difference:e}");
    assert_eq!(name, best);
    let largest = output.data().iter().fold(0.0f32, |m, v| m.max(*v));
    assert!((largest - probability).abs() < 0.005, "{photo}: {largest}");
    let top5 = std::fs::read_to_string(references.join("top5-f32.txt")).unwrap();
    let class = |line: &str| line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap();
    let with_f32: Vec<usize> = top5.lines().filter(|l| l.starts_with(photo)).map(class).collect();
    assert_eq!(classes, with_f32, "top five classes with f32 weights");
}

#[test]
fn chelsea_is_a_cat() {
    check_photo("chelsea", "a cat having a striped coat", 0.417);
}

#[test]
fn coffee_is_espresso() {
    check_photo("coffee", "espresso", 0.951);
}

#[test]
fn camera_shows_a_tripod() {
    check_photo("camera", "tripod", 0.937);
}

#[test]
fn mnist_agrees_with_onnxruntime() {
    let samples = root().join("samples");
    let settings = Settings { dims: [("n".to_string(), 5)].into(), ..Settings::default() };
    let model = model(&samples.join("mnist.net"), &settings);
    let params = weights::from_file(&model.graph, &samples.join("mnist.safetensors")).unwrap();
    let references = root().join("tests/references/mnist");
    let input = read_npy(&references.join("input.npy")).unwrap();
    let output = run(&model.graph, &params, &[&input], "native").remove(0);
    let expected = read_npy(&references.join("output.npy")).unwrap();
    let difference = relative_difference(output.data(), expected.data());
    assert!(difference <= TOLERANCE, "differs by {difference:e}");
}

/// A sample with these constants and dimensions.
fn set(sample: &str, values: &[(&str, i64)]) -> Graph {
    let values = values.iter().map(|&(name, value)| (name.to_string(), SetValue::Int(value)));
    let settings = Settings { set: values.collect(), ..Settings::default() };
    model(&root().join(format!("samples/{sample}.net")), &settings).graph
}

/// Compiled code gives what the interpreter does.
fn check_small(sample: &str, values: &[(&str, i64)]) {
    let graph = set(sample, values);
    let (inputs, params) = random_tensors(&graph, 1);
    assert_eq!(compare(&graph, &inputs, &params, "native"), Ok(0), "{sample}");
}

fn parameters(graph: &Graph) -> usize {
    graph.params.iter().map(|&id| graph.ty(id).elements()).sum()
}

#[test]
fn unet() {
    assert_eq!(parameters(&set("unet", &[("h", 512), ("w", 512)])), 31_030_658);
    check_small("unet", &[("h", 16), ("w", 32), ("width", 3)]);
    check_small("unet", &[("n", 2), ("h", 8), ("w", 4), ("depth", 2), ("width", 4), ("classes", 5)]);
    check_small("unet", &[("h", 5), ("w", 3), ("depth", 0), ("width", 2)]);
}

#[test]
fn siamese() {
    check_small("siamese", &[("size", 65), ("width", 4), ("features", 13)]);
    // Both towers have one set of weights.
    let graph = set("siamese", &[]);
    assert_eq!(parameters(&graph), 38_951_745);
    let weights: Vec<String> =
        graph.params.iter().map(|&id| format!("{} {}", graph.spelling(id), graph.ty(id))).collect();
    insta::assert_snapshot!(weights.join("\n"), @r"
    @embed.conv1.conv.weight f32[64,1,10,10]
    @embed.conv1.conv.bias f32[64]
    @embed.conv2.conv.weight f32[128,64,7,7]
    @embed.conv2.conv.bias f32[128]
    @embed.conv3.conv.weight f32[128,128,4,4]
    @embed.conv3.conv.bias f32[128]
    @embed.conv4.conv.weight f32[256,128,4,4]
    @embed.conv4.conv.bias f32[256]
    @embed.fc.weight f32[4096,9216]
    @embed.fc.bias f32[4096]
    @score.weight f32[1,4096]
    @score.bias f32[1]
    ");
}
