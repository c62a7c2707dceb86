//! Any text through parser and resolver: a graph that the verifier passes, or a report. The first line says what is set when it is a
//! comment such as `// n=2 classes=10 train`. A program that makes many nodes is not looked at, so that an execution stays short.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use rebirth_lang::{Program, Source};
use rebirth_tests::examine::{Depth, model, report, resolved};
use rebirth_tests::mutate::settings;

/// Larger graphs are dropped unseen.
const MOST_NODES: usize = 2000;

/// Larger graphs are not lowered.
const MOST_LOWERED: usize = 60;

fuzz_target!(|text: &str| -> Corpus {
    let Ok(program) = Program::single(&Source::new("fuzz.net", text)) else {
        return Corpus::Keep;
    };
    match resolved(&program, &settings(text)) {
        Ok(found) if found.graph.nodes.len() > MOST_NODES => return Corpus::Reject,
        Ok(found) => model(&found, if found.graph.nodes.len() > MOST_LOWERED { Depth::Graph } else { Depth::Loops }),
        Err(refused) => report(&refused),
    }
    Corpus::Keep
});
