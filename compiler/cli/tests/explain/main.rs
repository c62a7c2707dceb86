//! The texts of `rebirth explain`: each shows a mistake with its code, and the same thing done right. All of it is run here.
//!
//! A text is a paragraph or two, then `Wrong:` and `Right:`, each with one block. By its language a block is
//! - `net`: a file for `rebirth check`;
//! - `sh`: command lines for a scratch folder that holds the samples as `samples` and small ONNX files as `onnx`; of the wrong ones only the last line fails;
//! - `ir`: graph text, to be parsed and lowered;
//! - `rust`: the body of a function in `library.rs`;
//! - `text`: not run, for what no small example can reach; `NOT_RUN` lists them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod library;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::{Command, Output};

use library::Failed;
use rebirth_compiler::graph;
use rebirth_compiler::pipeline::loops;

/// Bugs of ours (E0704, E0707, E0709), modules that no compiler makes (E0807, E0809), what depends on the
/// machine (E0706, E0810), and what takes a large file (E1019).
const NOT_RUN: [&str; 8] = ["E0704", "E0706", "E0707", "E0709", "E0807", "E0809", "E0810", "E1019"];

/// A code that is a warning: nothing fails.
const WARNING: &str = "E0248";

/// One block of a text.
#[derive(Debug)]
struct Block {
    language: String,
    code: String,
}

/// The parts of a text.
#[derive(Debug)]
struct Text {
    prose: String,
    wrong: Block,
    right: Block,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("explain")
}

/// All texts by code.
fn texts() -> BTreeMap<String, Text> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            assert_eq!(path.extension().and_then(|end| end.to_str()), Some("md"), "{} is no text", path.display());
            let code = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let parts = split(&text).unwrap_or_else(|| panic!("{code} is not of the form prose, Wrong, Right"));
            (code, parts)
        })
        .collect()
}

fn split(text: &str) -> Option<Text> {
    let (prose, rest) = text.split_once("\n\nWrong:\n")?;
    let (wrong, rest) = block(rest)?;
    let (right, rest) = block(rest.strip_prefix("\n\nRight:\n")?)?;
    (rest == "\n").then(|| Text { prose: prose.to_owned(), wrong, right })
}

/// The block that a text begins with, and what follows its fence.
fn block(text: &str) -> Option<(Block, &str)> {
    let (language, rest) = text.strip_prefix("```")?.split_once('\n')?;
    let (code, rest) = rest.split_once("\n```")?;
    Some((Block { language: language.to_owned(), code: code.to_owned() }, rest))
}

/// Runs command lines up to the first that fails.
#[cfg(target_os = "linux")]
fn shell(lines: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    std::os::unix::fs::symlink(samples, folder.path().join("samples")).unwrap();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/onnx");
    std::os::unix::fs::symlink(models, folder.path().join("onnx")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_rebirth")).parent().unwrap().to_path_buf();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&others))).unwrap();
    Command::new("sh").args(["-eu", "-c", lines]).current_dir(folder.path()).env("PATH", path).output().unwrap()
}

/// Checks a file: whether that fails, and what is said.
fn check_net(text: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.net");
    std::fs::write(&file, text).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["rebirth".as_ref(), "check".as_ref(), file.as_os_str()].map(ToOwned::to_owned);
    let code = rebirth_cli::run(args, &mut out, &mut err);
    (code != 0, String::from_utf8(err).unwrap())
}

/// Parses graph text and lowers it: nothing, or the code.
fn check_ir(text: &str) -> Result<(), String> {
    let graph = graph::parse(text).map_err(|diagnostic| diagnostic.code.to_owned())?;
    loops(&graph).map(drop).map_err(|error| error.code().to_owned())
}

fn of_language<'t>(texts: &'t BTreeMap<String, Text>, language: &str) -> Vec<(&'t str, &'t Text, bool)> {
    let blocks = texts.iter().flat_map(|(code, text)| [(code.as_str(), text, true), (code.as_str(), text, false)]);
    let found: Vec<_> = blocks
        .filter(
            |(_, text, wrong)| if *wrong { text.wrong.language == language } else { text.right.language == language },
        )
        .collect();
    assert!(!found.is_empty(), "no block is {language}");
    found
}

