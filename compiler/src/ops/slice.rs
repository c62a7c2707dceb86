//! `slice`: part of one dimension, by steps, backwards too.

use super::call::{ArgKind, ArgSpec, AttrReader, Default, MAX_ATTRIBUTE};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::pieces::Pieces;
use crate::loops::stage::Lowering;

/// Input: x of any shape. Result: x's elements along `axis` from `start` to before `end`, by `step`. Negative positions count from the
/// end; all must lie within x (ONNX and numpy move them there, which hides mistakes). That a size which is not known has them all is demanded of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// The dimension.
    pub axis: usize,
    /// The first position; `None`: the first, or the last of steps backwards.
    pub start: Option<i64>,
    /// The first position left out; `None`: all to the end, or to the first of steps backwards.
    pub end: Option<i64>,
    /// Not 0.
    pub step: i64,
}

/// Why positions do not fit an extent.
enum Fault {
    /// There is no such position.
    Missing(i64),
    /// How many are taken depends on a size that is not known in more than one way.
    Open,
}

impl Slice {
    /// What is taken of an extent, as the first position and the first behind, both in the operand's order.
    fn ends<D: Extent>(&self, extent: &D) -> Result<[D; 2], Fault> {
        let from_end = |given: Option<i64>, missing: bool| given.map_or(missing, |given| given < 0);
        // What is taken backwards begins one behind its end.
        let (low, high, ahead) = if self.step < 0 { (self.end, self.start, 1) } else { (self.start, self.end, 0) };
        if extent.known().is_none() && from_end(low, false) && !from_end(high, true) {
            return Err(Fault::Open);
        }
        let at = |given: Option<i64>, missing: D| {
            let Some(given) = given else { return Ok(missing) };
            let count = D::constant(given.unsigned_abs() as usize);
            let at = if given < 0 { extent.room(&count) } else { Some(count) };
            let at = at.and_then(|at| at.plus(&D::constant(ahead)));
            let inside = |at: &D| given < 0 || extent.room(at).is_some();
            at.filter(inside).ok_or(Fault::Missing(given))
        };
        Ok([at(low, D::constant(0))?, at(high, extent.clone())?])
    }

    /// How many elements are taken between two ends.
    fn count<D: Extent>(&self, [low, high]: &[D; 2]) -> Option<D> {
        high.minus(low).unwrap_or(D::constant(0)).div_ceil(self.step.unsigned_abs() as usize)
    }

    /// The first position and how many are taken, of an extent that the shape rule accepts.
    fn taken(&self, extent: usize) -> (usize, usize) {
        let [low, high] = self.ends(&extent).unwrap_or([0, 0]);
        (if self.step < 0 { high.saturating_sub(1) } else { low }, self.count(&[low, high]).unwrap_or(0))
    }

    fn spelled(&self) -> String {
        let position = |given: Option<i64>| given.map_or(String::new(), |given| given.to_string());
        format!("{}:{}:{}", position(self.start), position(self.end), self.step)
    }
}

impl Operator for Slice {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let start = self.start.map(|start| ("start", Attr::Int(start)));
        let end = self.end.map(|end| ("end", Attr::Int(end)));
        let axis = ("axis", Attr::Int(self.axis as i64));
        [Some(axis), start, end, Some(("step", Attr::Int(self.step)))].into_iter().flatten().collect()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("slice", inputs)?;
        let Some(extent) = x.shape.get(self.axis) else {
            return Err(Mismatch::new(format!("{x} has no axis {}", self.axis)).at([0]));
        };
        let count = match self.ends(extent) {
            Ok(ends) => self.count(&ends),
            Err(Fault::Open) => {
                moves::number("slice", x, self.axis)?;
                None
            }
            Err(Fault::Missing(position)) => {
                let message = format!("there is no position {position} along dimension {} of {x}", self.axis);
                return Err(Mismatch::new(message)
                    .at([0])
                    .help("leave `start` or `end` out to take all there is; negative positions count from the end"));
            }
        };
        let Some(count) = count else {
            return Err(Mismatch::new(format!("{x} is too large to compute with")).at([0]));
        };
        if count.is(0) {
            let message = format!("{} along dimension {} of {x} takes nothing", self.spelled(), self.axis);
            let way = if self.step < 0 { "below" } else { "above" };
            return Err(Mismatch::new(message).at([0]).help(format!(
                "a step of {} needs an end {way} the start; negative ones count from the end",
                self.step
            )));
        }
        let mut result = x.clone();
        result.shape[self.axis] = count;
        Ok(vec![result])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let (start, count) = self.taken(x.shape[self.axis]);
        let mut shape = x.shape.clone();
        shape[self.axis] = count;
        vec![moves::moved(x, &shape, |at| {
            let mut from = at.to_vec();
            from[self.axis] = (start as i64 + at[self.axis] as i64 * self.step) as usize;
            from
        })]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let (start, count) = self.taken(inputs[0].shape[self.axis]);
        moves::copy(Pieces::slice(&inputs[0].shape, self.axis, start, self.step, count))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        match self.axis {
            2 | 3 => {
                let mut stride = [1; 2];
                stride[self.axis - 2] = self.step.unsigned_abs() as usize;
                Field::Window { extent: [1, 1], stride }
            }
            _ => Field::Point,
        }
    }
}

/// A position or step, if it is given.
fn signed(call: &Call<'_>, name: &'static str) -> Result<Option<i64>, CallError> {
    if !call.has(name) {
        return Ok(None);
    }
    let given = call.signed(name)?;
    if given.unsigned_abs() > MAX_ATTRIBUTE as u64 {
        let message = format!("`{name}` must be from -{MAX_ATTRIBUTE} to {MAX_ATTRIBUTE}, not {given}");
        return Err(CallError::argument(name, message).help("leave `end` out to take all there is"));
    }
    Ok(Some(given))
}

