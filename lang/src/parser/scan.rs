//! Text to tokens. Only what the bracket check and the error messages need: the tree is made by pest.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    String,
    Symbol,
    Open,
    Close,
    /// Reported already.
    Bad,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

impl Token {
    pub(crate) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.span.range()).unwrap_or_default()
    }

    pub(super) fn is(&self, text: &str, spelling: &str) -> bool {
        self.text(text) == spelling
    }
}

/// Symbols of two characters, to be tried before those of one.
/// Bytes in which the end of a string in foreign quotes is looked for: a line of many openings must not be read once for each.
const LONGEST_FOREIGN_STRING: usize = 1024;

const PAIRS: &[&str] = &["->", "|>", "==", "!=", "<=", ">=", ".."];
const SINGLES: &[u8] = b"+-*/%=<>,:@";

/// What other languages write, as `(spelling, replacement, help)`; longer spellings first.
const FOREIGN: &[(&str, Option<&str>, &str)] = &[
    ("&&", Some("and"), "the operator is spelled `and`"),
    ("||", Some("or"), "the operator is spelled `or`"),
    ("!", Some("not "), "negation is spelled `not`"),
    ("&", Some("and"), "the operator is spelled `and`"),
    ("|", Some("|>"), "pipelines are spelled `|>`"),
    (";", Some(""), "statements end without a mark; delete the `;`"),
    ("#", Some("//"), "comments begin with `//`"),
    (".", None, "a `.` stands in floats (`0.5`) and in ranges (`0..4`) only"),
];

/// Quotes of other languages and of word processors, with what may close them.
const QUOTES: &[(char, &[char])] = &[
    ('\'', &['\'']),
    ('`', &['`']),
    ('“', &['”', '“']),
    ('”', &['”']),
    ('„', &['“', '”']),
    ('‘', &['’', '‘']),
    ('’', &['’']),
    ('«', &['»']),
];

struct Scanner<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    /// Whether a line end of another kind has been reported.
    bare_return: bool,
    tokens: Vec<Token>,
    errors: Vec<Diagnostic>,
}

