//! Passes: `tests/cases/passes/PASS/CASE.ir` is a graph that the pass alone is run on, `interaction/` one for all passes; the snapshot has what
//! becomes of it. Cases whose name begins with `not_` are look-alikes that must stay as they are. And random graphs: with all passes, with each
//! alone, and without, they compute the same.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::collections::BTreeMap;

use rebirth_compiler::graph::{Graph, interpret, parse, random, verify};
use rebirth_compiler::ops::{Bounded, Rng};
use rebirth_compiler::passes::{Options, PIPELINE, run};
use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::Settings;
use rebirth_lang::Source;
use rebirth_tests::{compare, root, text};

/// All passes but this one left out.
fn only(name: &str) -> Options {
    let mut options = Options::none();
    options.disabled.remove(name);
    options
}

fn cases() -> BTreeMap<String, Vec<String>> {
    let folder = root().join("tests/cases/passes");
    let names = |folder: &std::path::Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    names(&folder).into_iter().map(|pass| (pass.clone(), names(&folder.join(pass)))).collect()
}

#[test]
fn cases_of_every_pass() {
    for (pass, files) in cases() {
        let options = if pass == "interaction" { Options::default() } else { only(&pass) };
        for file in files {
            let path = format!("tests/cases/passes/{pass}/{file}");
            let before = parse(&text(&path)).unwrap_or_else(|error| panic!("{path}: {}", error.message));
            let (after, applied) = run(&before, &options).unwrap();
            verify(&after).unwrap();
            let counts: Vec<String> = applied
                .counts
                .iter()
                .filter(|count| count.1 > 0)
                .map(|(name, count)| format!("{name}: {count}"))
                .collect();
            let case = file.trim_end_matches(".ir");
            if case.starts_with("not_") {
                assert_eq!(after, before, "{path}: {}", counts.join(", "));
                continue;
            }
            assert!(!counts.is_empty(), "{path}: nothing is found");
            same(&before, &after, 1).unwrap_or_else(|how| panic!("{path}: {how}\n{after}"));
            insta::assert_snapshot!(format!("{pass}__{case}"), format!("{}\n\n{after}", counts.join("\n")));
        }
    }
}

#[test]
fn every_pass_has_cases() {
    let cases = cases();
    for pass in PIPELINE {
        let files = cases.get(pass.name).unwrap_or_else(|| panic!("no cases of {}", pass.name));
        assert!(files.iter().any(|file| file.starts_with("not_")), "no look-alike of {}", pass.name);
        assert!(files.iter().any(|file| !file.starts_with("not_")), "nothing that {} does", pass.name);
    }
    assert_eq!(cases.len(), PIPELINE.len() + 1, "a folder of no pass");
}

/// Whether two graphs compute the same: in f64, up to its rounding, and so what an f32 evaluation may give.
fn same(before: &Graph, after: &Graph, seed: u64) -> Result<(), String> {
    let (inputs, params) = random::random_tensors(before, seed);
    let evaluate = |graph: &Graph| interpret(graph, &inputs, &params).map_err(|error| error.to_string());
    let (expected, found) = (evaluate(before)?, evaluate(after)?);
    for (output, (a, b)) in before.outputs.iter().zip(expected.iter().zip(&found)) {
        differ(a, b).map_or(Ok(()), |how| Err(format!("output `{}`: {how}", output.name)))?;
    }
    Ok(())
}

fn differ(a: &Bounded, b: &Bounded) -> Option<String> {
    let largest = a.value.iter().map(|v| v.abs()).filter(|v| v.is_finite()).fold(0.0, f64::max);
    let apart = |i: &usize| {
        let (x, y) = (a.value[*i], b.value[*i]);
        // Where nothing is known of one of them, there is nothing to compare.
        let known = a.bound[*i].is_finite() && b.bound[*i].is_finite();
        let off = (x - y).abs();
        known && x != y && !(x.is_nan() && y.is_nan()) && (off.is_nan() || off > 1e-9 * (1.0 + largest))
    };
    let i = (0..a.value.len()).find(apart)?;
    Some(format!("{} became {} at {i}", a.value[i], b.value[i]))
}

/// Random graphs in each run; `REBIRTH_TEST_GRAPHS=50000` makes it more.
fn graphs() -> u64 {
    std::env::var("REBIRTH_TEST_GRAPHS").ok().and_then(|count| count.parse().ok()).unwrap_or(1000)
}

