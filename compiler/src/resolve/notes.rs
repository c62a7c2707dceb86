//! The attributes of statements and stages: `@path`, and what they say about training. All but `@path` and `@keep` hold for
//! everything inside; the innermost decides.

use rebirth_lang::ast::{Attribute, Expr};
use rebirth_lang::{Diagnostic, Span};

use super::codes;
use super::paths::MAX_PATH;
use super::resolver::Resolver;
use super::value::Value;
use crate::graph::{Def, Init, Notes};

/// What the attributes of a statement or stage say.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// About the weights inside, with what enclosing attributes say.
    pub(super) notes: Notes,
    /// `@path`: what the paths of its weights begin with.
    pub(super) path: Option<String>,
    /// The place of `@keep`.
    pub(super) keep: Option<Span>,
}

impl<'a> Resolver<'a> {
    /// Reads the attributes of something with weights.
    pub(super) fn noted(&mut self, attributes: &'a [Attribute], place: &str) -> Noted {
        let mut noted = Noted { notes: self.notes.clone(), ..Noted::default() };
        for (i, attribute) in attributes.iter().enumerate() {
            let name = attribute.name.name.as_str();
            if !matches!(name, "freeze" | "new" | "keep" | "lr" | "init" | "path") {
                self.misplaced(attribute, place);
                continue;
            }
            if let Some(first) = attributes[..i].iter().find(|first| first.name.name == name) {
                self.duplicate_attribute(attribute, first);
                continue;
            }
            match name {
                "freeze" => noted.notes.freeze = self.no_arguments(attribute),
                "new" => noted.notes.new = self.no_arguments(attribute),
                "keep" => noted.keep = self.no_arguments(attribute).then_some(attribute.span),
                "lr" => noted.notes.lr = self.rate(attribute).or(noted.notes.lr),
                "init" => noted.notes.init = self.start(attribute).or(noted.notes.init),
                _ => noted.path = self.path_attribute(attribute),
            }
        }
        noted
    }

    /// Reads the attributes of a call that makes no weights of its own: `@keep`.
    pub(super) fn keep_only(&mut self, attributes: &'a [Attribute], place: &str) -> Noted {
        let mut first: Option<&Attribute> = None;
        for attribute in attributes {
            match first {
                _ if attribute.name.name != "keep" => self.misplaced(attribute, place),
                Some(first) => self.duplicate_attribute(attribute, first),
                None => first = self.no_arguments(attribute).then_some(attribute),
            }
        }
        Noted { notes: self.notes.clone(), path: None, keep: first.map(|attribute| attribute.span) }
    }

    /// True; reports the arguments of an attribute that takes none.
    pub(super) fn no_arguments(&mut self, attribute: &'a Attribute) -> bool {
        let name = &attribute.name;
        if !attribute.arguments.positional.is_empty() || !attribute.arguments.named.is_empty() {
            let message = format!("`@{name}` takes no arguments");
            self.attribute_argument(
                attribute.arguments.span,
                &message,
                "nothing to say here",
                &format!("write `@{name}`"),
            );
        }
        true
    }

    /// The only argument of an attribute, by position or by its name.
    pub(super) fn only_argument(&mut self, attribute: &'a Attribute, label: &str, example: &str) -> Option<&'a Expr> {
        let arguments = &attribute.arguments;
        match (arguments.positional.as_slice(), arguments.named.as_slice()) {
            ([only], []) => return Some(only),
            ([], [only]) if only.name.name == label => return Some(&only.value),
            _ => {}
        }
        let message = format!("`@{}` takes one argument, `{label}`", attribute.name);
        self.attribute_argument(attribute.span, &message, "here", &format!("write `{example}`"));
        None
    }

    fn rate(&mut self, attribute: &'a Attribute) -> Option<f64> {
        let expr = self.only_argument(attribute, "factor", "@lr(10)")?;
        let value = self.expr(expr);
        let rate = value.number().filter(|rate| *rate > 0.0);
        if rate.is_none() {
            self.wrong_argument(
                "factor",
                &value,
                expr.span,
                "a positive number: what the learning rate is multiplied by",
            );
        }
        rate
    }

    fn start(&mut self, attribute: &'a Attribute) -> Option<Init> {
        let expr = self.only_argument(attribute, "initialiser", "@init(kaiming)")?;
        self.init_expr(expr)
    }

    /// The path that `@path` says.
    fn path_attribute(&mut self, attribute: &'a Attribute) -> Option<String> {
        let expr = self.only_argument(attribute, "path", "@path(\"features.0\")")?;
        let value = self.expr(expr);
        let Value::Str(path) = &value else {
            self.wrong_argument("path", &value, expr.span, "a string");
            return None;
        };
        let is_part =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        if path.len() <= MAX_PATH && path.split('.').all(is_part) {
            return Some(path.to_string());
        }
        self.attribute_argument(
            expr.span,
            "this is no weight path",
            "not a path",
            &format!("a path is letters, digits and `_`, with `.` between its parts, at most {MAX_PATH} bytes"),
        );
        None
    }

    pub(super) fn duplicate_attribute(&mut self, attribute: &Attribute, first: &Attribute) {
        self.report(
            Diagnostic::new(codes::DUPLICATE_ATTRIBUTE, format!("`@{}` is given twice", attribute.name))
                .label(attribute.span, "given again here")
                .label(first.span, "given first here")
                .help("keep one of them"),
        );
    }

    /// Marks the node of a value as one that passes must keep.
    pub(super) fn keep(&mut self, keep: Option<Span>, value: &Value) {
        let Some(span) = keep else { return };
        match value {
            _ if value.is_error() => {}
            Value::Tensor(id) if matches!(self.builder.graph().value(*id).def, Def::Node(..)) => {
                self.builder.set_notes(*id, Notes { keep: true, ..Notes::default() });
            }
            _ => self.misplaced_keep(span, "this makes no tensor that could go"),
        }
    }

    pub(super) fn misplaced_keep(&mut self, span: Span, why: &str) {
        self.error(
            codes::MISPLACED_ATTRIBUTE,
            "`@keep` is for the result of a layer".to_string(),
            span,
            why,
            "put it in front of the `let` or stage whose result passes shall not remove",
        );
    }
}
