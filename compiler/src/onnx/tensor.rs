//! Tensors of a file: that they have one payload of the length that type and shape say is checked before anything is
//! allocated. Raw payloads stay where they lie in the mapped file.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use half::{bf16, f16};
use prost::bytes::Bytes;
use rebirth_runtime::error::FileKind;
use rebirth_runtime::fs::map_file;
use rebirth_runtime::shape::{MAX_RANK, MAX_TENSOR_BYTES};
use rebirth_runtime::{DType, Error};

use super::error::{OnnxError, shown};
use super::{codes, proto, shapes};

/// Element types of ONNX that are read, by their numbers in TensorProto.DataType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F32 = 1,
    U8 = 2,
    I8 = 3,
    U16 = 4,
    I16 = 5,
    I32 = 6,
    I64 = 7,
    Bool = 9,
    F16 = 10,
    F64 = 11,
    U32 = 12,
    U64 = 13,
    BF16 = 16,
}

/// All of them.
const ELEMENTS: [Element; 13] = [
    Element::F32,
    Element::U8,
    Element::I8,
    Element::U16,
    Element::I16,
    Element::I32,
    Element::I64,
    Element::Bool,
    Element::F16,
    Element::F64,
    Element::U32,
    Element::U64,
    Element::BF16,
];

/// Names of the types by number, for messages.
const NAMES: [&str; 17] = [
    "no type",
    "FLOAT",
    "UINT8",
    "INT8",
    "UINT16",
    "INT16",
    "INT32",
    "INT64",
    "STRING",
    "BOOL",
    "FLOAT16",
    "DOUBLE",
    "UINT32",
    "UINT64",
    "COMPLEX64",
    "COMPLEX128",
    "BFLOAT16",
];

/// The name of an element type by its number.
pub(super) fn element_name(number: i64) -> String {
    let name = usize::try_from(number).ok().and_then(|number| NAMES.get(number));
    name.map_or_else(|| format!("type {number}"), |name| (*name).to_string())
}

impl Element {
    pub(super) fn of(number: i64) -> Option<Element> {
        ELEMENTS.into_iter().find(|&element| element as i64 == number)
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Element::F32 | Element::F16 | Element::F64 | Element::BF16)
    }

    /// The type of tensors with these elements, if there are such.
    pub(super) fn dtype(self) -> Option<DType> {
        match self {
            Element::F32 => Some(DType::F32),
            Element::U8 => Some(DType::U8),
            Element::I8 => Some(DType::I8),
            Element::I32 => Some(DType::I32),
            Element::I64 => Some(DType::I64),
            Element::Bool => Some(DType::Bool),
            _ => None,
        }
    }

    fn size(self) -> usize {
        match self {
            Element::U8 | Element::I8 | Element::Bool => 1,
            Element::U16 | Element::I16 | Element::F16 | Element::BF16 => 2,
            Element::F32 | Element::I32 | Element::U32 => 4,
            Element::I64 | Element::F64 | Element::U64 => 8,
        }
    }
}

/// Where the elements are.
#[derive(Debug)]
enum Payload {
    /// Little-endian, in row-major order.
    Raw(Bytes),
    Floats(Vec<f32>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Doubles(Vec<f64>),
    Unsigned(Vec<u64>),
    /// Nowhere: the model was made without its weights.
    Absent,
}

/// A tensor of the file, checked.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    payload: Payload,
}

impl Stored {
    /// Takes a tensor over; `files` gives external data.
    pub(super) fn new(tensor: proto::Tensor, files: &mut Files) -> Result<Stored, OnnxError> {
        let name = tensor.name.clone();
        Stored::read(tensor, files).map_err(|error| match name.as_str() {
            "" => error,
            name => error.within(format!("the tensor `{}`", shown(name))),
        })
    }