impl Declare for Slice {
    const ANY_ELEMENTS: bool = true;

    const SIGNATURE: Signature = Signature {
        name: "slice",
        doc: "part of a dimension",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "axis", kind: ArgKind::Int, default: Default::Int(1), doc: "the dimension" },
            ArgSpec {
                name: "start",
                kind: ArgKind::Int,
                default: Default::None,
                doc: "first position, negative from the end; left out: the first, or with a negative step the last",
            },
            ArgSpec {
                name: "end",
                kind: ArgKind::Int,
                default: Default::None,
                doc: "first position not taken; left out: all there is",
            },
            ArgSpec {
                name: "step",
                kind: ArgKind::Int,
                default: Default::Int(1),
                doc: "positions a step, negative: backwards",
            },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(Slice, Vec<ParamSpec>), CallError> {
        let axis = shapes::axis(call, call.operands[0], false)?;
        let step = signed(call, "step")?.unwrap_or(1);
        if step == 0 {
            return Err(
                CallError::argument("step", "`step` cannot be 0").help("1 takes every position, -1 all backwards")
            );
        }
        Ok((Slice { axis, start: signed(call, "start")?, end: signed(call, "end")?, step }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Slice, String> {
        let mut optional = |name| if attributes.has(name) { attributes.signed(name).map(Some) } else { Ok(None) };
        let (start, end) = (optional("start")?, optional("end")?);
        let (axis, step) = (attributes.int("axis")?, attributes.signed("step")?);
        if step == 0 {
            return Err("attribute `step` must not be 0".to_string());
        }
        Ok(Slice { axis, start, end, step })
    }

    fn example(rng: &mut Rng) -> Example<Slice> {
        let x = shapes::random(rng);
        let axis = rng.pick(&[0, 1, 1, 1, x.rank() - 1, x.rank() - 2]);
        let extent = x.shape[axis];
        let from = rng.range(0, extent - 1);
        let from = if rng.range(0, 2) == 0 { from / 4 * 4 } else { from };
        let taken = rng.range(1, extent - from);
        let forward = rng.range(0, 2) > 0;
        let step = rng.pick(&[1, 1, 1, 2, 3]);
        // From the end, or counted from the front; what is left out means the same at a border.
        let counted = if rng.flip() { 0 } else { extent as i64 };
        let side = |at: usize| at as i64 - counted;
        let op = if forward {
            let end = if taken == extent - from { None } else { Some(side(from + taken)) };
            Slice { axis, start: Some(side(from)).filter(|_| from > 0), end, step }
        } else {
            let end = if from == 0 { None } else { Some(side(from - 1)) };
            Slice { axis, start: Some(side(from + taken - 1)).filter(|_| taken < extent - from), end, step: -step }
        };
        Example { op, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(start: impl Into<Option<i64>>, end: impl Into<Option<i64>>, step: i64) -> Slice {
        Slice { axis: 0, start: start.into(), end: end.into(), step }
    }

    fn check(op: Slice, expected: &[f64]) {
        let x = Bounded::exact(&[6], (0..6).map(f64::from));
        match op.infer(&[&Type::f32([6])], Mode::Infer) {
            Ok(types) => {
                let found = &op.evaluate(&[&x], Mode::Infer)[0];
                assert_eq!(
                    (found.value.as_slice(), found.shape.as_slice()),
                    (expected, types[0].shape.as_slice()),
                    "{op:?}"
                );
            }
            Err(error) => assert!(expected.is_empty(), "{op:?}: {error:?}"),
        }
    }

    #[test]
    fn positions() {
        check(slice(None, None, 1), &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        check(slice(1, 4, 1), &[1.0, 2.0, 3.0]);
        check(slice(1, None, 2), &[1.0, 3.0, 5.0]);
        check(slice(-2, None, 1), &[4.0, 5.0]);
        check(slice(0, -4, 1), &[0.0, 1.0]);
        check(slice(-6, 6, 4), &[0.0, 4.0]);
        check(slice(None, None, -1), &[5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
        check(slice(None, None, -4), &[5.0, 1.0]);
        check(slice(3, 0, -1), &[3.0, 2.0, 1.0]);
        check(slice(-1, -3, -1), &[5.0, 4.0]);
        check(slice(5, -6, -3), &[5.0, 2.0]);
        check(slice(3, 3, 1), &[]);
        check(slice(3, 1, 1), &[]);
        check(slice(1, 3, -1), &[]);
        check(slice(6, None, 1), &[]);
        check(slice(6, None, -1), &[]);
        check(slice(-7, None, 1), &[]);
        check(slice(0, 7, 1), &[]);
        check(slice(None, -7, -1), &[]);
    }

    #[test]
    fn symbolic_counts_are_those_of_large_numbers() {
        use crate::extent::Form;
        let h = Form::symbol("h");
        let sides = [None, Some(0), Some(1), Some(3), Some(-1), Some(-2), Some(-5)];
        let mut decided = 0;
        for (start, end) in sides.iter().flat_map(|&start| sides.map(|end| (start, end))) {
            for step in [1, 2, 3, -1, -2, -3] {
                let op = slice(start, end, step);
                let Ok(form) = op.ends(&h).map(|ends| op.count(&ends).unwrap()) else { continue };
                for extent in 20..30 {
                    let expected = op.taken(extent).1;
                    if expected > 0 {
                        let found = form.eval(&|_| Some(extent as i64));
                        assert_eq!(found, Some(expected as i64), "{op:?} of {extent}: {form}");
                        decided += 1;
                    }
                }
            }
        }
        assert!(decided > 1000, "{decided}");
    }
}
