//! Types of values: a dtype and a shape.

use std::fmt;

use rebirth_runtime::DType;
use rebirth_runtime::elements::Elements;
use rebirth_runtime::shape::{MAX_RANK, MAX_TENSOR_BYTES, byte_len};

use crate::extent::Extent;

/// The type of a tensor value. In a graph, shapes are numbers: symbolic dimensions are bound by the resolver. Shape rules also
/// work on types over [`Form`](crate::extent::Form), which stand for all sizes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type<D = usize> {
    /// Element type.
    pub dtype: DType,
    /// Extents, outermost first; activations are NCHW.
    pub shape: Vec<D>,
}

/// Why no tensor can have a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeError {
    /// More than [`MAX_RANK`] dimensions.
    Rank,
    /// An extent of zero.
    Extent,
    /// Elements of a type that no tensor has.
    Elements,
    /// More than [`MAX_TENSOR_BYTES`] bytes.
    Bytes,
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeError::Rank => write!(f, "has more than {MAX_RANK} dimensions"),
            TypeError::Extent => f.write_str("has an extent of 0"),
            TypeError::Elements => f.write_str("is of elements that no tensor has"),
            TypeError::Bytes => write!(f, "takes more than {MAX_TENSOR_BYTES} bytes"),
        }
    }
}

impl<D> Type<D> {
    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }
}

impl<D: Extent> Type<D> {
    /// Whether this is an extent for extent the shape `shape`, for all sizes.
    pub fn has_shape(&self, shape: &[usize]) -> bool {
        self.rank() == shape.len() && self.shape.iter().zip(shape).all(|(extent, &expected)| extent.is(expected))
    }
}

impl Type {
    /// An f32 tensor of this shape.
    pub fn f32(shape: impl Into<Vec<usize>>) -> Type {
        Type { dtype: DType::F32, shape: shape.into() }
    }

    /// The same type among those over another kind of extent.
    pub fn lift<D: Extent>(&self) -> Type<D> {
        Type { dtype: self.dtype, shape: self.shape.iter().map(|&extent| D::constant(extent)).collect() }
    }

    /// Whether a tensor can have this type: rank, extents, elements and bytes within the limits.
    ///
    /// # Errors
    /// The first limit it breaks.
    pub fn check(&self) -> Result<(), TypeError> {
        if self.rank() > MAX_RANK {
            Err(TypeError::Rank)
        } else if self.shape.contains(&0) {
            Err(TypeError::Extent)
        } else if !Elements::TYPES.contains(&self.dtype) {
            Err(TypeError::Elements)
        } else if byte_len(&self.shape, self.dtype).is_err() {
            Err(TypeError::Bytes)
        } else {
            Ok(())
        }
    }

    /// Number of elements. Cannot overflow for a type that [`Type::check`] accepts, as all in a verified graph are.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Size in bytes; the same guarantee as [`Type::elements`].
    pub fn bytes(&self) -> usize {
        self.elements() * self.dtype.size()
    }
}

impl<D: fmt::Display> fmt::Display for Type<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.dtype)?;
        super::print::separated(f, ",", &self.shape, |f, extent| write!(f, "{extent}"))?;
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_inclusive() {
        let most = MAX_TENSOR_BYTES / 4;
        for (shape, expected) in [
            (vec![], Ok(())),
            (vec![1; MAX_RANK], Ok(())),
            (vec![1; MAX_RANK + 1], Err(TypeError::Rank)),
            (vec![2, 0], Err(TypeError::Extent)),
            (vec![usize::MAX, 0], Err(TypeError::Extent)),
            (vec![most], Ok(())),
            (vec![most + 1], Err(TypeError::Bytes)),
            (vec![usize::MAX, usize::MAX], Err(TypeError::Bytes)),
        ] {
            assert_eq!(Type::f32(shape.clone()).check(), expected, "{shape:?}");
        }
    }

    #[test]
    fn prints_as_source_spells_it() {
        assert_eq!(Type::f32([]).to_string(), "f32[]");
        assert_eq!(Type { dtype: DType::U8, shape: vec![1, 20] }.to_string(), "u8[1,20]");
    }
}
