//! `fold_pad`: a border of zeros becomes padding of the convolution behind it.
//!
//! ```text
//! %p = pad %x {pad=[1,1,1,1], mode=constant, value=0.0} : ..   ->
//! %y = conv %p, @c.weight {pad=[0,0,0,0], ..} : ..                 %y = conv %x, @c.weight {pad=[1,1,1,1], ..} : ..
//! ```

use super::layer::Layer;
use super::{Pass, Patch, Rewrite, Source, View};
use crate::graph::NodeId;
use crate::loops::pieces::Border;
use crate::ops::Op;
use crate::ops::call::MAX_ATTRIBUTE;
use crate::ops::conv::Conv;
use crate::ops::geometry::Window;

/// Its row.
pub const PASS: Pass = Pass { name: "fold_pad", doc: "a border of zeros into the convolution behind it", find };

fn find(view: &View<'_>) -> Vec<Patch> {
    view.each(|at, _| patch(view, at))
}

fn patch(view: &View<'_>, at: NodeId) -> Option<Patch> {
    let layer = Layer::of(view, at)?;
    let window = layer.window()?;
    let (below, node) = view.producer(layer.x)?;
    let Op::Pad(pad) = &node.op else { return None };
    if pad.channels != [0, 0] || pad.border != Border::Constant(0.0) {
        return None;
    }
    let mut padded = window.pad;
    for (sum, more) in padded.iter_mut().zip(pad.pad) {
        *sum = sum.checked_add(more).filter(|&pad| i64::try_from(pad).is_ok_and(|pad| pad <= MAX_ATTRIBUTE))?;
    }
    let op = Conv { window: Window { pad: padded, ..*window }, groups: layer.groups };
    let name = &view.graph.value(layer.result()).name;
    let mut rw = Rewrite::new(view, at, name);
    rw.reads(below);
    let inputs: Vec<Source> = [node.inputs[0], layer.weight].into_iter().chain(layer.bias).map(Source::Old).collect();
    let result = rw.named(name, op, &inputs)?;
    rw.finish(&[(layer.result(), result[0])])
}
