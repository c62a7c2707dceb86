//! Dense tensors in row-major order.

use crate::dtype::DType;
use crate::elements::{Element, Elements};
use crate::error::Error;
use crate::shape::byte_len;

/// A dense row-major tensor; it always has as many elements as the shape says.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    elements: Elements,
}

impl Tensor {
    /// A tensor of `shape` holding `elements` (a vector of one of the types of [`Elements`]), the last dimension varying fastest.
    ///
    /// # Errors
    /// E0541 when the lengths disagree, E0542 when the shape is beyond the caps of [`crate::shape`].
    pub fn new(shape: impl Into<Vec<usize>>, elements: impl Into<Elements>) -> Result<Tensor, Error> {
        let (shape, elements) = (shape.into(), elements.into());
        let dtype = elements.dtype();
        let expected = byte_len(&shape, dtype)? / dtype.size();
        if elements.len() != expected {
            return Err(Error::TensorLength { shape, found: elements.len(), expected });
        }
        Ok(Tensor { shape, elements })
    }

    /// An f32 tensor of `shape` full of zeros.
    ///
    /// # Errors
    /// E0542 when the shape is beyond the caps of [`crate::shape`], E0808 when there is no memory for it.
    pub fn zeros(shape: impl Into<Vec<usize>>) -> Result<Tensor, Error> {
        Tensor::zeros_of(DType::F32, shape)
    }

    /// A tensor full of zeros, or of what is false.
    ///
    /// # Errors
    /// Those of [`Tensor::zeros`], and E0544 when no tensor is of this type.
    pub fn zeros_of(dtype: DType, shape: impl Into<Vec<usize>>) -> Result<Tensor, Error> {
        let shape = shape.into();
        let count = byte_len(&shape, dtype)? / dtype.size();
        let elements = Elements::zeros(dtype, count).ok_or(Error::TensorDtype { dtype })??;
        Ok(Tensor { shape, elements })
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.elements.dtype()
    }

    /// The dimensions, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements.
    pub fn elements(&self) -> &Elements {
        &self.elements
    }

    /// The elements, of which there are always as many.
    pub(crate) fn elements_mut(&mut self) -> &mut Elements {
        &mut self.elements
    }

    /// The elements, if they are of type `T`.
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        self.elements.as_slice()
    }

    /// The elements, if they are of type `T`.
    pub fn as_mut_slice<T: Element>(&mut self) -> Option<&mut [T]> {
        self.elements.as_mut_slice()
    }

    /// The elements of an f32 tensor.
    ///
    /// # Panics
    /// The tensor is of another type; [`Tensor::as_slice`] asks.
    #[track_caller]
    pub fn data(&self) -> &[f32] {
        let dtype = self.dtype();
        self.as_slice().unwrap_or_else(|| panic!("f32 elements are asked of a tensor of {dtype}"))
    }

    /// The elements of an f32 tensor.
    ///
    /// # Panics
    /// The tensor is of another type; [`Tensor::as_mut_slice`] asks.
    #[track_caller]
    pub fn data_mut(&mut self) -> &mut [f32] {
        let dtype = self.dtype();
        self.as_mut_slice().unwrap_or_else(|| panic!("f32 elements are asked of a tensor of {dtype}"))
    }

    /// The shape and the elements.
    pub fn into_parts(self) -> (Vec<usize>, Elements) {
        (self.shape, self.elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let tensor = Tensor::new([2, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(tensor.into_parts(), (vec![2, 2], Elements::F32(vec![1.0, 2.0, 3.0, 4.0])));
    }

    #[test]
    fn a_scalar_has_one_element_and_an_empty_tensor_none() {
        assert!(Tensor::new([], vec![1.0]).is_ok());
        assert!(Tensor::new([3, 0], Vec::<f32>::new()).is_ok());
        assert_eq!(Tensor::new([], Vec::<u8>::new()).unwrap_err().code(), "E0541");
    }

    #[test]
    fn lengths_must_agree() {
        let error = Tensor::new([2, 3], vec![0.0; 5]).unwrap_err();
        assert_eq!(error.code(), "E0541");
        assert_eq!(error.to_string(), "a tensor of shape [2, 3] has 6 elements, but 5 were given");
    }

    #[test]
    fn a_shape_beyond_the_caps_allocates_nothing() {
        assert_eq!(Tensor::zeros([1 << 39]).unwrap_err().code(), "E0542");
        assert_eq!(Tensor::zeros([usize::MAX, usize::MAX]).unwrap_err().code(), "E0542");
        assert_eq!(Tensor::zeros([1; 9]).unwrap_err().code(), "E0542");
    }

    #[test]
    fn zeros_are_zero() {
        let mut tensor = Tensor::zeros([3]).unwrap();
        tensor.data_mut()[1] = 2.0;
        assert_eq!(tensor.data(), [0.0, 2.0, 0.0]);
        assert_eq!(tensor.shape(), [3]);
    }

    #[test]
    fn other_types_are_asked_for() {
        let mut tensor = Tensor::zeros_of(DType::I64, [2]).unwrap();
        tensor.as_mut_slice::<i64>().unwrap()[1] = i64::MAX;
        assert_eq!((tensor.dtype(), tensor.as_slice::<i64>()), (DType::I64, Some(&[0, i64::MAX][..])));
        assert_eq!(tensor.as_slice::<f32>(), None);
        assert_eq!(Tensor::zeros_of(DType::F16, [2]).unwrap_err().code(), "E0544");
        assert_eq!(Tensor::zeros_of(DType::Bool, [usize::MAX]).unwrap_err().code(), "E0542");
    }

    #[test]
    #[should_panic(expected = "f32 elements are asked of a tensor of u8")]
    fn data_is_f32() {
        let _ = Tensor::new([1], vec![1_u8]).unwrap().data();
    }
}
