//! What the reductions share: which axes they are over, what becomes of these, and the rest of [`Operator`] and [`Declare`], so that a file says
//! only how elements are combined.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::{Bounded, Element, Sum};
use super::{
    Attr, Attributes, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::expr::Expr;
use crate::loops::stage::{Combine, Kind, Lowering, Operand, Place, Stage};

/// `axes` of a reduction.
pub const AXES: ArgSpec =
    ArgSpec { name: "axes", kind: ArgKind::Ints, default: Default::Required, doc: "what is reduced" };
/// `keep` of a reduction.
pub const KEEP: ArgSpec = ArgSpec {
    name: "keep",
    kind: ArgKind::Bool,
    default: Default::Bool(true),
    doc: "reduced extents become 1 rather than vanish",
};

/// How a reduction combines elements.
pub trait Combining: Clone + std::fmt::Debug + std::default::Default + PartialEq {
    /// The operator's name.
    const NAME: &'static str;
    /// One line for people.
    const DOC: &'static str;
    /// How a stage combines.
    const COMBINE: Combine;

    /// The elements combined in f64, with a bound.
    fn element(elements: &[Element]) -> Element;

    /// What becomes of `count` elements that a stage has combined.
    fn finish(combined: Expr<Operand>, count: usize) -> Expr<Operand>;
}

/// A reduction as an operator. Input: x of any shape. Result: x's shape without the reduced extents, or with 1 in their place.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduced<C> {
    /// The axes.
    pub reduction: Reduction,
    how: C,
}

impl<C: Combining> Reduced<C> {
    /// Over these axes.
    pub fn new(reduction: Reduction) -> Reduced<C> {
        Reduced { reduction, how: C::default() }
    }
}

impl<C: Combining> Operator for Reduced<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn attributes(&self) -> Attributes {
        self.reduction.attributes()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        self.reduction.infer(C::NAME, inputs)
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        vec![self.reduction.evaluate(inputs[0], C::element)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let finish = C::finish(Expr::Leaf(Operand(0)), self.reduction.count(inputs[0]));
        self.reduction.lower(inputs[0], C::COMBINE, finish)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        self.reduction.field()
    }
}

impl<C: Combining> Declare for Reduced<C> {
    const SIGNATURE: Signature =
        Signature { name: C::NAME, doc: C::DOC, operands: Operands::Fixed(&["x"]), args: &[AXES, KEEP] };

