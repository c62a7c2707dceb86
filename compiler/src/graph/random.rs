//! Random graphs and tensors for tests. An operator joins by standing in the table: calls are guessed from its signature and kept
//! when the operator accepts them.

use rebirth_runtime::DType;

use super::{Builder, Def, Graph, Mode, Type, ValueId};
use crate::ops::{ArgKind, ArgSpec, ArgValue, Bounded, Call, Entry, Operands, ParamSpec, Rng, TABLE, call::Default};

/// Most elements of a value or parameter.
pub const MAX_ELEMENTS: usize = 20_000;

/// Most multiply-accumulates of a node.
pub const MAX_MACS: u64 = 2_000_000;

/// Operators that are tried for a node before the graph is left smaller, and guesses that each gets.
const OPERATORS: usize = 40;
const GUESSES: usize = 8;

/// A graph of about `size` nodes (fewer when no guess fits) for inference, the same for the same arguments and operator table.
/// The outputs are `last` and, where there are several values, `other`. A free weight may be among the operands.
pub fn random_graph(seed: u64, size: usize) -> Graph {
    random_graph_in(Mode::Infer, seed, size)
}

/// [`random_graph`] in either mode.
pub fn random_graph_in(mode: Mode, seed: u64, size: usize) -> Graph {
    let rng = &mut Rng::new(seed);
    let mut b = Builder::new("random", mode);
    let x = Type::f32([rng.range(1, 2), rng.range(1, 8), rng.range(3, 12), rng.range(3, 12)]);
    let mut values = Vec::new();
    if rng.flip() {
        // A free weight, whole or one value a channel.
        let ty = if rng.flip() { x.clone() } else { Type::f32([1, x.shape[1], 1, 1]) };
        values.extend(b.param("free", ty, false));
    }
    values.push(b.input("x", x));
    for number in 0..size {
        let results = (0..OPERATORS).find_map(|_| {
            let entry = &TABLE[rng.range(0, TABLE.len() - 1)];
            (0..GUESSES).find_map(|_| grow(rng, &mut b, entry, &values, number))
        });
        values.extend(results.unwrap_or_default());
    }
    let last = values[values.len() - 1];
    b.output("last", last);
    if values.len() > 2 {
        let other = values[rng.range(1, values.len() - 2)];
        b.output("other", other);
    }
    b.finish()
}

/// Guesses one call and appends it if it is one.
fn grow(rng: &mut Rng, b: &mut Builder, entry: &Entry, values: &[ValueId], number: usize) -> Option<Vec<ValueId>> {
    let mut inputs = operands(rng, b, values, entry);
    let types: Vec<&Type> = inputs.iter().map(|&id| b.ty(id)).collect();
    let given = entry.signature.args.iter().filter_map(|arg| argument(rng, arg)).collect();
    let (op, params) = (entry.from_call)(&Call::new(entry.signature, &types, given)).ok()?;
    let all: Vec<&Type> = types.iter().copied().chain(params.iter().map(|param| &param.ty)).collect();
    if !all.iter().all(|ty| small(ty)) {
        return None;
    }
    let results = op.infer(&all, b.graph().mode).ok()?;
    if !results.iter().all(small) || op.cost(&all, &results.iter().collect::<Vec<_>>()).macs > MAX_MACS {
        return None;
    }
    let name = entry.signature.name;
    for ParamSpec { suffix, ty, state } in params {
        inputs.push(b.param(&format!("{name}{number}.{suffix}"), ty, state)?);
    }
    b.node(name, op, inputs).ok()
}

fn small(ty: &Type) -> bool {
    ty.check().is_ok() && ty.elements() <= MAX_ELEMENTS
}

