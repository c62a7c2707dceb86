//! Graph text to tokens.

use rebirth_lang::{Diagnostic, FileId, Span};

use super::codes;

/// What a token is; names and numbers keep their text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// A word without sigil: keyword, operator, attribute, dtype, output name.
    Word(&'t str),
    /// `%name` or `@name`, sigil included.
    Value(&'t str),
    /// An integer that fits 64 bits.
    Int(i64),
    /// A finite number with a fraction or an exponent.
    Float(f64),
    /// One of `( ) [ ] { } , : =`.
    Punct(char),
    /// `->`
    Arrow,
    /// One or more line ends.
    Newline,
    /// The end of the text.
    End,
}

impl Token<'_> {
    /// How a message speaks of it.
    pub(super) fn describe(self) -> String {
        match self {
            Token::Word(text) | Token::Value(text) => format!("`{text}`"),
            Token::Int(v) => format!("`{v}`"),
            Token::Float(v) => format!("`{v:?}`"),
            Token::Punct(c) => format!("`{c}`"),
            Token::Arrow => "`->`".to_string(),
            Token::Newline => "the end of the line".to_string(),
            Token::End => "the end of the text".to_string(),
        }
    }
}

/// Bytes of names.
pub(super) fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'.'
}

/// First bytes of words.
pub(super) fn is_word_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_'
}

/// Cuts a text into tokens, one at a time.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0 }
    }

    fn byte(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + offset).copied()
    }

    /// Steps over bytes that fit; only ever ASCII, so `at` stays on a character boundary.
    fn skip(&mut self, fits: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&fits) {
            self.at += 1;
        }
    }

    /// Blanks and comments.
    fn skip_blank(&mut self) {
        self.skip(|b| matches!(b, b' ' | b'\t' | b'\r'));
        if self.byte(0) == Some(b'/') && self.byte(1) == Some(b'/') {
            let rest = &self.text[self.at..];
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// The next token and its place; at the end of the text, [`Token::End`] for ever.
    pub(super) fn next(&mut self) -> Result<(Token<'t>, Span), Diagnostic> {
        self.skip_blank();
        let start = self.at;
        let Some(first) = self.byte(0) else {
            return Ok((Token::End, Span::new(FileId::ROOT, start, start)));
        };
        let token = match first {
            b'\n' => {
                while self.byte(0) == Some(b'\n') {
                    self.at += 1;
                    self.skip_blank();
                }
                return Ok((Token::Newline, Span::new(FileId::ROOT, start, start + 1)));
            }
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b':' | b'=' => {
                self.at += 1;
                Token::Punct(char::from(first))
            }
            b'-' if self.byte(1) == Some(b'>') => {
                self.at += 2;
                Token::Arrow
            }
            b'%' | b'@' => {
                self.at += 1;
                self.skip(is_name_byte);
                if self.at == start + 1 {
                    return Err(Diagnostic::new(
                        codes::UNEXPECTED,
                        format!("expected a name after `{}`", char::from(first)),
                    )
                    .label(Span::new(FileId::ROOT, start, self.at), "names are letters, digits, `_` and `.`"));
                }
                Token::Value(&self.text[start..self.at])
            }
            b if is_word_start(b) => {
                self.skip(is_name_byte);
                Token::Word(&self.text[start..self.at])
            }
            b if b.is_ascii_digit() || b == b'-' && self.byte(1).is_some_and(|b| b.is_ascii_digit()) => {
                return self.number(start);
            }
            _ => {
                let c = self.text[start..].chars().next().unwrap_or_default();
                return Err(Diagnostic::new(codes::STRAY_CHARACTER, format!("{c:?} is not part of graph text")).label(
                    Span::new(FileId::ROOT, start, start + c.len_utf8()),
                    "nothing begins with this character",
                ));
            }
        };
        Ok((token, Span::new(FileId::ROOT, start, self.at)))
    }

    /// Digits, then perhaps a fraction, then perhaps an exponent.
    fn number(&mut self, start: usize) -> Result<(Token<'t>, Span), Diagnostic> {
        let digit = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_digit());
        self.at += 1;
        self.skip(|b| b.is_ascii_digit());
        let integer = self.at;
        if self.byte(0) == Some(b'.') && digit(self.byte(1)) {
            self.at += 1;
            self.skip(|b| b.is_ascii_digit());
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'-' | b'+')));
            if digit(self.byte(1 + sign)) {
                self.at += 1 + sign;
                self.skip(|b| b.is_ascii_digit());
            }
        }
        let (text, span) = (&self.text[start..self.at], Span::new(FileId::ROOT, start, self.at));
        let token = if integer == self.at {
            text.parse().map(Token::Int).map_err(|_| "this integer does not fit 64 bits")
        } else {
            text.parse()
                .ok()
                .filter(|v: &f64| v.is_finite())
                .map(Token::Float)
                .ok_or("the largest float is about 1.8e308")
        };
        match token {
            Ok(token) => Ok((token, span)),
            Err(label) => Err(Diagnostic::new(codes::NUMBER_TOO_LARGE, "the number is too large").label(span, label)),
        }
    }
}
