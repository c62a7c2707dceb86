//! Texts that are nearly right: good ones with a few bytes, tokens or lines changed. The same from the same seed.

use std::collections::BTreeMap;
use std::fmt;

use rebirth_compiler::graph::Mode;
use rebirth_compiler::ops::Rng;
use rebirth_compiler::resolve::{SetValue, Settings, parse_setting};

/// Tokens and fragments, shared with the fuzzer.
const DICTIONARY: &str = include_str!("../fuzz/net.dict");

/// Longer texts are not worth the time.
const LONGEST: usize = 8192;

/// A mutated text, which may be no UTF-8.
#[derive(Clone, Debug)]
pub struct Case {
    /// Which of the sequence.
    pub number: usize,
    /// The seed of the sequence.
    pub seed: u64,
    /// The text.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mutation {} of seed {}\n{}", self.number, self.seed, String::from_utf8_lossy(&self.bytes))
    }
}

/// What the first line of a text says is set: `// n=2 classes=10 train` sets constants and dimensions, `train` the mode, `net=NAME` the net.
pub fn settings(text: &str) -> Settings {
    let mut settings = Settings::default();
    let line = text.strip_prefix("//").and_then(|rest| rest.lines().next()).unwrap_or_default();
    for word in line.split_whitespace() {
        match parse_setting(word) {
            Ok((name, SetValue::Str(value))) if name == "net" => settings.net = Some(value),
            Ok((name, value)) => drop(settings.set.insert(name, value)),
            Err(_) if word == "train" => settings.mode = Mode::Train,
            Err(_) => {}
        }
    }
    settings
}

/// The entries of the dictionary.
pub fn dictionary() -> Vec<String> {
    let quoted = |line: &str| line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).map(unescape);
    DICTIONARY.lines().filter_map(quoted).collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'\\', [b'x', high, low, tail @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = tail;
            }
            (b'\\', [escaped, tail @ ..]) => {
                bytes.push(*escaped);
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Kinds of tokens that can stand for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Word,
    Number,
    Blank,
    Symbol,
}

fn kind(c: char) -> Kind {
    match c {
        '0'..='9' => Kind::Number,
        c if c.is_alphanumeric() || c == '_' => Kind::Word,
        c if c.is_whitespace() => Kind::Blank,
        _ => Kind::Symbol,
    }
}

/// A text as tokens; together they are the text.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<(Kind, String)> = Vec::new();
    for c in text.chars() {
        match (kind(c), tokens.last_mut()) {
            (Kind::Word | Kind::Number, Some((Kind::Word, token))) => token.push(c),
            (found @ (Kind::Number | Kind::Blank), Some((last, token))) if *last == found => token.push(c),
            (found, _) => tokens.push((found, c.to_string())),
        }
    }
    tokens.into_iter().map(|(_, token)| token).collect()
}

/// An endless sequence of mutations of some texts.
#[derive(Debug)]
pub struct Mutations {
    rng: Rng,
    seed: u64,
    number: usize,
    texts: Vec<Vec<String>>,
    /// Everything that may be put in: the dictionary, and what the texts have.
    parts: BTreeMap<Kind, Vec<String>>,
    dictionary: Vec<String>,
}

impl Mutations {
    /// The sequence of a seed.
    pub fn new(seed: u64, texts: &[String]) -> Mutations {
        let texts: Vec<Vec<String>> =
            texts.iter().filter(|text| text.len() <= LONGEST).map(|text| tokens(text)).collect();
        assert!(!texts.is_empty(), "nothing to mutate");
        let dictionary = dictionary();
        let mut parts: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        for token in texts.iter().flatten().chain(&dictionary) {
            if let Some(first) = token.chars().next() {
                parts.entry(kind(first)).or_default().push(token.clone());
            }
        }
        Mutations { rng: Rng::new(seed), seed, number: 0, texts, parts, dictionary }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.rng.range(0, bound.max(1) - 1)
    }

    /// Something that can stand for a token.
    fn similar(&mut self, token: &str) -> String {
        let kind = token.chars().next().map_or(Kind::Blank, kind);
        let count = self.parts.get(&kind).map_or(0, Vec::len);
        let position = self.below(count);
        self.parts.get(&kind).and_then(|parts| parts.get(position)).cloned().unwrap_or_default()
    }

    fn word_of_dictionary(&mut self) -> String {
        let position = self.below(self.dictionary.len());
        self.dictionary[position].clone()
    }

    fn change_tokens(&mut self, tokens: &mut Vec<String>) {
        let at = self.below(tokens.len());
        let other = self.below(tokens.len());
        match self.below(9) {
            // Most often something that still parses.
            0..=2 => tokens[at] = self.similar(&tokens[at].clone()),
            3 => drop(tokens.remove(at)),
            4 => tokens.insert(at, tokens[at].clone()),
            5 => tokens.swap(at, other),
            6 => tokens[at] = self.word_of_dictionary(),
            7 => tokens.insert(at, self.word_of_dictionary()),
            _ => {
                let (from, to) = (at.min(other), at.max(other).min(at.min(other) + 40));
                let moved: Vec<String> = tokens.drain(from..to).collect();
                let place = self.below(tokens.len() + 1);
                tokens.splice(place..place, moved);
            }
        }
    }

    /// Begins as one text and ends as another.
    fn splice(&mut self, tokens: &mut Vec<String>) {
        let other = self.below(self.texts.len());
        let (cut, from) = (self.below(tokens.len()), self.below(self.texts[other].len()));
        tokens.truncate(cut);
        tokens.extend_from_slice(&self.texts[other][from..]);
    }

    fn shuffle_lines(&mut self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        for _ in 0..=self.below(3) {
            if lines.len() < 2 {
                break;
            }
            let (at, other) = (self.below(lines.len()), self.below(lines.len()));
            match self.below(3) {
                0 => lines.swap(at, other),
                1 => drop(lines.remove(at)),
                _ => lines.insert(at, lines[other]),
            }
        }
        lines.join("\n")
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        if !bytes.is_empty() {
            let at = self.below(bytes.len());
            bytes[at] ^= 1 << self.below(8);
        }
    }

    /// A first line of settings.
    fn set(&mut self) -> String {
        const VALUES: &[&str] =
            &["0", "1", "2", "-1", "7", "32", "64", "65536", "9223372036854775807", "0.5", "true", "same", ""];
        const NAMES: &[&str] = &["n", "h", "w", "classes", "eps", "widths", "c", "d", "net", "nothing"];
        let mut line = "//".to_string();
        for _ in 0..=self.below(3) {
            line += &match self.below(8) {
                0 => " train".to_string(),
                // Both must be bound for anything to come of it.
                1 | 2 => " h=32 w=32".to_string(),
                _ => format!(" {}={}", self.rng.pick(NAMES), self.rng.pick(VALUES)),
            };
        }
        line + "\n"
    }
}

impl Iterator for Mutations {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        let start = self.below(self.texts.len());
        let mut tokens = self.texts[start].clone();
        if self.below(6) == 0 {
            self.splice(&mut tokens);
        }
        for _ in 0..self.below(4) {
            if !tokens.is_empty() {
                self.change_tokens(&mut tokens);
            }
        }
        let mut text = tokens.concat();
        if self.below(8) == 0 {
            text = self.shuffle_lines(&text);
        }
        if self.below(3) == 0 {
            text.insert_str(0, &self.set());
        }
        let mut bytes = text.into_bytes();
        if self.below(8) == 0 {
            self.flip(&mut bytes);
        }
        self.number += 1;
        Some(Case { number: self.number, seed: self.seed, bytes })
    }
}
