//! What a program that runs a compiled module needs: tensors, files of arrays, weights, images and labels, the
//! interface between generated code and its host, and the session that calls it.
//!
//! This crate knows nothing of the compiler: it reads no `.net` text and generates no code.

pub mod error;

pub mod dtype;
pub mod elements;
pub mod shape;
pub mod tensor;

pub mod buffer;
pub mod fs;

pub mod npy;

mod mapping;
pub mod random;
pub mod weights;

pub mod image;
mod resample;

pub mod labels;

pub mod cpu;
pub mod module;
pub mod session;

pub mod suggest;
mod text;

pub use buffer::AlignedBuffer;
pub use dtype::DType;
pub use error::Error;
pub use module::{Description, Entry, Module, Port};
pub use session::Session;
pub use tensor::Tensor;
