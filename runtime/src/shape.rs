//! Checked arithmetic on shapes; every size in this crate comes from here.

use crate::dtype::DType;
use crate::error::Error;

/// The most dimensions a tensor may have.
pub const MAX_RANK: usize = 8;

/// The most bytes a tensor may have.
pub const MAX_TENSOR_BYTES: usize = 1 << 40;

/// The product of the dimensions, `None` where it overflows. A scalar (no dimension) has one element.
///
/// A zero anywhere makes the product zero, whatever the other dimensions are.
pub fn element_count(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim))
}

/// The bytes a tensor of this shape takes.
///
/// # Errors
/// E0542 when the shape has more than [`MAX_RANK`] dimensions or takes more than [`MAX_TENSOR_BYTES`].
pub fn byte_len(shape: &[usize], dtype: DType) -> Result<usize, Error> {
    if shape.len() <= MAX_RANK
        && let Some(bytes) = element_count(shape).and_then(|count| count.checked_mul(dtype.size()))
        && bytes <= MAX_TENSOR_BYTES
    {
        return Ok(bytes);
    }
    // A file may say any number of dimensions; one more than may be is enough to show.
    let shape = shape.iter().copied().take(MAX_RANK + 1).collect();
    Err(Error::TensorTooLarge { shape, dtype })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!(element_count(&[]), Some(1));
        assert_eq!(element_count(&[2, 3, 4]), Some(24));
        assert_eq!(element_count(&[usize::MAX, 0, 2]), Some(0));
        assert_eq!(element_count(&[0, usize::MAX, 2]), Some(0));
        assert_eq!(element_count(&[usize::MAX, 1]), Some(usize::MAX));
        assert_eq!(element_count(&[usize::MAX, 2]), None);
        assert_eq!(element_count(&[1 << 32, 1 << 32]), None);
    }

    #[test]
    fn the_byte_cap_is_inclusive() {
        assert_eq!(byte_len(&[MAX_TENSOR_BYTES / 4], DType::F32).unwrap(), MAX_TENSOR_BYTES);
        assert_eq!(byte_len(&[MAX_TENSOR_BYTES / 4 + 1], DType::F32).unwrap_err().code(), "E0542");
        assert_eq!(byte_len(&[usize::MAX / 2], DType::F64).unwrap_err().code(), "E0542");
    }

    #[test]
    fn the_rank_cap_is_inclusive() {
        assert_eq!(byte_len(&[1; MAX_RANK], DType::U8).unwrap(), 1);
        assert_eq!(byte_len(&[1; MAX_RANK + 1], DType::U8).unwrap_err().code(), "E0542");
    }
}
