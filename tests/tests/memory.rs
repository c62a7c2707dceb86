//! Time and memory at the limits. Parsing, resolving, verifying and inspecting a program takes at most 64 MiB, 512 bytes a byte of text and
//! 1 KiB a node; whatever it holds, it ends. Alone in its file: the allocator counts for all threads, so the tests take turns.

use std::sync::{Mutex, PoisonError};

use peak_alloc::PeakAlloc;
use rebirth_compiler::graph::MAX_NODES;
use rebirth_compiler::resolve::{SetValue, Settings};
use rebirth_lang::{Program, Report, Source, Unreadable};
use rebirth_tests::examine::{Depth, model, parsed, proved, render, report, resolved};
use rebirth_tests::floods::{self, Flood, all};
use rebirth_tests::memory::{check_bound, measured};
use rebirth_tests::mutate::{Mutations, settings};
use rebirth_tests::{net_files, seed, text, watch};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

static TURN: Mutex<()> = Mutex::new(());

/// What became of a program: its nodes, and the codes of its errors, each once.
struct Outcome {
    nodes: usize,
    codes: Vec<&'static str>,
}

/// What `check` and `inspect` do with a program, and what `ir` prints of its graph.
fn checked(program: Result<Program, Report>, settings: &Settings, depth: Depth) -> Outcome {
    match program.and_then(|program| resolved(&program, settings)) {
        Ok(found) => {
            model(&found, depth);
            Outcome { nodes: found.graph.nodes.len(), codes: Vec::new() }
        }
        Err(refused) => {
            report(&refused);
            render(&refused);
            let mut codes: Vec<&str> = refused.diagnostics().map(|diagnostic| diagnostic.code).collect();
            codes.dedup();
            // One too many has been refused when all that may be were there.
            let nodes = if codes.contains(&"E0238") { MAX_NODES } else { 0 };
            Outcome { nodes, codes }
        }
    }
}

#[test]
fn samples() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for name in ["mnist", "googlenet", "efficientnet_lite0"] {
        let source = Source::new(name, text(&format!("samples/{name}.net")));
        let (tree, taken) = measured(&ALLOCATED, || parsed(&source).is_ok());
        assert!(tree);
        check_bound(&format!("the tree of {name}"), source.text().len(), 0, taken);
        let (outcome, taken) =
            measured(&ALLOCATED, || checked(Program::single(&source), &Settings::default(), Depth::Loops));
        assert!(outcome.nodes > 5);
        check_bound(&name, source.text().len(), outcome.nodes, taken);
    }
}

fn settings_of(flood: &Flood) -> Settings {
    let set = (0..flood.settings).map(|i| (format!("a{i}"), SetValue::Int(1)));
    Settings { set: set.collect(), ..Settings::default() }
}

fn load(flood: &Flood) -> Result<Program, Report> {
    let source = |(path, text): &(String, String)| Source::new(path.as_str(), text.as_str());
    Program::load(source(&flood.files[0]), &mut |path| {
        let file = flood.files.iter().find(|(name, _)| name == path);
        file.map(source)
            .ok_or_else(|| Unreadable { message: format!("there is no `{path}`"), help: "add it".to_string() })
    })
}

#[test]
fn floods() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let wrong = watch::each(all(), Vec::new(), |wrong: &mut Vec<String>, flood| {
        let (outcome, taken) = measured(&ALLOCATED, || checked(load(flood), &settings_of(flood), Depth::Graph));
        if outcome.codes != flood.codes {
            wrong.push(format!("{flood}: {:?}, expected {:?}", outcome.codes, flood.codes));
        }
        check_bound(&flood, flood.bytes(), outcome.nodes, taken);
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn proofs() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let wrong = watch::each(floods::proofs(), Vec::new(), |wrong: &mut Vec<String>, flood| {
        let work = || match load(flood).and_then(|program| proved(&program, &Settings::default())) {
            Ok(proven) => (proven.model.graph.nodes.len(), Vec::new()),
            Err(refused) => {
                report(&refused);
                let mut codes: Vec<&str> = refused.diagnostics().map(|diagnostic| diagnostic.code).collect();
                codes.sort();
                codes.dedup();
                (0, codes)
            }
        };
        let ((nodes, codes), taken) = measured(&ALLOCATED, work);
        if codes != flood.codes {
            wrong.push(format!("{flood}: {codes:?}, expected {:?}", flood.codes));
        }
        check_bound(&flood, flood.bytes(), nodes, taken);
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mutations() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = Mutations::new(seed() * 16 + 8, &net_files("tests/cases")).take(1000);
    watch::each(cases, (), |(), case| {
        let Ok(source) = Source::from_bytes("mutation.net", &case.bytes) else { return };
        let settings = settings(source.text());
        let (outcome, taken) = measured(&ALLOCATED, || checked(Program::single(&source), &settings, Depth::Graph));
        check_bound(case, source.text().len(), outcome.nodes, taken);
    });
}
