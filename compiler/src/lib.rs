//! From AST or ONNX to machine code. Modules in the order data takes: [`resolve`] (AST to graph), [`onnx`] (graphs from
//! another format), [`extent`] (sizes that shape rules compute with), [`graph`], [`ops`] (the operator table),
//! [`inspect`] (cost and receptive field of a graph), [`passes`] (exact rewrites of the graph), [`loops`] (graph to loop IR), [`codegen`] (loop IR to machine
//! code); [`pipeline`] is the whole path in a few calls, [`weights`] where parameters come from; [`diff`] compares two
//! ways to compute a network.

pub mod resolve;

pub mod onnx;

pub mod extent;
pub mod graph;
pub mod ops;

pub mod inspect;

pub mod passes;

pub mod loops;

pub mod codegen;

pub mod pipeline;
pub mod weights;

pub mod diff;
