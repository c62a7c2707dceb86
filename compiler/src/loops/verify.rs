//! The verifier of loop programs. Back ends rely on it: what passes is memory-safe to run.
//!
//! Rules, by name:
//! - `buffer-homes`: inputs, outputs, weights and arena buffers lie within what the program declares, on [`ALIGN`] where planned; weights
//!   are f32, inputs and outputs of the type that their port has.
//! - `arena-overlap`: two buffers whose lifetimes meet share no byte, except a result that replaces its region's operand.
//! - `declared-access`: a region loads only from buffers it reads or writes, and stores only to those it writes; never to inputs or weights.
//! - `scope`: a variable is used inside its loop only, each is bound once, steps are positive and loops have bounds.
//! - `register`: registers are indexed by unrolled variables, within their array.
//! - `lanes`: stores are of 1 to [`LANES`] lanes, alignments by 1 to `LANES - 1`.
//! - `in-bounds`: every load and store lies in its buffer, by interval arithmetic over the loops around it.
//!
//! Passing guarantees that the generated code touches no byte outside the buffers. Not checked: that what is computed is right, that every
//! element is written before it is read, that registers are set before they are read (code generation zeroes them).

use std::fmt;

use rebirth_runtime::{DType, Port};

use super::LANES;
use super::affine::{Affine, Bound, Var};
use super::nest::{BufferId, Leaf, Nest, RegId, Stmt};
use super::plan::{ALIGN, lifetimes};
use super::program::{Home, Program, Region};

/// A broken rule: our bug, never the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name, as in the module's list; `handed` when a stage reads what none before it wrote.
    pub rule: &'static str,
    /// The region it was found in; empty for the program.
    pub region: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in region `{}`: {}", self.rule, self.region, self.message)
    }
}

/// Checks a planned program.
///
/// # Errors
/// The first broken rule.
pub fn verify(program: &Program) -> Result<(), Violation> {
    homes(program)?;
    overlaps(program)?;
    for region in &program.regions {
        for nest in &region.nests {
            let mut check = Check { program, region, nest, scope: Vec::new(), seen: vec![false; nest.vars.len()] };
            check.stmts(&nest.body)?;
        }
    }
    Ok(())
}

fn violation<T>(rule: &'static str, region: &str, message: String) -> Result<T, Violation> {
    Err(Violation { rule, region: region.to_string(), message })
}

/// Bytes of a port whose elements are of this type.
fn port(ports: &[Port], i: usize, dtype: DType) -> Option<usize> {
    let port = ports.get(i).filter(|port| port.dtype == dtype)?;
    Some(port.shape.iter().product::<usize>() * dtype.size())
}

fn homes(program: &Program) -> Result<(), Violation> {
    let rule = "buffer-homes";
    for buffer in &program.buffers {
        let (count, what) = match buffer.home {
            Home::Input(i) => (port(&program.inputs, i, buffer.dtype), "input"),
            Home::Output(i) => (port(&program.outputs, i, buffer.dtype), "output"),
            Home::Weights(offset) | Home::Arena(offset) if !offset.is_multiple_of(ALIGN) => {
                return violation(rule, "", format!("`{}` is at offset {offset}", buffer.name));
            }
            Home::Weights(_) if buffer.dtype != DType::F32 => {
                return violation(rule, "", format!("`{}` is packed as {}", buffer.name, buffer.dtype));
            }
            Home::Weights(offset) => (program.weights_bytes.checked_sub(offset), "weights"),
            Home::Arena(offset) => (program.arena_bytes.checked_sub(offset), "arena"),
        };
        if count.is_none_or(|room| buffer.bytes() > room) {
            return violation(
                rule,
                "",
                format!("`{}` of {} bytes is larger than its {what}", buffer.name, buffer.bytes()),
            );
        }
    }
    Ok(())
}

