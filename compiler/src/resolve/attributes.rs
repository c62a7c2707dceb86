//! Attributes of inputs and outputs: `@image`, `@labels` and `@train`; the table of all attributes.

use rebirth_lang::ast::{Attribute, Expr, ExprKind, Input, Output};
use rebirth_lang::{Diagnostic, Span};
use rebirth_runtime::DType;
use rebirth_runtime::image::{Filter, ImageSpec, Order, Resize};

use super::resolver::Resolver;
use super::value::Value;
use super::{codes, suggest};
use crate::graph::Type;

/// The arguments of `@image`, all required.
const IMAGE: [&str; 7] = ["resize", "filter", "crop", "order", "range", "mean", "std"];

/// Every attribute and where it stands.
const TABLE: [(&str, &str); 9] = [
    ("freeze", LAYERS),
    ("image", "an input"),
    ("init", LAYERS),
    ("keep", "a `let` or a stage of a pipeline"),
    ("labels", "an output"),
    ("lr", LAYERS),
    ("new", LAYERS),
    ("path", LAYERS),
    ("train", "an output"),
];

/// An argument with its value.
type Evaluated<'a> = (Value, &'a Expr);

/// Where attributes about weights stand.
const LAYERS: &str = "a `let`, `share`, `param` or a stage of a pipeline";

impl<'a> Resolver<'a> {
    #[cold]
    pub(super) fn misplaced(&mut self, attribute: &Attribute, place: &str) {
        let name = &attribute.name;
        if let Some((known, home)) = TABLE.iter().find(|(known, _)| *known == name.name) {
            self.error(
                codes::MISPLACED_ATTRIBUTE,
                format!("`@{known}` says nothing about {place}"),
                attribute.span,
                "misplaced",
                &format!("put it in front of {home}"),
            );
            return;
        }
        let names = || TABLE.iter().map(|(known, _)| *known);
        let mut diagnostic = Diagnostic::new(codes::UNKNOWN_ATTRIBUTE, format!("there is no attribute `@{name}`"))
            .label(name.span, "not an attribute");
        let help = match suggest::nearest(&name.name, names()) {
            Some(near) => {
                diagnostic = diagnostic.fix(name.span, near);
                format!("did you mean `@{near}`?")
            }
            None => format!("the attributes are {}", suggest::listing(names())),
        };
        self.report(diagnostic.help(help));
    }

