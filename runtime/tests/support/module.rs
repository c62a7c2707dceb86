//! A module written by hand: `sum = first + second + weight`, and how often it has run.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rebirth_runtime::{AlignedBuffer, DType, Description, Module, Port};

pub(crate) fn port(name: &str, shape: &[usize]) -> Port {
    Port { name: name.to_owned(), dtype: DType::F32, shape: shape.to_vec() }
}

pub(crate) fn description() -> Description {
    Description {
        inputs: vec![port("first", &[2, 2]), port("second", &[4])],
        outputs: vec![port("sum", &[4]), port("count", &[])],
        arena_bytes: 4,
        weights_bytes: 4,
        cpu: rebirth_runtime::cpu::host().to_owned(),
    }
}

/// The entry of a module with [`description`].
#[allow(unsafe_code)]
pub(crate) unsafe extern "C" fn sum_and_count(io: *const *mut u8, weights: *const u8, arena: *mut u8) {
    // SAFETY: the host passes the buffers of `description`: four pointers, the first three to four f32 each, the last
    // to one; one f32 of weights and one of scratch, which is zero before the first call.
    unsafe {
        let at = |port: usize| (*io.add(port)).cast::<f32>();
        let weight = *weights.cast::<f32>();
        for i in 0..4 {
            *at(2).add(i) = *at(0).add(i) + *at(1).add(i) + weight;
        }
        let count = arena.cast::<f32>();
        *count += 1.0;
        *at(3) = *count;
    }
}

#[allow(unsafe_code)]
pub(crate) fn module() -> Module {
    let mut weights = AlignedBuffer::zeroed(4, "the weights").unwrap();
    weights.as_f32_mut()[0] = 0.5;
    // SAFETY: `sum_and_count` is a static function that keeps within the buffers of `description`.
    unsafe { Module::new(description(), weights, sum_and_count, Box::new(())) }
}