fn overlaps(program: &Program) -> Result<(), Violation> {
    let lifetimes = lifetimes(program);
    let mut arena: Vec<(usize, usize, (usize, usize), BufferId)> = Vec::new();
    for (i, buffer) in program.buffers.iter().enumerate() {
        if let (Home::Arena(offset), None, Some(life)) = (buffer.home, buffer.alias, lifetimes[i]) {
            arena.push((offset, offset + buffer.bytes(), life, BufferId::new(i)));
        }
    }
    arena.sort_unstable();
    for (i, &(_, end, life, id)) in arena.iter().enumerate() {
        for &(_, _, other_life, other) in arena[i + 1..].iter().take_while(|(start, ..)| *start < end) {
            if life.0 > other_life.1 || other_life.0 > life.1 {
                continue;
            }
            let replaces =
                |operand: BufferId, operand_life: (usize, usize), result: BufferId, result_life: (usize, usize)| {
                    let region = &program.regions[result_life.0];
                    operand_life.1 == result_life.0
                        && region.in_place.is_some_and(|b| program.root(b) == operand)
                        && region.writes[..] == [result]
                        && program.buffer(operand).home == program.buffer(result).home
                };
            if !replaces(id, life, other, other_life) && !replaces(other, other_life, id, life) {
                let names = [id, other].map(|b| program.buffer(b).name.as_str());
                return violation(
                    "arena-overlap",
                    "",
                    format!("`{}` and `{}` share memory while both are live", names[0], names[1]),
                );
            }
        }
    }
    Ok(())
}

/// A loop around the statement at hand.
struct Around<'a> {
    var: Var,
    unrolled: bool,
    low: std::borrow::Cow<'a, [Bound]>,
    high: std::borrow::Cow<'a, [Bound]>,
    step: i64,
}

struct Check<'a> {
    program: &'a Program,
    region: &'a Region,
    nest: &'a Nest,
    scope: Vec<Around<'a>>,
    seen: Vec<bool>,
}

impl<'a> Check<'a> {
    fn fail<T>(&self, rule: &'static str, message: String) -> Result<T, Violation> {
        violation(rule, &self.region.name, message)
    }

