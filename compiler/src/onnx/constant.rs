//! Values that are known without running the network. Weights stay in the file until they are asked for: what happens to them at
//! import is noted as steps.

use std::rc::Rc;

use rebirth_runtime::shape::{MAX_RANK, MAX_TENSOR_BYTES};

use super::budget::Budget;
use super::error::OnnxError;
use super::fold::Number;
use super::tensor::{Element, Stored, reserved};
use super::{codes, shapes};

/// Most elements of a value that is computed at import; weights that are only moved are not computed.
pub const MAX_FOLDED: usize = 1 << 20;

/// Most steps between a weight's data and its use.
const MAX_STEPS: usize = 64;

/// Where a constant's elements come from.
#[derive(Clone, Debug)]
enum Source {
    Stored(Rc<Stored>),
    Known(Values),
}

/// Elements that are in memory.
#[derive(Clone, Debug)]
enum Values {
    Fill(Number),
    Floats(Rc<Vec<f32>>),
    Doubles(Rc<Vec<f64>>),
    /// Those of U64 by their bits.
    Ints(Rc<Vec<i64>>),
}

/// What is done to the elements of a weight.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Dimensions of `shape` in another order.
    Transpose {
        shape: Vec<usize>,
        perm: Vec<usize>,
    },
    Scale(f32),
    /// To floats of fewer digits.
    Round(Element),
}

/// The elements of a known tensor, in memory.
pub(super) struct Elements {
    element: Element,
    values: Values,
}

impl Elements {
    /// One of them.
    pub(super) fn at(&self, index: usize) -> Number {
        match &self.values {
            Values::Floats(values) => Number::Float(f64::from(values[index])),
            Values::Doubles(values) => Number::Float(values[index]),
            Values::Ints(values) if self.element == Element::U64 => Number::Int(i128::from(values[index] as u64)),
            Values::Ints(values) => Number::Int(i128::from(values[index])),
            Values::Fill(value) => *value,
        }
    }
}

/// A known tensor.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    source: Source,
    steps: Vec<Step>,
}

impl Constant {
    pub(super) fn stored(stored: Rc<Stored>) -> Constant {
        let (element, shape) = (stored.element, stored.shape.clone());
        Constant { element, shape, source: Source::Stored(stored), steps: Vec::new() }
    }

    /// One value everywhere: a float, or a small integer.
    pub(super) fn fill(element: Element, shape: Vec<usize>, value: f64) -> Result<Constant, OnnxError> {
        let value = if element.is_float() { Number::Float(value) } else { Number::Int(value as i128) };
        Constant::filled(element, shape, value)
    }

    /// One number of the type everywhere.
    pub(super) fn filled(element: Element, shape: Vec<usize>, value: Number) -> Result<Constant, OnnxError> {
        let bytes = shapes::count(&shape).and_then(|count| count.checked_mul(size_of::<f64>()));
        if shape.len() > MAX_RANK || bytes.is_none_or(|bytes| bytes > MAX_TENSOR_BYTES) {
            return Err(OnnxError::new(
                codes::TOO_LARGE,
                format!("a known value of shape {shape:?} has more elements than a tensor may have"),
                "the file may be damaged, or its exporter has an error",
            ));
        }
        Ok(Constant { element, shape, source: Source::Known(Values::Fill(value)), steps: Vec::new() })
    }

    pub(super) fn floats_of(element: Element, shape: Vec<usize>, values: Vec<f32>) -> Constant {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Constant { element, shape, source: Source::Known(Values::Floats(Rc::new(values))), steps: Vec::new() }
    }

    pub(super) fn ints_of(element: Element, shape: Vec<usize>, values: Vec<i64>) -> Constant {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Constant { element, shape, source: Source::Known(Values::Ints(Rc::new(values))), steps: Vec::new() }
    }

    /// Elements that are computed, each by its place.
    pub(super) fn computed(
        element: Element,
        shape: Vec<usize>,
        mut each: impl FnMut(usize) -> Result<Number, OnnxError>,
    ) -> Result<Constant, OnnxError> {
        fn list<T>(count: usize, each: impl FnMut(usize) -> Result<T, OnnxError>) -> Result<Rc<Vec<T>>, OnnxError> {
            let mut values = reserved(count)?;
            for value in (0..count).map(each) {
                values.push(value?);
            }
            Ok(Rc::new(values))
        }
        let count = shape.iter().product();
        let source = match element {
            Element::F64 => Values::Doubles(list(count, |i| Ok(each(i)?.to_f64()))?),
            _ if element.is_float() => Values::Floats(list(count, |i| Ok(each(i)?.to_f64() as f32))?),
            _ => Values::Ints(list(count, |i| each(i).map(to_bits))?),
        };
        Ok(Constant { element, shape, source: Source::Known(source), steps: Vec::new() })
    }

