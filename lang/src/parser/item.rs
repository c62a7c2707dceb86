//! Pairs of items, types and attributes to the tree.

use std::collections::HashSet;

use super::{Convert, Pair, Pairs, Rule};
use crate::ast::{
    Arguments, Attribute, Block, Const, Expr, Input, Item, NamedArgument, Net, Output, Param, TensorType,
};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The pairs of a rule by kind, for rules whose parts are told apart by their rule alone.
fn find<'i>(pair: &Pair<'i>, rule: Rule) -> Option<Pair<'i>> {
    pair.clone().into_inner().find(|inner| inner.as_rule() == rule)
}

impl Convert<'_> {
    /// The item of a segment.
    pub(super) fn item(&self, mut pairs: Pairs<'_>) -> Option<Item> {
        let pair = pairs.next()?;
        let name = self.ident(&find(&pair, Rule::name)?);
        let span = self.span(&pair);
        Some(match pair.as_rule() {
            Rule::const_item => {
                let value = self.expr(find(&pair, Rule::expr)?).0;
                Item::Const(Const { name, span: span_to(span, value.span), value })
            }
            Rule::block_item => {
                let inner = pair.clone().into_inner().filter(|inner| inner.as_rule() == Rule::param);
                let params = self.within(true, || inner.map(|param| self.param(param)).collect());
                let body = self.body(find(&pair, Rule::body)?).0;
                Item::Block(Block { name, params, body, span })
            }
            _ => {
                let inner = pair.clone().into_inner().filter(|inner| inner.as_rule() == Rule::input);
                let inputs = self.within(true, || inner.filter_map(|input| self.input(input)).collect());
                let outputs = vec![self.output(find(&pair, Rule::output)?)?];
                let body = self.body(find(&pair, Rule::body)?).0;
                Item::Net(Net { name, inputs, outputs, body, span })
            }
        })
    }

    fn param(&self, pair: Pair<'_>) -> Param {
        let mut span = self.span(&pair);
        let mut inner = pair.into_inner();
        let name = inner.next().map(|name| self.ident(&name)).unwrap_or_else(|| self.no_name(span));
        let default = inner.find(|part| part.as_rule() == Rule::expr).map(|value| self.expr(value).0);
        span.end = default.as_ref().map_or(name.span.end, |value| value.span.end);
        Param { name, default, span }
    }

    fn input(&self, pair: Pair<'_>) -> Option<Input> {
        let span = self.span(&pair);
        let attributes = self.attributes(&pair);
        let name = self.ident(&find(&pair, Rule::free_name)?);
        let ty = self.tensor(find(&pair, Rule::tensor)?);
        Some(Input { attributes, name, span: span_to(span, ty.span), ty })
    }

    fn output(&self, pair: Pair<'_>) -> Option<Output> {
        let span = self.span(&pair);
        let attributes = self.attributes(&pair);
        let ty = self.tensor(find(&pair, Rule::tensor)?);
        Some(Output { attributes, name: None, span: span_to(span, ty.span), ty })
    }

    fn tensor(&self, pair: Pair<'_>) -> TensorType {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let dtype = inner.next().map(|name| self.ident(&name)).unwrap_or_else(|| self.no_name(span));
        let dims =
            inner.next().map(|dims| self.within(true, || dims.into_inner().map(|dim| self.expr(dim).0).collect()));
        TensorType { dtype, dims: dims.unwrap_or_default(), span }
    }

    fn attributes(&self, pair: &Pair<'_>) -> Vec<Attribute> {
        let inner = pair.clone().into_inner().filter(|inner| inner.as_rule() == Rule::attribute);
        inner.map(|attribute| self.attribute(attribute).0).collect()
    }

    /// An attribute and the height of its arguments.
    pub(super) fn attribute(&self, pair: Pair<'_>) -> (Attribute, usize) {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let name = inner.next().map(|name| self.ident(&name)).unwrap_or_else(|| self.no_name(span));
        let (arguments, height) = match inner.next() {
            Some(arguments) => self.arguments(arguments),
            None => (no_arguments(span.end), 0),
        };
        (Attribute { name, arguments, span }, height)
    }

    /// An argument list and its height.
    pub(super) fn arguments(&self, pair: Pair<'_>) -> (Arguments, usize) {
        let span = self.span(&pair);
        self.within(true, || {
            let mut arguments = Arguments { positional: Vec::new(), named: Vec::new(), span };
            let mut known = HashSet::new();
            let mut height = 0;
            let mut name = None;
            for part in pair.into_inner() {
                if part.as_rule() == Rule::label {
                    name = part.into_inner().next().map(|label| self.ident(&label));
                    continue;
                }
                let (value, value_height) = self.expr(part);
                height = height.max(value_height);
                match name.take() {
                    Some(name) => {
                        if !known.insert(name.name.clone()) {
                            self.duplicate_argument(&arguments, &name.name, name.span);
                        }
                        arguments.named.push(NamedArgument { name, value });
                    }
                    None => {
                        if let Some(named) = arguments.named.last() {
                            self.positional_after_named(named, &value);
                        }
                        arguments.positional.push(value);
                    }
                }
            }
            (arguments, height)
        })
    }

    fn duplicate_argument(&self, arguments: &Arguments, name: &str, span: Span) {
        let first = arguments.named.iter().find(|argument| argument.name.name == name);
        let mut diagnostic = Diagnostic::new(codes::DUPLICATE_ARGUMENT, format!("argument `{name}` is given twice"))
            .label(span, "given again here")
            .help("delete one of the two");
        if let Some(first) = first {
            diagnostic = diagnostic.label(first.name.span, "first given here");
        }
        self.report(diagnostic);
    }

    fn positional_after_named(&self, named: &NamedArgument, value: &Expr) {
        self.report(
            Diagnostic::new(codes::POSITIONAL_AFTER_NAMED, "a positional argument stands behind a named one")
                .label(value.span, "positional argument")
                .label(named.name.span, "this one is named")
                .help("move it before the named arguments, or name it too: `name: value`"),
        );
    }

    /// Stands in for a name the grammar guarantees.
    fn no_name(&self, span: Span) -> crate::ast::Ident {
        crate::ast::Ident { name: String::new(), span }
    }
}

/// An argument list without parentheses, behind the given offset.
pub(super) fn no_arguments(end: u32) -> Arguments {
    Arguments { positional: Vec::new(), named: Vec::new(), span: Span { start: end, end } }
}

/// From the start of the first to the end of the second: a rule's own end may include trivia behind it.
pub(super) fn span_to(start: Span, end: Span) -> Span {
    Span { start: start.start, end: end.end }
}