    fn stmts(&mut self, stmts: &'a [Stmt]) -> Result<(), Violation> {
        stmts.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn enter(&mut self, around: Around<'a>, body: &'a [Stmt]) -> Result<(), Violation> {
        let var = around.var;
        match self.seen.get_mut(var.index()) {
            Some(seen) if !*seen => *seen = true,
            _ => return self.fail("scope", format!("{var} is bound twice or has no name")),
        }
        if around.step < 1 || around.low.is_empty() || around.high.is_empty() {
            return self.fail("scope", format!("the loop over {var} has no bounds or no positive step"));
        }
        for bound in around.low.iter().chain(around.high.iter()) {
            self.in_scope(&bound.numerator)?;
            if bound.divisor < 1 {
                return self.fail("scope", format!("a bound of {var} is divided by {}", bound.divisor));
            }
        }
        self.scope.push(around);
        self.stmts(body)?;
        self.scope.pop();
        Ok(())
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> Result<(), Violation> {
        match stmt {
            Stmt::For { var, low, high, step, body } => {
                self.enter(Around { var: *var, unrolled: false, low: low.into(), high: high.into(), step: *step }, body)
            }
            Stmt::Unroll { var, low, high, body } => {
                let [low, high] = [*low, *high].map(|b| vec![Bound::from(b)]);
                self.enter(Around { var: *var, unrolled: true, low: low.into(), high: high.into(), step: 1 }, body)
            }
            Stmt::Set { reg, at, value } => {
                self.register(*reg, at)?;
                self.value(value)
            }
            Stmt::Store { buffer, at, lanes, value } => {
                if !(1..=LANES as u8).contains(lanes) {
                    return self.fail("lanes", format!("a store of {lanes} lanes"));
                }
                let home = self.buffer(*buffer)?;
                if !self.region.writes.contains(buffer) || matches!(home, Home::Input(_) | Home::Weights(_)) {
                    return self.fail("declared-access", format!("a store to `{}`", self.program.buffer(*buffer).name));
                }
                self.access(*buffer, at, usize::from(*lanes))?;
                self.value(value)
            }
        }
    }

    fn value(&self, value: &super::nest::Value) -> Result<(), Violation> {
        let mut result = Ok(());
        value.leaves(&mut |leaf| {
            if result.is_ok() {
                result = self.leaf(leaf);
            }
        });
        result
    }

    fn leaf(&self, leaf: &Leaf) -> Result<(), Violation> {
        match leaf {
            Leaf::Load(buffer, at) | Leaf::Splat(buffer, at) => {
                self.buffer(*buffer)?;
                if !self.region.reads.contains(buffer) && !self.region.writes.contains(buffer) {
                    return self
                        .fail("declared-access", format!("a load from `{}`", self.program.buffer(*buffer).name));
                }
                self.access(*buffer, at, if matches!(leaf, Leaf::Load(..)) { LANES } else { 1 })
            }
            Leaf::Reg(reg, at) | Leaf::Across(_, reg, at) => self.register(*reg, at),
            Leaf::Align { reg, low, high, by } => {
                if !(1..LANES as u8).contains(by) {
                    return self.fail("lanes", format!("an alignment by {by} lanes"));
                }
                self.register(*reg, low)?;
                self.register(*reg, high)
            }
        }
    }

    fn buffer(&self, buffer: BufferId) -> Result<Home, Violation> {
        match self.program.buffers.get(buffer.index()) {
            Some(buffer) => Ok(buffer.home),
            None => self.fail("declared-access", format!("{buffer} is no buffer")),
        }
    }

    fn in_scope(&self, at: &Affine) -> Result<(), Violation> {
        match at.terms.iter().find(|(v, _)| !self.scope.iter().any(|a| a.var == *v)) {
            Some((var, _)) => self.fail("scope", format!("{var} is used outside its loop")),
            None => Ok(()),
        }
    }

    fn register(&self, reg: RegId, at: &Affine) -> Result<(), Violation> {
        self.in_scope(at)?;
        let Some(array) = self.nest.regs.get(reg.index()) else {
            return self.fail("register", format!("{reg} is no register array"));
        };
        if at.terms.iter().any(|(v, _)| self.scope.iter().any(|a| a.var == *v && !a.unrolled)) {
            return self.fail("register", format!("`{}` is indexed by a variable of a run-time loop", array.name));
        }
        match (self.extreme(at, false), self.extreme(at, true)) {
            (Some(low), Some(high)) if low >= 0 && high < array.len as i64 => Ok(()),
            range => self.fail("register", format!("`{}` has {} registers, index in {range:?}", array.name, array.len)),
        }
    }

    fn access(&self, buffer: BufferId, at: &Affine, lanes: usize) -> Result<(), Violation> {
        self.in_scope(at)?;
        let info = self.program.buffer(buffer);
        match (self.extreme(at, false), self.extreme(at, true)) {
            (Some(low), Some(high)) if low >= 0 && high + lanes as i64 <= info.elements as i64 => Ok(()),
            range => self
                .fail("in-bounds", format!("`{}` has {} elements, {lanes} from {range:?}", info.name, info.elements)),
        }
    }

    /// A bound on an affine form: its largest value, or its smallest. Loop variables are replaced from the inside out by their bounds, so
    /// that a bound depending on an outer variable cancels against it; of several bounds the tightest result counts.
    fn extreme(&self, at: &Affine, largest: bool) -> Option<i64> {
        let Some(around) = self.scope.iter().rev().find(|a| at.coefficient(a.var) != 0) else {
            return Some(at.constant);
        };
        let coefficient = at.coefficient(around.var);
        let rest = at.without(around.var);
        let upper = (coefficient > 0) == largest;
        let bounds = if upper { &around.high } else { &around.low };
        let results = bounds.iter().filter_map(|bound| {
            // divisor * var >= numerator for lower bounds, <= numerator - 1 for upper ones.
            if coefficient % bound.divisor != 0 {
                return None;
            }
            let edge = if upper { bound.numerator.clone() - 1i64 } else { bound.numerator.clone() };
            let edge = match (upper, Bound::constant(&around.low), bound) {
                // The last value that the step reaches.
                (true, Some(low), Bound { numerator, divisor: 1 })
                    if numerator.terms.is_empty() && around.low.len() == 1 =>
                {
                    Affine::from(low + (edge.constant - low).max(0) / around.step * around.step)
                }
                _ => edge,
            };
            self.extreme(&(rest.clone() + edge * (coefficient / bound.divisor)), largest)
        });
        if largest { results.min() } else { results.max() }
    }
}

#[cfg(test)]
mod tests;
