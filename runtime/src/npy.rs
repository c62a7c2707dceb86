//! Arrays in NumPy's `.npy` format, versions 1 to 3: reading and writing the types that tensors have, little-endian in C order.

use std::io::{self, Read};
use std::path::Path;

use crate::dtype::DType;
use crate::elements::Elements;
use crate::error::{Error, FileKind};
use crate::fs::{open, write_atomically};
use crate::shape::byte_len;
use crate::tensor::Tensor;

mod header;

use header::Header;

/// The longest header that is read, in bytes. NumPy writes 118 for arrays of rank 8 or less.
pub const MAX_HEADER_BYTES: usize = 1 << 16;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Reads an array.
///
/// # Errors
/// E0501 to E0504 when there is no such file or it can't be read, E0511 when it is damaged, E0512 and E0513 when it
/// holds something else than a tensor's elements in C order, E0514 when its length contradicts its shape, E0542 when the shape is beyond
/// the caps of [`crate::shape`], E0808 when there is no memory.
pub fn read_npy(path: &Path) -> Result<Tensor, Error> {
    let (file, len) = open(path, FileKind::Array)?;
    read_from(&mut io::BufReader::new(file), len, path)
}

/// Reads an array from the bytes of a file; `path` is for the messages.
///
/// # Errors
/// E0511 to E0514, E0542 and E0808, as [`read_npy`].
pub fn parse_npy(bytes: &[u8], path: &Path) -> Result<Tensor, Error> {
    read_from(&mut &*bytes, bytes.len() as u64, path)
}

/// Writes an array in version 1, as NumPy does.
///
/// # Errors
/// E0506 when the file can't be written, E0808 when there is no memory for its bytes.
pub fn write_npy(path: &Path, tensor: &Tensor) -> Result<(), Error> {
    let data = tensor.elements().as_bytes();
    let header = Header::text(tensor.dtype(), tensor.shape());
    let mut bytes = crate::buffer::reserved(10 + header.len() + data.len(), "an array file")?;
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[1, 0]);
    // At most eight dimensions of 20 digits: far below 2^16.
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    let start = bytes.len();
    bytes.extend_from_slice(data);
    to_little_endian(&mut bytes[start..], tensor.dtype());
    write_atomically(path, &bytes)
}

/// `len` is the size of the whole file.
fn read_from(reader: &mut impl Read, len: u64, path: &Path) -> Result<Tensor, Error> {
    let damaged = |reason: &str| Error::NpyFormat { path: path.to_owned(), reason: reason.to_owned() };
    let ends = |source: io::Error| match source.kind() {
        io::ErrorKind::UnexpectedEof => damaged("it ends within its header"),
        _ => Error::Read { kind: FileKind::Array, path: path.to_owned(), source },
    };

    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(ends)?;
    if start[..6] != *MAGIC {
        return Err(damaged("it does not start with the bytes `\\x93NUMPY`"));
    }
    let length_bytes = match start[6..] {
        [1, 0] => 2,
        [2 | 3, 0] => 4,
        _ => {
            return Err(damaged(&format!("version {}.{} is unknown", start[6], start[7])));
        }
    };
    let mut length = [0; 4];
    reader.read_exact(&mut length[..length_bytes]).map_err(ends)?;
    let header_bytes = u32::from_le_bytes(length) as usize;
    if header_bytes > MAX_HEADER_BYTES {
        return Err(damaged(&format!("its header has {header_bytes} bytes, but at most {MAX_HEADER_BYTES} are read")));
    }
    let mut text = vec![0; header_bytes];
    reader.read_exact(&mut text).map_err(ends)?;
    let text = std::str::from_utf8(&text).map_err(|_| damaged("its header is not text"))?;
    let header = Header::parse(text).map_err(|reason| damaged(&reason))?;

    let dtype = header.dtype().map_err(|found| Error::NpyDtype { path: path.to_owned(), found })?;
    // With one dimension (or none) the two orders are the same, and NumPy says either.
    if header.fortran_order && header.shape.len() > 1 {
        return Err(Error::NpyFortran { path: path.to_owned() });
    }
    let expected = byte_len(&header.shape, dtype)?;
    let found = len.saturating_sub((8 + length_bytes + header_bytes) as u64);
    let wrong_length = |found| Error::NpyLength {
        path: path.to_owned(),
        shape: header.shape.clone(),
        found,
        expected: expected as u64,
    };
    if found != expected as u64 {
        return Err(wrong_length(found));
    }
    let mut tensor = Tensor::zeros_of(dtype, header.shape.as_slice())?;
    let mut fill = |bytes: &mut [u8]| {
        reader.read_exact(bytes).map_err(|source| {
            // The file was cut after its size was asked.
            if source.kind() == io::ErrorKind::UnexpectedEof { wrong_length(0) } else { ends(source) }
        })?;
        to_little_endian(bytes, dtype);
        Ok(())
    };
    match tensor.elements_mut() {
        Elements::F32(elements) => fill(bytemuck::cast_slice_mut(elements))?,
        Elements::U8(elements) => fill(elements)?,
        Elements::I8(elements) => fill(bytemuck::cast_slice_mut(elements))?,
        Elements::I32(elements) => fill(bytemuck::cast_slice_mut(elements))?,
        Elements::I64(elements) => fill(bytemuck::cast_slice_mut(elements))?,
        Elements::Bool(elements) => {
            let mut bytes = crate::buffer::reserved(elements.len(), "an array")?;
            bytes.resize(elements.len(), 0);
            fill(&mut bytes)?;
            if let Some(other) = bytes.iter().find(|byte| **byte > 1) {
                return Err(damaged(&format!("it is of bool, but has a byte of {other}")));
            }
            elements.iter_mut().zip(bytes).for_each(|(element, byte)| *element = byte == 1);
        }
    }
    Ok(tensor)
}

/// Exchanges this machine's order of bytes with that of files.
fn to_little_endian(bytes: &mut [u8], dtype: DType) {
    if cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(dtype.size()).for_each(<[u8]>::reverse);
    }
}
