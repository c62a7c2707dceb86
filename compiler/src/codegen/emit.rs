//! One region as one Cranelift function `(io, weights, arena)`: loops become blocks, registers become variables, addresses are computed as far
//! out as their variables allow.

use std::collections::HashMap;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, Function, InstBuilder, MemFlagsData, Value, types};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};

use super::driver::enter;
use super::element::Place;
use super::math::{Math, cast_flags};
use crate::loops::LANES;
use crate::loops::affine::{Affine, Bound, Var};
use crate::loops::expr::{Binary, Expr, Unary};
use crate::loops::nest::{BufferId, Leaf, RegId, Stmt, Value as Tree};
use crate::loops::program::{Home, Program, Region};
use crate::loops::stage::Combine;

/// Writes a region's body into `function`, whose signature is three pointers.
pub(super) fn region(
    program: &Program,
    region: &Region,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
    frontend: TargetFrontendConfig,
    fma: bool,
) {
    let mut b = FunctionBuilder::new(function, context);
    let params = enter(&mut b);
    let mut bases = HashMap::new();
    for &id in region.reads.iter().chain(&region.writes) {
        let buffer = program.buffer(id);
        let port = |b: &mut FunctionBuilder<'_>, i: usize| {
            b.ins().load(types::I64, trusted().with_readonly(), params[0], (i * 8) as i32)
        };
        let base = match buffer.home {
            Home::Input(i) => port(&mut b, i),
            Home::Output(i) => port(&mut b, program.inputs.len() + i),
            Home::Weights(offset) => b.ins().iadd_imm_s(params[1], offset as i64),
            Home::Arena(offset) => b.ins().iadd_imm_s(params[2], offset as i64),
        };
        bases.insert(id, base);
    }
    for nest in &region.nests {
        let mut regs = Vec::new();
        let zero = Math { b: &mut b, fma }.constant(0.0);
        for array in &nest.regs {
            regs.push((0..array.len).map(|_| b.declare_var(types::F32X4)).collect::<Vec<_>>());
        }
        for &variable in regs.iter().flatten() {
            b.def_var(variable, zero);
        }
        let mut emit = Emit {
            program,
            b: &mut b,
            bases: &bases,
            regs,
            vars: HashMap::new(),
            partial: HashMap::new(),
            functions: Vec::new(),
            fma,
        };
        emit.prepare(&nest.body);
        emit.stmts(&nest.body);
    }
    b.ins().return_(&[]);
    b.finalize(frontend);
}

/// Accesses that the verifier has proved in bounds. Tensors of callers are aligned to their elements only.
fn trusted() -> MemFlagsData {
    MemFlagsData::new().with_notrap().with_endianness(Endianness::Little)
}

/// How a loop variable is known while its body is written.
#[derive(Clone, Copy)]
enum Known {
    Constant(i64),
    Runtime(Value),
}

/// A buffer with the run-time terms of an address, outermost variable first.
type Partial = (BufferId, Vec<(Var, i64)>);

struct Emit<'a, 'b, 'f> {
    program: &'a Program,
    b: &'b mut FunctionBuilder<'f>,
    bases: &'a HashMap<BufferId, Value>,
    regs: Vec<Vec<Variable>>,
    vars: HashMap<Var, Known>,
    /// Addresses computed in a block that dominates the present one.
    partial: HashMap<Partial, Value>,
    /// Functions that the present statement has computed.
    functions: Vec<(&'a Tree, Value)>,
    fma: bool,
}