    fn from_call(call: &Call<'_>) -> Result<(Reduced<C>, Vec<ParamSpec>), CallError> {
        Ok((Reduced::new(Reduction::from_call(call)?), Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Reduced<C>, String> {
        Ok(Reduced::new(Reduction::from_attributes(attributes)?))
    }

    fn example(rng: &mut Rng) -> Example<Reduced<C>> {
        let (reduction, x) = Reduction::example(rng);
        Example { op: Reduced::new(reduction), inputs: vec![x] }
    }
}

/// The elements as terms of a sum.
pub fn summed(elements: &[Element]) -> Sum {
    let mut sum = Sum::default();
    elements.iter().for_each(|&element| sum.add(element));
    sum
}

/// Axes that are reduced.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduction {
    /// Ascending, each once, at least one.
    pub axes: Vec<usize>,
    /// Whether reduced extents become 1; otherwise they vanish.
    pub keep: bool,
}

impl Reduction {
    /// From the arguments of a call.
    ///
    /// # Errors
    /// There is no such axis, or one is given twice.
    pub fn from_call(call: &Call<'_>) -> Result<Reduction, CallError> {
        let x = call.operands[0];
        let mut axes = Vec::new();
        for given in call.signed_ints("axes")? {
            let axis = shapes::nth_axis("axes", given, x, false)?;
            if axes.contains(&axis) {
                return Err(CallError::argument("axes", format!("axis {axis} is reduced twice"))
                    .help("give each axis once; negative ones count from the end"));
            }
            axes.push(axis);
        }
        if axes.is_empty() {
            return Err(CallError::argument("axes", "`axes` is empty").help("name at least one axis: `axes: [2, 3]`"));
        }
        axes.sort_unstable();
        Ok(Reduction { axes, keep: call.bool("keep")? })
    }

    /// Attributes of graph text.
    pub fn attributes(&self) -> Attributes {
        let axes = self.axes.iter().map(|&axis| axis as i64).collect();
        vec![("axes", Attr::Ints(axes)), ("keep", Attr::Bool(self.keep))]
    }

    /// Reads [`Reduction::attributes`] back.
    ///
    /// # Errors
    /// One is missing or of another kind, or the axes are not ascending.
    pub fn from_attributes(attributes: &mut AttrReader) -> Result<Reduction, String> {
        let axes = attributes.int_list("axes")?;
        if axes.is_empty() || !axes.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("attribute `axes` must be a list of ascending axes, at least one".to_string());
        }
        Ok(Reduction { axes, keep: attributes.bool("keep")? })
    }

    /// The shape of the result.
    fn shape<D: Extent>(&self, x: &[D]) -> Vec<D> {
        let extents = x.iter().enumerate();
        let kept = extents.filter_map(|(d, extent)| match self.axes.contains(&d) {
            true => self.keep.then(|| D::constant(1)),
            false => Some(extent.clone()),
        });
        kept.collect()
    }

    /// The type of the result.
    ///
    /// # Errors
    /// There is no such axis, or one is of extent 0.
    pub fn infer<D: Extent>(&self, name: &str, inputs: &[&Type<D>]) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one(name, inputs)?;
        match self.axes.iter().find(|&&axis| x.shape.get(axis).is_none_or(|extent| extent.is(0))) {
            Some(axis) if *axis >= x.rank() => Err(Mismatch::new(format!("{x} has no axis {axis}")).at([0])),
            Some(axis) => Err(Mismatch::new(format!("{name} over axis {axis} needs elements, found {x}")).at([0])),
            None => Ok(vec![Type { dtype: x.dtype, shape: self.shape(&x.shape) }]),
        }
    }

    /// Applies `f` to the elements that each result is made of.
    pub fn evaluate(&self, x: &Bounded, f: impl Fn(&[Element]) -> Element) -> Bounded {
        let is_reduced = |d: usize| self.axes.contains(&d);
        // Positions of the elements with index 0 in the other dimensions.
        let offsets = |take: &dyn Fn(usize) -> bool| {
            (0..x.shape.len()).filter(|&d| take(d)).fold(vec![0], |offsets, d| {
                let stride: usize = x.shape[d + 1..].iter().product();
                offsets.iter().flat_map(|o| (0..x.shape[d]).map(move |i| o + i * stride)).collect()
            })
        };
        let (kept, reduced) = (offsets(&|d| !is_reduced(d)), offsets(&is_reduced));
        let elements = kept.iter().map(|start| {
            let elements: Vec<Element> = reduced.iter().map(|offset| x.at(start + offset)).collect();
            f(&elements)
        });
        Bounded::new(self.shape(&x.shape), elements)
    }

    /// Elements that a result is made of.
    pub fn count(&self, x: &Type) -> usize {
        self.axes.iter().map(|&axis| x.shape[axis]).product()
    }

    /// One stage for each run of neighbouring axes, the last axes first.
    pub fn lower(&self, x: &Type, combine: Combine, finish: Expr<Operand>) -> Lowering {
        let mut lowering = Lowering::default();
        let mut current = x.clone();
        let mut rest = self.axes.clone();
        let mut reads = Place::Input(0);
        while let Some(&last) = rest.last() {
            let run = rest.iter().rev().zip(0..).take_while(|(axis, back)| **axis + back == last).count();
            let axes = rest.split_off(rest.len() - run);
            axes.iter().for_each(|&axis| current.shape[axis] = 1);
            let write = if rest.is_empty() { Place::Result(0) } else { Place::Temp(lowering.temps.len()) };
            let done = if rest.is_empty() { finish.clone() } else { Expr::Leaf(Operand(0)) };
            let kind = Kind::Reduce { axes, combine, finish: done };
            lowering.stages.push(Stage { kind, reads: vec![reads], write });
            if !rest.is_empty() {
                lowering.temps.push(current.clone());
                reads = write;
            }
        }
        lowering
    }

