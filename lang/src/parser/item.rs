//! Pairs of items, types and attributes to the tree.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Convert, Pair, Pairs, Rule};
use crate::ast::{
    Arguments, Attribute, Block, Const, Expr, ExprKind, Fn, Ident, Import, ImportName, Input, Item, NamedArgument, Net,
    Output, Param, TensorType,
};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The first part of a pair that is of a rule.
fn find<'i>(pair: &Pair<'i>, rule: Rule) -> Option<Pair<'i>> {
    pair.clone().into_inner().find(|inner| inner.as_rule() == rule)
}

impl Convert<'_> {
    /// The item of a segment.
    pub(super) fn item(&self, mut pairs: Pairs<'_>) -> Option<Item> {
        let pair = pairs.next()?;
        let span = self.span(&pair);
        if pair.as_rule() == Rule::import_item {
            return self.import(pair).map(Item::Import);
        }
        let name = self.ident(&find(&pair, Rule::name)?);
        Some(match pair.as_rule() {
            Rule::const_item => {
                let value = self.expr(find(&pair, Rule::expr)?).0;
                Item::Const(Const { name, span: span.until(value.span), value })
            }
            Rule::fn_item => {
                let params = self.params(&pair);
                let value = self.expr(find(&pair, Rule::expr)?).0;
                Item::Fn(Fn { name, params, span: span.until(value.span), value })
            }
            Rule::block_item => {
                let (params, conditions) = (self.params(&pair), self.conditions(&pair));
                self.header.replace(params.iter().map(|param| param.name.clone()).collect());
                let body = self.body(find(&pair, Rule::body)?).0;
                Item::Block(Block { name, params, conditions, body, span })
            }
            _ => {
                let inputs = self.inputs(&pair);
                let outputs = match find(&pair, Rule::outputs) {
                    Some(record) => self.inputs(&record).into_iter().map(named_output).collect(),
                    None => vec![self.output(find(&pair, Rule::output)?)?],
                };
                let conditions = self.conditions(&pair);
                self.header.replace(inputs.iter().map(|input| input.name.clone()).collect());
                let body = self.body(find(&pair, Rule::body)?).0;
                Item::Net(Net { name, inputs, outputs, conditions, body, span })
            }
        })
    }

    fn import(&self, pair: Pair<'_>) -> Option<Import> {
        let span = self.span(&pair);
        let path = find(&pair, Rule::string)?;
        let path_span = self.span(&path);
        let before = self.error_count();
        let value = self.string(path.as_str(), path_span);
        if self.error_count() > before {
            // What is no escape is a path of another system.
            self.errors.borrow_mut().truncate(before);
            self.report(
                Diagnostic::new(codes::IMPORT_PATH, "the path of an import has no backslashes")
                    .label(path_span, "folders are separated by `/`")
                    .help("write `/`, on every system")
                    .fix(path_span, path.as_str().replace("\\\\", "/").replace('\\', "/")),
            );
            return None;
        }
        let ExprKind::Str(path) = value else {
            return None;
        };
        let names = pair.into_inner().filter(|part| part.as_rule() == Rule::imported).filter_map(|part| {
            let mut names = part.into_inner().filter(|part| part.as_rule() == Rule::name);
            Some(ImportName { name: self.ident(&names.next()?), alias: names.next().map(|alias| self.ident(&alias)) })
        });
        Some(Import { path, path_span, names: names.collect(), span })
    }

    fn params(&self, pair: &Pair<'_>) -> Vec<Param> {
        let inner = pair.clone().into_inner().filter(|inner| inner.as_rule() == Rule::param);
        self.within(true, || inner.map(|param| self.param(param)).collect())
    }

    fn param(&self, pair: Pair<'_>) -> Param {
        let mut span = self.span(&pair);
        let mut inner = pair.into_inner();
        let name = inner.next().map(|name| self.ident(&name)).unwrap_or_else(|| self.no_name(span));
        let mut end = name.span;
        let (mut op, mut default) = (None, None);
        for part in inner {
            match part.as_rule() {
                Rule::kind => {
                    end = self.span(&part);
                    op = Some(end);
                    if part.as_str() != "op" {
                        self.parameter_kind(&name, part.as_str(), end);
                    }
                }
                Rule::expr => {
                    let value = self.expr(part).0;
                    end = value.span;
                    default = Some(value);
                }
                _ => {}
            }
        }
        span.end = end.end;
        Param { name, op, default, span }
    }

    fn parameter_kind(&self, name: &Ident, kind: &str, span: Span) {
        self.report(
            Diagnostic::new(codes::PARAMETER_KIND, format!("there is no kind of parameter `{kind}`"))
                .label(span, "the only kind is `op`")
                .label(name.span, "of this parameter")
                .help(format!(
                    "leave the kind out: `{name}` takes any value; `{name}: op` takes an operator or block; a default is written `{name} = ..`"
                )),
        );
    }

    fn conditions(&self, pair: &Pair<'_>) -> Vec<Expr> {
        let Some(part) = find(pair, Rule::where_part) else {
            return Vec::new();
        };
        let inner = part.into_inner().filter(|part| part.as_rule() == Rule::expr);
        // A line may begin with a sign: a condition goes on until the comma or the body.
        self.within(true, || inner.map(|condition| self.expr(condition).0).collect())
    }

    fn inputs(&self, pair: &Pair<'_>) -> Vec<Input> {
        let inner = pair.clone().into_inner().filter(|inner| inner.as_rule() == Rule::input);
        self.within(true, || inner.filter_map(|input| self.input(input)).collect())
    }

    fn input(&self, pair: Pair<'_>) -> Option<Input> {
        let span = self.span(&pair);
        let attributes = self.attributes(&pair);
        let name = self.ident(&find(&pair, Rule::free_name)?);
        let ty = self.tensor(find(&pair, Rule::tensor)?).0;
        Some(Input { attributes, name, span: span.until(ty.span), ty })
    }

    fn output(&self, pair: Pair<'_>) -> Option<Output> {
        let span = self.span(&pair);
        let attributes = self.attributes(&pair);
        let ty = self.tensor(find(&pair, Rule::tensor)?).0;
        Some(Output { attributes, name: None, span: span.until(ty.span), ty })
    }

    /// A record: its fields by name, none twice, and its height.
    pub(super) fn record(&self, pair: Pair<'_>) -> (Expr, usize) {
        let span = self.span(&pair);
        let (arguments, height) = self.arguments(pair);
        (Expr { kind: ExprKind::Record(arguments.named), span }, self.raise(height, span))
    }

    /// A type and the height of its dimensions.
    pub(super) fn tensor(&self, pair: Pair<'_>) -> (TensorType, usize) {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let dtype = inner.next().map(|name| self.ident(&name)).unwrap_or_else(|| self.no_name(span));
        let mut height = 0;
        let mut dims = Vec::new();
        self.within(true, || {
            for dim in inner.next().into_iter().flat_map(Pair::into_inner) {
                let (dim, dim_height) = self.expr(dim);
                height = height.max(dim_height);
                dims.push(dim);
            }
        });
        (TensorType { dtype, dims, span }, height)
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
            None => (no_arguments(span), 0),
        };
        (Attribute { name, arguments, span }, height)
    }

    /// An argument list and its height.
    pub(super) fn arguments(&self, pair: Pair<'_>) -> (Arguments, usize) {
        let span = self.span(&pair);
        self.within(true, || {
            let mut arguments = Arguments { positional: Vec::new(), named: Vec::new(), span };
            let mut known: HashMap<String, Span> = HashMap::new();
            let mut height = 0;
            let mut name = None;
            for part in pair.into_inner() {
                if part.as_rule() == Rule::open_brace {
                    continue;
                }
                if part.as_rule() == Rule::label {
                    name = part.into_inner().next().map(|label| self.ident(&label));
                    continue;
                }
                let (value, value_height) = self.expr(part);
                height = height.max(value_height);
                match name.take() {
                    Some(name) => {
                        match known.entry(name.name.clone()) {
                            Entry::Occupied(first) => self.duplicate_argument(&name, *first.get()),
                            Entry::Vacant(free) => _ = free.insert(name.span),
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

    fn duplicate_argument(&self, name: &Ident, first: Span) {
        self.report(
            Diagnostic::new(codes::DUPLICATE_ARGUMENT, format!("`{}` is given twice", name.name))
                .label(name.span, "given again here")
                .label(first, "first given here")
                .help("delete one of the two"),
        );
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
    fn no_name(&self, span: Span) -> Ident {
        Ident { name: String::new(), span }
    }
}

/// A field of the record a net yields is written like an input.
fn named_output(field: Input) -> Output {
    Output { attributes: field.attributes, name: Some(field.name), ty: field.ty, span: field.span }
}

/// An argument list without parentheses, behind the name.
pub(super) fn no_arguments(name: Span) -> Arguments {
    Arguments { positional: Vec::new(), named: Vec::new(), span: name.behind() }
}
