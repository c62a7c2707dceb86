//! The structure that ARCHITECTURE.md promises: who depends on whom, where unsafe code is, how long files are.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rebirth_tests::root;

/// The longest source file, in lines.
const MAX_LINES: usize = 700;

/// Everything that may stand in the root folder besides dot-files.
const TOP_LEVEL: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "compiler",
    "lang",
    "runtime",
    "rustfmt.toml",
    "samples",
    "target",
    "tests",
];

/// The files of the crates that may contain unsafe code.
const UNSAFE_FILES: &[&str] =
    &["compiler/src/codegen/jit.rs", "runtime/src/mapping.rs", "runtime/src/module.rs", "runtime/src/session.rs"];

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Our crates that a manifest names as dependencies of any kind: what precedes `=` or `.` of a line, or follows the dot in
/// `[dependencies.NAME]`; and renamed ones, by `package = "NAME"`.
fn own_dependencies(manifest: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = section.contains("dependencies");
        } else if !inside || line.starts_with('#') {
            continue;
        }
        if inside {
            let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
            found.extend(words.filter(|w| w.starts_with("rebirth-")).map(str::to_owned));
        }
    }
    found
}

/// All `.rs` files of the repository's crates, as paths from the root with `/`.
fn sources() -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["compiler", "lang", "runtime", "samples", "tests"].iter().map(|f| root().join(f)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                files.push((name, path));
            }
        }
    }
    files.sort();
    assert!(files.len() > 50, "only {} source files found", files.len());
    files
}

#[track_caller]
fn check_dependencies(folder: &str, allowed: &[&str]) {
    let found = own_dependencies(&read(&root().join(folder).join("Cargo.toml")));
    let allowed: BTreeSet<String> = allowed.iter().map(|s| (*s).to_owned()).collect();
    assert!(found.is_subset(&allowed), "{folder} depends on {found:?}; allowed are {allowed:?}");
}

#[test]
fn lang_depends_on_nothing_of_ours() {
    check_dependencies("lang", &[]);
}

#[test]
fn runtime_depends_on_nothing_of_ours() {
    check_dependencies("runtime", &[]);
}

#[test]
fn compiler_depends_on_lang_and_runtime_only() {
    check_dependencies("compiler", &["rebirth-lang", "rebirth-runtime"]);
}

#[test]
fn own_dependencies_are_found_however_they_are_written() {
    let check = |manifest: &str, expected: &[&str]| {
        let expected: BTreeSet<String> = expected.iter().map(|s| (*s).to_owned()).collect();
        assert_eq!(own_dependencies(manifest), expected, "{manifest}");
    };
    check("[package]\nname = \"rebirth-lang\"\n[dependencies]\npest = \"2\"", &[]);
    check("[dependencies]\nrebirth-lang = { workspace = true }\n[lints]\nworkspace = true", &["rebirth-lang"]);
    check("[dev-dependencies]\nrebirth-lang.workspace = true", &["rebirth-lang"]);
    check("[target.'cfg(unix)'.dependencies.rebirth-lang]\npath = \"../lang\"", &["rebirth-lang"]);
    check("[dependencies]\nother = { package = \"rebirth-runtime\", path = \"..\" }", &["rebirth-runtime"]);
}

#[test]
fn the_root_folder_holds_nothing_else() {
    let strangers: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "in the root folder, but not in TOP_LEVEL: {strangers:?}");
}

#[test]
fn unsafe_code_is_where_it_is_listed() {
    // Tests of the runtime write entries by hand and count allocations; they are not part of the crates.
    let found: Vec<String> = sources()
        .into_iter()
        .filter(|(name, _)| name.contains("/src/"))
        .filter(|(_, path)| read(path).contains("unsafe_code"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(found, UNSAFE_FILES, "say in ARCHITECTURE.md why it is sound, then list it here");
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    for folder in ["compiler", "compiler/cli", "lang", "runtime", "tests"] {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{folder}/Cargo.toml");
    }
}

#[test]
fn files_are_of_a_readable_length() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|(name, path)| (name, read(&path).lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "files longer than {MAX_LINES} lines:\n{}", long.join("\n"));
}
