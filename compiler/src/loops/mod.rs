//! The loop IR: what stands between the graph and machine code. In the order data takes: an operator's lowering gives [`stage`]s over
//! whole tensors; [`layout`] decides how tensors lie in memory; [`schedule`] turns each stage into an explicit [`nest`] of
//! loops, loads and stores with affine addresses; [`plan`] places buffers in one arena; [`program`] holds it all and
//! [`print`](mod@print) shows it; [`verify`] proves every access in bounds. [`lower`] is the whole path. Back ends see nothing else.

pub mod affine;
pub mod expr;
pub mod layout;
pub mod lower;
pub mod nest;
pub mod pack;
pub mod pieces;
pub mod plan;
pub mod print;
pub mod program;
pub mod sampling;
pub mod schedule;
pub mod stage;
pub mod verify;

/// f32 elements of one vector: 128 bits, the widest that Cranelift generates for x86-64 and aarch64.
pub const LANES: usize = 4;