/// Values so far for the operands, of types that they may have; recent ones more often, and after the first rather such as are of its type.
fn operands(rng: &mut Rng, b: &Builder, values: &[ValueId], entry: &Entry) -> Vec<ValueId> {
    let count = match entry.signature.operands {
        Operands::Fixed(names) => names.len(),
        Operands::Broadcast(names) => names.len(),
        Operands::List(_) => rng.range(2, 3),
    };
    let fits = |id: &ValueId| entry.any_elements || b.ty(*id).dtype == DType::F32;
    let values: Vec<ValueId> = values.iter().copied().filter(fits).collect();
    let mut chosen: Vec<ValueId> = Vec::new();
    while chosen.len() < count {
        let recent = &values[values.len().saturating_sub(4)..];
        let alike: Vec<ValueId> = match chosen.first() {
            Some(&first) => values.iter().copied().filter(|&id| b.ty(id) == b.ty(first)).collect(),
            None => Vec::new(),
        };
        chosen.push(match rng.range(0, 3) {
            0 => rng.pick(&values),
            1 if !alike.is_empty() => rng.pick(&alike),
            2 if !alike.is_empty() => rng.pick(&alike),
            _ => rng.pick(recent),
        });
    }
    chosen
}

/// A value of the argument's kind; nothing, half of the time, where it has a default.
fn argument(rng: &mut Rng, arg: &ArgSpec) -> Option<(&'static str, ArgValue)> {
    if arg.default != Default::Required && rng.flip() {
        return None;
    }
    let list = |rng: &mut Rng, count, low, high| {
        ArgValue::List((0..count).map(|_| ArgValue::Int(rng.range(low, high) as i64)).collect())
    };
    let value = match arg.kind {
        ArgKind::Int => ArgValue::Int(rng.pick(&[-1, 0, 1, 1, 1, 2, 2, 3, 4, 5, 8, 12])),
        ArgKind::Float => ArgValue::Float(rng.pick(&[1e-5, 1e-3, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0])),
        ArgKind::Bool => ArgValue::Bool(rng.flip()),
        ArgKind::List => shape_or_order(rng),
        ArgKind::Ints if rng.flip() => {
            let count = rng.range(1, 3);
            list(rng, count, 0, 4)
        }
        ArgKind::Ints => ArgValue::Int(rng.pick(&[-1, 0, 1, 2, 2, 3, 4])),
        ArgKind::Scale => ArgValue::Float(rng.pick(&[0.5, 0.75, 1.0, 1.5, 2.0, 3.0])),
        ArgKind::Word(words) => ArgValue::Str(rng.pick(words).to_string()),
        ArgKind::Pair if rng.flip() => list(rng, 2, 1, 4),
        ArgKind::Pair => ArgValue::Int(rng.range(1, 3) as i64),
        ArgKind::Pad => match rng.range(0, 4) {
            0 => ArgValue::Str("same".to_string()),
            1 => ArgValue::Str("valid".to_string()),
            2 => list(rng, 2, 0, 2),
            3 => list(rng, 4, 0, 2),
            _ => ArgValue::Int(rng.range(0, 2) as i64),
        },
    };
    Some((arg.name, value))
}

/// Dimensions in some order, or extents, one of which follows from the others.
fn shape_or_order(rng: &mut Rng) -> ArgValue {
    let count = rng.range(1, 4);
    let mut list: Vec<i64> = (0..count as i64).collect();
    if rng.flip() {
        (1..count).rev().for_each(|i| list.swap(i, rng.range(0, i)));
    } else {
        list.iter_mut().for_each(|extent| *extent = rng.pick(&[0, 0, 1, 2, 3, 4]));
        list[rng.range(0, count - 1)] = -1;
    }
    ArgValue::List(list.into_iter().map(ArgValue::Int).collect())
}

/// Exact f32 tensors for a graph: its inputs and its parameters, in its order. Inputs and weights lie in -1..1, state (a
/// variance must be positive) in 0.5..1.5.
pub fn random_tensors(graph: &Graph, seed: u64) -> (Vec<Bounded>, Vec<Bounded>) {
    let rng = &mut Rng::new(seed);
    let mut tensor = |&id: &ValueId| {
        let ty = graph.ty(id);
        let state = graph.value(id).def == Def::State;
        let unit = |rng: &mut Rng| (rng.next_u64() >> 41) as f64 / (1_u64 << 23) as f64;
        let value = (0..ty.elements()).map(|_| if state { 0.5 + unit(rng) } else { 2.0 * unit(rng) - 1.0 });
        Bounded::exact(&ty.shape, value)
    };
    let inputs = graph.inputs.iter().map(&mut tensor).collect();
    (inputs, graph.params.iter().map(tensor).collect())
}

#[cfg(test)]
mod tests;
