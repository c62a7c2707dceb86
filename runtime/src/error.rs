//! Every error of this crate, each with a stable code, a message that says what was found and what was expected, and,
//! where there is something to do about it, a help text.
//!
//! E04xx: weights. E05xx: arrays, images, labels and other files. E08xx: modules and sessions.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error as ThisError;

use crate::dtype::DType;
use crate::elements::Elements;
use crate::image::{MAX_DECODED_BYTES, MAX_PIXELS};
use crate::weights::Mismatch;

mod codes;

pub use codes::CODES;

/// What went wrong. [`Error::code`] is stable, the texts are not.
#[derive(Debug, ThisError)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum Error {
    /// The path leads nowhere.
    #[error("the {kind} `{}` does not exist", path.display())]
    NotFound { kind: FileKind, path: PathBuf },
    /// The path leads to a directory, a device or a pipe.
    #[error("the {kind} `{}` is {found}, not a file", path.display())]
    NotAFile { kind: FileKind, path: PathBuf, found: &'static str },
    /// The file has no bytes.
    #[error("the {kind} `{}` is empty", path.display())]
    EmptyFile { kind: FileKind, path: PathBuf },
    /// The operating system refused to open or read the file.
    #[error("the {kind} `{}` cannot be read: {source}", path.display())]
    Read { kind: FileKind, path: PathBuf, source: io::Error },
    /// The file is larger than files of its kind may be.
    #[error("the {kind} `{}` has more than {limit} bytes, the most that is read", path.display())]
    FileTooLarge { kind: FileKind, path: PathBuf, limit: usize },
    /// The operating system refused to write the file; what was there before is still there.
    #[error("`{}` cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },

    /// The file is not in safetensors format, or damaged.
    #[error("`{}` is not a valid safetensors file: {reason}", path.display())]
    WeightsFormat { path: PathBuf, reason: String },
    /// The header is longer than headers may be.
    #[error("`{}` announces a header of {found} bytes, but at most {limit} are read", path.display())]
    WeightsHeader { path: PathBuf, found: u64, limit: usize },
    /// A tensor of a type that weights can't have.
    #[error("the tensor `{tensor}` in `{}` has elements of type {dtype}, but weights are f32, f16 or bf16", path.display())]
    WeightsDtype { path: PathBuf, tensor: String, dtype: String },
    /// The file and the network disagree; names every tensor they disagree about.
    #[error("{0}")]
    WeightsMismatch(Box<Mismatch>),
    /// A tensor was asked for that the file lacks.
    #[error("`{}` has no tensor `{name}`", path.display())]
    WeightsName { path: PathBuf, name: String, similar: Option<String> },
    /// Tensors that can't be stored as asked.
    #[error("the tensor `{tensor}` cannot be stored as {dtype}: {reason}")]
    WeightsStore { tensor: String, dtype: DType, reason: String },

    /// The file is not an array file, or its header is damaged.
    #[error("`{}` is not a valid .npy file: {reason}", path.display())]
    NpyFormat { path: PathBuf, reason: String },
    /// The array has an element type that no tensor has.
    #[error("the array `{}` holds {found}, which tensors are not of", path.display())]
    NpyDtype { path: PathBuf, found: String },
    /// The array is stored with the first dimension varying fastest.
    #[error("the array `{}` is stored in Fortran order, but C order is expected", path.display())]
    NpyFortran { path: PathBuf },
    /// The file is longer or shorter than the shape in its header says.
    #[error("the array `{}` of shape {shape:?} needs {expected} bytes of data, but {found} follow the header", path.display())]
    NpyLength { path: PathBuf, shape: Vec<usize>, found: u64, expected: u64 },

    /// The file is in no known image format.
    #[error("`{}` is not an image in a known format{}", path.display(), found.map(|name| format!(" (it looks like {name})")).unwrap_or_default())]
    NotAnImage { path: PathBuf, found: Option<&'static str> },
    /// The image ends early or its data is damaged.
    #[error("the image `{}` is damaged: {reason}", path.display())]
    ImageDamaged { path: PathBuf, reason: String },
    /// The image has more pixels than are decoded.
    #[error("the image `{}` is too large{}: at most {MAX_PIXELS} pixels in {MAX_DECODED_BYTES} bytes are decoded", path.display(), size.map(|(width, height)| format!(" ({width} x {height} pixels)")).unwrap_or_default())]
    ImageTooLarge {
        path: PathBuf,
        /// Width and height, where they could be read.
        size: Option<(u32, u32)>,
    },
    /// Cropping leaves no pixel.
    #[error("cropping the image `{}` of {width} x {height} pixels leaves nothing of it", path.display())]
    ImageCrop { path: PathBuf, width: u32, height: u32 },
    /// `mean` or `std` has another length than there are channels.
    #[error("`{name}` has {}, but there {}", counted(*found, "value"), if *expected == 1 { "is 1 channel".to_owned() } else { format!("are {expected} channels") })]
    ImageStatistics { name: &'static str, found: usize, expected: usize },
    /// A value of the image description that makes no sense.
    #[error("`{name}` of an image is {found}, but must be {expected}")]
    ImageSpec { name: &'static str, found: String, expected: &'static str },

    /// The file holds no list of labels.
    #[error("`{}` holds no list of labels: {reason}", path.display())]
    LabelsFormat { path: PathBuf, reason: String },
    /// There are more or fewer labels than classes.
    #[error("`{}` has {}, but the output has {expected} classes", path.display(), counted(*found, "label"))]
    LabelsCount { path: PathBuf, found: usize, expected: usize },

    /// The number of elements contradicts the shape.
    #[error("a tensor of shape {shape:?} has {}, but {} given", counted(*expected, "element"), were(*found))]
    TensorLength { shape: Vec<usize>, found: usize, expected: usize },
    /// The shape is beyond what tensors may have.
    #[error("a tensor of type {dtype} and shape {shape:?} is too large")]
    TensorTooLarge { shape: Vec<usize>, dtype: DType },
    /// No element type has this name.
    #[error("there is no element type `{name}`")]
    DtypeName { name: String },
    /// Elements of this type have a name, and weights can be stored as such, but no tensor holds them.
    #[error("no tensor is of type {dtype}")]
    TensorDtype { dtype: DType },

    /// More or fewer inputs than the module has.
    #[error("the module takes {} ({names}), but {} given", counted(*expected, "input"), were(*found))]
    InputCount { found: usize, expected: usize, names: String },
    /// An input of another shape than the module was compiled for.
    #[error("the input `{name}` has shape {found:?}, but the module expects {expected:?}")]
    InputShape { name: String, found: Vec<usize>, expected: Vec<usize> },
    /// No input has this name.
    #[error("the module has no input `{name}`; its inputs are {names}")]
    InputName { name: String, names: String, similar: Option<String> },
    /// Two tensors were given for one input.
    #[error("the input `{name}` is given twice")]
    InputTwice { name: String },
    /// More or fewer outputs than the module has.
    #[error("the module gives {} ({names}), but room for {found} was given", counted(*expected, "output"))]
    OutputCount { found: usize, expected: usize, names: String },
    /// A tensor for an output has another shape than the module writes.
    #[error("the tensor for the output `{name}` has shape {found:?}, but the module writes {expected:?}")]
    OutputShape { name: String, found: Vec<usize>, expected: Vec<usize> },
    /// A port of a type that sessions don't pass.
    #[error("`{name}` is of type {dtype}, which tensors are not of")]
    PortDtype { name: String, dtype: DType },
    /// An input of another type than the module was compiled for.
    #[error("the input `{name}` holds {found}, but the module expects {expected}")]
    InputDtype { name: String, found: DType, expected: DType },
    /// A tensor for an output has another type than the module writes.
    #[error("the tensor for the output `{name}` holds {found}, but the module writes {expected}")]
    OutputDtype { name: String, found: DType, expected: DType },
    /// No memory.
    #[error("there is no memory for {what}: {bytes} bytes are needed")]
    OutOfMemory { what: &'static str, bytes: usize },
    /// The packed weights have another length than the description says.
    #[error("the module is described with {expected} bytes of weights, but has {found}")]
    ModuleWeights { found: usize, expected: usize },
    /// The machine lacks instructions that the code uses.
    #[error("the module needs a CPU of level {needed}, but this one is {host}")]
    CpuLevel { needed: String, host: &'static str },
}

/// What a file was opened as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A safetensors file.
    Weights,
    /// An `.npy` file.
    Array,
    /// A picture.
    Image,
    /// A list of class names.
    Labels,
    /// A network in a format of its own.
    Model,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileKind::Weights => "weights file",
            FileKind::Array => "array file",
            FileKind::Image => "image",
            FileKind::Labels => "labels file",
            FileKind::Model => "model",
        })
    }
}