/// All tokens of a text, and an error for everything that is none.
pub(crate) fn scan(file: FileId, text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut scanner = Scanner { file, text, at, bare_return: false, tokens: Vec::new(), errors: Vec::new() };
    while scanner.token() {}
    (scanner.tokens, scanner.errors)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        while self.at < self.text.len() && accept(self.byte(0)) {
            self.at += 1;
        }
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(Token { kind, span: Span::new(self.file, start, self.at) });
    }

    /// Takes trivia and one token; false at the end.
    fn token(&mut self) -> bool {
        while matches!(self.byte(0), b' ' | b'\t' | b'\r' | b'\n') && !self.at_bare_return() {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = self.text.as_bytes().get(start).copied() else {
            return false;
        };
        match first {
            b'\r' => self.line_end_of_another_kind(start),
            b'/' if self.byte(1) == b'/' => self.comment(),
            b'/' if self.byte(1) == b'*' => self.block_comment(start),
            b'"' => self.string(start),
            b'(' | b'[' | b'{' => self.single(TokenKind::Open, start),
            b')' | b']' | b'}' => self.single(TokenKind::Close, start),
            b'0'..=b'9' => self.number(start),
            b'.' if self.byte(1).is_ascii_digit() => {
                self.at += 1;
                self.skip_while(is_word);
                let spelling = self.text[start..self.at].to_owned();
                self.malformed(start, "a float begins with a digit", Some(format!("0{spelling}")));
            }
            _ if is_word(first) => {
                self.skip_while(is_word);
                self.push(TokenKind::Word, start);
            }
            _ if PAIRS.iter().any(|pair| self.rest().starts_with(pair)) => {
                self.at += 2;
                self.push(TokenKind::Symbol, start);
            }
            _ if SINGLES.contains(&first) => self.single(TokenKind::Symbol, start),
            _ => self.stray(start),
        }
        true
    }

    /// At a carriage return without a line feed.
    fn at_bare_return(&self) -> bool {
        self.byte(0) == b'\r' && self.byte(1) != b'\n'
    }

    /// Up to the end of the line, which some editors take a carriage return for.
    fn comment(&mut self) {
        while self.at < self.text.len() && self.byte(0) != b'\n' && !self.at_bare_return() {
            self.at += 1;
        }
    }

    /// It ends the line for some editors and not for others, so that places and comments would mean different things.
    fn line_end_of_another_kind(&mut self, start: usize) {
        self.at += 1;
        if !std::mem::replace(&mut self.bare_return, true) {
            self.errors.push(
                Diagnostic::new(codes::STRAY_CHARACTER, "a carriage return without a line feed")
                    .label(Span::new(self.file, start, self.at), "neither the end of a line nor a blank")
                    .help("save the file with the line ends LF or CRLF: with these alone it is one long line"),
            );
        }
        self.push(TokenKind::Bad, start);
    }

    fn single(&mut self, kind: TokenKind, start: usize) {
        self.at += 1;
        self.push(kind, start);
    }

    fn string(&mut self, start: usize) {
        self.at += 1;
        loop {
            match self.byte(0) {
                b'"' => {
                    self.at += 1;
                    return self.push(TokenKind::String, start);
                }
                b'\\' if self.at + 1 < self.text.len() && self.byte(1) != b'\n' => {
                    // Behind the backslash may stand a character of several bytes.
                    self.at += 1;
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                }
                _ if self.at == self.text.len() || self.byte(0) == b'\n' => break,
                _ => self.at += 1,
            }
        }
        let end = start + self.text[start..self.at].trim_end().len();
        self.errors.push(
            Diagnostic::new(codes::UNTERMINATED_STRING, "this string does not end")
                .label(Span::new(self.file, start, end), "no closing `\"` on this line")
                .help("add a `\"`; for a line break within a string write `\\n`"),
        );
        self.push(TokenKind::Bad, start);
    }

    fn number(&mut self, start: usize) {
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        } else if self.byte(0) == b'.' && self.byte(1) != b'.' {
            let digits = self.text[start..self.at].to_owned();
            self.at += 1;
            self.skip_while(is_word);
            return self.malformed(start, "digits must follow the `.`", Some(format!("{digits}.0")));
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
        }
        if is_word(self.byte(0)) {
            self.skip_while(is_word);
            return self.malformed(start, "letters can't follow a number", None);
        }
        self.push(TokenKind::Number, start);
    }

    fn malformed(&mut self, start: usize, why: &str, replacement: Option<String>) {
        let span = Span::new(self.file, start, self.at);
        let spelling = &self.text[span.range()];
        let mut diagnostic =
            Diagnostic::new(codes::MALFORMED_NUMBER, format!("`{spelling}` is not a number")).label(span, why);
        diagnostic = match replacement {
            Some(replacement) => diagnostic.help(format!("did you mean `{replacement}`?")).fix(span, replacement),
            None => diagnostic.help("numbers are decimal: `12`, `0.5`, `1e-3`; names begin with a letter or `_`"),
        };
        self.errors.push(diagnostic);
        self.push(TokenKind::Bad, start);
    }

    fn block_comment(&mut self, start: usize) {
        self.at = self.rest().find("*/").map_or(self.text.len(), |length| start + length + 2);
        self.errors.push(
            Diagnostic::new(codes::STRAY_CHARACTER, "`/*` does not begin a comment")
                .label(Span::new(self.file, start, start + 2), "not part of the language")
                .help("comments begin with `//` and end with their line"),
        );
        self.push(TokenKind::Bad, start);
    }

    /// A string in quotes of another kind, where it ends soon and on its line; else the quote alone.
    fn foreign_quotes(&mut self, start: usize, open: char, closing: &[char]) {
        self.at += open.len_utf8();
        let near = self.rest().floor_char_boundary(LONGEST_FOREIGN_STRING);
        let line = self.rest()[..near].split('\n').next().unwrap_or_default();
        let mut inner = None;
        if let Some((text, behind)) = line.find(closing).map(|end| line.split_at(end)) {
            inner = Some(text.to_owned());
            self.at += text.len() + behind.chars().next().map_or(0, char::len_utf8);
        }
        let span = Span::new(self.file, start, self.at);
        let mut diagnostic = Diagnostic::new(codes::STRAY_CHARACTER, format!("`{open}` is not part of the language"))
            .label(span, "not expected anywhere")
            .help("strings stand in straight double quotes");
        if let Some(inner) = inner.filter(|inner| !inner.contains(['"', '\\'])) {
            diagnostic = diagnostic.fix(span, format!("\"{inner}\""));
        }
        self.errors.push(diagnostic);
        self.push(TokenKind::Bad, start);
    }

    /// The path of an import without quotes, from the end of the `import` on this line; false when this is none.
    fn bare_path(&mut self, at: usize) -> bool {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let from = self.tokens.partition_point(|token| (token.span.start as usize) < line);
        let [import, rest @ ..] = &self.tokens[from..] else { return false };
        let start = rest.first().map_or(at, |token| token.span.start as usize);
        let is_path = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'/' | b'-');
        if !import.is(self.text, "import") || !self.text[start..at].bytes().all(is_path) {
            return false;
        }
        self.tokens.truncate(from + 1);
        self.skip_while(is_path);
        let span = Span::new(self.file, start, self.at);
        let path = &self.text[span.range()];
        self.errors.push(
            Diagnostic::new(codes::STRAY_CHARACTER, "the path of an import stands in double quotes")
                .label(span, "no quotes around this")
                .help("write it as a string")
                .fix(span, format!("\"{path}\"")),
        );
        self.push(TokenKind::Bad, start);
        true
    }

    fn stray(&mut self, start: usize) {
        if self.byte(0) == b'.' && self.bare_path(start) {
            return;
        }
        if let Some((open, closing)) = QUOTES.iter().find(|(open, _)| self.rest().starts_with(*open)) {
            return self.foreign_quotes(start, *open, closing);
        }
        let foreign = FOREIGN.iter().find(|(spelling, ..)| self.rest().starts_with(spelling));
        if let Some((spelling, replacement, help)) = foreign {
            self.at += spelling.len();
            let span = Span::new(self.file, start, self.at);
            let mut diagnostic =
                Diagnostic::new(codes::STRAY_CHARACTER, format!("`{spelling}` is not part of the language"))
                    .label(span, "not expected anywhere")
                    .help(*help);
            if let Some(replacement) = replacement {
                diagnostic = diagnostic.fix(span, *replacement);
            }
            self.errors.push(diagnostic);
            if *spelling == "#" {
                self.skip_while(|byte| byte != b'\n');
            }
        } else {
            // One error for a whole run: a word of another script is one mistake.
            let foreign = |c: char| !c.is_ascii() || c.is_ascii_control() && !c.is_ascii_whitespace();
            let first = self.rest().chars().next().map_or(1, char::len_utf8);
            let run = self.rest().chars().take_while(|&c| foreign(c)).map(char::len_utf8).sum::<usize>();
            self.at += run.max(first);
            let spelling = self.text[start..self.at].escape_debug().take(20).collect::<String>();
            self.errors.push(
                Diagnostic::new(codes::STRAY_CHARACTER, format!("`{spelling}` is not part of the language"))
                    .label(Span::new(self.file, start, self.at), "not expected anywhere")
                    .help("names consist of the letters a to z, digits and `_`; anything goes in strings and comments"),
            );
        }
        self.push(TokenKind::Bad, start);
    }
}
