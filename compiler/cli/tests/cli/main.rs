//! The command line, run in this process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod commands;
mod differences;
mod explanations;
mod formatting;
mod inputs;
mod messages;
mod passes;
mod shells;
