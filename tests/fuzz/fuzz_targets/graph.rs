//! Any bytes as the text of a graph: verified, printed and parsed again; or an error.

#![no_main]

use std::cell::OnceCell;

use libfuzzer_sys::fuzz_target;
use rebirth_tests::files::{Kind, Scratch};

thread_local! {
    static SCRATCH: OnceCell<Scratch> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    SCRATCH.with(|scratch| scratch.get_or_init(Scratch::new).examine(Kind::Graph, bytes));
});
