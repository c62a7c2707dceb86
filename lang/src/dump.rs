//! The syntax tree as text, for reading and for snapshots. Shows structure, not places: a moved line changes nothing.
//!
//! One line a statement and a stage; infix operators are written before their operands, so that grouping shows:
//! `4 * c + 1` is `(+ (* 4 c) 1)`.

use std::fmt::{self, Display, Write as _};

use crate::ast::{
    Arguments, Attribute, Body, Call, Expr, ExprKind, File, Item, NamedArgument, Param, Pattern, Statement, TensorType,
};

/// The whole file as text.
pub fn dump(file: &File) -> String {
    let mut dump = Dump { out: String::new() };
    for item in &file.items {
        dump.item(item);
    }
    dump.out
}

struct Dump {
    out: String,
}

impl Dump {
    fn line(&mut self, depth: usize, content: impl Display) {
        // Writing into a string can't fail.
        let _ = writeln!(self.out, "{:1$}{content}", "", 2 * depth);
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Import(item) => {
                self.line(0, format_args!("import {:?}", item.path));
                for name in &item.names {
                    match &name.alias {
                        Some(alias) => self.line(1, format_args!("{} as {alias}", name.name)),
                        None => self.line(1, &name.name),
                    }
                }
            }
            Item::Fn(item) => {
                self.line(0, format_args!("fn {}", item.name));
                self.params(&item.params);
                self.expr(1, &item.value);
            }
            Item::Const(item) => {
                self.line(0, format_args!("const {}", item.name));
                self.expr(1, &item.value);
            }
            Item::Block(item) => {
                self.line(0, format_args!("block {}", item.name));
                self.params(&item.params);
                self.conditions(&item.conditions);
                self.body(1, &item.body);
            }
            Item::Net(item) => {
                self.line(0, format_args!("net {}", item.name));
                for input in &item.inputs {
                    self.line(
                        1,
                        format_args!("input {}{}: {}", Attributes(&input.attributes), input.name, Type(&input.ty)),
                    );
                }
                for output in &item.outputs {
                    let attributes = Attributes(&output.attributes);
                    match &output.name {
                        Some(name) => self.line(1, format_args!("output {attributes}{name}: {}", Type(&output.ty))),
                        None => self.line(1, format_args!("output {attributes}{}", Type(&output.ty))),
                    }
                }
                self.conditions(&item.conditions);
                self.body(1, &item.body);
            }
        }
    }

    fn params(&mut self, params: &[Param]) {
        for param in params {
            let kind = if param.op.is_some() { ": op" } else { "" };
            match &param.default {
                Some(default) => self.line(1, format_args!("param {}{kind} = {}", param.name, Inline(default))),
                None => self.line(1, format_args!("param {}{kind}", param.name)),
            }
        }
    }

    fn conditions(&mut self, conditions: &[Expr]) {
        for condition in conditions {
            self.line(1, format_args!("where {}", Inline(condition)));
        }
    }

    fn body(&mut self, depth: usize, body: &Body) {
        for statement in &body.statements {
            match statement {
                Statement::Let(binding) if is_tall(&binding.value) => {
                    let head = format!("{}let {}", Attributes(&binding.attributes), Bound(&binding.pattern));
                    self.line(depth, head);
                    self.expr(depth + 1, &binding.value);
                }
                _ => self.line(depth, InlineStatement(statement)),
            }
        }
        if is_tall(&body.result) {
            self.line(depth, "yield");
            self.expr(depth + 1, &body.result);
        } else {
            self.line(depth, format_args!("yield {}", Inline(&body.result)));
        }
    }

    /// An expression on lines of its own.
    fn expr(&mut self, depth: usize, expr: &Expr) {
        match &expr.kind {
            ExprKind::Pipeline(pipeline) => {
                self.expr(depth, &pipeline.head);
                for stage in &pipeline.stages {
                    self.line(depth, format_args!("|> {}{}", Attributes(&stage.attributes), Called(&stage.call, true)));
                }
            }
            ExprKind::If(choice) => {
                for (index, branch) in choice.branches.iter().enumerate() {
                    let word = if index == 0 { "if" } else { "else if" };
                    self.line(depth, format_args!("{word} {}", Inline(&branch.condition)));
                    self.body(depth + 1, &branch.body);
                }
                self.line(depth, "else");
                self.body(depth + 1, &choice.otherwise);
            }
            ExprKind::For(loops) => {
                self.line(
                    depth,
                    format_args!(
                        "for {} in {} with {} = {}",
                        Bound(&loops.pattern),
                        Inline(&loops.list),
                        Bound(&loops.state),
                        Inline(&loops.init)
                    ),
                );
                self.body(depth + 1, &loops.body);
            }
            _ => self.line(depth, Inline(expr)),
        }
    }
}

/// Whether an expression gets lines of its own.
fn is_tall(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Pipeline(_) | ExprKind::If(_) | ExprKind::For(_))
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    show: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        show(f, item)?;
    }
    Ok(())
}

/// An expression within a line.
struct Inline<'a>(&'a Expr);

