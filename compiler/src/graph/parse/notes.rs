//! The notes behind a type.

use rebirth_lang::Diagnostic;

use super::super::lex::Token;
use super::Parser;
use crate::graph::{Init, Notes};

impl Parser<'_> {
    /// `keep` behind the type of a node's result, the others behind that of a weight; up to the end of the line.
    pub(super) fn notes(&mut self, node: bool) -> Result<Notes, Diagnostic> {
        let mut notes = Notes::default();
        while let Token::Word(word) = self.token {
            match word {
                "keep" if node && !notes.keep => notes.keep = true,
                "freeze" if !node && !notes.freeze => notes.freeze = true,
                "new" if !node && !notes.new => notes.new = true,
                "lr" if !node && notes.lr.is_none() => {
                    self.bump()?;
                    self.expect_here('=')?;
                    notes.lr = Some(self.float()?);
                }
                "init" if !node && notes.init.is_none() => {
                    self.bump()?;
                    self.expect_here('=')?;
                    notes.init = Some(self.init()?);
                }
                _ => return self.unexpected("the end of the line, or a note not yet given"),
            }
            self.bump()?;
        }
        Ok(notes)
    }

    /// Steps over a mark; the token behind it is the current one then.
    fn expect_here(&mut self, mark: char) -> Result<(), Diagnostic> {
        self.expect(Token::Punct(mark)).map(|_| ())
    }

    /// The number that is the current token.
    fn float(&mut self) -> Result<f64, Diagnostic> {
        match self.token {
            Token::Float(v) => Ok(v),
            Token::Int(v) => Ok(v as f64),
            _ => self.unexpected("a number"),
        }
    }

    /// An initialiser, whose last token is the current one then.
    fn init(&mut self) -> Result<Init, Diagnostic> {
        let Token::Word(word) = self.token else {
            return self.unexpected("an initialiser, such as `kaiming`");
        };
        let make = match word {
            "kaiming" => return Ok(Init::Kaiming),
            "xavier" => return Ok(Init::Xavier),
            "fill" => Init::Fill,
            "normal" => Init::Normal,
            "uniform" => Init::Uniform,
            _ => return self.unexpected("`fill(..)`, `normal(..)`, `uniform(..)`, `kaiming` or `xavier`"),
        };
        self.bump()?;
        self.expect_here('(')?;
        let number = self.float()?;
        self.bump()?;
        if self.at(')') { Ok(make(number)) } else { self.unexpected("`)`") }
    }
}
