//! Memory for weights and scratch: aligned to a cache line, zeroed, allocated fallibly.

use std::fmt;

use crate::error::Error;

/// The alignment of every buffer handed to generated code, in bytes: a cache line and the widest vector.
pub const ALIGNMENT: usize = 64;

/// Bytes at an address that is a multiple of [`ALIGNMENT`]; it stays the same when the buffer is moved.
pub struct AlignedBuffer {
    /// Longer than `len` by [`ALIGNMENT`], so that an aligned address is within.
    bytes: Box<[u8]>,
    start: usize,
    len: usize,
}

impl AlignedBuffer {
    /// A buffer of `len` zero bytes. Large ones take physical memory only where they are touched.
    ///
    /// # Errors
    /// E0808 when there is no memory; `what` is named in the message ("the weights").
    pub fn zeroed(len: usize, what: &'static str) -> Result<AlignedBuffer, Error> {
        let out_of_memory = || Error::OutOfMemory { what, bytes: len };
        let total = len.checked_add(ALIGNMENT).ok_or_else(out_of_memory)?;
        // The allocator's own limit; asking for more would panic.
        if total > isize::MAX as usize {
            return Err(out_of_memory());
        }
        let bytes: Box<[u8]> = bytemuck::allocation::try_zeroed_slice_box(total).map_err(|()| out_of_memory())?;
        let address = bytes.as_ptr() as usize;
        Ok(AlignedBuffer { start: address.next_multiple_of(ALIGNMENT) - address, bytes, len })
    }

    /// The address of the first byte.
    pub fn as_ptr(&self) -> *const u8 {
        self.as_bytes().as_ptr()
    }

    /// The address of the first byte.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.as_bytes_mut().as_mut_ptr()
    }

    /// Its size in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }

    /// All bytes.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }

    /// The bytes as f32; up to three bytes behind the last whole one are left out.
    pub fn as_f32(&self) -> &[f32] {
        let bytes = self.as_bytes();
        bytemuck::cast_slice(&bytes[..bytes.len() / 4 * 4])
    }

    /// The bytes as f32; up to three bytes behind the last whole one are left out.
    pub fn as_f32_mut(&mut self) -> &mut [f32] {
        let bytes = self.as_bytes_mut();
        let whole = bytes.len() / 4 * 4;
        bytemuck::cast_slice_mut(&mut bytes[..whole])
    }
}

impl fmt::Debug for AlignedBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlignedBuffer({} bytes)", self.len)
    }
}

/// An empty vector with room for `count` elements.
///
/// # Errors
/// E0808 when there is no memory.
pub(crate) fn reserved<T>(count: usize, what: &'static str) -> Result<Vec<T>, Error> {
    let mut elements = Vec::new();
    elements
        .try_reserve_exact(count)
        .map_err(|_| Error::OutOfMemory { what, bytes: count.saturating_mul(size_of::<T>()) })?;
    Ok(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_aligned_and_zero() {
        for len in [0, 1, 3, 4, 63, 64, 65, 4096, 1 << 20] {
            let mut buffer = AlignedBuffer::zeroed(len, "a test").unwrap();
            assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
            assert_eq!(buffer.as_mut_ptr().cast_const(), buffer.as_ptr());
            assert_eq!((buffer.len(), buffer.is_empty()), (len, len == 0));
            assert!(buffer.as_bytes().iter().all(|&byte| byte == 0));
            assert_eq!(buffer.as_f32().len(), len / 4);
        }
    }

    #[test]
    fn floats_and_bytes_are_the_same_memory() {
        let mut buffer = AlignedBuffer::zeroed(9, "a test").unwrap();
        buffer.as_f32_mut()[1] = 1.0;
        assert_eq!(buffer.as_bytes(), [0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0]);
    }

    #[test]
    fn moving_keeps_the_address() {
        let buffer = AlignedBuffer::zeroed(100, "a test").unwrap();
        let address = buffer.as_ptr();
        let moved = Box::new(buffer);
        assert_eq!(moved.as_ptr(), address);
    }

    #[test]
    fn too_much_is_an_error() {
        for len in [usize::MAX, isize::MAX as usize, isize::MAX as usize - ALIGNMENT] {
            let error = AlignedBuffer::zeroed(len, "the arena").unwrap_err();
            assert_eq!(error.code(), "E0808");
        }
        assert_eq!(reserved::<f32>(usize::MAX, "a test").unwrap_err().code(), "E0808");
    }
}
