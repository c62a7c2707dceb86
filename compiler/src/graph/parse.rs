//! Text to graph: the inverse of [`super::print`](mod@super::print).
//!
//! A hand-written parser over the tokens of `lex`, one line a definition. It rebuilds every operator from its attributes, infers the
//! types again and compares them with those stated, so [`super::verify`](mod@super::verify) accepts whatever is returned. Stops at the first error. `//`
//! begins a comment; comments and blank lines are not kept.

use std::collections::HashMap;

use rebirth_lang::{Diagnostic, FileId, Span};
use rebirth_runtime::DType;
use rebirth_runtime::elements::Elements;

use super::lex::{Lexer, Token};
use super::{Def, Graph, MAX_NODES, Mode, Output, Type, Value, ValueId, codes};

mod node;
mod notes;

/// The longest accepted graph text, in bytes.
pub const MAX_TEXT: usize = 64 << 20;

/// Reads a graph.
///
/// # Errors
/// A diagnostic with one of the [`codes`] for the first thing that is wrong, its spans in `text`.
pub fn parse(text: &str) -> Result<Graph, Diagnostic> {
    parse_within(text, MAX_TEXT, MAX_NODES)
}

fn parse_within(text: &str, max_text: usize, max_nodes: usize) -> Result<Graph, Diagnostic> {
    if text.len() > max_text {
        return Err(Diagnostic::new(
            codes::TEXT_TOO_LARGE,
            format!("the text has {} bytes, more than the limit of {max_text}", text.len()),
        )
        .label(Span::new(FileId::ROOT, 0, 0), "in this text"));
    }
    let mut lexer = Lexer::new(text);
    let (token, span) = lexer.next()?;
    let graph = Graph {
        name: String::new(),
        mode: Mode::Infer,
        values: Vec::new(),
        nodes: Vec::new(),
        inputs: Vec::new(),
        params: Vec::new(),
        outputs: Vec::new(),
    };
    Parser { lexer, token, span, graph, names: HashMap::new(), max_nodes }.graph()
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token<'t>,
    span: Span,
    graph: Graph,
    /// Every value so far, by its spelling.
    names: HashMap<&'t str, (ValueId, Span)>,
    max_nodes: usize,
}

/// An output as the header declares it.
struct Declared<'t> {
    name: &'t str,
    ty: Type,
    ty_span: Span,
    train: bool,
}

