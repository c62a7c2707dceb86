//! Compiled code against the interpreter: every operator of the table at random shapes, and random graphs.
//! `REBIRTH_TEST_SEED=N` runs other random cases.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rebirth_compiler::graph::{Builder, Graph, Mode, Type, random};
use rebirth_compiler::ops::{Bounded, Rng, TABLE};
use rebirth_tests::compare;

/// One node over inputs and parameters. Parameters are what the operator packs: all inputs behind the first of those that have weights.
fn single(row: usize, seed: u64) -> (Graph, Vec<Bounded>, Vec<Bounded>) {
    let mut rng = Rng::new(seed);
    let example = (TABLE[row].example)(&mut rng);
    let weighted = matches!(TABLE[row].signature.name, "conv" | "dense" | "batch_norm");
    let mut builder = Builder::new("single", Mode::Infer);
    let (mut operands, mut inputs, mut params) = (Vec::new(), Vec::new(), Vec::new());
    for (i, ty) in example.inputs.iter().enumerate() {
        // Variances are positive; everything else is spread around 0.
        let positive = weighted && TABLE[row].signature.name == "batch_norm" && i == 4;
        let value = tensor(ty, &mut rng, positive);
        if weighted && i > 0 {
            operands.push(builder.param(&format!("p{i}"), ty.clone(), false).unwrap());
            params.push(value);
        } else {
            operands.push(builder.input(&format!("x{i}"), ty.clone()));
            inputs.push(value);
        }
    }
    let results =
        builder.node("y", example.op, operands).unwrap_or_else(|e| panic!("{}: {e:?}", TABLE[row].signature.name));
    builder.output("output", results[0]);
    (builder.finish(), inputs, params)
}

fn tensor(ty: &Type, rng: &mut Rng, positive: bool) -> Bounded {
    let mut value = || {
        let unit = (rng.next_u64() >> 40) as f32 / (1u64 << 24) as f32;
        f64::from(if positive { unit + 0.1 } else { unit * 4.0 - 2.0 })
    };
    Bounded::exact(&ty.shape, (0..ty.elements()).map(|_| value()).collect::<Vec<_>>())
}

/// The seed of the random cases: the same in every run, another with `REBIRTH_TEST_SEED=N`.
fn seed() -> u64 {
    std::env::var("REBIRTH_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2018)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(seed()), ..ProptestConfig::default() })]

    #[test]
    fn operators_stay_within_bounds(row in 0..TABLE.len(), seed in any::<u64>(), low in any::<bool>()) {
        let (graph, inputs, params) = single(row, seed);
        prop_assert_eq!(compare(&graph, &inputs, &params, if low { "x86-64" } else { "native" }), Ok(0));
    }

    #[test]
    fn graphs_stay_within_bounds(seed in any::<u64>(), size in 1usize..14) {
        let graph = random::random_graph(seed, size);
        let (inputs, params) = random::random_tensors(&graph, seed);
        prop_assert_eq!(compare(&graph, &inputs, &params, "native"), Ok(0));
    }
}

/// A convolution with attributes that unrolling must not follow: code stays small and right.
#[test]
fn large_attributes_make_loops() {
    use rebirth_compiler::ops::conv::Conv;
    use rebirth_compiler::ops::geometry::Window;
    let cases: [([usize; 2], [usize; 4], [usize; 2]); 4] = [
        ([1, 3], [0, 200, 0, 100], [1, 1]),
        ([1, 40], [0, 3, 0, 5], [1, 1]),
        ([3, 3], [90, 90, 90, 90], [7, 60]),
        ([17, 1], [8, 0, 8, 0], [1, 1]),
    ];
    for (kernel, pad, dilation) in cases {
        for groups in [1, 4] {
            let window = Window { kernel, stride: [1, 2], pad, dilation };
            let mut rng = Rng::new(7);
            let types = [Type::f32([1, 4, 9, 61]), Type::f32([8, 4 / groups, kernel[0], kernel[1]])];
            let [x, weight] = types.clone().map(|ty| tensor(&ty, &mut rng, false));
            let mut b = Builder::new("large", Mode::Infer);
            let input = b.input("x", types[0].clone());
            let param = b.param("weight", types[1].clone(), false).unwrap();
            let y = b.node("y", Conv { window, groups }.into(), vec![input, param]).unwrap();
            b.output("output", y[0]);
            assert_eq!(compare(&b.finish(), &[x], &[weight], "native"), Ok(0));
        }
    }
}

#[test]
fn nan_survives_relu_and_pools() {
    use rebirth_compiler::ops::{Operands, find};
    for name in ["relu", "relu6", "max_pool", "avg_pool", "add", "softmax"] {
        let entry = find(name).unwrap();
        for seed in 0..20 {
            let mut rng = Rng::new(seed);
            let example = (entry.example)(&mut rng);
            let mut b = Builder::new("nan", Mode::Infer);
            assert!(matches!(entry.signature.operands, Operands::Fixed(_)));
            let mut inputs = Vec::new();
            let mut operands = Vec::new();
            for (i, ty) in example.inputs.iter().enumerate() {
                let mut value = tensor(ty, &mut rng, false);
                for element in value.value.iter_mut().step_by(7) {
                    *element = f64::NAN;
                }
                inputs.push(value);
                operands.push(b.input(&format!("x{i}"), ty.clone()));
            }
            let y = b.node("y", example.op, operands).unwrap();
            b.output("output", y[0]);
            compare(&b.finish(), &inputs, &[], "native").unwrap();
        }
    }
}

/// A scalar added to channels that do not fill their block must not reach the pad lanes, which LRN reads.
#[test]
fn pad_lanes_stay_zero_under_broadcasting() {
    use rebirth_compiler::ops::add::Add;
    use rebirth_compiler::ops::global_avg_pool::GlobalAvgPool;
    use rebirth_compiler::ops::lrn::Lrn;
    let mut rng = Rng::new(3);
    let types = [Type::f32([2, 6, 3, 3]), Type::f32([1])];
    let values = types.clone().map(|ty| tensor(&ty, &mut rng, true));
    let mut b = Builder::new("pad", Mode::Infer);
    let [x, scalar] = [0, 1].map(|i| b.input(&format!("x{i}"), types[i].clone()));
    let pooled = b.node("pooled", GlobalAvgPool.into(), vec![x]).unwrap();
    let sum = b.node("sum", Add.into(), vec![pooled[0], scalar]).unwrap();
    let lrn = Lrn { size: 5, alpha: 0.5, beta: 0.75, k: 1.0 };
    let y = b.node("y", lrn.into(), sum).unwrap();
    b.output("output", y[0]);
    assert_eq!(compare(&b.finish(), &values, &[], "native"), Ok(0));
}
