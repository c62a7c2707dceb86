//! The formatter on the samples and on random files: the layout is final, keeps tree and comments, and does not depend on
//! the author's.

use rebirth_lang::dump::dump;
use rebirth_lang::{Source, format, parse};
use rebirth_tests::net_files;
use rebirth_tests::nets::Net;

/// How many random files are formatted.
const FILES: u64 = 2000;

#[track_caller]
fn formatted(text: &str) -> String {
    format(&Source::new("test.net", text)).unwrap_or_else(|report| panic!("{report}:\n{text}"))
}

fn tree(text: &str) -> String {
    match parse(&Source::new("test.net", text)) {
        Ok(file) => dump(&file),
        Err(report) => panic!("{report}:\n{text}"),
    }
}

/// Formats a text and checks what holds of every layout.
#[track_caller]
fn check(text: &str) -> String {
    let once = formatted(text);
    assert_eq!(formatted(&once), once, "a second time, of\n{text}");
    assert_eq!(tree(&once), tree(text), "{text}\n{once}");
    assert_eq!(comments(&once), comments(text), "{text}\n{once}");
    assert!(!once.lines().any(|line| line.ends_with([' ', '\t', '\r'])), "{once}");
    assert!(once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n"), "{once}");
    once
}

/// The comments of a text, found without the lexer: what follows the first `//` outside of a string on each line.
fn comments(text: &str) -> Vec<&str> {
    let comment = |line: &'_ str| -> Option<usize> {
        let (mut quoted, mut escaped) = (false, false);
        for (at, c) in line.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '/' if !quoted && line[at..].starts_with("//") => return Some(at),
                _ => {}
            }
        }
        None
    };
    text.split('\n').filter_map(|line| Some(line[comment(line)?..].trim_end())).collect()
}

#[test]
fn samples() {
    let nets = net_files("samples");
    assert!(nets.len() > 10, "only {} samples", nets.len());
    nets.iter().for_each(|text| assert_eq!(check(text), *text, "`rebirth fmt samples` lays it out"));
}

#[test]
fn random_files() {
    let mut changed = 0;
    for seed in 0..FILES {
        let text = Net::new(seed).wild(seed);
        // A text that the formatter hands back as it is would pass every other check.
        changed += u64::from(check(&text) != text);
    }
    assert_eq!(changed, FILES);
}

/// Blanks and line breaks without a comment or blank line say nothing.
#[test]
fn the_authors_layout_does_not_matter() {
    for seed in 0..FILES / 4 {
        let net = Net::new(seed);
        assert_eq!(check(&net.compact()), check(&net.scattered()), "seed {seed}");
    }
}