/// A chain of layers and what folds into them, with uses from elsewhere now and then.
fn chain(seed: u64) -> Graph {
    let rng = &mut Rng::new(seed);
    let mut lines = String::new();
    let mut channels = rng.pick(&[3, 4, 6]);
    let first = channels;
    let mut pixels = [6, 7];
    for at in 0..rng.range(3, 9) {
        let out = rng.pick(&[4, 6, 8]);
        let bias = rng.flip();
        let call = match rng.range(0, 13) {
            0 => {
                pixels = pixels.map(|extent| extent + 2);
                "pad(1)".to_string()
            }
            1 | 2 => {
                let (kernel, pad) = (rng.pick(&[1, 1, 3]), rng.range(0, 1));
                let groups = if channels % 2 == 0 && rng.flip() { 2 } else { 1 };
                channels = out;
                pixels = pixels.map(|extent| extent + 2 * pad + 1 - kernel);
                format!("conv({out}, {kernel}, pad: {pad}, groups: {groups}, bias: {bias})")
            }
            3 => {
                channels = out;
                pixels = pixels.map(|extent| 2 * extent);
                format!("conv_transpose({out}, 2, stride: 2, bias: {bias})")
            }
            4 => "batch_norm".to_string(),
            5 => format!("scale(bias: {bias})"),
            6 => {
                pixels = pixels.map(|extent| extent - 1);
                format!("avg_pool(2, stride: 1, count_include_pad: {bias})")
            }
            7 => "dropout(0.5)".to_string(),
            8 => "relu".to_string(),
            9 => {
                pixels = pixels.map(|extent| extent + 2);
                "pad(1, value: 0.5)".to_string()
            }
            10 => format!("$ {} g{at}", rng.pick(&["+", "-", "*"])),
            11 => format!("{} $", rng.pick(&["2 -", "3 *", "0.5 +"])),
            12 => {
                pixels = [pixels[1], pixels[0]];
                "transpose([0, 1, 3, 2])".to_string()
            }
            _ => "neg".to_string(),
        };
        let (before, name) = (if at == 0 { "x".to_string() } else { format!("v{}", at - 1) }, format!("v{at}"));
        if call.contains(&format!("g{at}")) {
            lines += &format!("    param g{at}: f32[{channels}, 1, 1] = normal(1)\n");
        }
        let expression = if call.contains('$') { call.replace('$', &before) } else { format!("{before} |> {call}") };
        // Sometimes a value is used twice.
        if rng.range(0, 7) == 0 {
            lines += &format!("    let u{at} = {expression}\n    let {name} = u{at} + tanh(u{at})\n");
        } else {
            lines += &format!("    let {name} = {expression}\n");
        }
        // Neither too small for a window nor large.
        if !pixels.iter().all(|extent| (3..20).contains(extent)) {
            break;
        }
    }
    let last = lines
        .rsplit("let v")
        .next()
        .and_then(|rest| rest.split_once(' '))
        .map_or("x", |(number, _)| number)
        .to_string();
    let [h, w] = pixels;
    let text =
        format!("net chain(x: f32[2, {first}, 6, 7]) -> f32[2, {channels}, {h}, {w}] {{\n{lines}    v{last}\n}}\n");
    load(&Source::new("chain.net", text.clone()), &Settings::default())
        .unwrap_or_else(|report| {
            let found: Vec<String> = report.diagnostics().map(|d| format!("{}: {}", d.code, d.message)).collect();
            panic!("{}\n{text}", found.join("\n"))
        })
        .graph
}

/// The same in f64 after the passes, whatever of them runs; how often each has found something.
fn check_random(graph: &Graph, seed: u64, seen: &mut [usize]) {
    let mut choices = vec![Options::default(), only(PIPELINE[seed as usize % PIPELINE.len()].name)];
    choices.push(Options { stop_after: Some(seed as usize % 4), ..Options::default() });
    for options in choices {
        let (after, applied) = run(graph, &options).unwrap_or_else(|error| panic!("{seed}: {error}\n{graph}"));
        verify(&after).unwrap_or_else(|violation| panic!("{seed}: {violation}"));
        seen.iter_mut().zip(&applied.counts).for_each(|(sum, (_, count))| *sum += count);
        same(graph, &after, seed).unwrap_or_else(|how| panic!("{seed} {options:?}: {how}\n{graph}\n{after}"));
    }
}

#[test]
fn random_graphs_compute_the_same() {
    let mut seen = vec![0; PIPELINE.len()];
    for seed in 0..graphs() {
        check_random(&random::random_graph(seed, 4 + (seed % 13) as usize), seed, &mut seen);
        check_random(&chain(seed), seed, &mut seen);
    }
    let counts: Vec<_> = PIPELINE.iter().map(|pass| pass.name).zip(&seen).collect();
    assert!(seen.iter().all(|&count| count > 20), "{counts:?}");
}

/// Native code after the passes against the interpreter of the network as it was written.
#[test]
fn native_code_stays_within_the_bounds_of_the_whole() {
    for seed in 0..graphs() / 10 {
        let graph = chain(seed);
        let (inputs, params) = random::random_tensors(&graph, seed);
        compare(&graph, &inputs, &params, "native").unwrap_or_else(|how| panic!("{seed}: {how}"));
    }
}
