//! The source of a plan.

use std::fmt::Write;

use rebirth_lang::{Source, format, parse};

use super::call::{Calls, Operand, SourceCall};
use super::codes;
use super::error::OnnxError;
use super::plan::{Plan, Statement, infix};
use crate::ops::call::Default;
use crate::ops::{ArgKind, ArgValue, Operands};

/// A net's header: its name, the types of inputs and outputs as text, each with its name.
pub(super) struct Head {
    pub(super) net: String,
    /// What the model was read from, for the comment at the top.
    pub(super) file: String,
    pub(super) inputs: Vec<(String, String)>,
    pub(super) outputs: Vec<(String, String)>,
}

/// The source in canonical layout.
///
/// # Errors
/// E1019: it would be longer, or nest deeper, than a source may.
pub(super) fn source(head: &Head, calls: &Calls, plan: &Plan) -> Result<String, OnnxError> {
    let mut text = format!("// Imported from {}.\n\n", head.file);
    let inputs = head.inputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect::<Vec<_>>().join(", ");
    let outputs = match &head.outputs[..] {
        [(_, ty)] => ty.clone(),
        several => {
            let fields = several.iter().map(|(name, ty)| format!("{name}: {ty}")).collect::<Vec<_>>().join(", ");
            format!("{{{fields}}}")
        }
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "net {}({inputs}) -> {outputs} {{", head.net);
    for (at, statement) in plan.statements.iter().enumerate() {
        for (name, weight) in &statement.weights {
            let dims = weight.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "    param {name}: f32[{dims}] = fill(0)");
        }
        let is_result = plan.ends_with_expression && at + 1 == plan.statements.len();
        let expression = expression(statement, calls, plan, is_result);
        let _ = match is_result {
            true => writeln!(text, "    {expression}"),
            false => writeln!(text, "    let {} = {expression}", statement.name),
        };
    }
    if !plan.ends_with_expression {
        let name = |id: usize| plan.names[id].clone().unwrap_or_default();
        let result = match &calls.outputs[..] {
            [(_, id)] => name(*id),
            several => {
                let fields = several.iter().zip(&head.outputs);
                let fields = fields.map(|((_, id), (field, _))| format!("{field}: {}", name(*id)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
        };
        let _ = writeln!(text, "    {result}");
    }
    text.push_str("}\n");
    let source = Source::new("import.net", text);
    parse(&source).and_then(|_| format(&source)).map_err(|report| {
        let message = format!("the model cannot be written as source: {report}");
        OnnxError::new(codes::NO_SOURCE, message, "run the model as it is: every command takes `.onnx` files")
    })
}

fn expression(statement: &Statement, calls: &Calls, plan: &Plan, is_result: bool) -> String {
    let mut text = String::new();
    let mut weights = statement.weights.iter().map(|(name, _)| name.clone());
    for (at, &position) in statement.calls.iter().enumerate() {
        let call = &calls.calls[position];
        let alias =
            if is_result && !call.weights.is_empty() { format!(" as {}", statement.name) } else { String::new() };
        if at > 0 {
            let _ = write!(text, " |> {}{alias}", applied(call, &[]));
            continue;
        }
        let operands: Vec<String> = call
            .operands
            .iter()
            .map(|operand| match operand {
                Operand::Tensor(id) => plan.names[*id].clone().unwrap_or_default(),
                Operand::Weight(_) => weights.next().unwrap_or_default(),
                Operand::Number(number) => {
                    let number = value(&ArgValue::Float(*number), ArgKind::Float);
                    // Only where a tensor may meet a number is a bare one a tensor.
                    match call.entry.signature.operands {
                        Operands::Broadcast(_) => number,
                        Operands::Fixed(_) | Operands::List(_) => format!("constant({number})"),
                    }
                }
            })
            .collect();
        let is_piped = statement.calls.len() > 1;
        // Neither a line nor what flows into a pipeline can begin with a sign.
        let signed = |text: &String| if text.starts_with('-') { format!("({text})") } else { text.clone() };
        match (infix(call), &operands[..], call.entry.signature.operands) {
            (Some(operator), [a, b], _) if is_piped => {
                let _ = write!(text, "({} {operator} {})", signed(a), signed(b));
            }
            (Some(operator), [a, b], _) => {
                let _ = write!(text, "{} {operator} {}", signed(a), signed(b));
            }
            (_, [x], Operands::Fixed(_)) => {
                let _ = write!(text, "{x} |> {}{alias}", applied(call, &[]));
            }
            (_, _, Operands::List(_)) => {
                let _ = write!(text, "{}{alias}", applied(call, &[format!("[{}]", operands.join(", "))]));
            }
            _ => {
                let _ = write!(text, "{}{alias}", applied(call, &operands));
            }
        }
    }
    text
}

/// `name(operands, arguments)`, without the parentheses where there is nothing in them.
fn applied(call: &SourceCall, operands: &[String]) -> String {
    let mut parts = operands.to_vec();
    for spec in call.entry.signature.args {
        if let Some((_, given)) = call.arguments.iter().find(|(name, _)| *name == spec.name) {
            let text = value(given, spec.kind);
            parts.push(match spec.default {
                Default::Required => text,
                _ => format!("{}: {text}", spec.name),
            });
        }
    }
    let name = call.entry.signature.name;
    if parts.is_empty() { name.to_string() } else { format!("{name}({})", parts.join(", ")) }
}

fn value(value_: &ArgValue, kind: ArgKind) -> String {
    match value_ {
        ArgValue::Int(v) => v.to_string(),
        ArgValue::Float(v) => format!("{v:?}"),
        ArgValue::Bool(v) => v.to_string(),
        ArgValue::Str(v) => format!("\"{v}\""),
        ArgValue::List(list) => {
            let parts = list.iter().map(|part| value(part, kind)).collect::<Vec<_>>().join(", ");
            match kind {
                ArgKind::Pair | ArgKind::Pad if list.len() > 1 => format!("({parts})"),
                _ => format!("[{parts}]"),
            }
        }
    }
}
