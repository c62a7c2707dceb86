//! Broken files: every prefix of good ones, mutations, and files of much. Each is read or refused within the memory it may take, and ends.
//! What is read is taken further. `REBIRTH_TEST_SEED=N` runs other mutations. Alone in its file: the allocator counts for all threads, so the
//! tests take turns.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use peak_alloc::PeakAlloc;
use rebirth_tests::bad::{Bad, large};
use rebirth_tests::files::{Kind, Outcome, Scratch};
use rebirth_tests::memory::{check_bound, measured};
use rebirth_tests::mutate_files::{FileCase, FileMutations, beside, good, prefixes};
use rebirth_tests::{seed, watch};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

static TURN: Mutex<()> = Mutex::new(());

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    beside(scratch.folder());
    scratch
}

/// How often each code came; none for what was read.
type Codes = HashMap<Option<&'static str>, usize>;

fn examine(kind: Kind, cases: impl Iterator<Item = FileCase> + Send + 'static) -> Codes {
    let scratch = scratch();
    watch::each(cases, Codes::new(), move |codes, case| {
        let (outcome, taken) = measured(&ALLOCATED, || scratch.examine(kind, &case.bytes));
        check_bound(case, case.bytes.len(), outcome.nodes, taken);
        *codes.entry(outcome.code).or_default() += 1;
    })
}

/// All prefixes, and so many mutations that at least these shares (in thousandths) are read and refused, with so many codes.
fn check(kind: Kind, mutations: usize, [read, refused]: [usize; 2], codes: usize) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (number, file) in good(kind).iter().enumerate() {
        let outcome = scratch().examine(kind, file);
        assert_eq!(outcome, Outcome { code: None, ..outcome.clone() }, "file {number}");
    }
    let found = examine(kind, prefixes(kind, 64));
    assert!(found.get(&None).is_some_and(|&sound| sound >= 5), "{found:?}");
    assert!(found.len() >= 3, "{found:?}");
    let found = examine(kind, FileMutations::new(kind, seed()).take(mutations));
    println!("{kind:?}: {found:?}");
    let sound = found.get(&None).copied().unwrap_or_default();
    assert!(sound * 1000 >= mutations * read && (mutations - sound) * 1000 >= mutations * refused, "{found:?}");
    assert!(found.len() > codes, "{found:?}");
}

#[test]
fn onnx() {
    check(Kind::Onnx, 8000, [100, 300], 12);
}

#[test]
fn safetensors() {
    check(Kind::Safetensors, 4000, [10, 300], 3);
}

#[test]
fn npy() {
    check(Kind::Npy, 4000, [50, 300], 4);
}

#[test]
fn graph_text() {
    check(Kind::Graph, 4000, [20, 300], 8);
}

/// Sound ones say so with an empty code.
#[test]
fn models_of_much() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = scratch();
    let cases = large::all().into_iter().map(Large);
    let wrong = watch::each(cases.collect::<Vec<_>>(), Vec::new(), move |wrong: &mut Vec<String>, Large(bad)| {
        let (outcome, taken) = measured(&ALLOCATED, || scratch.examine(Kind::Onnx, &bad.bytes));
        println!("{:6} KiB of {:6} KiB: {}", taken >> 10, bad.bytes.len() >> 10, bad.name);
        check_bound(&bad.name, bad.bytes.len(), outcome.nodes, taken);
        if outcome.code.unwrap_or(large::GOOD) != bad.code {
            wrong.push(format!("{}: {:?}, expected {}", bad.name, outcome.code, bad.code));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Shown by its name: the bytes are too many.
#[derive(Clone)]
struct Large(Bad);

impl std::fmt::Display for Large {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.name)
    }
}
