//! A net from its header to its outputs.

use std::collections::{HashMap, HashSet};

use rebirth_lang::ast::{Ident, Item};
use rebirth_lang::{Diagnostic, Span, ast};

use super::header::Typed;
use super::resolver::Resolver;
use super::sizes::Found;
use super::value::Value;
use super::{Model, codes, suggest};
use crate::extent::{Condition, Extent};
use crate::graph::{Builder, Graph, Mode, ValueId};

/// The name of the output of a net that does not name it.
const OUTPUT: &str = "output";

impl<'a> Resolver<'a> {
    /// Resolves the chosen net.
    pub(super) fn resolve(mut self) -> Result<Model, Vec<Diagnostic>> {
        let net = self.chosen_net();
        self.all_constants();
        let resolved = net.and_then(|net| self.net(net));
        self.check_uncalled();
        match resolved {
            Some((model, _)) if self.errors.is_empty() => Ok(model),
            _ => Err(self.into_errors()),
        }
    }

    /// Resolves a net, behind all constants; nothing when an error was met, told or not. Also says what was found out about its sizes
    /// where it is resolved for all sizes.
    pub(super) fn net(&mut self, net: &'a ast::Net) -> Option<(Model, Found)> {
        let failures = self.failures;
        self.builder = Builder::new(&net.name.name, self.settings.mode);
        self.check_settings(net);

        self.scopes.push();
        self.bind_symbols(net);
        if !self.for_all_sizes && !self.conditions(&net.conditions, false) {
            // What the layers say about such sizes would follow from it.
            return None;
        }
        self.scopes.push();
        let mut images = Vec::new();
        for input in &net.inputs {
            let ty = self.tensor_type(&input.ty);
            for (dim, form) in input.ty.dims.iter().zip(ty.iter().flat_map(|typed| &typed.forms.shape)) {
                self.check_positive(dim, form);
            }
            images.push(self.image(input, ty.as_ref().map(|typed| &typed.ty)));
            let value = ty.map_or(Value::Error, |typed| {
                let id = self.builder.input(&input.name.name, typed.ty);
                self.note_forms(id, typed.forms, &[], input.ty.span);
                Value::Tensor(id)
            });
            if let Err(first) = self.scopes.bind(&input.name.name, value, input.name.span) {
                self.duplicate_binding(&input.name, first);
            }
        }
        let mut declared = Vec::new();
        for output in &net.outputs {
            let labels = self.labels(output);
            let train = self.is_for_training(output);
            let ty = self.tensor_type(&output.ty);
            declared.push(Declared { output, labels, train, ty });
        }
        self.check_outputs(net);

        let result = self.body(&net.body);
        if let Some(problem) = self.paths.check() {
            self.path_problem(problem);
        }
        let labels = self.outputs(net, &result, declared);
        if self.failures == failures {
            self.clashes();
        }
        let found = if self.failures == failures { self.found(net) } else { Found::default() };
        if self.failures > failures || self.stopped {
            return None;
        }
        let empty = Builder::new("", self.settings.mode);
        let mut graph = std::mem::replace(&mut self.builder, empty).finish();
        let mut origins = std::mem::take(&mut self.origins);
        std::mem::take(&mut self.names).apply(&mut graph, &origins);
        self.warnings.extend(unused_inputs(net, &graph));
        if graph.mode == Mode::Infer && graph.outputs.iter().any(|output| output.train) {
            let kept = graph.leave_out_training();
            origins = origins.into_iter().zip(kept).filter_map(|(origin, kept)| kept.then_some(origin)).collect();
        }
        Some((Model { graph, images, labels, origins, warnings: std::mem::take(&mut self.warnings) }, found))
    }

    /// Checks what can be checked without a net.
    pub(super) fn check_library(mut self) -> Result<(), Vec<Diagnostic>> {
        self.all_constants();
        self.check_uncalled();
        if self.errors.is_empty() { Ok(()) } else { Err(self.into_errors()) }
    }

    /// Evaluates the constants of all files, used or not.
    pub(super) fn all_constants(&mut self) {
        let program = self.program;
        for (id, file) in program.files() {
            for item in &file.items {
                if let Item::Const(constant) = item {
                    self.within(id, |this| this.constant(constant, constant.name.span));
                }
            }
        }
    }

