//! What nodes become: calls of operators as source would write them. The graph is built from them and the source is printed
//! from them.

use super::constant::Constant;
use crate::graph::Type;
use crate::ops::{ArgValue, Entry, Op, ParamSpec};

/// The position of a tensor among those of an import.
pub(super) type Id = usize;

/// What a call is applied to.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Tensor(Id),
    /// A number, which source writes as such.
    Number(f64),
    /// A known tensor, which is a weight of its own.
    Weight(Constant),
}

/// One call.
pub(super) struct SourceCall {
    pub(super) entry: &'static Entry,
    pub(super) op: Op,
    pub(super) operands: Vec<Operand>,
    /// Those that are not as by default, in the order of the signature.
    pub(super) arguments: Vec<(&'static str, ArgValue)>,
    /// What the operator needs below its weight path, with the values.
    pub(super) weights: Vec<(ParamSpec, Constant)>,
    pub(super) results: Vec<Id>,
}

/// A tensor: an input or the result of a call.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) ty: Type,
    /// Its name in the model, or that of the node it belongs to.
    pub(super) name: String,
}

/// All that a model is, as calls.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) tensors: Vec<Made>,
    pub(super) calls: Vec<SourceCall>,
    pub(super) inputs: Vec<Id>,
    /// Names in the model and tensors.
    pub(super) outputs: Vec<(String, Id)>,
}

impl Calls {
    /// Leaves out the calls that no output uses.
    pub(super) fn prune(&mut self) {
        let mut used = vec![false; self.tensors.len()];
        self.outputs.iter().for_each(|(_, id)| used[*id] = true);
        for call in self.calls.iter().rev() {
            if call.results.iter().any(|&id| used[id]) {
                call.tensors().for_each(|id| used[id] = true);
            }
        }
        self.calls.retain(|call| call.results.iter().any(|&id| used[id]));
    }

    /// Whether two imports are the same but for the shapes of their tensors.
    pub(super) fn is_like(&self, other: &Calls) -> bool {
        let same = |(a, b): (&SourceCall, &SourceCall)| {
            a.entry.signature.name == b.entry.signature.name
                && a.arguments == b.arguments
                && a.results == b.results
                && a.operands.len() == b.operands.len()
                && a.operands.iter().zip(&b.operands).all(|pair| match pair {
                    (Operand::Tensor(a), Operand::Tensor(b)) => a == b,
                    (Operand::Number(a), Operand::Number(b)) => a.to_bits() == b.to_bits(),
                    (Operand::Weight(a), Operand::Weight(b)) => a.shape == b.shape,
                    _ => false,
                })
                && a.weights.iter().map(|(spec, _)| spec).eq(b.weights.iter().map(|(spec, _)| spec))
        };
        self.calls.len() == other.calls.len() && self.calls.iter().zip(&other.calls).all(same)
    }
}

impl SourceCall {
    /// The tensors among its operands.
    pub(super) fn tensors(&self) -> impl Iterator<Item = Id> + '_ {
        self.operands.iter().filter_map(|operand| match operand {
            Operand::Tensor(id) => Some(*id),
            Operand::Number(_) | Operand::Weight(_) => None,
        })
    }
}