impl<'t> Parser<'t> {
    fn bump(&mut self) -> Result<Span, Diagnostic> {
        let span = self.span;
        (self.token, self.span) = self.lexer.next()?;
        Ok(span)
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, Diagnostic> {
        Err(Diagnostic::new(codes::UNEXPECTED, format!("expected {expected}, found {}", self.token.describe()))
            .label(self.span, format!("expected {expected}")))
    }

    fn expect(&mut self, token: Token<'t>) -> Result<Span, Diagnostic> {
        if self.token == token { self.bump() } else { self.unexpected(&token.describe()) }
    }

    fn at(&self, c: char) -> bool {
        self.token == Token::Punct(c)
    }

    fn eat(&mut self, c: char) -> Result<bool, Diagnostic> {
        let found = self.at(c);
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    fn word(&mut self, expected: &str) -> Result<(&'t str, Span), Diagnostic> {
        match self.token {
            Token::Word(text) => Ok((text, self.bump()?)),
            _ => self.unexpected(expected),
        }
    }

    /// A name with this sigil.
    fn value(&mut self, sigil: char, expected: &str) -> Result<(&'t str, Span), Diagnostic> {
        match self.token {
            Token::Value(text) if text.starts_with(sigil) => Ok((text, self.bump()?)),
            _ => self.unexpected(expected),
        }
    }

    fn blank_lines(&mut self) -> Result<(), Diagnostic> {
        if self.token == Token::Newline {
            self.bump()?;
        }
        Ok(())
    }

    fn graph(mut self) -> Result<Graph, Diagnostic> {
        self.blank_lines()?;
        let outputs = self.header()?;
        loop {
            match self.token {
                Token::Word(word @ ("param" | "state")) => self.param(word == "state")?,
                Token::Word("return") => break,
                Token::Value(_) => self.node()?,
                Token::Punct('}') | Token::End => {
                    return Err(Diagnostic::new(codes::MISSING_RETURN, "the graph does not end with `return`")
                        .label(self.span, "expected `return` and the outputs")
                        .help(format!("add `return` and one value for each of the {} outputs", outputs.len())));
                }
                _ => return self.unexpected("a node, `param`, `state` or `return`"),
            }
        }
        self.returned(outputs)?;
        self.expect(Token::Newline)?;
        self.expect(Token::Punct('}'))?;
        self.blank_lines()?;
        self.expect(Token::End)?;
        Ok(self.graph)
    }

    fn header(&mut self) -> Result<Vec<Declared<'t>>, Diagnostic> {
        self.expect(Token::Word("graph"))?;
        self.graph.name = self.value('@', "the graph's name, such as `@googlenet`")?.0[1..].to_string();
        self.graph.mode = match self.token {
            Token::Word("infer") => Mode::Infer,
            Token::Word("train") => Mode::Train,
            _ => return self.unexpected("`infer` or `train`"),
        };
        self.bump()?;
        self.expect(Token::Punct('('))?;
        while !self.at(')') {
            let (name, span) = self.value('%', "an input, such as `%image`")?;
            self.expect(Token::Punct(':'))?;
            let (ty, _) = self.ty()?;
            let id = self.define(name, span, ty, Def::Input(self.graph.inputs.len()))?;
            self.graph.inputs.push(id);
            if !self.eat(',')? {
                break;
            }
        }
        self.expect(Token::Punct(')'))?;
        self.expect(Token::Arrow)?;
        self.expect(Token::Punct('('))?;
        let mut outputs = Vec::new();
        let mut seen = HashMap::new();
        loop {
            let (name, span) = self.word("the name of an output")?;
            if let Some(first) = seen.insert(name, span) {
                return Err(twice(&format!("the output `{name}`"), span, first));
            }
            self.expect(Token::Punct(':'))?;
            let (ty, ty_span) = self.ty()?;
            let train = self.token == Token::Word("train");
            if train {
                self.bump()?;
            }
            outputs.push(Declared { name, ty, ty_span, train });
            if !self.eat(',')? {
                break;
            }
        }
        self.expect(Token::Punct(')'))?;
        self.expect(Token::Punct('{'))?;
        self.expect(Token::Newline)?;
        Ok(outputs)
    }

    /// `f32[1,3]`
    fn ty(&mut self) -> Result<(Type, Span), Diagnostic> {
        let (name, start) = self.word("a type, such as `f32[1,3,224,224]`")?;
        let Ok(dtype) = name.parse::<DType>() else {
            let names: Vec<&str> = Elements::TYPES.iter().map(|dtype| dtype.name()).collect();
            return Err(Diagnostic::new(codes::BAD_TYPE, format!("there is no element type `{name}`"))
                .label(start, "unknown element type")
                .help(format!("the element types are {}", names.join(", "))));
        };
        self.expect(Token::Punct('['))?;
        let mut shape = Vec::new();
        while !self.at(']') {
            let Token::Int(extent) = self.token else {
                return self.unexpected("an extent");
            };
            let Ok(extent) = usize::try_from(extent) else {
                return self.unexpected("a positive extent");
            };
            shape.push(extent);
            self.bump()?;
            if !self.eat(',')? {
                break;
            }
        }
        let span = start.to(self.expect(Token::Punct(']'))?);
        let ty = Type { dtype, shape };
        match ty.check() {
            Ok(()) => Ok((ty, span)),
            Err(error) => Err(Diagnostic::new(codes::BAD_TYPE, format!("no tensor can be {ty}: it {error}"))
                .label(span, error.to_string())),
        }
    }

    fn define(&mut self, name: &'t str, span: Span, ty: Type, def: Def) -> Result<ValueId, Diagnostic> {
        let id = ValueId::new(self.graph.values.len());
        if let Some((_, first)) = self.names.insert(name, (id, span)) {
            return Err(twice(&format!("`{name}`"), span, first));
        }
        self.graph.values.push(Value { name: name[1..].to_string(), ty, def, notes: None });
        Ok(id)
    }

    fn param(&mut self, state: bool) -> Result<(), Diagnostic> {
        if !self.graph.nodes.is_empty() {
            return self.unexpected("a node or `return` (parameters and state stand before the nodes)");
        }
        self.bump()?;
        let (name, span) = self.value('@', "a weight path, such as `@conv1.weight`")?;
        self.expect(Token::Punct(':'))?;
        let (ty, ty_span) = self.ty()?;
        if ty.dtype != DType::F32 {
            let message = format!("weights are f32, not {}", ty.dtype);
            return Err(Diagnostic::new(codes::BAD_TYPE, message).label(ty_span, "not f32"));
        }
        let id = self.define(name, span, ty, if state { Def::State } else { Def::Param })?;
        self.graph.params.push(id);
        self.graph.values[id.index()].notes = self.notes(false)?.boxed();
        self.expect(Token::Newline)?;
        Ok(())
    }

    fn returned(&mut self, declared: Vec<Declared<'t>>) -> Result<(), Diagnostic> {
        let start = self.bump()?;
        let mut values = vec![self.operand()?];
        while self.eat(',')? {
            values.push(self.operand()?);
        }
        if values.len() != declared.len() {
            let message = format!(
                "the header declares {}, but {} returned",
                counted(declared.len(), "output"),
                counted(values.len(), "value")
            );
            return Err(Diagnostic::new(codes::RESULT_COUNT, message)
                .label(start.to(values[values.len() - 1].1), "returned here"));
        }
        for (output, (value, span)) in declared.into_iter().zip(values) {
            let ty = self.graph.ty(value);
            if *ty != output.ty {
                return Err(wrong_type(&format!("the output `{}`", output.name), ty, &output.ty, output.ty_span)
                    .label(span, format!("{ty} is returned here")));
            }
            self.graph.outputs.push(Output { name: output.name.to_string(), value, train: output.train });
        }
        Ok(())
    }
}

fn twice(what: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::new(codes::DEFINED_TWICE, format!("{what} is defined twice"))
        .label(again, "defined again here")
        .label(first, "first defined here")
}

fn wrong_type(what: &str, is: &Type, stated: &Type, span: Span) -> Diagnostic {
    Diagnostic::new(codes::WRONG_TYPE, format!("{what} is {is}, not {stated}"))
        .label(span, format!("this should be {is}"))
        .fix(span, is.to_string())
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
