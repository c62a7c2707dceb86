//! `pool_before_conv`: an average pool behind a convolution of one tap moves before it, so that fewer pixels are convolved. Both are linear,
//! and the mean of a bias is the bias where the mean is over real pixels only.
//!
//! ```text
//! %c = conv %x, @c.weight {kernel=[1,1], ..} : f32[1,32,8,8]     ->   %a = avg_pool %x {kernel=[2,2], ..} : f32[1,64,4,4]
//! %y = avg_pool %c {kernel=[2,2], ..} : f32[1,32,4,4]                 %y = conv %a, @c.weight {kernel=[1,1], ..} : f32[1,32,4,4]
//! ```

use super::layer::Layer;
use super::{Pass, Patch, Rewrite, Source, View};
use crate::graph::{Node, NodeId};
use crate::ops::Op;

/// Its row.
pub const PASS: Pass =
    Pass { name: "pool_before_conv", doc: "an average pool before the 1x1 convolution that it follows", find };

fn find(view: &View<'_>) -> Vec<Patch> {
    view.each(|at, node| patch(view, at, node))
}

fn patch(view: &View<'_>, at: NodeId, node: &Node) -> Option<Patch> {
    let real_only = match &node.op {
        Op::AvgPool(pool) => pool.pooling.window.pad == [0; 4] || !pool.count_include_pad,
        Op::GlobalAvgPool(_) => true,
        _ => return None,
    };
    let [c] = node.inputs[..] else { return None };
    let layer = Layer::computing(view, c).filter(|_| view.is_used_once(c))?;
    let window = layer.window()?;
    let taps = window.kernel == [1, 1] && window.stride == [1, 1] && window.pad == [0; 4];
    let (input, output, channels) = (view.ty(layer.x).shape[1], view.ty(node.results[0]), layer.channels(view));
    let [before, after] = [view.ty(c), output].map(|ty| ty.shape[2..].iter().product::<usize>() as u128);
    let area = match &node.op {
        Op::AvgPool(pool) => pool.pooling.window.kernel.iter().map(|&taps| taps as u128).product(),
        _ => before,
    };
    // What the convolution multiplies and what the pool adds, an image.
    let work = |pixels: u128, pooled: usize| pixels * (input * channels) as u128 + after * area * pooled as u128;
    let pays = work(after, input) < work(before, channels);
    if !taps || !pays || !(real_only || layer.bias.is_none()) {
        return None;
    }
    let mut rw = Rewrite::new(view, at, &view.graph.value(node.results[0]).name);
    rw.reads(layer.id);
    let pooled = rw.node(node.op.clone(), &[Source::Old(layer.x)])?;
    let result =
        layer.with(&mut rw, node.results[0], pooled, Source::Old(layer.weight), layer.bias.map(Source::Old))?;
    rw.finish(&[(node.results[0], result)])
}
