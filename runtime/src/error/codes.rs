//! The codes of errors.

use super::{Error, FileKind};
use FileKind::Weights;

/// Declares codes with their titles, each for the errors of a pattern; the first pattern that fits counts.
macro_rules! codes {
    ($($error:pat => $id:literal, $title:literal;)*) => {
        /// Every code with its title.
        pub const CODES: &[(&str, &str)] = &[$(($id, $title)),*];

        impl Error {
            /// The stable code, one of [`CODES`].
            pub fn code(&self) -> &'static str {
                match self {
                    $($error => $id,)*
                }
            }
        }
    };
}

codes! {
    Error::NotFound { kind: Weights, .. } => "E0401", "weights file not found";
    Error::NotAFile { kind: Weights, .. } => "E0402", "weights file is not a regular file";
    Error::EmptyFile { kind: Weights, .. } => "E0403", "weights file is empty";
    Error::Read { kind: Weights, .. } => "E0404", "weights file cannot be read";
    Error::WeightsFormat { .. } => "E0405", "not a valid safetensors file";
    Error::WeightsHeader { .. } => "E0406", "header of the weights file too long";
    Error::WeightsDtype { .. } => "E0407", "unsupported element type of weights";
    Error::WeightsMismatch(_) => "E0408", "weights do not fit the network";
    Error::WeightsName { .. } => "E0409", "no such tensor in the weights file";
    Error::WeightsStore { .. } => "E0410", "tensor cannot be stored";
    Error::NotFound { .. } => "E0501", "file not found";
    Error::NotAFile { .. } => "E0502", "not a regular file";
    Error::EmptyFile { .. } => "E0503", "file is empty";
    Error::Read { .. } => "E0504", "file cannot be read";
    Error::FileTooLarge { .. } => "E0505", "file too large";
    Error::Write { .. } => "E0506", "file cannot be written";
    Error::NpyFormat { .. } => "E0511", "not a valid .npy file";
    Error::NpyDtype { .. } => "E0512", "array of another element type";
    Error::NpyFortran { .. } => "E0513", "array in Fortran order";
    Error::NpyLength { .. } => "E0514", "array data does not match its shape";
    Error::NotAnImage { .. } => "E0521", "not an image";
    Error::ImageDamaged { .. } => "E0522", "damaged image";
    Error::ImageTooLarge { .. } => "E0523", "image too large";
    Error::ImageCrop { .. } => "E0524", "crop leaves no pixel";
    Error::ImageStatistics { .. } => "E0525", "mean or std does not match the channels";
    Error::ImageSpec { .. } => "E0526", "invalid image description";
    Error::LabelsFormat { .. } => "E0531", "not a list of labels";
    Error::LabelsCount { .. } => "E0532", "number of labels does not match the classes";
    Error::TensorLength { .. } => "E0541", "number of elements does not match the shape";
    Error::TensorTooLarge { .. } => "E0542", "tensor too large";
    Error::DtypeName { .. } => "E0543", "unknown element type";
    Error::TensorDtype { .. } => "E0544", "element type that tensors do not have";
    Error::InputCount { .. } => "E0801", "wrong number of inputs";
    Error::InputShape { .. } => "E0802", "input of another shape";
    Error::InputName { .. } => "E0803", "no such input";
    Error::InputTwice { .. } => "E0804", "input given twice";
    Error::OutputCount { .. } => "E0805", "wrong number of outputs";
    Error::OutputShape { .. } => "E0806", "output of another shape";
    Error::PortDtype { .. } => "E0807", "unsupported element type of an input or output";
    Error::OutOfMemory { .. } => "E0808", "out of memory";
    Error::ModuleWeights { .. } => "E0809", "weights of another size than described";
    Error::CpuLevel { .. } => "E0810", "CPU level not available";
    Error::InputDtype { .. } => "E0811", "input of another element type";
    Error::OutputDtype { .. } => "E0812", "output of another element type";
}
