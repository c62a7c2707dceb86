//! Compiled code against the interpreter: every operator of the table at random shapes, and random graphs.
//! `REBIRTH_TEST_SEED=N` runs other random cases.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rebirth_compiler::graph::{Builder, Graph, Mode, Type, ValueId, random};
use rebirth_compiler::ops::{Bounded, Rng, TABLE};
use rebirth_runtime::DType;
use rebirth_runtime::elements::Elements;
use rebirth_tests::{compare, seed};

/// What a node's operands are.
#[derive(Clone, Copy, Debug)]
enum Free {
    /// Inputs of the network.
    None,
    /// Inputs, but the one at this position is a parameter.
    One(usize),
    /// Parameters.
    All,
    /// Parameters, one for all operands of a type, packed ones among them.
    Shared,
}

/// One node over inputs and parameters: as `free` says, but parameters where the operator packs them, which are all behind the first of
/// those that have weights.
fn single(row: usize, seed: u64, free: Free) -> (Graph, Vec<Bounded>, Vec<Bounded>) {
    let mut rng = Rng::new(seed);
    let example = (TABLE[row].example)(&mut rng);
    let name = TABLE[row].signature.name;
    let weighted = matches!(name, "conv" | "conv_transpose" | "dense" | "batch_norm" | "prelu" | "scale");
    let mut builder = Builder::new("single", Mode::Infer);
    let (mut operands, mut inputs, mut params) = (Vec::<ValueId>::new(), Vec::new(), Vec::new());
    for (i, ty) in example.inputs.iter().enumerate() {
        let packed = weighted && i > 0;
        // Weights are f32.
        let may = ty.dtype == DType::F32;
        let is_param = may
            && match free {
                Free::None => packed,
                Free::One(at) => packed || at == i,
                Free::All | Free::Shared => true,
            };
        let alike = operands.iter().copied().find(|&id| builder.ty(id) == ty);
        if let (Free::Shared, Some(shared)) = (free, alike) {
            operands.push(shared);
            continue;
        }
        // Variances are positive, and so is what may be one; everything else is spread around 0.
        let positive = name == "batch_norm" && (i == 4 || matches!(free, Free::Shared));
        let value = tensor(ty, &mut rng, positive);
        if is_param {
            operands.push(builder.param(&format!("p{i}"), ty.clone(), false).unwrap());
            params.push(value);
        } else {
            operands.push(builder.input(&format!("x{i}"), ty.clone()));
            inputs.push(value);
        }
    }
    let results = builder.node("y", example.op, operands).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    results.iter().enumerate().for_each(|(i, &result)| builder.output(&format!("output{i}"), result));
    (builder.finish(), inputs, params)
}

fn tensor(ty: &Type, rng: &mut Rng, positive: bool) -> Bounded {
    let scale = if ty.dtype == DType::F32 { 1.0 } else { 100.0 };
    let mut value = || {
        let unit = (rng.next_u64() >> 40) as f32 / (1u64 << 24) as f32;
        f64::from(if positive { unit + 0.1 } else { (unit * 4.0 - 2.0) * scale })
    };
    let elements = Elements::from_values(ty.dtype, (0..ty.elements()).map(|_| value())).unwrap();
    Bounded::exact(&ty.shape, elements.values())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(seed()), ..ProptestConfig::default() })]

    #[test]
    fn operators_stay_within_bounds(row in 0..TABLE.len(), seed in any::<u64>(), low in any::<bool>()) {
        let (graph, inputs, params) = single(row, seed, Free::None);
        prop_assert_eq!(compare(&graph, &inputs, &params, if low { "x86-64" } else { "native" }), Ok(0));
    }

    #[test]
    fn graphs_stay_within_bounds(seed in any::<u64>(), size in 1usize..14) {
        let graph = random::random_graph(seed, size);
        let (inputs, params) = random::random_tensors(&graph, seed);
        let unbounded = compare(&graph, &inputs, &params, "native");
        prop_assert!(unbounded.is_ok(), "{unbounded:?}");
    }
}

/// Logarithms of negative numbers and divisions by what may be 0 are rare enough that graphs say something.
#[test]
fn most_elements_of_graphs_are_bounded() {
    let (mut unbounded, mut all) = (0, 0);
    for seed in 0..60 {
        let graph = random::random_graph(seed, 8);
        let (inputs, params) = random::random_tensors(&graph, seed);
        unbounded += compare(&graph, &inputs, &params, "native").unwrap();
        all += graph.outputs.iter().map(|output| graph.ty(output.value).elements()).sum::<usize>();
    }
    assert!(unbounded * 4 < all, "{unbounded} of {all}");
}

#[test]
fn every_operand_may_be_a_parameter() {
    for (row, entry) in TABLE.iter().enumerate() {
        for seed in 0..8 {
            let operands = (entry.example)(&mut Rng::new(seed)).inputs.len();
            for free in (0..operands).map(Free::One).chain([Free::All, Free::Shared]) {
                let (graph, inputs, params) = single(row, seed, free);
                let found = compare(&graph, &inputs, &params, "native");
                assert_eq!(found, Ok(0), "{} {seed} {free:?}", entry.signature.name);
            }
        }
    }
}

