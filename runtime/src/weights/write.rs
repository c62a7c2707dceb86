//! Writing weights files, one tensor after the other.

use std::borrow::Cow;
use std::path::Path;

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::dtype::DType;
use crate::error::Error;
use crate::fs::Staged;
use crate::shape::byte_len;
use crate::tensor::Tensor;

/// Elements that are encoded at a time.
const CHUNK: usize = 1 << 14;

/// Writes tensors in safetensors format, as f32 or rounded to f16. The same tensors give the same bytes.
///
/// # Errors
/// E0410 when `dtype` is another one, when a name comes twice, or when a finite value is beyond what f16 can hold;
/// E0506 when the file can't be written; E0808 when there is no memory.
pub fn write_weights(path: &Path, tensors: &[(&str, &Tensor)], dtype: DType) -> Result<(), Error> {
    let shapes: Vec<(&str, &[usize])> = tensors.iter().map(|(name, tensor)| (*name, tensor.shape())).collect();
    let staged = stage_weights(path, &shapes, dtype, |i| {
        let (name, tensor) = tensors[i];
        let values: &[f32] = tensor
            .as_slice()
            .ok_or_else(|| refuse(name, dtype, format!("it is of {}, and weights are f32", tensor.dtype())))?;
        Ok::<_, Error>(Cow::Borrowed(values))
    })?;
    staged.commit()
}

/// Writes tensors of these names and shapes as [`write_weights`] does, but leaves it to the caller to put the file in its place. `values`
/// gives the elements of one, by its position; it is asked once for each, and what it gave is dropped before it is asked again.
///
/// # Errors
/// As [`write_weights`], E0541 when there are more or fewer values than a shape says, and what `values` says.
pub fn stage_weights<'v, E: From<Error>>(
    path: &Path,
    tensors: &[(&str, &[usize])],
    dtype: DType,
    mut values: impl FnMut(usize) -> Result<Cow<'v, [f32]>, E>,
) -> Result<Staged, E> {
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    order.sort_by_key(|&i| tensors[i].0);
    let header = header(tensors, &order, dtype)?;
    let mut staged = Staged::new(path)?;
    staged.write(&(header.len() as u64).to_le_bytes())?;
    staged.write(&header)?;
    let mut bytes = Vec::with_capacity(CHUNK * dtype.size());
    for i in order {
        let (name, shape) = tensors[i];
        let values = values(i)?;
        let expected = shape.iter().product();
        if values.len() != expected {
            return Err(Error::TensorLength { shape: shape.to_vec(), found: values.len(), expected }.into());
        }
        for chunk in values.chunks(CHUNK) {
            bytes.clear();
            encode(chunk, dtype, &mut bytes).map_err(|reason| refuse(name, dtype, reason))?;
            staged.write(&bytes)?;
        }
    }
    Ok(staged)
}

fn refuse(tensor: &str, dtype: DType, reason: String) -> Error {
    Error::WeightsStore { tensor: tensor.to_owned(), dtype, reason }
}

/// The header, filled up so that the data behind it is aligned.
fn header(tensors: &[(&str, &[usize])], order: &[usize], dtype: DType) -> Result<Vec<u8>, Error> {
    let mut infos: Vec<(String, TensorInfo)> = Vec::with_capacity(tensors.len());
    let mut end = 0usize;
    for &i in order {
        let (name, shape) = tensors[i];
        let stored = match dtype {
            DType::F32 => Dtype::F32,
            DType::F16 => Dtype::F16,
            _ => return Err(refuse(name, dtype, "weights are written as f32 or f16".to_owned())),
        };
        if infos.last().is_some_and(|(before, _)| before == name) {
            return Err(refuse(name, dtype, "the name comes twice".to_owned()));
        }
        let start = end;
        end = start.checked_add(byte_len(shape, dtype)?).ok_or(Error::OutOfMemory { what: "weights", bytes: start })?;
        infos.push((name.to_owned(), TensorInfo { dtype: stored, shape: shape.to_vec(), data_offsets: (start, end) }));
    }
    let unsaid =
        |error: &dyn std::fmt::Display| refuse(order.first().map_or("", |&i| tensors[i].0), dtype, error.to_string());
    let metadata = Metadata::new(None, infos).map_err(|error| unsaid(&error))?;
    let mut bytes = serde_json::to_vec(&metadata).map_err(|error| unsaid(&error))?;
    bytes.resize(bytes.len().next_multiple_of(8), b' ');
    Ok(bytes)
}

fn encode(values: &[f32], dtype: DType, bytes: &mut Vec<u8>) -> Result<(), String> {
    if dtype == DType::F32 {
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        return Ok(());
    }
    for &value in values {
        let half = f16::from_f32(value);
        if value.is_finite() && !half.is_finite() {
            return Err(format!("its value {value} is beyond the largest, {}", f16::MAX));
        }
        bytes.extend_from_slice(&half.to_le_bytes());
    }
    Ok(())
}
