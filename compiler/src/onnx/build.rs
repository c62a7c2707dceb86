//! The graph of a plan: nodes and parameters in the order in which the resolver makes them from the printed source.

use std::collections::HashMap;

use rebirth_lang::{FileId, Span};

use super::call::{Calls, Id, Operand};
use super::codes;
use super::constant::Constant;
use super::error::OnnxError;
use super::plan::Plan;
use crate::graph::{Builder, Init, Mode, Notes, Type, ValueId};
use crate::ops::constant::Constant as Number;
use crate::resolve::{Model, Origin};

/// The model, and the values of its parameters in the order of `Graph::params`.
pub(super) fn build(
    name: &str,
    calls: &Calls,
    plan: &Plan,
    inputs: &[&str],
    outputs: &[String],
) -> Result<(Model, Vec<Constant>), OnnxError> {
    let mut builder = Builder::new(name, Mode::Infer);
    let mut values: HashMap<Id, ValueId> = HashMap::new();
    let mut weights = Vec::new();
    let mut origins: Vec<Origin> = Vec::new();
    for (&id, name) in calls.inputs.iter().zip(inputs) {
        values.insert(id, builder.input(name, calls.tensors[id].ty.clone()));
    }
    let broken = |message: String| {
        OnnxError::new(codes::OPERANDS, message, "the model's shapes do not fit each other: export it again")
    };
    for statement in &plan.statements {
        let mut free = Vec::new();
        for (name, constant) in &statement.weights {
            let id = parameter(&mut builder, name, Type::f32(constant.shape.as_slice()), false)?;
            builder.set_notes(id, Notes { init: Some(Init::Fill(0.0)), ..Notes::default() });
            weights.push(constant.clone());
            free.push(id);
        }
        let mut free = free.into_iter();
        for (at, &position) in statement.calls.iter().enumerate() {
            let call = &calls.calls[position];
            let mut operands = Vec::new();
            for operand in &call.operands {
                operands.push(match operand {
                    Operand::Tensor(id) => values.get(id).copied(),
                    Operand::Weight(_) => free.next(),
                    Operand::Number(number) => {
                        let constant = Number::scalar(*number).ok_or_else(|| broken(format!("{number} is no f32")))?;
                        let made = builder.node("constant", constant.into(), Vec::new());
                        origins.push(origin(&statement.name));
                        made.map_err(|error| broken(error.message))?.first().copied()
                    }
                });
            }
            let mut operands = operands.into_iter().collect::<Option<Vec<_>>>();
            for (spec, constant) in &call.weights {
                let path = format!("{}.{}", statement.name, spec.suffix);
                let id = parameter(&mut builder, &path, spec.ty.clone(), spec.state)?;
                weights.push(constant.clone());
                operands.iter_mut().for_each(|operands| operands.push(id));
            }
            // Statements stand in the order of their operands.
            let operands = operands.ok_or_else(|| broken("an operand is missing".to_string()))?;
            let is_last = at + 1 == statement.calls.len();
            let name = match is_last {
                true => statement.name.clone(),
                false => format!("{}.{}", statement.name, call.entry.signature.name),
            };
            let made = builder.node(&name, call.op.clone(), operands).map_err(|error| broken(error.message))?;
            origins.push(origin(&statement.name));
            values.extend(call.results.iter().copied().zip(made));
        }
    }
    for ((_, id), name) in calls.outputs.iter().zip(outputs) {
        let value = values.get(id).copied().ok_or_else(|| broken("an output is missing".to_string()))?;
        builder.output(name, value);
    }
    let model = Model {
        graph: builder.finish(),
        images: vec![None; inputs.len()],
        labels: vec![None; outputs.len()],
        origins,
        warnings: Vec::new(),
    };
    Ok((model, weights))
}

fn origin(path: &str) -> Origin {
    Origin { span: Span::new(FileId::ROOT, 0, 0), path: path.to_string() }
}

/// A parameter; names are unique, so its path is.
fn parameter(builder: &mut Builder, path: &str, ty: Type, state: bool) -> Result<ValueId, OnnxError> {
    builder.param(path, ty, state).ok_or_else(|| {
        let message = format!("two weights would be called `{path}`");
        OnnxError::new(codes::NO_SOURCE, message, "give the layers of the model names of their own")
    })
}