#[test]
fn texts_are_complete_and_of_the_right_form() {
    let texts = texts();
    let mut not_run = Vec::new();
    for (code, text) in &texts {
        assert!(text.prose.len() > 80 && text.prose.split("\n\n").count() <= 2, "{code}: a paragraph or two");
        for block in [&text.wrong, &text.right] {
            let known = ["net", "sh", "ir", "rust", "text"].contains(&block.language.as_str());
            assert!(known, "{code}: {} is no language of blocks", block.language);
            assert!(block.code.lines().count() <= 16, "{code}: an example of at most 16 lines");
            assert!(
                block.code.lines().all(|line| line.chars().count() <= 100),
                "{code}: lines of at most 100 characters"
            );
        }
        if [&text.wrong, &text.right].iter().any(|block| block.language == "text") {
            not_run.push(code.as_str());
        }
    }
    assert_eq!(not_run, NOT_RUN);
}

#[test]
fn nets() {
    for (code, text, wrong) in of_language(&texts(), "net") {
        let block = if wrong { &text.wrong } else { &text.right };
        let (failed, said) = check_net(&block.code);
        if wrong {
            assert_eq!(failed, code != WARNING, "{code}: {said}");
            assert!(said.contains(code), "{code} is not among what is said:\n{said}");
        } else {
            assert!(!failed && said.is_empty(), "{code}: the right one is wrong:\n{said}");
        }
    }
}

/// On Linux only: they use `/dev/full` and `ulimit`.
#[cfg(target_os = "linux")]
#[test]
fn command_lines() {
    for (code, text, wrong) in of_language(&texts(), "sh") {
        let block = if wrong { &text.wrong } else { &text.right };
        let run = shell(&block.code);
        let said = String::from_utf8_lossy(&run.stderr);
        if wrong {
            let before = block.code.rsplit_once('\n').map_or("", |(before, _)| before);
            let prepared = shell(before);
            assert!(prepared.status.success(), "{code}: {}", String::from_utf8_lossy(&prepared.stderr));
            assert_eq!(run.status.code(), Some(1), "{code}: {said}");
            assert!(said.contains(code), "{code} is not among what is said:\n{said}");
        } else {
            assert!(run.status.success(), "{code}: the right one fails:\n{said}");
        }
    }
}

#[test]
fn graph_texts() {
    for (code, text, wrong) in of_language(&texts(), "ir") {
        let (block, expected) = if wrong { (&text.wrong, Err(code.to_owned())) } else { (&text.right, Ok(())) };
        assert_eq!(check_ir(&block.code), expected, "{code}");
    }
}

/// The blocks are compared with the source of the functions that are run, blanks aside.
#[test]
fn library_calls() {
    let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let source = squeeze(include_str!("library.rs"));
    let texts = texts();
    let blocks = of_language(&texts, "rust");
    for (code, text, wrong) in &blocks {
        let (block, side) = if *wrong { (&text.wrong, "wrong") } else { (&text.right, "right") };
        let function = format!("mod{}{{", code.to_lowercase());
        let module = source.split_once(&function).map_or("", |(_, rest)| rest);
        let side = module.split_once(&format!("pub(super)fn{side}(")).map_or("", |(_, rest)| rest);
        let body = side.split_once("Ok(())").map_or("", |(body, _)| body);
        assert!(body.ends_with(&squeeze(&block.code)), "{code}: library.rs has another example than the text");
    }
    let mut run: Vec<&str> = Vec::new();
    for example in library::EXAMPLES {
        assert_eq!((example.wrong)(), Err(Failed(example.code.to_owned())), "{}", example.code);
        assert_eq!((example.right)(), Ok(()), "{}", example.code);
        run.push(example.code);
    }
    let mut shown: Vec<&str> = blocks.iter().map(|(code, ..)| *code).collect();
    shown.dedup();
    assert_eq!(run, shown);
}