    /// Reports outputs of one name, and a net that yields nothing but what training needs.
    fn check_outputs(&mut self, net: &'a ast::Net) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in net.outputs.iter().filter_map(|output| output.name.as_ref()) {
            if let Some(first) = seen.insert(&name.name, name.span) {
                self.duplicate_binding(name, first);
            }
        }
        let train: Vec<&ast::Attribute> = net.outputs.iter().filter_map(train_attribute).collect();
        if let [attribute, ..] = train.as_slice()
            && train.len() == net.outputs.len()
        {
            self.error(
                codes::MISPLACED_ATTRIBUTE,
                "every output of the net is for training only".to_string(),
                attribute.span,
                "leaves nothing to infer",
                "leave `@train` out in front of the outputs that the network is for",
            );
        }
    }

    /// Takes the result apart into the declared outputs; returns their labels, those of training left out in inference.
    fn outputs(&mut self, net: &'a ast::Net, result: &Value, declared: Vec<Declared<'a>>) -> Vec<Option<String>> {
        let values = self.by_output(net, result);
        let mut labels = Vec::new();
        for (declared, (value, span)) in declared.into_iter().zip(values) {
            self.output(&declared, value, span);
            if !declared.train || self.settings.mode == Mode::Train {
                labels.push(declared.labels);
            }
        }
        labels
    }

    /// The value of each declared output, and its place.
    fn by_output(&mut self, net: &'a ast::Net, result: &Value) -> Vec<(Value, Span)> {
        let place = net.body.result.span;
        let names: Option<Vec<&'a ast::Ident>> = net.outputs.iter().map(|output| output.name.as_ref()).collect();
        let (Some(names), Value::Record(fields)) = (&names, result) else {
            if let Some(names) = names
                && !result.is_error()
            {
                self.no_record(net, result, &names);
                return vec![(Value::Error, place); net.outputs.len()];
            }
            return vec![(result.clone(), place); net.outputs.len()];
        };
        let declared: HashSet<&str> = names.iter().map(|name| name.name.as_str()).collect();
        let mut strangers = false;
        for (field, _) in fields.iter() {
            if !declared.contains(field.name.as_str()) {
                strangers = true;
                if self.is_known(codes::OUTPUT_FIELDS.id, Some(field.span)) {
                    break;
                }
                let all = || names.iter().map(|name| name.name.as_str());
                let diagnostic = Diagnostic::new(codes::OUTPUT_FIELDS, format!("the net declares no output `{field}`"))
                    .label(field.span, "not an output");
                let near = suggest::nearest(&field.name, all());
                let diagnostic = suggest::repair(diagnostic, field.span, near, || {
                    format!("the outputs are {}", suggest::listing(all()))
                });
                self.report(diagnostic);
            }
        }
        let given: HashMap<&str, &(Ident, Value)> = fields.iter().map(|field| (field.0.name.as_str(), field)).collect();
        let mut values = Vec::new();
        for name in names {
            if let Some((field, value)) = given.get(name.name.as_str()) {
                values.push((value.clone(), field.span));
                continue;
            }
            // A field that is no output was meant for one of these.
            if !strangers {
                self.report(
                    Diagnostic::new(codes::OUTPUT_FIELDS, format!("the result has no `{name}`"))
                        .label(place, format!("`{name}` is missing here"))
                        .label(name.span, "declared here")
                        .help(format!("add `{name}: ..` to the record")),
                );
            }
            values.push((Value::Error, place));
        }
        values
    }

    fn no_record(&mut self, net: &'a ast::Net, result: &Value, names: &[&'a ast::Ident]) {
        let found = self.describe(result);
        let place = net.body.result.span;
        let form: Vec<String> = names.iter().map(|name| format!("{name}: ..")).collect();
        let mut diagnostic =
            Diagnostic::new(codes::OUTPUT_FIELDS, format!("the result of this net must be a record, not {found}"))
                .label(place, format!("this is {found}"));
        if let [first, .., last] = names {
            diagnostic = diagnostic.label(first.span.to(last.span), "the outputs are declared here");
        }
        self.report(diagnostic.help(format!("end the body with `{{{}}}`", form.join(", "))));
    }

    /// Whether a value is not of a declared type for all sizes; with a condition under which it is, where one was found.
    fn differs(&mut self, declared: &Typed, value: ValueId, span: Span) -> Option<Option<Condition>> {
        if self.type_forms(value).is_none() {
            return (declared.ty != *self.builder.ty(value)).then_some(None);
        }
        self.proving(span, |this| this.forms_differ(declared, value))?
    }

    fn forms_differ(&self, declared: &Typed, value: ValueId) -> Option<Option<Condition>> {
        let found = self.type_forms(value)?;
        if found.dtype != declared.forms.dtype || found.rank() != declared.forms.rank() {
            return Some(None);
        }
        let mut pairs = found.shape.iter().zip(&declared.forms.shape).filter(|(a, b)| !a.same(b));
        let (a, b) = pairs.next()?;
        Some(if pairs.next().is_none() { a.same_if(b) } else { None })
    }

    fn output(&mut self, declared: &Declared<'a>, value: Value, place: Span) {
        let output = declared.output;
        match value {
            _ if value.is_error() => {}
            Value::Tensor(id) => {
                let found = self.shown(id);
                if let Some(declared) = &declared.ty
                    && let Some(condition) = self.differs(declared, id, output.ty.span)
                {
                    let declared =
                        if self.for_all_sizes { declared.forms.to_string() } else { declared.ty.to_string() };
                    let mut diagnostic = Diagnostic::new(
                        codes::OUTPUT_TYPE,
                        format!("the net declares {declared}, but its result is {found}"),
                    )
                    .label(output.ty.span, format!("declared as {declared}"))
                    .label(place, format!("this is {found}"));
                    let mut help = format!("change the last layers, or declare {found}");
                    if let Some(condition) = condition {
                        diagnostic = self.blame_where(diagnostic);
                        help = format!(
                            "they are equal if `{condition}`: write that in the `where` clause; or declare {found}"
                        );
                    }
                    self.report(diagnostic.help(help));
                }
                let name = output.name.as_ref().map_or(OUTPUT, |name| &name.name);
                if declared.train {
                    self.builder.training_output(name, id);
                } else {
                    self.builder.output(name, id);
                }
            }
            other => {
                let found = self.describe(&other);
                let help = match &other {
                    Value::Op(op) => format!("call it: `x |> {}`", op.name),
                    Value::Record(_) => "declare the outputs: `-> {main: f32[n, 10], aux: f32[n, 10]}`".to_string(),
                    Value::List(_) => "join the tensors with `concat`, or declare several outputs: `-> {a: f32[n, 10], b: f32[n, 10]}`".to_string(),
                    _ => "end the body with the expression that computes the output".to_string(),
                };
                self.report(
                    Diagnostic::new(codes::NOT_A_TENSOR, format!("the result of a net must be a tensor, not {found}"))
                        .label(place, format!("this is {found}"))
                        .label(output.ty.span, "declared here")
                        .help(help),
                );
            }
        }
    }
}

fn train_attribute(output: &ast::Output) -> Option<&ast::Attribute> {
    output.attributes.iter().find(|attribute| attribute.name.name == "train")
}

/// An output as the net's header declares it.
struct Declared<'a> {
    output: &'a ast::Output,
    labels: Option<String>,
    train: bool,
    /// None after an error in it.
    ty: Option<Typed>,
}

fn unused_inputs(net: &ast::Net, graph: &Graph) -> Vec<Diagnostic> {
    let mut used = vec![false; graph.values.len()];
    for value in
        graph.nodes.iter().flat_map(|node| &node.inputs).chain(graph.outputs.iter().map(|output| &output.value))
    {
        used[value.index()] = true;
    }
    net.inputs
        .iter()
        .zip(&graph.inputs)
        .filter(|(_, value)| !used[value.index()])
        .map(|(input, _)| {
            Diagnostic::new(codes::UNUSED_INPUT, format!("the input `{}` is not used", input.name))
                .label(input.name.span, "no layer reads this")
                .help("leave it out")
        })
        .collect()
}