impl<'a, 'f> Emit<'a, '_, 'f> {
    fn math(&mut self) -> Math<'_, 'f> {
        Math { b: self.b, fma: self.fma }
    }

    /// Computes, where a loop's body begins, the address parts of everything inside that are known by now, so that inner loops find them ready.
    fn prepare(&mut self, stmts: &[Stmt]) {
        let mut found = Vec::new();
        accesses(stmts, &mut |buffer, at| {
            let known: Vec<(Var, i64)> =
                at.terms.iter().copied().filter(|(v, _)| matches!(self.vars.get(v), Some(Known::Runtime(_)))).collect();
            found.push((buffer, known));
        });
        for (buffer, terms) in found {
            self.pointer(buffer, &terms);
        }
    }

    /// The buffer's base plus run-time terms, which are in order of nesting (outer variables have lower ids).
    fn pointer(&mut self, buffer: BufferId, terms: &[(Var, i64)]) -> Value {
        let Some((&(var, coefficient), outer)) = terms.split_last() else { return self.bases[&buffer] };
        if let Some(&value) = self.partial.get(&(buffer, terms.to_vec())) {
            return value;
        }
        let base = self.pointer(buffer, outer);
        let Some(&Known::Runtime(index)) = self.vars.get(&var) else { return base };
        let bytes = coefficient * self.size(buffer);
        let offset = self.b.ins().imul_imm_s(index, bytes);
        let value = self.b.ins().iadd(base, offset);
        self.partial.insert((buffer, terms.to_vec()), value);
        value
    }

    /// Where an element lies.
    fn place(&mut self, buffer: BufferId, at: &Affine) -> Place {
        let mut constant = at.constant;
        let mut terms = Vec::new();
        for &(var, coefficient) in &at.terms {
            match self.vars.get(&var) {
                Some(Known::Constant(value)) => constant += coefficient * value,
                _ => terms.push((var, coefficient)),
            }
        }
        let pointer = self.pointer(buffer, &terms);
        let size = self.size(buffer);
        let (pointer, offset) = match i32::try_from(constant * size) {
            // A store lane by lane adds up to the rest of a vector.
            Ok(offset) if offset.checked_add(LANES as i32 * size as i32).is_some() => (pointer, offset),
            _ => (self.b.ins().iadd_imm_s(pointer, constant * size), 0),
        };
        Place { dtype: self.program.buffer(buffer).dtype, pointer, offset, flags: self.flags(buffer) }
    }

    /// Bytes an element takes.
    fn size(&self, buffer: BufferId) -> i64 {
        self.program.buffer(buffer).dtype.size() as i64
    }

    /// A register index, which the verifier has proved to depend on unrolled variables only.
    fn register(&self, reg: RegId, at: &Affine) -> Variable {
        let index = at.terms.iter().fold(at.constant, |sum, (var, coefficient)| match self.vars.get(var) {
            Some(Known::Constant(value)) => sum + coefficient * value,
            _ => sum,
        });
        self.regs[reg.index()][index as usize]
    }

    fn stmts(&mut self, stmts: &'a [Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        self.functions.clear();
        match stmt {
            Stmt::For { var, low, high, step, body } => self.counted(*var, low, high, *step, body),
            Stmt::Unroll { var, low, high, body } => {
                for value in *low..*high {
                    self.vars.insert(*var, Known::Constant(value));
                    self.stmts(body);
                }
                self.vars.remove(var);
            }
            Stmt::Set { reg, at, value } => {
                let value = self.tree(value);
                let variable = self.register(*reg, at);
                self.b.def_var(variable, value);
            }
            Stmt::Store { buffer, at, lanes, value } => {
                let lanes = usize::from(*lanes);
                if let Expr::Leaf(leaf @ (Leaf::Load(from, from_at) | Leaf::Splat(from, from_at))) = value {
                    let (to, from) = (self.place(*buffer, at), self.place(*from, from_at));
                    if to.copy(self.b, from, lanes, matches!(leaf, Leaf::Splat(..))) {
                        return;
                    }
                }
                let value = self.tree(value);
                self.place(*buffer, at).store(self.b, value, lanes);
            }
        }
    }

    /// A bottom-tested loop, behind a test of its own unless it is known to run.
    fn counted(&mut self, var: Var, low: &[Bound], high: &[Bound], step: i64, body: &'a [Stmt]) {
        let runs = matches!((Bound::constant(low), Bound::constant(high)), (Some(low), Some(high)) if low < high);
        let first = self.bounds(low, IntCC::SignedGreaterThan);
        let end = self.bounds(high, IntCC::SignedLessThan);
        let (head, exit) = (self.b.create_block(), self.b.create_block());
        let index = self.b.append_block_param(head, types::I64);
        if runs {
            self.b.ins().jump(head, &[first.into()]);
        } else {
            let enter = self.b.ins().icmp(IntCC::SignedLessThan, first, end);
            self.b.ins().brif(enter, head, &[first.into()], exit, &[]);
        }
        self.b.switch_to_block(head);
        self.vars.insert(var, Known::Runtime(index));
        let outside = self.partial.clone();
        self.prepare(body);
        self.stmts(body);
        self.partial = outside;
        self.vars.remove(&var);
        let next = self.b.ins().iadd_imm_s(index, step);
        let again = self.b.ins().icmp(IntCC::SignedLessThan, next, end);
        self.b.ins().brif(again, head, &[next.into()], exit, &[]);
        self.b.seal_block(head);
        self.b.switch_to_block(exit);
        self.b.seal_block(exit);
    }

    /// The largest or smallest of some bounds: `better` says when one replaces another.
    fn bounds(&mut self, bounds: &[Bound], better: IntCC) -> Value {
        let mut best = None;
        for bound in bounds {
            let value = self.bound(bound);
            best = Some(match best {
                None => value,
                Some(best) => {
                    let replaces = self.b.ins().icmp(better, value, best);
                    self.b.ins().select(replaces, value, best)
                }
            });
        }
        best.unwrap_or_else(|| self.b.ins().iconst(types::I64, 0))
    }

    fn bound(&mut self, bound: &Bound) -> Value {
        let mut constant = bound.numerator.constant;
        let mut sum = None;
        for &(var, coefficient) in &bound.numerator.terms {
            match self.vars.get(&var) {
                Some(Known::Constant(value)) => constant += coefficient * value,
                Some(&Known::Runtime(value)) => {
                    let term = self.b.ins().imul_imm_s(value, coefficient);
                    sum = Some(match sum {
                        None => term,
                        Some(sum) => self.b.ins().iadd(sum, term),
                    });
                }
                None => {}
            }
        }
        let Some(sum) = sum else {
            return self.b.ins().iconst(
                types::I64,
                constant.div_euclid(bound.divisor) + i64::from(constant.rem_euclid(bound.divisor) != 0),
            );
        };
        // ceil(n / d) = floor((n + d - 1) / d); sdiv truncates, so a negative remainder takes one off.
        let numerator = self.b.ins().iadd_imm_s(sum, constant + bound.divisor - 1);
        if bound.divisor == 1 {
            return numerator;
        }
        let divisor = self.b.ins().iconst(types::I64, bound.divisor);
        let quotient = self.b.ins().sdiv(numerator, divisor);
        let whole = self.b.ins().imul(quotient, divisor);
        let remainder = self.b.ins().isub(numerator, whole);
        let sign = self.b.ins().sshr_imm_u(remainder, 63);
        self.b.ins().iadd(quotient, sign)
    }

    /// Loads of weights may move: nothing stores to them.
    fn flags(&self, buffer: BufferId) -> MemFlagsData {
        let constant = matches!(self.program.buffer(buffer).home, Home::Weights(_));
        if constant { trusted().with_readonly().with_can_move() } else { trusted() }
    }

    fn tree(&mut self, tree: &'a Tree) -> Value {
        match tree {
            Expr::Leaf(leaf) => self.leaf(leaf),
            Expr::Const(c) => self.math().constant(*c),
            Expr::Unary(f, a) => {
                if let Some((_, value)) = self.functions.iter().find(|(known, _)| *known == tree) {
                    return *value;
                }
                let a = self.tree(a);
                let value = match f {
                    Unary::Neg => self.b.ins().fneg(a),
                    Unary::Abs => self.b.ins().fabs(a),
                    Unary::Sqrt => self.b.ins().sqrt(a),
                    Unary::Exp => self.math().exp(a),
                    Unary::Expm1 => self.math().expm1(a),
                    Unary::Log => self.math().log(a),
                    Unary::Log1p => self.math().log1p(a),
                    Unary::Sigmoid => self.math().sigmoid(a),
                    Unary::Tanh => self.math().tanh(a),
                    Unary::NormalCdf => self.math().normal_cdf(a),
                };
                self.functions.push((tree, value));
                value
            }
            Expr::Binary(f, a, b) => {
                let number = |e: &Tree| matches!(e, Expr::Const(c) if !c.is_nan());
                let numbers = [number(a), number(b)];
                let (a, b) = (self.tree(a), self.tree(b));
                let largest = *f == Binary::Max;
                match f {
                    Binary::Add => self.b.ins().fadd(a, b),
                    Binary::Sub => self.b.ins().fsub(a, b),
                    Binary::Mul => self.b.ins().fmul(a, b),
                    Binary::Div => self.b.ins().fdiv(a, b),
                    Binary::Exceeds => self.math().exceeds(a, b),
                    Binary::Max | Binary::Min if numbers[1] => self.math().extremum(largest, b, a, true),
                    Binary::Max | Binary::Min => self.math().extremum(largest, a, b, numbers[0]),
                }
            }
            Expr::MulAdd(abc) => {
                let [a, b, c] = [&abc[0], &abc[1], &abc[2]].map(|e| self.tree(e));
                self.math().mul_add(a, b, c)
            }
        }
    }

    /// Lanes of two vectors laid side by side.
    fn shuffle(&mut self, low: Value, high: Value, lanes: [u8; LANES]) -> Value {
        let [low, high] = [low, high].map(|v| self.b.ins().bitcast(types::I8X16, cast_flags(), v));
        let mask: Vec<u8> = lanes.iter().flat_map(|lane| (0..4).map(move |byte| lane * 4 + byte)).collect();
        let mask = self.b.func.dfg.immediates.push(mask.into());
        let shuffled = self.b.ins().shuffle(low, high, mask);
        self.b.ins().bitcast(types::F32X4, cast_flags(), shuffled)
    }

    fn leaf(&mut self, leaf: &Leaf) -> Value {
        match leaf {
            Leaf::Load(buffer, at) => {
                let place = self.place(*buffer, at);
                place.load(self.b)
            }
            Leaf::Splat(buffer, at) => {
                let place = self.place(*buffer, at);
                place.splat(self.b)
            }
            Leaf::Reg(reg, at) => {
                let variable = self.register(*reg, at);
                self.b.use_var(variable)
            }
            Leaf::Across(combine, reg, at) => {
                let variable = self.register(*reg, at);
                let value = self.b.use_var(variable);
                let mut result = None;
                for lane in 0..LANES as u8 {
                    let element = self.b.ins().extractlane(value, lane);
                    let element = self.b.ins().splat(types::F32X4, element);
                    result = Some(match (result, combine) {
                        (None, _) => element,
                        (Some(sum), Combine::Sum) => self.b.ins().fadd(sum, element),
                        (Some(most), Combine::Max) => self.math().extremum(true, most, element, false),
                        (Some(least), Combine::Min) => self.math().extremum(false, least, element, false),
                    });
                }
                result.unwrap_or(value)
            }
            Leaf::Align { reg, low, high, by } => {
                let [low, high] = [low, high].map(|at| {
                    let variable = self.register(*reg, at);
                    self.b.use_var(variable)
                });
                // Two lanes of each operand at a time: `shufps`, which even the lowest level has.
                match by {
                    1 => {
                        let middle = self.shuffle(low, high, [3, 3, 4, 4]);
                        self.shuffle(low, middle, [1, 2, 4, 6])
                    }
                    2 => self.shuffle(low, high, [2, 3, 4, 5]),
                    _ => {
                        let middle = self.shuffle(low, high, [3, 3, 4, 4]);
                        self.shuffle(middle, high, [0, 2, 5, 6])
                    }
                }
            }
        }
    }
}

/// Calls `visit` on every access of the statements.
fn accesses(stmts: &[Stmt], visit: &mut impl FnMut(BufferId, &Affine)) {
    for stmt in stmts {
        match stmt {
            Stmt::For { body, .. } | Stmt::Unroll { body, .. } => accesses(body, visit),
            Stmt::Set { value, .. } => loads(value, visit),
            Stmt::Store { buffer, at, value, .. } => {
                loads(value, visit);
                visit(*buffer, at);
            }
        }
    }
}

fn loads(value: &Tree, visit: &mut impl FnMut(BufferId, &Affine)) {
    value.leaves(&mut |leaf| {
        if let Leaf::Load(buffer, at) | Leaf::Splat(buffer, at) = leaf {
            visit(*buffer, at);
        }
    });
}