impl Display for Inline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ExprKind::Int(value) => write!(f, "{value}"),
            ExprKind::Float(value) => write!(f, "{value:?}"),
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Str(value) => write!(f, "{value:?}"),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::List(elements) => {
                f.write_str("[")?;
                separated(f, elements, |f, element| Inline(element).fmt(f))?;
                f.write_str("]")
            }
            ExprKind::Tuple(elements) => {
                f.write_str("(")?;
                separated(f, elements, |f, element| Inline(element).fmt(f))?;
                f.write_str(if elements.len() == 1 { ",)" } else { ")" })
            }
            ExprKind::Record(fields) => {
                f.write_str("{")?;
                separated(f, fields, named)?;
                f.write_str("}")
            }
            ExprKind::Range(range) => {
                write!(f, "(.. {} {})", Inline(&range.start), Inline(&range.end))
            }
            ExprKind::Unary(unary) => write!(f, "({} {})", unary.op, Inline(&unary.operand)),
            ExprKind::Binary(binary) => {
                write!(f, "({} {} {})", binary.op, Inline(&binary.left), Inline(&binary.right))
            }
            ExprKind::Index(index) => {
                write!(f, "{}[{}]", Inline(&index.base), Inline(&index.index))
            }
            ExprKind::Call(call) => Called(call, false).fmt(f),
            ExprKind::Pipeline(pipeline) => {
                write!(f, "({}", Inline(&pipeline.head))?;
                for stage in &pipeline.stages {
                    write!(f, " |> {}{}", Attributes(&stage.attributes), Called(&stage.call, true))?;
                }
                f.write_str(")")
            }
            ExprKind::If(choice) => {
                f.write_str("(if ")?;
                for branch in &choice.branches {
                    write!(f, "{} {} else ", Inline(&branch.condition), InlineBody(&branch.body))?;
                }
                write!(f, "{})", InlineBody(&choice.otherwise))
            }
            ExprKind::For(loops) => write!(
                f,
                "(for {} in {} with {} = {} {})",
                Bound(&loops.pattern),
                Inline(&loops.list),
                Bound(&loops.state),
                Inline(&loops.init),
                InlineBody(&loops.body)
            ),
        }
    }
}

fn named(f: &mut fmt::Formatter<'_>, argument: &NamedArgument) -> fmt::Result {
    write!(f, "{}: {}", argument.name, Inline(&argument.value))
}

/// A statement within a line.
struct InlineStatement<'a>(&'a Statement);

impl Display for InlineStatement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Attributes(self.0.attributes()).fmt(f)?;
        match self.0 {
            Statement::Let(binding) => write!(f, "let {} = {}", Bound(&binding.pattern), Inline(&binding.value)),
            Statement::Share(share) => write!(f, "share {} = {}", share.name, Called(&share.call, false)),
            Statement::Param(param) => {
                write!(f, "param {}: {} = {}", param.name, Type(&param.ty), Called(&param.init, false))
            }
        }
    }
}

struct InlineBody<'a>(&'a Body);

impl Display for InlineBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{ ")?;
        for statement in &self.0.statements {
            write!(f, "{}; ", InlineStatement(statement))?;
        }
        write!(f, "{} }}", Inline(&self.0.result))
    }
}

/// A call; whether it is a stage, which has no parentheses when it has no arguments.
struct Called<'a>(&'a Call, bool);

impl Display for Called<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Called(call, is_stage) = self;
        write!(f, "{}", call.callee)?;
        if !is_stage || !call.arguments.is_empty() {
            write!(f, "({})", Listed(&call.arguments))?;
        }
        match &call.alias {
            Some(alias) => write!(f, " as {alias}"),
            None => Ok(()),
        }
    }
}

struct Listed<'a>(&'a Arguments);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, &self.0.positional, |f, value| Inline(value).fmt(f))?;
        if !self.0.positional.is_empty() && !self.0.named.is_empty() {
            f.write_str(", ")?;
        }
        separated(f, &self.0.named, named)
    }
}

/// Attributes with a blank behind each.
struct Attributes<'a>(&'a [Attribute]);

impl Display for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attribute in self.0 {
            write!(f, "@{}", attribute.name)?;
            if !attribute.arguments.is_empty() {
                write!(f, "({})", Listed(&attribute.arguments))?;
            }
            f.write_str(" ")?;
        }
        Ok(())
    }
}

struct Bound<'a>(&'a Pattern);

impl Display for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Pattern::Name(name) => write!(f, "{name}"),
            Pattern::Ignore(_) => f.write_str("_"),
            Pattern::Tuple(parts, _) => {
                f.write_str("(")?;
                separated(f, parts, |f, part| Bound(part).fmt(f))?;
                f.write_str(if parts.len() == 1 { ",)" } else { ")" })
            }
        }
    }
}

struct Type<'a>(&'a TensorType);

impl Display for Type<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.0.dtype)?;
        separated(f, &self.0.dims, |f, dim| Inline(dim).fmt(f))?;
        f.write_str("]")
    }
}
