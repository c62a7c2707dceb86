//! One rejecting test a rule, each from a program that passes.

use super::verify;
use crate::graph::{Builder, Mode, Type};
use crate::loops::affine::{Affine, Var};
use crate::loops::expr::Expr;
use crate::loops::lower::lower;
use crate::loops::nest::{BufferId, Leaf, RegId, Stmt};
use crate::loops::program::{Home, Program};
use crate::ops::conv::Conv;
use crate::ops::geometry::Window;
use crate::ops::lrn::Lrn;
use crate::ops::relu::Relu;

/// conv 3x3 with padding, lrn, relu: loops with dependent bounds, registers, alignments, temporaries, a result in place.
fn program() -> Program {
    let mut b = Builder::new("good", Mode::Infer);
    let x = b.input("x", Type::f32([1, 8, 9, 30]));
    let weight = b.param("weight", Type::f32([8, 8, 3, 3]), false).unwrap();
    let window = Window { kernel: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1], dilation: [1, 1] };
    let conv = b.node("conv", Conv { window, groups: 1 }.into(), vec![x, weight]).unwrap()[0];
    let lrn = b.node("lrn", Lrn { size: 5, alpha: 1e-4, beta: 0.75, k: 1.0 }.into(), vec![conv]).unwrap()[0];
    let relu = b.node("relu", Relu.into(), vec![lrn]).unwrap()[0];
    b.output("output", relu);
    let program = lower(&b.finish()).unwrap();
    verify(&program).unwrap();
    program
}

/// Breaks the program and expects the rule that says so.
fn check(rule: &str, break_it: impl FnOnce(&mut Program)) {
    let mut program = program();
    break_it(&mut program);
    match verify(&program) {
        Ok(()) => panic!("passes; expected `{rule}`"),
        Err(violation) => assert_eq!(violation.rule, rule, "{violation}"),
    }
}

/// Calls `change` on every statement of the region's first nest.
fn statements(program: &mut Program, region: &str, change: &mut dyn FnMut(&mut Stmt)) {
    fn walk(stmts: &mut [Stmt], change: &mut dyn FnMut(&mut Stmt)) {
        for stmt in stmts {
            change(stmt);
            if let Stmt::For { body, .. } | Stmt::Unroll { body, .. } = stmt {
                walk(body, change);
            }
        }
    }
    let region = program.regions.iter_mut().find(|r| r.name == region).unwrap();
    walk(&mut region.nests[0].body, change);
}

/// Adds a statement at the end of the convolution's nest.
fn append(program: &mut Program, stmt: Stmt) {
    program.regions.iter_mut().find(|r| r.name == "conv").unwrap().nests[0].body.push(stmt);
}

fn written(program: &Program) -> BufferId {
    program.regions.iter().find(|r| r.name == "conv").unwrap().writes[0]
}

#[test]
fn weights_beyond_the_blob() {
    check("buffer-homes", |p| p.weights_bytes = 64);
}

#[test]
fn an_offset_off_the_cache_line() {
    check("buffer-homes", |p| {
        let id = written(p);
        p.buffers[id.index()].home = Home::Arena(4);
    });
}

#[test]
fn buffers_that_meet() {
    check("arena-overlap", |p| {
        for buffer in &mut p.buffers {
            if matches!(buffer.home, Home::Arena(_)) {
                buffer.home = Home::Arena(0);
            }
        }
    });
}

#[test]
fn a_store_to_an_input() {
    check("declared-access", |p| {
        let buffer = p.buffers.iter().position(|b| b.home == Home::Input(0)).unwrap();
        let store = Stmt::Store { buffer: BufferId::new(buffer), at: 0usize.into(), lanes: 1, value: Expr::Const(0.0) };
        append(p, store);
    });
}

#[test]
fn a_load_that_is_not_declared() {
    check("declared-access", |p| p.regions.iter_mut().find(|r| r.name == "conv").unwrap().reads.clear());
}

#[test]
fn a_buffer_that_is_not() {
    check("declared-access", |p| {
        append(p, Stmt::Store { buffer: BufferId::new(999), at: 0usize.into(), lanes: 1, value: Expr::Const(0.0) });
    });
}

#[test]
fn a_variable_outside_its_loop() {
    check("scope", |p| {
        let buffer = written(p);
        append(p, Stmt::Store { buffer, at: Affine::from(Var::new(0)), lanes: 1, value: Expr::Const(0.0) });
    });
}

#[test]
fn a_loop_without_a_step() {
    check("scope", |p| {
        statements(p, "conv", &mut |stmt| {
            if let Stmt::For { step, .. } = stmt {
                *step = 0;
            }
        });
    });
}

#[test]
fn a_register_beyond_its_array() {
    check("register", |p| p.regions.iter_mut().find(|r| r.name == "conv").unwrap().nests[0].regs[0].len = 1);
}

#[test]
fn a_register_array_that_is_not() {
    check("register", |p| append(p, Stmt::Set { reg: RegId::new(999), at: 0usize.into(), value: Expr::Const(0.0) }));
}

#[test]
fn a_store_of_five_lanes() {
    check("lanes", |p| {
        let buffer = written(p);
        append(p, Stmt::Store { buffer, at: 0usize.into(), lanes: 5, value: Expr::Const(0.0) });
    });
}

#[test]
fn an_alignment_by_no_lanes() {
    check("lanes", |p| {
        let (low, high) = (0usize.into(), 0usize.into());
        let value = Expr::Leaf(Leaf::Align { reg: RegId::new(0), low, high, by: 0 });
        append(p, Stmt::Set { reg: RegId::new(0), at: 0usize.into(), value });
    });
}

#[test]
fn a_store_one_element_beyond() {
    check("in-bounds", |p| {
        let buffer = written(p);
        let at = p.buffer(buffer).elements - 3;
        append(p, Stmt::Store { buffer, at: at.into(), lanes: 4, value: Expr::Const(0.0) });
    });
}

#[test]
fn a_load_before_the_buffer() {
    check("in-bounds", |p| {
        let buffer = written(p);
        append(
            p,
            Stmt::Set { reg: RegId::new(0), at: 0usize.into(), value: Expr::Leaf(Leaf::Splat(buffer, (-1i64).into())) },
        );
    });
}

#[test]
fn every_kernel_row_bound_is_needed() {
    // Without either of its two bounds the loop over kernel rows leaves the image at the top or the bottom.
    for side in 0..2 {
        check("in-bounds", |p| {
            statements(p, "conv", &mut |stmt| {
                if let Stmt::For { low, high, .. } = stmt
                    && low.len() == 2
                {
                    (if side == 0 { low } else { high }).truncate(1);
                }
            });
        });
    }
}
