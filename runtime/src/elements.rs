//! The elements of tensors that enter and leave modules.

use crate::buffer::reserved;
use crate::dtype::DType;
use crate::error::Error;

/// A type of elements.
pub trait Element: Copy + Default + private::Held {
    /// Its name.
    const DTYPE: DType;
}

mod private {
    use super::Elements;

    pub trait Held: Sized {
        fn slice(elements: &Elements) -> Option<&[Self]>;
        fn slice_mut(elements: &mut Elements) -> Option<&mut [Self]>;
    }
}

macro_rules! elements {
    ($($Variant:ident($T:ty): $doc:literal),* $(,)?) => {
        /// Elements of one type, in row-major order.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Elements {
            $(#[doc = $doc] $Variant(Vec<$T>)),*
        }

        $(
            impl Element for $T {
                const DTYPE: DType = DType::$Variant;
            }

            impl private::Held for $T {
                fn slice(elements: &Elements) -> Option<&[$T]> {
                    match elements {
                        Elements::$Variant(elements) => Some(elements),
                        _ => None,
                    }
                }

                fn slice_mut(elements: &mut Elements) -> Option<&mut [$T]> {
                    match elements {
                        Elements::$Variant(elements) => Some(elements),
                        _ => None,
                    }
                }
            }

            impl From<Vec<$T>> for Elements {
                fn from(elements: Vec<$T>) -> Elements {
                    Elements::$Variant(elements)
                }
            }
        )*

        impl Elements {
            /// The types that tensors can be of.
            pub const TYPES: &[DType] = &[$(DType::$Variant),*];

            /// `count` zeros; `None` where tensors are not of this type.
            ///
            /// # Errors
            /// E0808 when there is no memory.
            pub fn zeros(dtype: DType, count: usize) -> Option<Result<Elements, Error>> {
                match dtype {
                    $(DType::$Variant => Some(zeros::<$T>(count).map(Elements::$Variant)),)*
                    _ => None,
                }
            }

            /// Their type.
            pub fn dtype(&self) -> DType {
                match self {
                    $(Elements::$Variant(_) => DType::$Variant,)*
                }
            }

            /// How many there are.
            pub fn len(&self) -> usize {
                match self {
                    $(Elements::$Variant(elements) => elements.len(),)*
                }
            }

            /// The address of the first.
            pub(crate) fn as_ptr(&self) -> *const u8 {
                match self {
                    $(Elements::$Variant(elements) => elements.as_ptr().cast(),)*
                }
            }

            /// The address of the first.
            pub(crate) fn as_mut_ptr(&mut self) -> *mut u8 {
                match self {
                    $(Elements::$Variant(elements) => elements.as_mut_ptr().cast(),)*
                }
            }

            /// Their memory.
            pub(crate) fn as_bytes(&self) -> &[u8] {
                match self {
                    $(Elements::$Variant(elements) => bytemuck::cast_slice(elements),)*
                }
            }
        }
    };
}

elements! {
    F32(f32): "IEEE 754 binary32.",
    U8(u8): "Unsigned, one byte.",
    I8(i8): "Signed, one byte.",
    I32(i32): "Signed, four bytes.",
    I64(i64): "Signed, eight bytes.",
    Bool(bool): "True or false.",
}

fn zeros<T: Element>(count: usize) -> Result<Vec<T>, Error> {
    let mut elements = reserved(count, "a tensor")?;
    elements.resize(count, T::default());
    Ok(elements)
}

impl Elements {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, if they are of type `T`.
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        T::slice(self)
    }

    /// The elements, if they are of type `T`.
    pub fn as_mut_slice<T: Element>(&mut self) -> Option<&mut [T]> {
        T::slice_mut(self)
    }

    /// The element at a position as a number; an i64 beyond 2^53 is rounded, true is 1.
    ///
    /// # Panics
    /// There is no such position.
    pub fn value(&self, at: usize) -> f64 {
        match self {
            Elements::F32(elements) => elements[at].into(),
            Elements::U8(elements) => elements[at].into(),
            Elements::I8(elements) => elements[at].into(),
            Elements::I32(elements) => elements[at].into(),
            Elements::I64(elements) => elements[at] as f64,
            Elements::Bool(elements) => elements[at].into(),
        }
    }

    /// All elements as [`Elements::value`] gives them.
    pub fn values(&self) -> impl ExactSizeIterator<Item = f64> {
        (0..self.len()).map(|at| self.value(at))
    }

    /// Elements of a type from numbers: rounded to f32, or cut off to what an integer can be, NaN to 0; bool is whether it is not 0.
    /// `None` where tensors are not of this type.
    pub fn from_values(dtype: DType, values: impl Iterator<Item = f64>) -> Option<Elements> {
        Some(match dtype {
            DType::F32 => Elements::F32(values.map(|value| value as f32).collect()),
            DType::U8 => Elements::U8(values.map(|value| value as u8).collect()),
            DType::I8 => Elements::I8(values.map(|value| value as i8).collect()),
            DType::I32 => Elements::I32(values.map(|value| value as i32).collect()),
            DType::I64 => Elements::I64(values.map(|value| value as i64).collect()),
            DType::Bool => Elements::Bool(values.map(|value| value != 0.0).collect()),
            DType::F16 | DType::BF16 | DType::F64 | DType::U64 => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_holds_zeros_and_values() {
        for dtype in DType::ALL {
            let zeros = Elements::zeros(dtype, 3).map(Result::unwrap);
            assert_eq!(zeros.is_some(), Elements::TYPES.contains(&dtype), "{dtype}");
            let from = Elements::from_values(dtype, [0.0, 0.0, 0.0].into_iter());
            assert_eq!(zeros, from);
            let Some(zeros) = zeros else { continue };
            assert_eq!((zeros.dtype(), zeros.len()), (dtype, 3));
            assert_eq!(zeros.as_bytes(), vec![0; 3 * dtype.size()]);
            assert_eq!(zeros.values().collect::<Vec<_>>(), [0.0; 3]);
        }
    }

    #[test]
    fn numbers_are_cut_off_to_the_type() {
        let values = [-1.5, 300.0, f64::NAN, 1e30];
        let check = |dtype, expected: [f64; 4]| {
            let found = Elements::from_values(dtype, values.into_iter()).unwrap();
            assert_eq!(found.values().collect::<Vec<_>>(), expected, "{dtype}");
        };
        check(DType::U8, [0.0, 255.0, 0.0, 255.0]);
        check(DType::I8, [-1.0, 127.0, 0.0, 127.0]);
        check(DType::I32, [-1.0, 300.0, 0.0, f64::from(i32::MAX)]);
        check(DType::I64, [-1.0, 300.0, 0.0, i64::MAX as f64]);
        check(DType::Bool, [1.0; 4]);
    }

    #[test]
    fn a_slice_is_of_one_type() {
        let mut elements = Elements::from(vec![1_i64, 2]);
        assert_eq!(elements.as_slice::<i64>(), Some(&[1, 2][..]));
        assert_eq!(elements.as_slice::<f32>(), None);
        elements.as_mut_slice::<i64>().unwrap()[0] = 7;
        assert_eq!(elements.value(0), 7.0);
        assert!(elements.as_mut_slice::<bool>().is_none());
    }
}
