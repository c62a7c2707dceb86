//! `identity`: operators that give what they get, and moves that undo each other.
//!
//! ```text
//! %d = dropout %x {p=0.5} : f32[1,8]         ->
//! %y = relu %d : f32[1,8]                        %y = relu %x : f32[1,8]
//!
//! %f = reshape %x {shape=[-1]} : f32[16]     ->
//! %g = reshape %f {shape=[4,4]} : f32[4,4]       %g = reshape %x {shape=[4,4]} : f32[4,4]
//!
//! %t = transpose %x {perm=[1,0]} : f32[8,4]  ->
//! %u = transpose %t {perm=[1,0]} : f32[4,8]      (x in its place)
//! ```

use super::{Pass, Patch, Rewrite, Source, View};
use crate::graph::{Node, NodeId, ValueId};
use crate::loops::expr::Expr;
use crate::loops::stage::{Kind, Operand, Stage};
use crate::ops::Op;
use crate::ops::reshape::Reshape;
use crate::ops::transpose::Transpose;

/// Its row.
pub const PASS: Pass =
    Pass { name: "identity", doc: "leave out operators that change nothing; join moves that follow each other", find };

fn find(view: &View<'_>) -> Vec<Patch> {
    view.each(|at, node| patch(view, at, node))
}

fn patch(view: &View<'_>, at: NodeId, node: &Node) -> Option<Patch> {
    let ([x], [y]) = (&node.inputs[..], &node.results[..]) else { return None };
    if changes_nothing(view, node) {
        return Rewrite::new(view, at, "").finish(&[(*y, Source::Old(*x))]);
    }
    let (below, producer) = view.producer(*x)?;
    let [z] = producer.inputs[..] else { return None };
    let joined: Op = match (&node.op, &producer.op) {
        (Op::Transpose(outer), Op::Transpose(inner)) => {
            Transpose { perm: outer.perm.iter().map(|&dim| inner.perm[dim]).collect() }.into()
        }
        _ if reshapes(view, node) && reshapes(view, producer) => {
            let shape = view.ty(*y).shape.iter().map(|&extent| i64::try_from(extent)).collect::<Result<_, _>>().ok()?;
            Reshape { shape }.into()
        }
        _ => return None,
    };
    let name = &view.graph.value(*y).name;
    let mut rewrite = Rewrite::new(view, at, name);
    rewrite.reads(below);
    let result = rewrite.named(name, joined, &[Source::Old(z)])?;
    rewrite.finish(&[(*y, result[0])])
}

/// Whether a node is the same elements under another shape.
fn reshapes(view: &View<'_>, node: &Node) -> bool {
    matches!(kind(view, node), Some(Kind::Reshape))
}

/// The only stage of a node.
fn kind(view: &View<'_>, node: &Node) -> Option<Kind> {
    let mut lowering = node.op.lower(&view.graph.input_types(node), &view.graph.result_types(node));
    match (lowering.stages.pop(), lowering.stages.pop()) {
        (Some(Stage { kind, .. }), None) => Some(kind),
        _ => None,
    }
}

fn changes_nothing(view: &View<'_>, node: &Node) -> bool {
    let ty = |id: ValueId| view.ty(id);
    if ty(node.inputs[0]) != ty(node.results[0]) {
        return false;
    }
    match kind(view, node) {
        Some(Kind::Reshape) => true,
        Some(Kind::Pointwise(Expr::Leaf(Operand(0)))) => true,
        Some(Kind::Concat { .. }) => true,
        Some(Kind::Repeat { scale }) => scale == [1, 1],
        Some(Kind::Copy(pieces)) => pieces.is_identity(),
        _ => false,
    }
}