    /// A list of integers, as shapes are.
    pub(super) fn list(values: Vec<i64>) -> Constant {
        Constant::ints_of(Element::I64, vec![values.len()], values)
    }

    /// How many elements it takes from the file; none where it takes them from elsewhere.
    pub(super) fn stored_elements(&self) -> Option<usize> {
        match &self.source {
            Source::Stored(stored) => Some(if stored.is_absent() { 0 } else { self.count() }),
            _ => None,
        }
    }

    /// The name of the tensor in the file that the elements come from.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.source {
            Source::Stored(stored) => Some(&stored.name),
            _ => None,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// The same elements in another shape, which holds as many.
    pub(super) fn reshaped(mut self, shape: Vec<usize>) -> Constant {
        debug_assert_eq!(shape.iter().product::<usize>(), self.count());
        self.shape = shape;
        self
    }

    /// Dimensions in another order.
    pub(super) fn transposed(mut self, perm: &[usize]) -> Result<Constant, OnnxError> {
        let shape = std::mem::take(&mut self.shape);
        self.shape = perm.iter().map(|&d| shape[d]).collect();
        if !matches!(self.source, Source::Known(Values::Fill(_))) && !perm.is_sorted() {
            self.step(Step::Transpose { shape, perm: perm.to_vec() })?;
        }
        Ok(self)
    }

    /// All elements times a number.
    pub(super) fn scaled(mut self, factor: f64) -> Result<Constant, OnnxError> {
        match &mut self.source {
            Source::Known(Values::Fill(value)) => *value = Number::Float(value.to_f64() * factor),
            _ if factor == 1.0 => {}
            _ => self.step(Step::Scale(factor as f32))?,
        }
        Ok(self)
    }

    /// Floats as those of another type.
    pub(super) fn into_floats(mut self, element: Element) -> Result<Constant, OnnxError> {
        let from = std::mem::replace(&mut self.element, element);
        let is_exact = from == element
            || matches!((from, element), (_, Element::F64) | (Element::F16 | Element::BF16, Element::F32));
        match &mut self.source {
            Source::Known(Values::Fill(value)) => *value = Number::Float(element.rounded(from.rounded(value.to_f64()))),
            _ if is_exact => {}
            _ => self.step(Step::Round(element))?,
        }
        Ok(self)
    }

    fn step(&mut self, step: Step) -> Result<(), OnnxError> {
        if self.steps.len() >= MAX_STEPS {
            let message = format!("a weight goes through more than {MAX_STEPS} operators");
            return Err(OnnxError::new(codes::TOO_LARGE, message, "simplify the model before importing it"));
        }
        self.steps.push(step);
        Ok(())
    }

    /// The elements as f32. The caller limits how many constants it asks.
    pub(super) fn floats(&self) -> Result<Vec<f32>, OnnxError> {
        let values = match &self.source {
            Source::Stored(stored) if stored.element == Element::F64 => return self.singles(),
            Source::Known(Values::Doubles(_)) => return self.singles(),
            Source::Stored(stored) => stored.floats()?,
            Source::Known(Values::Fill(value)) => repeated(self.count(), self.element.rounded(value.to_f64()) as f32)?,
            Source::Known(Values::Floats(values)) => converted(values, |value| value)?,
            Source::Known(Values::Ints(values)) => converted(values, |value| value as f32)?,
        };
        self.stepped(values, |value, factor| value * factor, |value, element| element.rounded(value.into()) as f32)
    }

    /// Those of f64, rounded.
    fn singles(&self) -> Result<Vec<f32>, OnnxError> {
        converted(&self.doubles()?, |value| value as f32)
    }

    /// The elements as f64.
    fn doubles(&self) -> Result<Vec<f64>, OnnxError> {
        let values = match &self.source {
            Source::Stored(stored) => stored.doubles()?,
            Source::Known(Values::Fill(value)) => repeated(self.count(), self.element.rounded(value.to_f64()))?,
            Source::Known(Values::Floats(values)) => converted(values, f64::from)?,
            Source::Known(Values::Doubles(values)) => converted(values, |value| value)?,
            Source::Known(Values::Ints(values)) => converted(values, |value| value as f64)?,
        };
        self.stepped(values, |value, factor| value * f64::from(factor), |value, element| element.rounded(value))
    }

    /// The elements as integers.
    pub(super) fn ints(&self) -> Result<Vec<i64>, OnnxError> {
        let values = match &self.source {
            Source::Stored(stored) => stored.ints()?,
            Source::Known(Values::Fill(value)) => repeated(self.count(), to_bits(*value))?,
            Source::Known(Values::Floats(values)) => converted(values, |value| value as i64)?,
            Source::Known(Values::Doubles(values)) => converted(values, |value| value as i64)?,
            Source::Known(Values::Ints(values)) => converted(values, |value| value)?,
        };
        self.stepped(values, |value, factor| (value as f64 * f64::from(factor)) as i64, |value, _| value)
    }