    fn read(tensor: proto::Tensor, files: &mut Files) -> Result<Stored, OnnxError> {
        let wrong = |message: String| {
            OnnxError::new(
                codes::TENSOR,
                message,
                "the file may be damaged, or its exporter has an error: export it again",
            )
        };
        let number = i64::from(tensor.data_type);
        let element = Element::of(number).ok_or_else(|| {
            let help = "convert the tensor to float32 before exporting";
            OnnxError::new(codes::ELEMENT_TYPE, format!("elements of {} are not supported", element_name(number)), help)
        })?;
        if tensor.dims.len() > MAX_RANK {
            return Err(wrong(format!("it has {} dimensions, and {MAX_RANK} is the most", tensor.dims.len())));
        }
        let shape = tensor.dims.iter().map(|&dim| usize::try_from(dim).map_err(|_| dim)).collect::<Result<Vec<_>, _>>();
        let shape = shape.map_err(|dim| wrong(format!("one of its dimensions is {dim}")))?;
        let bytes = shapes::count(&shape)
            .and_then(|count| Some((count, count.checked_mul(element.size())?)))
            .filter(|&(_, bytes)| bytes <= MAX_TENSOR_BYTES);
        let Some((count, bytes)) = bytes else {
            return Err(wrong(format!("its shape {shape:?} has more elements than a tensor may have")));
        };
        // Lengths of all payloads that are there, with the one that this type of element belongs into.
        let typed = [
            (tensor.float_data.len(), matches!(element, Element::F32)),
            (
                tensor.int32_data.len(),
                !matches!(element, Element::F32 | Element::I64 | Element::F64 | Element::U32 | Element::U64),
            ),
            (tensor.int64_data.len(), matches!(element, Element::I64)),
            (tensor.double_data.len(), matches!(element, Element::F64)),
            (tensor.uint64_data.len(), matches!(element, Element::U32 | Element::U64)),
            (tensor.string_data.len(), false),
        ];
        let is_external = tensor.data_location == 1;
        let payloads = typed.iter().filter(|(length, _)| *length > 0).count()
            + usize::from(tensor.raw_data.as_ref().is_some_and(|raw| !raw.is_empty()))
            + usize::from(is_external);
        if payloads > 1 {
            return Err(wrong(format!("it has {payloads} payloads, and one is the most")));
        }
        if let Some((length, fits)) = typed.into_iter().find(|(length, _)| *length > 0) {
            if !fits {
                return Err(wrong(format!("its data does not hold elements of {}", element_name(number))));
            }
            if length != count {
                return Err(wrong(format!("its shape {shape:?} has {count} elements, but its data {length}")));
            }
        }
        let raw = match tensor.raw_data {
            Some(raw) if !raw.is_empty() => Some(raw),
            _ if is_external => Some(files.data(&tensor.external_data, bytes)?),
            _ => None,
        };
        if let Some(raw) = &raw
            && raw.len() != bytes
        {
            let found = raw.len();
            return Err(wrong(format!("its shape {shape:?} takes {bytes} bytes, but its data has {found}")));
        }
        let payload = match raw {
            Some(raw) => Payload::Raw(raw),
            None if count == 0 => Payload::Raw(Bytes::new()),
            None if !tensor.float_data.is_empty() => Payload::Floats(tensor.float_data),
            None if !tensor.int32_data.is_empty() => Payload::Ints(tensor.int32_data),
            None if !tensor.int64_data.is_empty() => Payload::Longs(tensor.int64_data),
            None if !tensor.double_data.is_empty() => Payload::Doubles(tensor.double_data),
            None if !tensor.uint64_data.is_empty() => Payload::Unsigned(tensor.uint64_data),
            None => Payload::Absent,
        };
        Ok(Stored { name: tensor.name, element, shape, payload })
    }

    /// Whether the model was made without this tensor's data.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self.payload, Payload::Absent)
    }

    /// Room for the elements.
    fn room<T>(&self) -> Result<Vec<T>, OnnxError> {
        if self.is_absent() {
            return Err(OnnxError::new(
                codes::TENSOR,
                format!("the tensor `{}` has no data: the file is a model without its weights", shown(&self.name)),
                "give weights with `--weights FILE`, try `--weights random:1`, or export the model with its weights",
            ));
        }
        reserved(self.shape.iter().product())
    }

    /// Calls `f` with each element as a number with a fraction and as an integer (those of U64 by their bits), in order.
    fn each(&self, f: &mut dyn FnMut(f64, i64)) {
        match &self.payload {
            Payload::Absent => {}
            Payload::Floats(list) => list.iter().map(|&v| f64::from(v)).for_each(|v| f(v, v as i64)),
            Payload::Doubles(list) => list.iter().copied().for_each(|v| f(v, v as i64)),
            Payload::Longs(list) => list.iter().for_each(|&v| f(v as f64, v)),
            Payload::Unsigned(list) => list.iter().for_each(|&v| f(v as f64, v as i64)),
            Payload::Ints(list) => match self.element {
                Element::F16 => list.iter().map(|&v| f16::from_bits(v as u16).to_f64()).for_each(|v| f(v, v as i64)),
                Element::BF16 => list.iter().map(|&v| bf16::from_bits(v as u16).to_f64()).for_each(|v| f(v, v as i64)),
                _ => list.iter().for_each(|&v| f(f64::from(v), i64::from(v))),
            },
            Payload::Raw(raw) => {
                let (pairs, _) = raw.as_chunks::<2>();
                let (quads, _) = raw.as_chunks::<4>();
                let (eights, _) = raw.as_chunks::<8>();
                match self.element {
                    Element::F32 => {
                        quads.iter().map(|&b| f64::from(f32::from_le_bytes(b))).for_each(|v| f(v, v as i64))
                    }
                    Element::F16 => pairs.iter().map(|&b| f16::from_le_bytes(b).to_f64()).for_each(|v| f(v, v as i64)),
                    Element::BF16 => {
                        pairs.iter().map(|&b| bf16::from_le_bytes(b).to_f64()).for_each(|v| f(v, v as i64))
                    }
                    Element::F64 => eights.iter().map(|&b| f64::from_le_bytes(b)).for_each(|v| f(v, v as i64)),
                    Element::U8 | Element::Bool => raw.iter().for_each(|&b| f(f64::from(b), i64::from(b))),
                    Element::I8 => raw.iter().for_each(|&b| f(f64::from(b as i8), i64::from(b as i8))),
                    Element::U16 => {
                        pairs.iter().map(|&b| u16::from_le_bytes(b)).for_each(|v| f(f64::from(v), i64::from(v)));
                    }
                    Element::I16 => {
                        pairs.iter().map(|&b| i16::from_le_bytes(b)).for_each(|v| f(f64::from(v), i64::from(v)));
                    }
                    Element::I32 => {
                        quads.iter().map(|&b| i32::from_le_bytes(b)).for_each(|v| f(f64::from(v), i64::from(v)));
                    }
                    Element::U32 => {
                        quads.iter().map(|&b| u32::from_le_bytes(b)).for_each(|v| f(f64::from(v), i64::from(v)));
                    }
                    Element::I64 => eights.iter().map(|&b| i64::from_le_bytes(b)).for_each(|v| f(v as f64, v)),
                    Element::U64 => {
                        let values = eights.iter().map(|&b| u64::from_le_bytes(b));
                        values.for_each(|v| f(v as f64, v as i64));
                    }
                }
            }
        }
    }

    /// The elements as f32.
    pub(super) fn floats(&self) -> Result<Vec<f32>, OnnxError> {
        let mut values = self.room()?;
        if let (Payload::Raw(raw), Element::F32) = (&self.payload, self.element) {
            // The usual case, apart because it is the one that has to be fast.
            values.extend(raw.as_chunks::<4>().0.iter().map(|&quad| f32::from_le_bytes(quad)));
        } else {
            self.each(&mut |float, _| values.push(float as f32));
        }
        Ok(values)
    }

    /// The elements as f64.
    pub(super) fn doubles(&self) -> Result<Vec<f64>, OnnxError> {
        let mut values = self.room()?;
        self.each(&mut |float, _| values.push(float));
        Ok(values)
    }

    /// The elements as integers.
    pub(super) fn ints(&self) -> Result<Vec<i64>, OnnxError> {
        let mut values = self.room()?;
        self.each(&mut |_, int| values.push(int));
        Ok(values)
    }
}