    /// The one attribute of this name; reports all others.
    fn only(&mut self, attributes: &'a [Attribute], name: &str, place: &str, others: &[&str]) -> Option<&'a Attribute> {
        let mut found: Option<&'a Attribute> = None;
        for attribute in attributes {
            if others.contains(&attribute.name.name.as_str()) {
                continue;
            }
            if attribute.name.name != name {
                self.misplaced(attribute, place);
            } else if let Some(first) = found {
                self.duplicate_attribute(attribute, first);
            } else {
                found = Some(attribute);
            }
        }
        found
    }

    /// The `@image` of an input, whose type is `ty` unless that is wrong itself.
    pub(super) fn image(&mut self, input: &'a Input, ty: Option<&Type>) -> Option<ImageSpec> {
        let attribute = self.only(&input.attributes, "image", "an input", &[])?;
        let mut args: [Option<&'a Expr>; IMAGE.len()] = [None; IMAGE.len()];
        let mut good = true;
        for expr in &attribute.arguments.positional {
            good = false;
            self.attribute_argument(
                expr.span,
                "the arguments of `@image` have names",
                "which argument is this?",
                "write `resize: \"crop\"`",
            );
        }
        for argument in &attribute.arguments.named {
            match IMAGE.iter().position(|name| *name == argument.name.name) {
                Some(position) => args[position] = Some(&argument.value),
                None => {
                    good = false;
                    let name = &argument.name;
                    let message = format!("`@image` has no argument `{name}`");
                    let diagnostic =
                        Diagnostic::new(codes::ATTRIBUTE_ARGUMENT, message).label(name.span, "not an argument");
                    let near = suggest::nearest(&name.name, IMAGE);
                    let diagnostic = suggest::repair(diagnostic, name.span, near, || {
                        format!("`@image` takes {}", suggest::listing(IMAGE))
                    });
                    self.report(diagnostic);
                }
            }
        }
        let missing: Vec<&str> =
            IMAGE.iter().zip(&args).filter(|(_, arg)| arg.is_none()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            if good {
                let message = format!("`@image` needs {}", suggest::listing(missing));
                let help = "all of it matters: a network fed differently from how it was trained is quietly wrong";
                self.attribute_argument(attribute.span, &message, "incomplete", help);
            }
            return None;
        }
        let [resize, filter, crop, order, range, mean, std] = args.map(|arg| arg.map(|expr| (self.expr(expr), expr)));
        let resize = self.choice("resize", resize, &[("crop", Resize::Crop), ("stretch", Resize::Stretch)]);
        let filter = self.choice(
            "filter",
            filter,
            &[
                ("nearest", Filter::Nearest),
                ("bilinear", Filter::Bilinear),
                ("bicubic", Filter::Bicubic),
                ("lanczos", Filter::Lanczos),
            ],
        );
        let order_span = order.as_ref().map(|(_, expr)| expr.span);
        let order = self.choice("order", order, &[("rgb", Order::Rgb), ("bgr", Order::Bgr), ("gray", Order::Gray)]);
        let crop = self.number_argument("crop", crop, "a number above 0 and at most 1", |v| v > 0.0 && v <= 1.0);
        let range = self.number_argument("range", range, "255 or 1", |v| v == 255.0 || v == 1.0);
        let channels = order.map(Order::channels);
        let mean = self.statistics("mean", mean, channels, "finite number", |v| v.is_finite());
        let std = self.statistics("std", std, channels, "positive number", |v| v.is_finite() && v > 0.0);
        let [height, width] = self.image_type(input, attribute.span, ty?, order.zip(order_span))?;
        let spec = ImageSpec {
            resize: resize?,
            filter: filter?,
            crop: crop?,
            order: order?,
            range: range? as f32,
            mean: mean?,
            std: std?,
            height,
            width,
        };
        good.then_some(spec)
    }

    /// Height and width of an input that can be an image.
    fn image_type(
        &mut self,
        input: &Input,
        attribute: Span,
        ty: &Type,
        order: Option<(Order, Span)>,
    ) -> Option<[usize; 2]> {
        let name = &input.name;
        let (DType::F32, [_, channels, height, width]) = (ty.dtype, ty.shape.as_slice()) else {
            self.report(
                Diagnostic::new(codes::IMAGE_INPUT, format!("the input `{name}` is {ty}, which is no image"))
                    .label(input.ty.span, format!("this is {ty}"))
                    .label(attribute, "this makes it an image")
                    .help("images are f32[n, channels, height, width]"),
            );
            return None;
        };
        let (order, span) = order?;
        if order.channels() != *channels {
            let wanted = order.channels();
            self.report(
                Diagnostic::new(
                    codes::IMAGE_INPUT,
                    format!("the input `{name}` has {}, its `order` has {wanted}", count(*channels)),
                )
                .label(input.ty.span, format!("this is {ty}"))
                .label(span, format!("this order has {}", count(wanted)))
                .help("\"rgb\" and \"bgr\" have 3 channels, \"gray\" has 1"),
            );
            return None;
        }
        Some([*height, *width])
    }

    pub(super) fn attribute_argument(&mut self, span: Span, message: &str, label: &str, help: &str) {
        self.error(codes::ATTRIBUTE_ARGUMENT, message.to_string(), span, label, help);
    }

    #[cold]
    pub(super) fn wrong_argument(&mut self, name: &str, value: &Value, span: Span, wanted: &str) {
        if !value.is_error() {
            let found = self.describe(value);
            let message = format!("`{name}` must be {wanted}, not {found}");
            self.attribute_argument(span, &message, &format!("this is {found}"), &format!("give `{name}` {wanted}"));
        }
    }

    fn choice<T: Copy>(&mut self, name: &str, arg: Option<Evaluated<'a>>, choices: &[(&str, T)]) -> Option<T> {
        let (value, expr) = arg?;
        let span = expr.span;
        let Value::Str(text) = &value else {
            let all: Vec<String> = choices.iter().map(|(choice, _)| format!("{choice:?}")).collect();
            self.wrong_argument(name, &value, span, &format!("one of {}", all.join(", ")));
            return None;
        };
        if let Some((_, choice)) = choices.iter().find(|(choice, _)| *choice == text.as_str()) {
            return Some(*choice);
        }
        let near = suggest::nearest(text, choices.iter().map(|(choice, _)| *choice));
        let near = near.filter(|_| matches!(expr.kind, ExprKind::Str(_))).map(|near| format!("{near:?}"));
        let message = format!("`{name}` cannot be {}", self.describe(&value));
        let diagnostic = Diagnostic::new(codes::ATTRIBUTE_ARGUMENT, message).label(span, "not one of its values");
        let diagnostic = suggest::repair(diagnostic, span, near.as_deref(), || {
            let all: Vec<String> = choices.iter().map(|(choice, _)| format!("{choice:?}")).collect();
            format!("it is one of {}", suggest::listing(all.iter().map(String::as_str)))
        });
        self.report(diagnostic);
        None
    }

    fn number_argument(
        &mut self,
        name: &str,
        arg: Option<Evaluated<'a>>,
        wanted: &str,
        good: impl Fn(f64) -> bool,
    ) -> Option<f64> {
        let (value, expr) = arg?;
        let span = expr.span;
        match value.number() {
            Some(number) if good(number) => Some(number),
            _ => {
                self.wrong_argument(name, &value, span, wanted);
                None
            }
        }
    }

    /// One number a channel.
    fn statistics(
        &mut self,
        name: &str,
        arg: Option<Evaluated<'a>>,
        channels: Option<usize>,
        wanted: &str,
        good: impl Fn(f32) -> bool,
    ) -> Option<Vec<f32>> {
        let (value, expr) = arg?;
        let Value::List(list) = &value else {
            self.wrong_argument(name, &value, expr.span, &format!("a list of {wanted}s"));
            return None;
        };
        let mut numbers = Vec::with_capacity(list.items.len());
        for (i, item) in list.items.iter().enumerate() {
            match item.number().map(|v| v as f32).filter(|v| good(*v)) {
                Some(number) => numbers.push(number),
                None => {
                    let span = match &expr.kind {
                        ExprKind::List(parts) | ExprKind::Tuple(parts) => parts.get(i).map(|part| part.span),
                        _ => None,
                    };
                    let name = format!("{name}[{i}]");
                    self.wrong_argument(&name, item, span.unwrap_or(expr.span), &format!("a {wanted}"));
                    return None;
                }
            }
        }
        if numbers.len() != channels? {
            let wanted = format!("a list of {}, one number a channel", channels?);
            self.wrong_argument(name, &value, expr.span, &wanted);
            return None;
        }
        Some(numbers)
    }

    /// Whether an output has `@train`: it exists in training only.
    pub(super) fn is_for_training(&mut self, output: &'a Output) -> bool {
        let mut all = output.attributes.iter().filter(|attribute| attribute.name.name == "train");
        let Some(first) = all.next() else { return false };
        if let Some(again) = all.next() {
            self.duplicate_attribute(again, first);
        }
        self.no_arguments(first)
    }

    /// The `@labels` of an output: a relative path that stays inside the source's folder.
    pub(super) fn labels(&mut self, output: &'a Output) -> Option<String> {
        let attribute = self.only(&output.attributes, "labels", "an output", &["train"])?;
        let expr = self.only_argument(attribute, "file", "@labels(\"labels.txt\")")?;
        let value = self.expr(expr);
        let Value::Str(path) = &value else {
            self.wrong_argument("file", &value, expr.span, "a string");
            return None;
        };
        if is_inside(path) {
            return Some(path.to_string());
        }
        self.error(
            codes::LABELS_FILE,
            "the file of labels must lie in the model's folder".to_string(),
            expr.span,
            "not a plain relative path",
            "give the name of a file beside the `.net` file, with `/` between folders and without `..`",
        );
        None
    }
}

/// A number of channels, in words.
fn count(channels: usize) -> String {
    if channels == 1 { "1 channel".to_string() } else { format!("{channels} channels") }
}

/// Whether a path is relative and goes down only, on every system.
fn is_inside(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(plain) && !path.contains(['\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn paths_inside() {
        for (path, expected) in [
            ("labels.txt", true),
            ("labels/en.txt", true),
            ("..a", true),
            ("", false),
            ("/etc/passwd", false),
            ("../labels.txt", false),
            ("a/../../b", false),
            ("./a", false),
            ("a//b", false),
            ("a/", false),
            ("..\\a", false),
            ("c:a", false),
            ("a\0b", false),
        ] {
            assert_eq!(is_inside(path), expected, "{path:?}");
        }
    }
}
