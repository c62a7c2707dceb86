//! What convolutions become: multiply-adds in the machine code are vector instructions.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use rebirth_compiler::codegen::{listing, target};
use rebirth_compiler::graph::{Builder, Graph, Mode, Type};
use rebirth_compiler::ops::conv::Conv;
use rebirth_compiler::ops::geometry::Window;
use rebirth_compiler::pipeline::loops;

fn conv(x: [usize; 4], out: usize, kernel: usize, stride: usize, groups: usize) -> Graph {
    let pad = kernel / 2;
    let window = Window { kernel: [kernel; 2], stride: [stride; 2], pad: [pad; 4], dilation: [1; 2] };
    let mut b = Builder::new("conv", Mode::Infer);
    let input = b.input("x", Type::f32(x));
    let weight = b.param("weight", Type::f32([out, x[1] / groups, kernel, kernel]), false).unwrap();
    let y = b.node("y", Conv { window, groups }.into(), vec![input, weight]).unwrap();
    b.output("output", y[0]);
    b.finish()
}

/// Vector and scalar multiplications (fused or not) in the convolution's machine code for a level with FMA.
fn multiplications(graph: &Graph) -> (usize, usize) {
    let target = target::find("x86-64-v3").unwrap();
    let program = loops(graph).unwrap();
    let region = program.regions.iter().find(|r| r.operator == "conv").unwrap();
    let text = listing::region_asm(&program, region, target).unwrap();
    let count = |suffix: &str| {
        text.lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|op| {
                (op.starts_with("vfmadd") || op.starts_with("vfnmadd") || op.starts_with("vmul"))
                    && op.ends_with(suffix)
            })
            .count()
    };
    (count("ps"), count("ss"))
}

/// At least one vector multiply-add in a tile's inner loop for each accumulator, and at most 2 % scalar ones.
fn check(graph: &Graph, least: usize) {
    let (vector, scalar) = multiplications(graph);
    assert!(vector >= least, "{vector} vector multiply-adds, at least {least} expected");
    assert!(scalar * 50 <= vector, "{scalar} scalar multiply-adds against {vector} vector ones");
}

#[test]
fn pointwise_convolution() {
    check(&conv([1, 32, 14, 14], 64, 1, 1, 1), 40);
}

#[test]
fn three_by_three_convolution() {
    check(&conv([1, 32, 28, 28], 64, 3, 1, 1), 120);
}

#[test]
fn first_convolution_from_plain_input() {
    check(&conv([1, 3, 64, 64], 32, 7, 2, 1), 70);
}

#[test]
fn strided_convolution() {
    check(&conv([1, 16, 28, 28], 32, 3, 2, 1), 120);
}

#[test]
fn grouped_convolution() {
    check(&conv([1, 32, 28, 28], 64, 3, 1, 4), 120);
}

#[test]
fn groups_off_the_block() {
    check(&conv([1, 15, 28, 28], 30, 3, 1, 5), 60);
}

#[test]
fn depthwise_convolution() {
    check(&conv([1, 32, 28, 28], 32, 3, 1, 32), 24);
}

#[test]
fn depthwise_with_multiplier() {
    check(&conv([1, 8, 28, 28], 16, 3, 1, 8), 20);
}

#[test]
fn no_code_calls_a_library() {
    let target = target::find("x86-64").unwrap();
    for graph in [conv([1, 3, 9, 9], 5, 3, 2, 1), conv([1, 8, 9, 9], 8, 3, 1, 8)] {
        let program = loops(&graph).unwrap();
        let text = listing::asm(&program, target).unwrap();
        assert!(!text.lines().any(|l| l.trim_start().starts_with("call")), "a call in\n{text}");
    }
}
