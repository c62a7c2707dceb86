//! Lines of nodes.

use std::collections::BTreeMap;

use rebirth_lang::{Diagnostic, Span};
use rebirth_runtime::suggest::closest;

use super::{Parser, counted, wrong_type};
use crate::graph::lex::Token;
use crate::graph::{Def, Node, NodeId, Type, ValueId, codes};
use crate::ops::{self, Attr, Entry, Mismatch, Op, call::AttrReader};

/// Values that are compared with a name that is undefined.
const MAX_CANDIDATES: usize = 4096;

/// The attributes of a node, read but not yet understood.
struct Braces<'t> {
    attributes: BTreeMap<String, Attr>,
    keys: Vec<(&'t str, Span)>,
    span: Span,
}

impl<'t> Parser<'t> {
    /// A value that has been defined.
    pub(super) fn operand(&mut self) -> Result<(ValueId, Span), Diagnostic> {
        let Token::Value(name) = self.token else {
            return self.unexpected("a value, such as `%x`");
        };
        if let Some(&(id, _)) = self.names.get(name) {
            return Ok((id, self.bump()?));
        }
        let diagnostic = Diagnostic::new(codes::UNDEFINED_VALUE, format!("`{name}` is not defined above this line"))
            .label(self.span, "not defined at this point");
        let (sigil, bare) = name.split_at(1);
        let other = format!("{}{bare}", if sigil == "%" { '@' } else { '%' });
        let near = if self.names.contains_key(other.as_str()) {
            Some(other)
        } else {
            let recent = self.graph.values.iter().rev().take(MAX_CANDIDATES);
            let alike = recent.filter(|value| matches!(value.def, Def::Param | Def::State) == (sigil == "@"));
            closest(bare, alike.map(|value| value.name.as_str())).map(|near| format!("{sigil}{near}"))
        };
        Err(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(self.span, near),
            None => diagnostic.help("each value is defined above the line that uses it"),
        })
    }

    pub(super) fn node(&mut self) -> Result<(), Diagnostic> {
        let mut names = Vec::new();
        loop {
            names.push(self.value('%', "the name of a result, such as `%y`")?);
            if !self.eat(',')? {
                break;
            }
        }
        let (first, last) = (names[0].1, names[names.len() - 1].1);
        if self.graph.nodes.len() >= self.max_nodes {
            let message = format!("the graph has more than {} nodes", self.max_nodes);
            return Err(Diagnostic::new(codes::TOO_MANY_NODES, message).label(first, "this one is too many"));
        }
        self.expect(Token::Punct('='))?;
        let (entry, op_span) = self.operator()?;
        let mut operands = Vec::new();
        if matches!(self.token, Token::Value(_)) {
            operands.push(self.operand()?);
            while self.eat(',')? {
                operands.push(self.operand()?);
            }
        }
        let braces = self.braces(op_span)?;
        self.expect(Token::Punct(':'))?;
        let mut stated = vec![self.ty()?];
        let mut notes = vec![self.notes(true)?];
        while self.eat(',')? {
            stated.push(self.ty()?);
            notes.push(self.notes(true)?);
        }
        let op = operator_of(entry, braces)?;
        let types: Vec<&Type> = operands.iter().map(|&(id, _)| self.graph.ty(id)).collect();
        let inferred =
            op.infer(&types, self.graph.mode).map_err(|mismatch| misfit(&op, op_span, mismatch, &operands, &types))?;
        let count = |found: usize, what: &str, span: Span| {
            if found == inferred.len() {
                return Ok(());
            }
            let message = format!("{} has {} here, not {found}", op.name(), counted(inferred.len(), "result"));
            Err(Diagnostic::new(codes::RESULT_COUNT, message)
                .label(span, counted(found, what))
                .label(op_span, "this operator"))
        };
        count(names.len(), "name", first.to(last))?;
        count(stated.len(), "type", stated[0].1.to(stated[stated.len() - 1].1))?;
        for (&(name, _), ((found, span), expected)) in names.iter().zip(stated.iter().zip(&inferred)) {
            if found != expected {
                return Err(wrong_type(&format!("`{name}`"), expected, found, *span));
            }
        }
        let node = NodeId::new(self.graph.nodes.len());
        let mut results = Vec::with_capacity(names.len());
        for (i, (((name, span), ty), notes)) in names.into_iter().zip(inferred).zip(notes).enumerate() {
            let id = self.define(name, span, ty, Def::Node(node, i))?;
            self.graph.values[id.index()].notes = notes.boxed();
            results.push(id);
        }
        self.graph.nodes.push(Node { op, inputs: operands.into_iter().map(|(id, _)| id).collect(), results });
        self.expect(Token::Newline)?;
        Ok(())
    }

    fn operator(&mut self) -> Result<(&'static Entry, Span), Diagnostic> {
        let (name, span) = self.word("the name of an operator")?;
        if let Some(entry) = ops::find(name) {
            return Ok((entry, span));
        }
        let diagnostic = Diagnostic::new(codes::UNKNOWN_OPERATOR, format!("there is no operator `{name}`"))
            .label(span, "unknown operator");
        let known = || ops::TABLE.iter().map(|entry| entry.signature.name);
        Err(match closest(name, known()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
            None => diagnostic.help(format!("the operators are {}", known().collect::<Vec<_>>().join(", "))),
        })
    }

    /// `{stride=[2,2], groups=1}`, or nothing.
    fn braces(&mut self, op_span: Span) -> Result<Braces<'t>, Diagnostic> {
        let mut braces = Braces { attributes: BTreeMap::new(), keys: Vec::new(), span: op_span };
        if !self.at('{') {
            return Ok(braces);
        }
        let open = self.bump()?;
        while !self.at('}') {
            let (key, span) = self.word("the name of an attribute")?;
            self.expect(Token::Punct('='))?;
            let value = self.attribute()?;
            if braces.attributes.insert(key.to_string(), value).is_some() {
                return Err(Diagnostic::new(codes::BAD_ATTRIBUTE, format!("attribute `{key}` is given twice"))
                    .label(span, "given again here"));
            }
            braces.keys.push((key, span));
            if !self.eat(',')? {
                break;
            }
        }
        braces.span = open.to(self.expect(Token::Punct('}'))?);
        Ok(braces)
    }

    fn attribute(&mut self) -> Result<Attr, Diagnostic> {
        let attr = match self.token {
            Token::Int(v) => Attr::Int(v),
            Token::Float(v) => Attr::Float(v),
            Token::Word("true") => Attr::Bool(true),
            Token::Word("false") => Attr::Bool(false),
            Token::Word(word) => Attr::Word(word.to_string()),
            Token::Punct('[') => {
                self.bump()?;
                let mut list = Vec::new();
                while let Token::Int(v) = self.token {
                    list.push(v);
                    self.bump()?;
                    if !self.eat(',')? {
                        break;
                    }
                }
                if !self.at(']') {
                    return self.unexpected("an integer or `]`");
                }
                Attr::Ints(list)
            }
            _ => return self.unexpected("a number, a word or a list of integers"),
        };
        self.bump()?;
        Ok(attr)
    }
}

fn operator_of(entry: &Entry, braces: Braces<'_>) -> Result<Op, Diagnostic> {
    let mut reader = AttrReader::new(braces.attributes);
    (entry.from_attributes)(&mut reader).and_then(|op| reader.finish().map(|()| op)).map_err(|message| {
        let named = braces.keys.iter().find(|(key, _)| message.contains(&format!("`{key}`")));
        let span = named.map_or(braces.span, |&(_, span)| span);
        Diagnostic::new(codes::BAD_ATTRIBUTE, format!("{}: {message}", entry.signature.name)).label(span, message)
    })
}

fn misfit(op: &Op, op_span: Span, mismatch: Mismatch, operands: &[(ValueId, Span)], types: &[&Type]) -> Diagnostic {
    let message = format!("{}: {}", op.name(), mismatch.message);
    let mut diagnostic = Diagnostic::new(codes::OPERANDS, message).label(op_span, "does not fit its operands");
    for &i in mismatch.operands.iter().filter(|&&i| i < operands.len()) {
        diagnostic = diagnostic.label(operands[i].1, format!("this is {}", types[i]));
    }
    match mismatch.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
