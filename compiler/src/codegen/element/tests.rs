//! Elements of every type through native code, at every level of this machine.

use rebirth_runtime::elements::Elements;
use rebirth_runtime::{DType, Session, Tensor};

use crate::codegen::target;
use crate::graph::parse;
use crate::pipeline::compile;

/// What a graph of one input makes of `x`, the same at every level.
fn run(graph: &str, x: &Tensor) -> Elements {
    let graph = parse(graph).unwrap();
    let at_level = |target: &target::Target| {
        let mut session = Session::new(compile(&graph, &[], target.name).ok()?.into()).ok()?;
        Some(session.run(&[x]).unwrap().remove(0).into_parts().1)
    };
    let results: Vec<Elements> = target::TARGETS.iter().filter_map(at_level).collect();
    // NaN equals nothing, not itself.
    assert!(results.iter().all(|other| format!("{other:?}") == format!("{:?}", results[0])), "{results:?}");
    results[0].clone()
}

fn cast(x: impl Into<Elements>, to: DType) -> Elements {
    let x = x.into();
    let (from, len) = (x.dtype(), x.len());
    let graph = format!(
        "graph @g infer (%x: {from}[{len}]) -> (y: {to}[{len}]) {{\n  %y = cast %x {{from={from}, to={to}}} : {to}[{len}]\n  return %y\n}}\n"
    );
    run(&graph, &Tensor::new([len], x).unwrap())
}

const EDGES: [f32; 14] = [
    0.0,
    -0.0,
    0.99,
    -0.99,
    127.5,
    -128.5,
    255.99,
    256.0,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    2_147_483_648.0,
    -9.3e18,
    1e-40,
];

#[test]
fn f32_to_every_type_as_rust_does() {
    let x = || EDGES.to_vec();
    assert_eq!(cast(x(), DType::U8), Elements::U8(EDGES.map(|v| v as u8).to_vec()));
    assert_eq!(cast(x(), DType::I8), Elements::I8(EDGES.map(|v| v as i8).to_vec()));
    assert_eq!(cast(x(), DType::I32), Elements::I32(EDGES.map(|v| v as i32).to_vec()));
    assert_eq!(cast(x(), DType::I64), Elements::I64(EDGES.map(|v| v as i64).to_vec()));
    assert_eq!(cast(x(), DType::Bool), Elements::Bool(EDGES.map(|v| v != 0.0).to_vec()));
    assert_eq!(format!("{:?}", cast(x(), DType::F32)), format!("{:?}", Elements::F32(x())));
}

#[test]
fn every_type_to_f32() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(cast(bytes.clone(), DType::F32), Elements::F32(bytes.iter().map(|&v| v.into()).collect()));
    let signed: Vec<i8> = (i8::MIN..=i8::MAX).collect();
    assert_eq!(cast(signed.clone(), DType::F32), Elements::F32(signed.iter().map(|&v| v.into()).collect()));
    let words = vec![i32::MIN, -1, 0, 1, 16_777_217, 33_554_433, i32::MAX];
    assert_eq!(cast(words.clone(), DType::F32), Elements::F32(words.iter().map(|&v| v as f32).collect()));
    let long = vec![i64::MIN, -1, 0, 1, 16_777_217, (1 << 53) + 1, i64::MAX];
    assert_eq!(cast(long.clone(), DType::F32), Elements::F32(long.iter().map(|&v| v as f32).collect()));
    let truths = vec![true, false, false, true, true];
    assert_eq!(cast(truths.clone(), DType::F32), Elements::F32(truths.iter().map(|&v| v.into()).collect()));
}

#[test]
fn integers_keep_their_low_bits() {
    let long = vec![i64::MIN, -129, -1, 0, 1, 300, 16_777_217, i64::from(i32::MAX), (1 << 53) + 1, i64::MAX];
    assert_eq!(cast(long.clone(), DType::I64), Elements::I64(long.clone()));
    assert_eq!(cast(long.clone(), DType::I32), Elements::I32(long.iter().map(|&v| v as i32).collect()));
    assert_eq!(cast(long.clone(), DType::U8), Elements::U8(long.iter().map(|&v| v as u8).collect()));
    assert_eq!(cast(long.clone(), DType::I8), Elements::I8(long.iter().map(|&v| v as i8).collect()));
    assert_eq!(cast(long.clone(), DType::Bool), Elements::Bool(long.iter().map(|&v| v != 0).collect()));
    assert_eq!(cast(vec![200_u8, 3, 0, 1, 2], DType::I8), Elements::I8(vec![-56, 3, 0, 1, 2]));
}

#[test]
fn moves_keep_every_bit() {
    let values: Vec<i64> = (0..60).map(|i| i64::MAX - i).collect();
    let at = |n: usize, c: usize, w: usize| values[(n * 5 + c) * 6 + w];
    let x = Tensor::new([2, 5, 6], values.clone()).unwrap();
    let graph = "graph @g infer (%x: i64[2,5,6]) -> (y: i64[6,10]) {
  %t = transpose %x {perm=[2,0,1]} : i64[6,2,5]
  %s = slice %t {axis=0, step=-1} : i64[6,2,5]
  %y = reshape %s {shape=[6,-1]} : i64[6,10]
  return %y
}
";
    let expected = (0..6).rev().flat_map(|w| (0..10).map(move |i| at(i / 5, i % 5, w))).collect();
    assert_eq!(run(graph, &x), Elements::I64(expected));
}

#[test]
fn where_the_largest_is() {
    let nan = f32::NAN;
    #[rustfmt::skip]
    let x = vec![
        1.0, 5.0, nan, -1.0, f32::NEG_INFINITY,
        2.0, 5.0, 9.0, nan, f32::NEG_INFINITY,
        2.0, 4.0, nan, 7.0, f32::NEG_INFINITY,
    ];
    let graph = |axis: usize, shape: &str| {
        format!(
            "graph @g infer (%x: f32[3,5]) -> (y: {shape}) {{\n  %y = argmax %x {{axis={axis}, keep=true}} : {shape}\n  return %y\n}}\n"
        )
    };
    let x = Tensor::new([3, 5], x).unwrap();
    assert_eq!(run(&graph(0, "i64[1,5]"), &x), Elements::I64(vec![1, 0, 0, 1, 0]));
    assert_eq!(run(&graph(1, "i64[3,1]"), &x), Elements::I64(vec![2, 3, 2]));
}
