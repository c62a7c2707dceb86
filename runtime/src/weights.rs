//! Weights files: safetensors with f32, f16 or bf16 tensors, memory-mapped.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use half::f16;
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};

use crate::buffer::reserved;
use crate::dtype::DType;
use crate::error::{Error, FileKind};
use crate::fs::open;
use crate::mapping::map;
use crate::shape::byte_len;
use crate::suggest::closest;
use crate::text::shortened;

mod bind;
mod names;
mod write;

use bind::MAX_LISTED_NAME;
pub use bind::{Expected, MAX_LISTED, Mismatch, Misshapen, Missing, bind};
pub use write::{stage_weights, write_weights};

/// The longest header that is read, in bytes: room for 100,000 tensors.
pub const MAX_HEADER_BYTES: usize = 16 << 20;

/// A weights file. Its header was read and checked when it was opened; the tensors are read when they are asked for.
#[derive(Debug)]
pub struct WeightsFile {
    path: PathBuf,
    mapping: Mmap,
    tensors: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    dtype: DType,
    shape: Vec<usize>,
    /// Bytes of the mapping.
    range: Range<usize>,
}

/// A tensor in a weights file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorView<'f> {
    /// f32, f16 or bf16.
    pub dtype: DType,
    /// The dimensions, outermost first.
    pub shape: &'f [usize],
    /// The elements, little-endian, in row-major order; not aligned.
    pub bytes: &'f [u8],
}

impl WeightsFile {
    /// Maps a file and checks its header: that no name comes twice, that tensors neither overlap nor leave gaps, that their sizes are
    /// those of their shapes, and that they end where the file ends.
    ///
    /// # Errors
    /// E0401 to E0404 when there is no such file or it can't be read, E0405 and E0406 when it is not in safetensors
    /// format, E0407 when a tensor is not of f32, f16 or bf16, E0542 when one is beyond the caps of [`crate::shape`].
    pub fn open(path: &Path) -> Result<WeightsFile, Error> {
        let (file, _) = open(path, FileKind::Weights)?;
        let mapping =
            map(&file).map_err(|source| Error::Read { kind: FileKind::Weights, path: path.to_owned(), source })?;
        let tensors = read_header(&mapping, path)?;
        Ok(WeightsFile { path: path.to_owned(), mapping, tensors })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there is no tensor.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// The bytes that all tensors take in the file.
    pub fn byte_len(&self) -> usize {
        self.tensors.values().map(|entry| entry.range.len()).sum()
    }

    /// A tensor as it is stored.
    pub fn view(&self, name: &str) -> Option<TensorView<'_>> {
        self.tensors.get(name).map(|entry| TensorView {
            dtype: entry.dtype,
            shape: &entry.shape,
            bytes: &self.mapping[entry.range.clone()],
        })
    }

    /// The elements of a tensor, converted to f32, which is exact; values that are not finite stay as they are.
    ///
    /// # Errors
    /// E0409 when there is no such tensor, E0808 when there is no memory.
    pub fn to_f32(&self, name: &str) -> Result<Vec<f32>, Error> {
        let Some(view) = self.view(name) else {
            return Err(Error::WeightsName {
                path: self.path.clone(),
                name: name.to_owned(),
                similar: closest(name, self.names()).map(str::to_owned),
            });
        };
        view.to_f32()
    }
}

impl TensorView<'_> {
    /// The elements, converted to f32, which is exact.
    ///
    /// # Errors
    /// E0808 when there is no memory.
    pub fn to_f32(&self) -> Result<Vec<f32>, Error> {
        let mut values = reserved(self.bytes.len() / self.dtype.size(), "weights")?;
        let (pairs, _) = self.bytes.as_chunks::<2>();
        let (quads, _) = self.bytes.as_chunks::<4>();
        match self.dtype {
            DType::F16 => values.extend(pairs.iter().map(|&pair| f16::from_le_bytes(pair).to_f32())),
            DType::BF16 => {
                values.extend(pairs.iter().map(|&pair| f32::from_bits(u32::from(u16::from_le_bytes(pair)) << 16)))
            }
            // `read_header` lets no other type in.
            _ => values.extend(quads.iter().map(|&quad| f32::from_le_bytes(quad))),
        }
        Ok(values)
    }
}

fn read_header(bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Entry>, Error> {
    let malformed = |reason: String| Error::WeightsFormat { path: path.to_owned(), reason: shortened(&reason, 200) };
    let Some((length, _)) = bytes.split_first_chunk::<8>() else {
        return Err(malformed(format!("it has {} bytes, fewer than the length of a header takes", bytes.len())));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER_BYTES as u64 {
        return Err(Error::WeightsHeader { path: path.to_owned(), found: length, limit: MAX_HEADER_BYTES });
    }
    let repeated = bytes.get(8..8 + length as usize).and_then(names::repeated);
    if let Some(name) = repeated {
        return Err(malformed(format!("its header has two entries called `{name}`")));
    }
    let (header, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| malformed(error.to_string()))?;
    let start = 8 + header;
    let mut tensors = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let dtype = match info.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                return Err(Error::WeightsDtype {
                    path: path.to_owned(),
                    tensor: shortened(&name, MAX_LISTED_NAME),
                    dtype: other.to_string(),
                });
            }
        };
        let len = byte_len(&info.shape, dtype)?;
        let (from, to) = info.data_offsets;
        let range = start.saturating_add(from)..start.saturating_add(to);
        if range.len() != len || bytes.get(range.clone()).is_none() {
            return Err(malformed(format!("the data of `{name}` does not match its shape")));
        }
        tensors.insert(name, Entry { dtype, shape: info.shape.clone(), range });
    }
    Ok(tensors)
}
