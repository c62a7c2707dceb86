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
use crate::ops::elementwise::Elementwise;
use crate::ops::gelu::Gelu;
use crate::ops::pow::Pow;
use crate::ops::value::Element;

/// Runs an expression over numbers at a level.
fn run(expr: &Expr<Operand>, x: Vec<f32>, cpu: &str) -> Vec<f32> {
    let shape = vec![x.len()];
    let port = |name: &str| Port { name: name.to_string(), dtype: DType::F32, shape: shape.clone() };
    let buffer = |name: &str, home| Buffer {
        dtype: DType::F32,
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
    session.run(&[&x]).unwrap().remove(0).data().to_vec()
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

/// Checks an expression against its value, which is within `at_most` ULP of it, or off by `lost` at most.
fn check(name: &str, expr: &Expr<Operand>, exact: impl Fn(f64) -> f64, at_most: f64, lost: fn(f64) -> f64, x: &[f32]) {
    assert!(x.len() > 100_000);
    for cpu in ["x86-64", "x86-64-v2", "native"] {
        let y = run(expr, x.to_vec(), cpu);
        for (&x, &y) in x.iter().zip(&y) {
            let exact = exact(f64::from(x));
            if exact.is_nan() && y.is_nan() || (f64::from(y) - exact).abs() <= lost(f64::from(x)) {
                continue;
            }
            let distance = ulps(y, exact);
            assert!(distance <= at_most, "{cpu}: {name}({x:e}) = {y:e} instead of {exact:e}, {distance} ULP away");
        }
    }
}

fn check_function(f: Unary, points: impl Iterator<Item = f32>) {
    let x: Vec<f32> = points.collect();
    check(f.name(), &Expr::Leaf(Operand(0)).then(f), |x| f.of(x), 4.0, |_| 0.0, &x);
}

/// Checks an operator whose factors may underflow where x magnifies what that loses.
fn check_operator<T: Elementwise>(op: &T) {
    let x: Vec<f32> = everywhere().chain(around_zero(110.0)).chain(around_zero(4.0)).collect();
    let lost = |x: f64| x.abs() * f64::from(f32::MIN_POSITIVE);
    check(T::NAME, &op.expr(Expr::Leaf(Operand(0))), |x| Elementwise::element(op, (x, 0.0)).0, 4.0, lost, &x);
}

#[test]
fn operators_are_within_4_ulp() {
    use crate::ops::{elu, gelu, hard_sigmoid, hard_swish, leaky_relu, mish, selu, silu, softplus};
    check_operator(&silu::Silu);
    check_operator(&mish::Mish);
    check_operator(&softplus::Softplus);
    check_operator(&gelu::Gelu { tanh: false });
    check_operator(&elu::Elu { alpha: 1.0 });
    check_operator(&elu::Elu { alpha: 0.3 });
    check_operator(&selu::Selu);
    check_operator(&hard_swish::HardSwish);
    check_operator(&hard_sigmoid::HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 });
    check_operator(&leaky_relu::LeakyRelu { slope: 0.01 });
}

/// Powers and the approximation of `gelu` are within the bounds that they state.
#[test]
fn wider_bounds_hold() {
    let x: Vec<f32> = everywhere().chain(around_zero(20.0)).collect();
    let within = |name: &str, expr: &Expr<Operand>, element: &dyn Fn(Element) -> Element| {
        for cpu in ["x86-64", "native"] {
            let y = run(expr, x.clone(), cpu);
            for (&x, &y) in x.iter().zip(&y) {
                let (value, bound) = element((f64::from(x), 0.0));
                let off = (f64::from(y) - value).abs();
                assert!(
                    value.is_nan() && y.is_nan() || f64::from(y) == value || off <= bound,
                    "{cpu}: {name}({x:e}) = {y:e} instead of {value:e} +- {bound:e}"
                );
            }
        }
    };
    for exponent in [2.0, 3.0, 0.5, -1.0, -0.5, 1.5, 2.25, -3.0, 15.0, 0.3, 1.7, -1.7, 17.0, 18.0, -17.0, -18.0, 100.0]
    {
        let op = Pow { exponent };
        within(&format!("pow {exponent}"), &op.expr(Expr::Leaf(Operand(0))), &|x| Elementwise::element(&op, x));
    }
    let op = Gelu { tanh: true };
    within("gelu", &op.expr(Expr::Leaf(Operand(0))), &|x| Elementwise::element(&op, x));
}

/// Numbers of all exponents and both signs, subnormal ones among them.
fn everywhere() -> impl Iterator<Item = f32> {
    (0..0x7f80_0000u32).step_by(30_011).flat_map(|bits| [f32::from_bits(bits), -f32::from_bits(bits)])
}

/// Evenly spaced numbers: the range in which a function is neither linear nor constant.
fn around_zero(reach: f32) -> impl Iterator<Item = f32> {
    (-150_000..=150_000).map(move |i| i as f32 / 150_000.0 * reach)
}

#[test]
fn functions_are_within_4_ulp() {
    use Unary::{Abs, Exp, Expm1, Log, Log1p, Neg, NormalCdf, Sigmoid, Sqrt, Tanh};
    for f in [Neg, Abs, Sqrt, Exp, Expm1, Log, Log1p, Sigmoid, Tanh, NormalCdf] {
        check_function(f, everywhere());
    }
    for (f, reach) in [(Exp, 110.0), (Expm1, 90.0), (Sigmoid, 110.0), (Tanh, 10.0), (NormalCdf, 14.6), (Log1p, 1.0)] {
        check_function(f, around_zero(reach));
        check_function(f, around_zero(1.0));
    }
    check_function(Log, around_zero(1.0).map(|x| x + 1.0));
}

#[test]
fn ends_of_the_functions() {
    let inf = f32::INFINITY;
    let check = |f: Unary, at_minus_infinity: f32, at_zero: f32, at_infinity: f32| {
        let y = run(&Expr::unary(f, Expr::Leaf(Operand(0))), vec![f32::NAN, -inf, -0.0, 0.0, inf], "native");
        assert!(y[0].is_nan(), "{f:?}");
        for (found, expected) in y[1..].iter().zip([at_minus_infinity, at_zero, at_zero, at_infinity]) {
            assert!(*found == expected || found.is_nan() && expected.is_nan(), "{f:?}: {y:?}");
        }
    };
    check(Unary::Exp, 0.0, 1.0, inf);
    check(Unary::Expm1, -1.0, 0.0, inf);
    check(Unary::Log, f32::NAN, -inf, inf);
    check(Unary::Log1p, f32::NAN, 0.0, inf);
    check(Unary::Sigmoid, 0.0, 0.5, 1.0);
    check(Unary::Tanh, -1.0, 0.0, 1.0);
    check(Unary::NormalCdf, 0.0, 0.5, 1.0);
    check(Unary::Sqrt, f32::NAN, 0.0, inf);
    check(Unary::Abs, inf, 0.0, inf);
    check(Unary::Neg, inf, 0.0, -inf);
    let log1p = run(&Expr::unary(Unary::Log1p, Expr::Leaf(Operand(0))), vec![-1.0, -1.5], "native");
    assert!(log1p[0] == -inf && log1p[1].is_nan(), "{log1p:?}");
}

#[test]
fn relu_keeps_nan() {
    let relu = run(&Expr::Leaf(Operand(0)).relu(), vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0], "native");
    assert!(relu[0].is_nan());
    assert_eq!(relu[1..], [f32::INFINITY, 0.0, 0.0]);
}
