//! A net from its header to its outputs.

use rebirth_lang::ast::Item;
use rebirth_lang::{Diagnostic, ast};

use super::resolver::Resolver;
use super::value::Value;
use super::{Model, codes};
use crate::graph::{Builder, Graph, Mode, Type};

/// The name of the output of a net that does not name it.
const OUTPUT: &str = "output";

impl<'a> Resolver<'a> {
    /// Resolves the chosen net.
    pub(super) fn resolve(mut self) -> Result<Model, Vec<Diagnostic>> {
        let Some(net) = self.chosen_net() else {
            return Err(self.into_errors());
        };
        self.builder = Builder::new(&net.name.name, Mode::Infer);
        self.check_settings(net);
        for item in &self.file.items {
            if let Item::Const(constant) = item {
                self.constant(constant, constant.name.span);
            }
        }

        self.scopes.push();
        self.bind_symbols(net);
        self.scopes.push();
        let mut images = Vec::new();
        for input in &net.inputs {
            let ty = self.tensor_type(&input.ty);
            images.push(self.image(input, ty.as_ref()));
            let value = ty.map_or(Value::Error, |ty| Value::Tensor(self.builder.input(&input.name.name, ty)));
            if let Err(first) = self.scopes.bind(&input.name.name, value, input.name.span) {
                self.duplicate_binding(&input.name, first);
            }
        }
        let mut labels = Vec::new();
        let mut declared = Vec::new();
        for output in &net.outputs {
            labels.push(self.labels(output));
            declared.push(self.tensor_type(&output.ty));
        }

        let result = self.body(&net.body);
        if let Some(problem) = self.paths.check() {
            self.path_problem(problem);
        }
        self.outputs(net, &result, &declared);
        if !self.errors.is_empty() {
            return Err(self.into_errors());
        }
        let mut graph = self.builder.finish();
        self.names.apply(&mut graph);
        let warnings = unused_inputs(net, &graph);
        Ok(Model { graph, images, labels, origins: self.origins, warnings })
    }

    fn outputs(&mut self, net: &'a ast::Net, result: &Value, declared: &[Option<Type>]) {
        let values = match (net.outputs.as_slice(), result) {
            ([_], value) => vec![value.clone()],
            (outputs, Value::List(list)) if list.items.len() == outputs.len() => list.items.clone(),
            (_, value) => vec![value.clone(); net.outputs.len()],
        };
        let place = net.body.result.span;
        for ((output, value), declared) in net.outputs.iter().zip(values).zip(declared) {
            match value {
                Value::Error => {}
                Value::Tensor(id) => {
                    let found = self.builder.ty(id).clone();
                    if let Some(declared) = declared
                        && *declared != found
                    {
                        self.report(
                            Diagnostic::new(
                                codes::OUTPUT_TYPE,
                                format!("the net declares {declared}, but its result is {found}"),
                            )
                            .label(output.ty.span, format!("declared as {declared}"))
                            .label(place, format!("this is {found}"))
                            .help(format!("change the last layers, or declare {found}")),
                        );
                    }
                    self.builder.output(output.name.as_ref().map_or(OUTPUT, |name| &name.name), id);
                }
                other => {
                    let found = other.describe(&self.builder);
                    self.report(
                        Diagnostic::new(
                            codes::NOT_A_TENSOR,
                            format!("the result of a net must be a tensor, not {found}"),
                        )
                        .label(place, format!("this is {found}"))
                        .label(output.ty.span, "declared here")
                        .help("end the body with the expression that computes the output"),
                    );
                }
            }
        }
    }
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
