//! Vector functions against f64, in units in the last place.

use std::sync::Arc;

use rebirth_runtime::{DType, Port, Session, Tensor};

use super::{jit, target};
use crate::loops::expr::{Expr, Unary};
use crate::loops::layout::Layout;
use crate::loops::nest::BufferId;
use crate::loops::program::{Buffer, Home, Program, Region};
use crate::loops::schedule::{Tensor as View, pointwise};
use crate::loops::stage::Operand;
use crate::loops::verify::verify;

/// Runs an expression over numbers at a level.
fn run(expr: &Expr<Operand>, x: Vec<f32>, cpu: &str) -> Vec<f32> {
    let shape = vec![x.len()];
    let port = |name: &str| Port { name: name.to_string(), dtype: DType::F32, shape: shape.clone() };
    let buffer = |name: &str, home| Buffer {
        name: name.to_string(),
        shape: shape.clone(),
        layout: Layout::Plain,
        elements: x.len(),
        home,
        alias: None,
    };
    let [from, to] = [0, 1].map(|i| View { buffer: BufferId::new(i), shape: shape.clone(), layout: Layout::Plain });
    let region = Region {
        name: "f".to_string(),
        operator: "f".to_string(),
        reads: vec![from.buffer],
        writes: vec![to.buffer],
        in_place: None,
        nests: vec![pointwise::pointwise("f", expr, &[from], &to)],
    };
    let program = Program {
        name: "f".to_string(),
        inputs: vec![port("x")],
        outputs: vec![port("y")],
        buffers: vec![buffer("%x", Home::Input(0)), buffer("%y", Home::Output(0))],
        constants: Vec::new(),
        packs: Vec::new(),
        regions: vec![region],
        arena_bytes: 0,
        weights_bytes: 0,
    };
    verify(&program).unwrap();
    let module = jit::compile(&program, target::find(cpu).unwrap(), &[]).unwrap();
    let mut session = Session::new(Arc::new(module)).unwrap();
    let x = Tensor::new(shape, x).unwrap();
    session.run(&[&x]).unwrap().remove(0).into_parts().1
}

/// Distance in units in the last place of the f32 nearest to `exact`, subnormals included.
fn ulps(actual: f32, exact: f64) -> f64 {
    let nearest = exact as f32;
    if !nearest.is_finite() || !actual.is_finite() {
        return if actual == nearest { 0.0 } else { f64::INFINITY };
    }
    let exponent = nearest.abs().max(f32::MIN_POSITIVE).log2().floor();
    (f64::from(actual) - exact).abs() / f64::from((exponent - 23.0).exp2())
}

fn check(f: Unary, exact: fn(f64) -> f64, points: impl Iterator<Item = f32>) {
    let x: Vec<f32> = points.collect();
    assert!(x.len() > 100_000);
    for cpu in ["x86-64", "x86-64-v2", "native"] {
        let y = run(&Expr::unary(f, Expr::Leaf(Operand(0))), x.clone(), cpu);
        for (&x, &y) in x.iter().zip(&y) {
            let distance = ulps(y, exact(f64::from(x)));
            assert!(distance <= 4.0, "{cpu}: {f:?}({x:e}) = {y:e}, {distance} ULP away");
        }
    }
}

#[test]
fn exp_is_within_4_ulp() {
    check(Unary::Exp, f64::exp, (0..200_003).map(|i| -110.0 + i as f32 * 1e-3));
}

#[test]
fn log_is_within_4_ulp() {
    let positive = (0x0080_0000u32..0x7f80_0000).step_by(9973).map(f32::from_bits);
    check(Unary::Log, f64::ln, positive);
}

#[test]
fn nan_and_infinity_pass_through() {
    let special = vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0];
    let of = |f| run(&Expr::unary(f, Expr::Leaf(Operand(0))), special.clone(), "native");
    let exp = of(Unary::Exp);
    assert!(exp[0].is_nan());
    assert_eq!(exp[1..], [f32::INFINITY, 0.0, 1.0, 1.0]);
    let log = of(Unary::Log);
    assert!(log[0].is_nan());
    assert_eq!(log[1], f32::INFINITY);
    let relu = run(&Expr::Leaf(Operand(0)).relu(), special, "native");
    assert!(relu[0].is_nan());
    assert_eq!(relu[1..], [f32::INFINITY, 0.0, 0.0, 0.0]);
}
