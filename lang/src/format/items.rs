//! Items and their headers.

use super::WIDTH;
use super::doc::{Doc, width};
use super::layout::{CURLY, Layout, PADDED, ROUND, SQUARE};
use crate::ast::{Attribute, Block, Body, Expr, File, Fn, Ident, Import, ImportName, Item, Net, Param, TensorType};

impl<'t> Layout<'t> {
    /// The whole file.
    pub(super) fn file(&mut self, file: &'t File) -> Doc<'t> {
        let mut parts = Vec::with_capacity(2 * file.items.len() + 1);
        let mut previous_is_short = None;
        for item in &file.items {
            let start = item.span().start;
            let gap = self.spaced_gap(start, start);
            let doc = self.item(item);
            let is_short = match item {
                Item::Import(_) | Item::Const(_) => true,
                Item::Fn(_) => doc.fits(WIDTH),
                Item::Block(_) | Item::Net(_) => false,
            };
            parts.push(match previous_is_short {
                None => gap.leading(),
                Some(true) if is_short => gap.doc(),
                Some(_) => gap.separated(true),
            });
            parts.push(doc);
            previous_is_short = Some(is_short);
        }
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        parts.push(self.closing_gap(end, true, !file.items.is_empty()));
        Doc::concat(parts)
    }

    fn item(&mut self, item: &'t Item) -> Doc<'t> {
        match item {
            Item::Import(item) => self.import(item),
            Item::Const(item) => {
                let name = self.ident(&item.name);
                Doc::concat(vec![Doc::text("const "), name, Doc::text(" = "), self.value(&item.value)])
            }
            Item::Fn(item) => self.function(item),
            Item::Block(item) => self.block(item),
            Item::Net(item) => self.net(item),
        }
    }

    /// A name with the comments before it.
    pub(super) fn ident(&mut self, ident: &'t Ident) -> Doc<'t> {
        self.token(ident.span.start, &ident.name)
    }

    fn import(&mut self, import: &'t Import) -> Doc<'t> {
        let path = self.token_of(self.trivia.token_at(import.path_span.start));
        let names = self.listed(
            PADDED,
            import.span.end - 1,
            import.names.iter(),
            |_, name: &ImportName| name.name.span.start,
            |layout, name| {
                let original = layout.ident(&name.name);
                let Some(alias) = &name.alias else { return original };
                Doc::concat(vec![original, Doc::text(" as "), layout.ident(alias)])
            },
        );
        Doc::concat(vec![Doc::text("import "), path, Doc::text(" "), names])
    }

    fn function(&mut self, function: &'t Fn) -> Doc<'t> {
        let name = self.ident(&function.name);
        let params = self.params(&function.name, &function.params);
        let value = self.value(&function.value);
        Doc::concat(vec![Doc::text("fn "), name, params, Doc::text(" = "), value])
    }

    fn block(&mut self, block: &'t Block) -> Doc<'t> {
        let name = self.ident(&block.name);
        let params = self.params(&block.name, &block.params);
        let header = Doc::concat(vec![Doc::text("block "), name, params]);
        self.with_body(header, &block.conditions, &block.body)
    }

    fn net(&mut self, net: &'t Net) -> Doc<'t> {
        let name = self.ident(&net.name);
        let open = self.trivia.token_at(net.name.span.end);
        let close_at = self.trivia.closer(open);
        let inputs = self.listed(
            ROUND,
            close_at,
            net.inputs.iter(),
            |_, input| input.span.start,
            |layout, input| layout.field(&input.attributes, &input.name, &input.ty),
        );
        let outputs = self.outputs(net, close_at);
        // A record of outputs is broken before the inputs are, a single output only behind them.
        let is_record = net.outputs.iter().any(|output| output.name.is_some());
        let columns =
            [&name, &inputs, &outputs].iter().fold(width("net  ->  {"), |sum, part| sum.saturating_add(part.flat));
        let break_inputs = !is_record && !net.inputs.is_empty() && columns > WIDTH;
        let inputs = if break_inputs { inputs.broken() } else { inputs };
        let header = Doc::concat(vec![Doc::text("net "), name, inputs, Doc::text(" -> "), outputs]);
        self.with_body(header, &net.conditions, &net.body)
    }

    /// What stands behind the `->`, which follows the bracket at `close_at`.
    fn outputs(&mut self, net: &'t Net, close_at: u32) -> Doc<'t> {
        match net.outputs.as_slice() {
            [output] if output.name.is_none() => {
                let mut parts = Vec::new();
                for attribute in &output.attributes {
                    parts.extend([self.attribute(attribute), Doc::text(" ")]);
                }
                parts.push(self.tensor(&output.ty));
                Doc::concat(parts)
            }
            outputs => {
                let open = self.trivia.token_at(close_at) + 2;
                let fields = outputs.iter().filter_map(|output| Some((output, output.name.as_ref()?)));
                let fields: Vec<_> = fields.collect();
                self.listed(
                    CURLY,
                    self.trivia.closer(open),
                    fields.into_iter(),
                    |_, (output, _)| output.span.start,
                    |layout, (output, name)| layout.field(&output.attributes, name, &output.ty),
                )
            }
        }
    }

    /// `ATTRIBUTES NAME: TYPE`
    fn field(&mut self, attributes: &'t [Attribute], name: &'t Ident, ty: &'t TensorType) -> Doc<'t> {
        let mut parts = Vec::new();
        for (index, attribute) in attributes.iter().enumerate() {
            if index > 0 {
                parts.push(self.gap(attribute.span.start, Doc::line()));
            }
            parts.push(self.attribute(attribute));
        }
        if !attributes.is_empty() {
            parts.push(self.gap(name.span.start, Doc::line()));
        }
        parts.extend([self.ident(name), Doc::text(": "), self.tensor(ty)]);
        Doc::concat(parts).group()
    }

    /// A header, its conditions, and the body.
    fn with_body(&mut self, header: Doc<'t>, conditions: &'t [Expr], body: &'t Body) -> Doc<'t> {
        let conditions = if conditions.is_empty() { Doc::text(" ") } else { self.conditions(conditions, body) };
        Doc::concat(vec![header, conditions, self.body(body, true)])
    }

    fn conditions(&mut self, conditions: &'t [Expr], body: &'t Body) -> Doc<'t> {
        let mut parts = Vec::new();
        for (index, condition) in conditions.iter().enumerate() {
            let at = self.first(condition);
            parts.extend([self.gap(at, Doc::line()), self.expr(condition)]);
            parts.push(if index + 1 < conditions.len() { Doc::text(",") } else { Doc::comma() });
        }
        parts.push(self.closing_gap(body.span.start, false, true));
        let conditions = Doc::concat(parts).indent();
        Doc::concat(vec![Doc::line(), Doc::text("where"), conditions, Doc::line()]).group()
    }

    fn params(&mut self, name: &Ident, params: &'t [Param]) -> Doc<'t> {
        let open = self.trivia.token_at(name.span.end);
        self.listed(ROUND, self.trivia.closer(open), params.iter(), |_, param| param.span.start, Self::param)
    }

    fn param(&mut self, param: &'t Param) -> Doc<'t> {
        let mut parts = vec![self.ident(&param.name)];
        if let Some(op) = param.op {
            parts.extend([Doc::text(": "), self.token(op.start, "op")]);
        }
        if let Some(default) = &param.default {
            parts.extend([Doc::text(" = "), self.value(default)]);
        }
        Doc::concat(parts)
    }

    /// `@NAME` or `@NAME(ARGUMENTS)`, without parentheses where they are empty.
    pub(super) fn attribute(&mut self, attribute: &'t Attribute) -> Doc<'t> {
        let comments = self.amid(attribute.span.start);
        let mut parts = vec![comments, Doc::text("@"), self.ident(&attribute.name)];
        if !attribute.arguments.is_empty() {
            parts.push(self.arguments(&attribute.arguments));
        }
        Doc::concat(parts)
    }

    pub(super) fn tensor(&mut self, ty: &'t TensorType) -> Doc<'t> {
        let dtype = self.ident(&ty.dtype);
        let dims = self.listed(SQUARE, ty.span.end - 1, ty.dims.iter(), Self::first, Self::expr);
        Doc::concat(vec![dtype, dims])
    }
}
