//! An explicit nest of loops: counted loops at run time, unrolled loops, vector registers, loads and stores at affine
//! addresses. Every value is a vector of [`LANES`](super::LANES) f32; scalar code loads one element to all lanes and stores lane 0.

use std::fmt;

use super::affine::{Affine, Bound, Var};
use super::expr::Expr;
use super::stage::Combine;
use crate::graph::ids::id;

id! {
    /// A buffer of the program.
    BufferId, "b"
}
id! {
    /// An array of vector registers of one nest.
    RegId, "r"
}

/// What a nest's expressions read.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// Consecutive elements, one a lane. No alignment is assumed.
    Load(BufferId, Affine),
    /// One element to all lanes.
    Splat(BufferId, Affine),
    /// A register.
    Reg(RegId, Affine),
    /// All lanes of a register combined, to all lanes.
    Across(Combine, RegId, Affine),
    /// Lanes `by..by + LANES` of two registers laid side by side.
    Align {
        /// The register array.
        reg: RegId,
        /// The register of the lower lanes.
        low: Affine,
        /// The register of the higher lanes.
        high: Affine,
        /// First lane taken, 1 to `LANES - 1`.
        by: u8,
    },
}

/// A value of a nest.
pub type Value = Expr<Leaf>;

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    /// A loop at run time, from the largest of `low` to below the smallest of `high`.
    For {
        /// The variable.
        var: Var,
        /// Lower bounds, at least one.
        low: Vec<Bound>,
        /// Exclusive upper bounds, at least one.
        high: Vec<Bound>,
        /// Step, positive.
        step: i64,
        /// What is repeated.
        body: Vec<Stmt>,
    },
    /// A loop that code generation writes out. Registers are indexed by variables of such loops only.
    Unroll {
        /// The variable.
        var: Var,
        /// First value.
        low: i64,
        /// First value beyond.
        high: i64,
        /// What is repeated.
        body: Vec<Stmt>,
    },
    /// Gives a register a value.
    Set {
        /// The register array.
        reg: RegId,
        /// Which of it.
        at: Affine,
        /// The value.
        value: Value,
    },
    /// Stores the first `lanes` lanes at consecutive elements.
    Store {
        /// Where to.
        buffer: BufferId,
        /// The first element.
        at: Affine,
        /// How many, 1 to `LANES`.
        lanes: u8,
        /// The value.
        value: Value,
    },
}

/// An array of registers.
#[derive(Clone, Debug, PartialEq)]
pub struct RegArray {
    /// Its name in listings.
    pub name: String,
    /// Registers in it.
    pub len: usize,
}

/// The loops of one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Nest {
    /// What it is, with its parameters: the heading in listings.
    pub title: String,
    /// Names of loop variables, by [`Var`].
    pub vars: Vec<String>,
    /// Registers, by [`RegId`].
    pub regs: Vec<RegArray>,
    /// Statements.
    pub body: Vec<Stmt>,
}

/// Writes a nest from the outside in.
pub struct NestBuilder {
    nest: Nest,
    open: Vec<Vec<Stmt>>,
}

impl NestBuilder {
    /// An empty nest.
    pub fn new(title: impl fmt::Display) -> NestBuilder {
        let nest = Nest { title: title.to_string(), vars: Vec::new(), regs: Vec::new(), body: Vec::new() };
        NestBuilder { nest, open: vec![Vec::new()] }
    }

    /// The finished nest.
    pub fn finish(mut self) -> Nest {
        self.nest.body = self.open.pop().unwrap_or_default();
        self.nest
    }

    fn var(&mut self, name: &str) -> Var {
        self.nest.vars.push(name.to_string());
        Var::new(self.nest.vars.len() - 1)
    }

    /// A new array of registers.
    pub fn regs(&mut self, name: &str, len: usize) -> RegId {
        self.nest.regs.push(RegArray { name: name.to_string(), len });
        RegId::new(self.nest.regs.len() - 1)
    }

    fn push(&mut self, stmt: Stmt) {
        self.open.last_mut().expect("a nest is open until it is finished").push(stmt);
    }

    fn block(&mut self, body: impl FnOnce(&mut NestBuilder)) -> Vec<Stmt> {
        self.open.push(Vec::new());
        body(self);
        self.open.pop().expect("pushed above")
    }

    /// A loop over `0..extent`; extents of 0 and 1 leave no loop behind.
    pub fn range(&mut self, name: &str, extent: usize, body: impl FnOnce(&mut NestBuilder, Affine)) {
        self.steps(name, 0, extent, 1, body);
    }

    /// A loop over `low, low + step ..` below `high`; no loop where it would run at most once.
    pub fn steps(
        &mut self,
        name: &str,
        low: usize,
        high: usize,
        step: usize,
        body: impl FnOnce(&mut NestBuilder, Affine),
    ) {
        if low >= high {
            return;
        }
        if low + step >= high {
            return body(self, low.into());
        }
        self.bounded(name, vec![low.into()], vec![high.into()], step, body);
    }

    /// A loop between bounds that may depend on outer variables.
    pub fn bounded(
        &mut self,
        name: &str,
        low: Vec<Bound>,
        high: Vec<Bound>,
        step: usize,
        body: impl FnOnce(&mut NestBuilder, Affine),
    ) {
        let var = self.var(name);
        let body = self.block(|b| body(b, var.into()));
        self.push(Stmt::For { var, low, high, step: step as i64, body });
    }

    /// An unrolled loop.
    pub fn unroll(&mut self, name: &str, range: std::ops::Range<usize>, body: impl FnOnce(&mut NestBuilder, Affine)) {
        match range.len() {
            0 => {}
            1 => body(self, range.start.into()),
            _ => {
                let var = self.var(name);
                let body = self.block(|b| body(b, var.into()));
                self.push(Stmt::Unroll { var, low: range.start as i64, high: range.end as i64, body });
            }
        }
    }

    /// Gives a register a value.
    pub fn set(&mut self, reg: RegId, at: impl Into<Affine>, value: Value) {
        self.push(Stmt::Set { reg, at: at.into(), value });
    }

    /// Stores the first `lanes` lanes of a value.
    pub fn store(&mut self, buffer: BufferId, at: impl Into<Affine>, lanes: usize, value: Value) {
        self.push(Stmt::Store { buffer, at: at.into(), lanes: lanes as u8, value });
    }

    /// Stores a whole vector of which only the first `lanes` lanes are real; the others become 0.
    pub fn store_block(&mut self, buffer: BufferId, at: Affine, lanes: usize, value: Value) {
        self.store(buffer, at.clone(), lanes, value);
        for lane in lanes..super::LANES {
            self.store(buffer, at.clone() + lane, 1, Expr::Const(0.0));
        }
    }
}

/// A register as a value.
pub fn reg(reg: RegId, at: impl Into<Affine>) -> Value {
    Expr::Leaf(Leaf::Reg(reg, at.into()))
}

/// A vector load as a value.
pub fn load(buffer: BufferId, at: impl Into<Affine>) -> Value {
    Expr::Leaf(Leaf::Load(buffer, at.into()))
}

/// One element in all lanes as a value.
pub fn splat(buffer: BufferId, at: impl Into<Affine>) -> Value {
    Expr::Leaf(Leaf::Splat(buffer, at.into()))
}