    /// Batch and channels are no extent of the field; height and width are.
    pub fn field(&self) -> Field {
        if self.axes.iter().all(|&axis| axis < 2) { Field::Point } else { Field::Everything }
    }

    /// A random reduction and an operand for it.
    pub fn example(rng: &mut Rng) -> (Reduction, Type) {
        let x = match rng.range(0, 2) {
            0 => Type::f32([rng.range(1, 3), rng.range(1, 9), rng.range(1, 17)]),
            _ => shapes::random(rng),
        };
        let mut axes: Vec<usize> = (0..x.rank()).filter(|_| rng.flip()).collect();
        if axes.is_empty() {
            axes = (x.rank().min(3) - 1..x.rank()).collect();
        }
        (Reduction { axes, keep: rng.flip() }, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::reduce_sum::ReduceSum;
    use crate::ops::{ArgValue, Declare};

    fn call(x: &Type, axes: &[i64]) -> Result<Reduction, String> {
        let axes = ArgValue::List(axes.iter().map(|&axis| ArgValue::Int(axis)).collect());
        let call = [x];
        let call = Call::new(&ReduceSum::SIGNATURE, &call, vec![("axes", axes)]);
        Reduction::from_call(&call).map_err(|error| error.message)
    }

    #[test]
    fn axes_of_a_call() {
        let x = Type::f32([2, 3, 4]);
        assert_eq!(call(&x, &[-1, 0]).map(|r| r.axes), Ok(vec![0, 2]));
        assert_eq!(call(&x, &[1, -2]).map(|r| r.axes), Err("axis 1 is reduced twice".to_string()));
        assert_eq!(call(&x, &[3]).map(|r| r.axes), Err("f32[2,3,4] has no axis 3".to_string()));
        assert_eq!(call(&x, &[]).map(|r| r.axes), Err("`axes` is empty".to_string()));
    }

    fn check(axes: &[usize], keep: bool, shape: &[usize], expected: &[f64]) {
        let x = Bounded::exact(&[2, 2, 3], (1..=12).map(f64::from));
        let found = Reduction { axes: axes.to_vec(), keep }.evaluate(&x, |of| (of.iter().map(|e| e.0).sum(), 0.0));
        assert_eq!((&found.shape[..], &found.value[..]), (shape, expected));
    }

    #[test]
    fn any_axes() {
        check(&[2], true, &[2, 2, 1], &[6.0, 15.0, 24.0, 33.0]);
        check(&[1], false, &[2, 3], &[5.0, 7.0, 9.0, 17.0, 19.0, 21.0]);
        check(&[0, 2], false, &[2], &[30.0, 48.0]);
        check(&[0, 1, 2], true, &[1, 1, 1], &[78.0]);
        check(&[0, 1, 2], false, &[], &[78.0]);
    }

    #[test]
    fn runs_of_axes_are_a_stage_each() {
        let reduction = Reduction { axes: vec![0, 2, 3], keep: false };
        let lowering = reduction.lower(&Type::f32([2, 3, 4, 5]), Combine::Sum, Expr::Leaf(Operand(0)));
        let axes: Vec<_> = lowering.stages.iter().map(|stage| stage.kind.clone()).collect();
        let stage = |axes: &[usize]| Kind::Reduce {
            axes: axes.to_vec(),
            combine: Combine::Sum,
            finish: Expr::Leaf(Operand(0)),
        };
        assert_eq!(axes, [stage(&[2, 3]), stage(&[0])]);
        assert_eq!(lowering.temps, [Type::f32([2, 3, 1, 1])]);
    }
}