/// Room for this many elements.
pub(super) fn reserved<T>(count: usize) -> Result<Vec<T>, OnnxError> {
    let mut values = Vec::new();
    let bytes = count.saturating_mul(size_of::<T>());
    values.try_reserve_exact(count).map_err(|_| Error::OutOfMemory { what: "the weights", bytes })?;
    Ok(values)
}

/// Most bytes of a file's name, in all common file systems.
const LONGEST_NAME: usize = 255;

/// The files beside a model that its tensors lie in.
pub(super) struct Files {
    folder: PathBuf,
    open: HashMap<String, Bytes>,
}

impl Files {
    /// Those in a folder.
    pub(super) fn new(folder: &Path) -> Files {
        Files { folder: folder.to_owned(), open: HashMap::new() }
    }

    /// The bytes that the entries `location`, `offset` and `length` say; `expected` many where there is no length.
    fn data(&mut self, entries: &[proto::Entry], expected: usize) -> Result<Bytes, OnnxError> {
        let refuse = |message: String, help: &str| OnnxError::new(codes::EXTERNAL, message, help);
        let value = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
        let Some(location) = value("location") else {
            return Err(refuse(
                "its data lies outside of the file, but not said where".to_string(),
                "export the model again",
            ));
        };
        let number = |key: &str, default: usize| match value(key) {
            None => Ok(default),
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| refuse(format!("the {key} of its data is `{}`", shown(text)), "export the model again")),
        };
        let (offset, length) = (number("offset", 0)?, number("length", expected)?);
        let file = self.file(location)?;
        let range = offset.checked_add(length).filter(|&end| end <= file.len()).map(|end| offset..end);
        let Some(range) = range else {
            let message = format!(
                "its data is said to lie in `{}` from byte {offset}, {length} bytes long, but the file has {}",
                shown(location),
                file.len()
            );
            return Err(refuse(message, "the file may be cut short, or belong to another model"));
        };
        Ok(file.slice(range))
    }

    fn file(&mut self, location: &str) -> Result<Bytes, OnnxError> {
        if let Some(file) = self.open.get(location) {
            return Ok(file.clone());
        }
        let outside = |why: &str| {
            OnnxError::new(
                codes::EXTERNAL,
                format!("its data lies in `{}`, which {why}", shown(location)),
                "data outside of a model is taken from files in the model's own folder only: save the model again so that it names \
                 the file without a folder",
            )
        };
        let name = Path::new(location);
        let is_bare =
            matches!(name.components().collect::<Vec<_>>()[..], [Component::Normal(only)] if only == name.as_os_str());
        if !is_bare || location.contains(['/', '\\', ':', '\0']) {
            return Err(outside("is no bare file name"));
        }
        if location.len() > LONGEST_NAME {
            return Err(outside("is longer than the name of a file can be"));
        }
        let path = self.folder.join(name);
        let is_link = std::fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_symlink());
        if is_link {
            return Err(outside("is a link"));
        }
        let file = Bytes::from_owner(map_file(&path, FileKind::Weights, usize::MAX)?);
        self.open.insert(location.to_string(), file.clone());
        Ok(file)
    }
}
