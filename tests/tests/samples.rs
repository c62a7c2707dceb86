//! The samples against onnxruntime, whose outputs were made from the committed f16-rounded weights. Parameters, MACs and weight paths
//! are checked where they come from, in the compiler's `resolve`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use rebirth_compiler::resolve::Settings;
use rebirth_compiler::weights;
use rebirth_runtime::Tensor;
use rebirth_runtime::image::load_image;
use rebirth_runtime::labels::Labels;
use rebirth_runtime::npy::read_npy;
use rebirth_tests::{model, relative_difference, root, run};

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
