//! Any bytes through the parser: a tree that can be dumped, or a report that can be rendered.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rebirth_lang::Source;
use rebirth_tests::examine::{parsed, render, report};

fuzz_target!(|bytes: &[u8]| {
    if let Err(refused) = Source::from_bytes("fuzz.net", bytes).and_then(|source| parsed(&source)) {
        report(&refused);
        render(&refused);
    }
});
