//! Broken texts: every prefix of good ones, and mutations. Each gives a graph that keeps its rules, or a report that can be shown.
//! `REBIRTH_TEST_SEED=N` runs other mutations.

use rebirth_compiler::ops;
use rebirth_compiler::resolve::Settings;
use rebirth_lang::{Program, Report, Source, Unreadable};
use rebirth_tests::examine::{Depth, Reports, model, parsed, render, resolved};
use rebirth_tests::mutate::{Mutations, dictionary, settings};
use rebirth_tests::{net_files, seed, text, watch};

/// The program of several files.
const PROGRAM: &str = "tests/cases/programs";

/// Loads a program from files given by their path and text; the first is the root.
fn load(files: &[(&str, &str)]) -> Result<Program, Report> {
    let root = Source::new(files[0].0, files[0].1);
    Program::load(root, &mut |path| match files.iter().find(|(name, _)| *name == path) {
        Some((name, text)) => Ok(Source::new(*name, *text)),
        None => Err(Unreadable { message: format!("there is no `{path}`"), help: "add the file".to_string() }),
    })
}

/// Follows a program as far as it goes; true when it is sound.
fn follow(program: Result<Program, Report>, settings: &Settings, depth: Depth, reports: &mut Reports) -> bool {
    match program.and_then(|program| resolved(&program, settings)) {
        Ok(found) => {
            model(&found, if found.graph.nodes.len() > 60 { Depth::Graph } else { depth });
            true
        }
        Err(report) => {
            reports.check(&report);
            false
        }
    }
}

/// Every prefix of a text.
fn prefixes(text: &str) -> Vec<String> {
    let ends = text.char_indices().map(|(end, _)| end).chain([text.len()]);
    ends.map(|end| text[..end].to_string()).collect()
}

/// Every prefix of a file that imports nothing, of which at least so many are sound.
#[track_caller]
fn check_prefixes(path: &str, sound: usize) {
    let cases = prefixes(&text(path));
    let count = cases.len();
    let (reports, found) = watch::each(cases, (Reports::new(50), 0), |(reports, found), text: &String| {
        let source = Source::new("prefix.net", text.as_str());
        if let Err(report) = parsed(&source) {
            reports.check(&report);
        } else if follow(Program::single(&source), &Settings::default(), Depth::Loops, reports) {
            *found += 1;
        }
    });
    assert!(found >= sound, "only {found} of {path} are sound");
    assert_eq!(reports.seen() + found, count);
}

#[test]
fn prefixes_of_mnist() {
    check_prefixes("samples/mnist.net", 1);
}

#[test]
fn prefixes_of_googlenet() {
    check_prefixes("samples/googlenet.net", 1);
}

#[test]
fn prefixes_of_efficientnet() {
    check_prefixes("samples/efficientnet_lite0.net", 1);
}

/// It names what nothing declares: the parser's business only.
#[test]
fn prefixes_of_every_construct() {
    check_prefixes("lang/src/parser/tests/good.net", 0);
}

/// The settings that the program of several files needs.
fn program_settings() -> Settings {
    settings("// n=2 h=16 w=16")
}

fn program_files() -> Vec<(&'static str, String)> {
    ["detector.net", "sizes.net", "blocks/common.net"].map(|name| (name, text(&format!("{PROGRAM}/{name}")))).into()
}

#[test]
fn the_program_of_several_files_is_sound() {
    let files = program_files();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    match load(&files).and_then(|program| resolved(&program, &program_settings())) {
        Ok(found) => model(&found, Depth::Loops),
        Err(report) => panic!("{}", render(&report)),
    }
}

#[test]
fn prefixes_of_each_file_of_a_program() {
    for cut in 0..program_files().len() {
        let files = program_files();
        let cases = prefixes(&files[cut].1);
        let (reports, sound) = watch::each(cases, (Reports::new(50), 0), move |(reports, sound), text: &String| {
            let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
            files[cut].1 = text;
            if follow(load(&files), &program_settings(), Depth::Loops, reports) {
                *sound += 1;
            }
        });
        assert!(sound >= 1 && reports.codes() >= 4, "file {cut}: {sound} sound, {} codes", reports.codes());
    }
}

/// What is mutated: good texts of all kinds, and bad ones.
fn corpus() -> Vec<String> {
    let folders = ["samples", "tests/cases", "tests/references/operators", "lang/src/parser/tests"];
    let texts: Vec<String> = folders.iter().flat_map(|folder| net_files(folder)).collect();
    assert!(texts.len() > 100, "only {} texts", texts.len());
    texts
}

/// So many mutations, the sequence `part` of the seed.
fn check_mutations(part: u64, count: usize) {
    let cases = Mutations::new(seed() * 16 + part, &corpus()).take(count);
    let (reports, sound) = watch::each(cases, (Reports::new(50), 0), |(reports, sound), case| {
        let source = match Source::from_bytes("mutation.net", &case.bytes) {
            Ok(source) => source,
            Err(report) => return reports.check(&report),
        };
        if follow(Program::single(&source), &settings(source.text()), Depth::Loops, reports) {
            *sound += 1;
        }
    });
    assert_eq!(reports.seen() + sound, count);
    assert!(sound * 50 > count && reports.seen() * 5 > count, "{sound} of {count} are sound");
    assert!(reports.codes() > 40, "only {} codes", reports.codes());
}

#[test]
fn mutations_first_quarter() {
    check_mutations(0, 5000);
}

#[test]
fn mutations_second_quarter() {
    check_mutations(1, 5000);
}

#[test]
fn mutations_third_quarter() {
    check_mutations(2, 5000);
}

#[test]
fn mutations_last_quarter() {
    check_mutations(3, 5000);
}

/// The dictionary knows what the compiler does.
#[test]
fn the_dictionary_is_complete() {
    let entries = dictionary();
    let known = |word: &str| entries.iter().any(|entry| entry.trim() == word || entry.trim() == format!("{word}:"));
    for entry in ops::TABLE {
        assert!(known(entry.signature.name), "{}", entry.signature.name);
    }
    let grammar = text("lang/src/grammar.pest");
    let keywords: Vec<&str> = grammar.lines().filter_map(|line| line.strip_prefix("kw_")?.split('"').nth(1)).collect();
    assert!(keywords.len() > 10);
    for keyword in keywords {
        assert!(known(keyword), "{keyword}");
    }
    assert!(known("\""), "escapes are undone");
}