    /// The elements after all steps.
    fn stepped<T: Copy>(
        &self,
        mut values: Vec<T>,
        scale: impl Fn(T, f32) -> T,
        round: impl Fn(T, Element) -> T,
    ) -> Result<Vec<T>, OnnxError> {
        for step in &self.steps {
            match step {
                Step::Scale(factor) => values.iter_mut().for_each(|value| *value = scale(*value, *factor)),
                Step::Round(element) => values.iter_mut().for_each(|value| *value = round(*value, *element)),
                Step::Transpose { shape, perm } => values = transpose(&values, shape, perm)?,
            }
        }
        Ok(values)
    }

    /// The same elements, in memory.
    pub(super) fn loaded(&self, budget: &mut Budget) -> Result<Constant, OnnxError> {
        let values = self.elements(budget)?.values;
        Ok(Constant { source: Source::Known(values), steps: Vec::new(), ..self.clone() })
    }

    fn read(&self) -> Result<Values, OnnxError> {
        Ok(match self.element {
            Element::F64 => Values::Doubles(Rc::new(self.doubles()?)),
            element if element.is_float() => Values::Floats(Rc::new(self.floats()?)),
            _ => Values::Ints(Rc::new(self.ints()?)),
        })
    }

    /// The elements, to compute with them.
    pub(super) fn elements(&self, budget: &mut Budget) -> Result<Elements, OnnxError> {
        let values = match &self.source {
            Source::Known(Values::Fill(Number::Float(value))) => {
                Values::Fill(Number::Float(self.element.rounded(*value)))
            }
            Source::Known(values) if self.steps.is_empty() => values.clone(),
            _ => {
                budget.pay(budget.room(&self.shape)?)?;
                self.read()?
            }
        };
        Ok(Elements { element: self.element, values })
    }

    /// The only element, where there is one.
    pub(super) fn only(&self) -> Result<Option<Number>, OnnxError> {
        if self.count() != 1 {
            return Ok(None);
        }
        let values = match &self.source {
            Source::Known(Values::Fill(value)) => return Ok(Some(*value)),
            _ => self.read()?,
        };
        Ok(Some(Elements { element: self.element, values }.at(0)))
    }

    /// The only element as a float, where there is one.
    pub(super) fn scalar(&self) -> Result<Option<f64>, OnnxError> {
        Ok(self.only()?.map(Number::to_f64))
    }
}

/// An integer as it is kept.
fn to_bits(number: Number) -> i64 {
    match number {
        Number::Float(value) => value as i64,
        Number::Int(value) => value as i64,
    }
}

fn repeated<T: Clone>(count: usize, value: T) -> Result<Vec<T>, OnnxError> {
    let mut values = reserved(count)?;
    values.resize(count, value);
    Ok(values)
}

fn converted<T: Copy, U>(values: &[T], convert: impl Fn(T) -> U) -> Result<Vec<U>, OnnxError> {
    let mut list = reserved(values.len())?;
    list.extend(values.iter().map(|&value| convert(value)));
    Ok(list)
}

/// Elements of row-major `shape` in the order of dimensions that `perm` says.
pub(super) fn transpose<T: Copy>(values: &[T], shape: &[usize], perm: &[usize]) -> Result<Vec<T>, OnnxError> {
    let mut strides = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d];
    }
    let extents: Vec<usize> = perm.iter().map(|&d| shape[d]).collect();
    let steps: Vec<usize> = perm.iter().map(|&d| strides[d]).collect();
    let mut result = reserved(values.len())?;
    let mut at = vec![0; extents.len()];
    let mut place = 0;
    for _ in 0..values.len() {
        result.push(values[place]);
        for d in (0..extents.len()).rev() {
            at[d] += 1;
            place += steps[d];
            if at[d] < extents[d] {
                break;
            }
            place -= steps[d] * extents[d];
            at[d] = 0;
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes() {
        let values: Vec<i64> = (0..6).collect();
        assert_eq!(transpose(&values, &[2, 3], &[1, 0]).unwrap(), [0, 3, 1, 4, 2, 5]);
        let x = Constant::ints_of(Element::I64, vec![1, 2, 3], values);
        let y = x.transposed(&[2, 0, 1]).unwrap().scaled(2.0).unwrap();
        assert_eq!((y.shape.clone(), y.floats().unwrap()), (vec![3, 1, 2], vec![0.0, 6.0, 2.0, 8.0, 4.0, 10.0]));
        assert_eq!(y.ints().unwrap(), [0, 6, 2, 8, 4, 10]);
    }

    #[test]
    fn vast_constants_take_no_memory() {
        assert!(Constant::fill(Element::F32, vec![1 << 20, 1 << 10], 1.0).is_ok());
        assert!(Constant::fill(Element::F32, vec![1 << 30, 1 << 30], 1.0).is_err());
    }
}
