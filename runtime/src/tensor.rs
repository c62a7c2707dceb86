//! Dense tensors of f32 in row-major order.

use crate::dtype::DType;
use crate::error::Error;
use crate::shape::byte_len;

/// A dense row-major f32 tensor; the data always has as many elements as the shape says.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Tensor {
    /// A tensor of `shape` holding `data`, the last dimension varying fastest.
    ///
    /// # Errors
    /// E0541 when the lengths disagree, E0542 when the shape is beyond the caps of [`crate::shape`].
    pub fn new(shape: impl Into<Vec<usize>>, data: Vec<f32>) -> Result<Tensor, Error> {
        let shape = shape.into();
        let expected = byte_len(&shape, DType::F32)? / DType::F32.size();
        if data.len() != expected {
            return Err(Error::TensorLength { shape, found: data.len(), expected });
        }
        Ok(Tensor { shape, data })
    }

    /// A tensor of `shape` full of zeros.
    ///
    /// # Errors
    /// E0542 when the shape is beyond the caps of [`crate::shape`], E0808 when there is no memory for it.
    pub fn zeros(shape: impl Into<Vec<usize>>) -> Result<Tensor, Error> {
        let shape = shape.into();
        let count = byte_len(&shape, DType::F32)? / DType::F32.size();
        let mut data = crate::buffer::reserved(count, "a tensor")?;
        data.resize(count, 0.0);
        Ok(Tensor { shape, data })
    }

    /// The dimensions, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in row-major order.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The elements in row-major order.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// The shape and the elements.
    pub fn into_parts(self) -> (Vec<usize>, Vec<f32>) {
        (self.shape, self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let tensor = Tensor::new([2, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(tensor.into_parts(), (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]));
    }

    #[test]
    fn a_scalar_has_one_element_and_an_empty_tensor_none() {
        assert!(Tensor::new([], vec![1.0]).is_ok());
        assert!(Tensor::new([3, 0], vec![]).is_ok());
        assert_eq!(Tensor::new([], vec![]).unwrap_err().code(), "E0541");
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
}