/// Behind a pool images lie in blocks of channels: every operator again, over such images.
#[test]
fn operands_may_lie_in_blocks() {
    use rebirth_compiler::ops::geometry::Window;
    use rebirth_compiler::ops::max_pool::MaxPool;
    use rebirth_compiler::ops::pooling::Pooling;
    let window = Window { kernel: [1, 1], stride: [1, 1], pad: [0; 4], dilation: [1, 1] };
    let mut images = 0;
    for (row, entry) in TABLE.iter().enumerate() {
        for seed in 0..12 {
            let (graph, inputs, params) = single(row, seed, Free::None);
            let mut b = Builder::new("blocks", Mode::Infer);
            let mut same: Vec<Option<ValueId>> = vec![None; graph.values.len()];
            for &id in &graph.params {
                same[id.index()] = b.param(&graph.value(id).name, graph.ty(id).clone(), false);
            }
            for &id in &graph.inputs {
                let mut x = b.input(&graph.value(id).name, graph.ty(id).clone());
                let ty = b.ty(x).clone();
                if ty.rank() == 4 && ty.dtype == DType::F32 && !ty.shape[2..].contains(&0) {
                    images += 1;
                    x = b.node("pool", MaxPool { pooling: Pooling { window, ceil: false } }.into(), vec![x]).unwrap()
                        [0];
                }
                same[id.index()] = Some(x);
            }
            let node = &graph.nodes[0];
            let operands = node.inputs.iter().map(|id| same[id.index()].unwrap()).collect();
            let results = b.node("y", node.op.clone(), operands).unwrap();
            results.iter().enumerate().for_each(|(i, &result)| b.output(&format!("output{i}"), result));
            let found = compare(&b.finish(), &inputs, &params, "native");
            assert_eq!(found, Ok(0), "{} {seed}", entry.signature.name);
        }
    }
    assert!(images > 100, "{images}");
}

/// A kernel that convolves itself: one parameter, packed one way and read another, and an output besides, twice.
#[test]
fn one_parameter_in_every_place() {
    use rebirth_compiler::ops::conv::Conv;
    use rebirth_compiler::ops::geometry::Window;
    for channels in [3, 4, 6] {
        let ty = Type::f32([channels, channels, 3, 3]);
        let mut b = Builder::new("self", Mode::Infer);
        let g = b.param("g", ty.clone(), false).unwrap();
        let window = Window { kernel: [3, 3], stride: [1, 1], pad: [1; 4], dilation: [1, 1] };
        let y = b.node("y", Conv { window, groups: 1 }.into(), vec![g, g]).unwrap();
        b.output("first", g);
        b.output("y", y[0]);
        b.output("second", g);
        let value = tensor(&ty, &mut Rng::new(5), false);
        assert_eq!(compare(&b.finish(), &[], &[value], "native"), Ok(0));
    }
}

#[test]
fn large_scales_make_loops() {
    use rebirth_compiler::ops::geometry::Window;
    use rebirth_compiler::ops::max_pool::MaxPool;
    use rebirth_compiler::ops::pooling::Pooling;
    use rebirth_compiler::ops::resize::Resize;
    for scale in [[1, 300], [300, 1], [40, 30], [5, 5]] {
        for channels in [3, 5, 8] {
            for blocked in [false, true] {
                let ty = Type::f32([2, channels, 2, 7]);
                let value = tensor(&ty, &mut Rng::new(9), false);
                let mut b = Builder::new("large", Mode::Infer);
                let mut x = vec![b.input("x", ty)];
                if blocked {
                    let window = Window { kernel: [1, 1], stride: [1, 1], pad: [0; 4], dilation: [1, 1] };
                    x = b.node("pool", MaxPool { pooling: Pooling { window, ceil: false } }.into(), x).unwrap();
                }
                let y = b.node("y", Resize::repeat(scale).into(), x).unwrap();
                b.output("output", y[0]);
                assert_eq!(compare(&b.finish(), &[value], &[], "native"), Ok(0));
            }
        }
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
    for name in [
        "relu",
        "relu6",
        "clip",
        "silu",
        "elu",
        "mish",
        "gelu",
        "max",
        "div",
        "log_softmax",
        "max_pool",
        "avg_pool",
        "add",
        "softmax",
        "resize",
        "slice",
        "pad",
        "global_max_pool",
        "adaptive_max_pool",
        "adaptive_avg_pool",
    ] {
        let entry = find(name).unwrap();
        for seed in 0..20 {
            let mut rng = Rng::new(seed);
            let example = (entry.example)(&mut rng);
            let mut b = Builder::new("nan", Mode::Infer);
            assert!(!matches!(entry.signature.operands, Operands::List(_)));
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