impl Error {
    /// What to do about it, where that can be said.
    pub fn help(&self) -> Option<String> {
        let fixed = match self {
            Error::NotFound { .. } => "check the spelling; relative paths start at the current directory",
            Error::EmptyFile { .. } => "the download or copy that made it has probably failed",
            Error::WeightsFormat { .. } | Error::WeightsHeader { .. } => {
                "the file may be cut short or of another format; convert or fetch it again"
            }
            Error::WeightsDtype { .. } => "convert the tensor to f32, f16 or bf16, or remove it if it is not a weight",
            Error::WeightsMismatch(mismatch) => return mismatch.help(),
            Error::WeightsName { similar: Some(name), .. } => return Some(format!("did you mean `{name}`?")),
            Error::NpyFormat { .. } => "write it with `numpy.save(path, array)`",
            Error::NpyFortran { .. } => "convert it: `numpy.save(path, numpy.ascontiguousarray(array))`",
            Error::NpyLength { .. } => "the file may be cut short, or two arrays were written to it",
            Error::NotAnImage { .. } => "PNG and JPEG are read; convert it to one of them",
            Error::ImageDamaged { .. } => "the file may be cut short; fetch or export it again",
            Error::ImageTooLarge { .. } => "scale it down first: the network sees far fewer pixels",
            Error::ImageCrop { .. } => "use a larger image, or a larger `crop` fraction",
            Error::ImageStatistics { .. } => "give one value a channel: three for rgb and bgr, one for gray",
            Error::LabelsFormat { .. } => "use a text file with one label a line, or a JSON array of strings",
            Error::LabelsCount { .. } => "use the list of labels that the network was trained with",
            Error::TensorTooLarge { .. } => {
                return Some(format!(
                    "at most {} dimensions and {} bytes",
                    crate::shape::MAX_RANK,
                    crate::shape::MAX_TENSOR_BYTES
                ));
            }
            Error::DtypeName { .. } => {
                let names: Vec<_> = DType::ALL.iter().map(|dtype| dtype.name()).collect();
                return Some(format!("the types are {}", names.join(", ")));
            }
            Error::NpyDtype { .. } | Error::TensorDtype { .. } => {
                let names: Vec<_> = Elements::TYPES.iter().map(|dtype| dtype.name()).collect();
                return Some(format!("tensors are of {}: convert it, as `array.astype('<f4')` does", names.join(", ")));
            }
            Error::InputDtype { found, .. } => {
                return Some(format!(
                    "convert it where it is made, or declare the input as {found} and `cast` it in the network"
                ));
            }
            Error::InputShape { .. } => "pass data of the expected shape, or compile the network for this one",
            Error::InputName { similar: Some(name), .. } => return Some(format!("did you mean `{name}`?")),
            Error::InputTwice { .. } => "give each input once",
            Error::CpuLevel { .. } => "compile the network for this machine, or for a lower level",
            _ => return None,
        };
        Some(fixed.to_owned())
    }
}

/// "1 label", "2 labels".
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// "1 was", "2 were".
fn were(count: usize) -> String {
    format!("{count} {}", if count == 1 { "was" } else { "were" })
}
