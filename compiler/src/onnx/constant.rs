//! Values that are known without running the network. Weights stay in the file until they are asked for: what happens to them at
//! import is noted as steps.

use std::rc::Rc;

use rebirth_runtime::shape::{MAX_RANK, MAX_TENSOR_BYTES};

use super::error::OnnxError;
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
    Fill(f64),
    Floats(Rc<Vec<f32>>),
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

    /// One value everywhere.
    pub(super) fn fill(element: Element, shape: Vec<usize>, value: f64) -> Result<Constant, OnnxError> {
        let bytes = shapes::count(&shape).and_then(|count| count.checked_mul(size_of::<f64>()));
        if shape.len() > MAX_RANK || bytes.is_none_or(|bytes| bytes > MAX_TENSOR_BYTES) {
            return Err(too_large(&shape));
        }
        Ok(Constant { element, shape, source: Source::Fill(value), steps: Vec::new() })
    }

    pub(super) fn floats_of(element: Element, shape: Vec<usize>, values: Vec<f32>) -> Constant {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Constant { element, shape, source: Source::Floats(Rc::new(values)), steps: Vec::new() }
    }

    pub(super) fn ints_of(element: Element, shape: Vec<usize>, values: Vec<i64>) -> Constant {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Constant { element, shape, source: Source::Ints(Rc::new(values)), steps: Vec::new() }
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
        if !matches!(self.source, Source::Fill(_)) && !perm.is_sorted() {
            self.step(Step::Transpose { shape, perm: perm.to_vec() })?;
        }
        Ok(self)
    }

    /// All elements times a number.
    pub(super) fn scaled(mut self, factor: f64) -> Result<Constant, OnnxError> {
        match &mut self.source {
            Source::Fill(value) => *value *= factor,
            _ if factor == 1.0 => {}
            _ => self.step(Step::Scale(factor as f32))?,
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
        let mut values = match &self.source {
            Source::Stored(stored) => stored.floats()?,
            Source::Fill(value) => filled(self.count(), *value as f32)?,
            Source::Floats(values) => copied(values)?,
            Source::Ints(values) => {
                let mut floats = reserved(values.len())?;
                floats.extend(values.iter().map(|&value| value as f32));
                floats
            }
        };
        for step in &self.steps {
            match step {
                Step::Scale(factor) => values.iter_mut().for_each(|value| *value *= factor),
                Step::Transpose { shape, perm } => values = transpose(&values, shape, perm)?,
            }
        }
        Ok(values)
    }

    /// The elements as integers.
    pub(super) fn ints(&self) -> Result<Vec<i64>, OnnxError> {
        let mut values = match &self.source {
            Source::Stored(stored) => stored.ints()?,
            Source::Fill(value) => filled(self.count(), *value as i64)?,
            Source::Floats(values) => values.iter().map(|&value| value as i64).collect(),
            Source::Ints(values) => copied(values)?,
        };
        for step in &self.steps {
            match step {
                Step::Scale(factor) => {
                    values.iter_mut().for_each(|value| *value = (*value as f64 * f64::from(*factor)) as i64);
                }
                Step::Transpose { shape, perm } => values = transpose(&values, shape, perm)?,
            }
        }
        Ok(values)
    }

    /// An error where the constant is too large to compute with at import.
    pub(super) fn small(&self) -> Result<&Constant, OnnxError> {
        if self.count() > MAX_FOLDED { Err(too_large(&self.shape)) } else { Ok(self) }
    }

    /// The only element, where there is one.
    pub(super) fn scalar(&self) -> Result<Option<f64>, OnnxError> {
        if self.count() != 1 {
            return Ok(None);
        }
        if let Source::Fill(value) = self.source {
            return Ok(Some(value));
        }
        let value = if self.element.is_float() {
            self.floats()?.first().map(|&value| f64::from(value))
        } else {
            self.ints()?.first().map(|&value| value as f64)
        };
        Ok(value)
    }
}

pub(super) fn too_large(shape: &[usize]) -> OnnxError {
    OnnxError::new(
        codes::TOO_LARGE,
        format!(
            "a known value of shape {shape:?} has more than {MAX_FOLDED} elements, the most that is computed at import"
        ),
        "simplify the model before importing it, or make the value an initializer",
    )
}

fn filled<T: Clone>(count: usize, value: T) -> Result<Vec<T>, OnnxError> {
    let mut values = reserved(count)?;
    values.resize(count, value);
    Ok(values)
}

fn copied<T: Copy>(values: &[T]) -> Result<Vec<T>, OnnxError> {
    let mut copy = reserved(values.len())?;
    copy.extend_from_slice(values);
    Ok(copy)
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
        let vast = Constant::fill(Element::F32, vec![1 << 20, 1 << 10], 1.0).unwrap();
        assert_eq!(vast.small().unwrap_err().code(), "E1002");
        assert!(Constant::fill(Element::F32, vec![1 << 30, 1 << 30], 1.0).is_err());
    }
}
