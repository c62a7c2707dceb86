//! Concatenation as copies.

use super::Tensor;
use super::pointwise::{Dim, View, strided};
use super::repack::{clear_pad_lanes, copy_channels};
use crate::loops::LANES;
use crate::loops::expr::Expr;
use crate::loops::layout::{Layout, nchw};
use crate::loops::nest::{Nest, NestBuilder};
use crate::loops::stage::Operand;

/// Copies the operands one behind the other along `axis` of `y`. All are plain, or all blocked without groups (rank 4).
pub fn concat(axis: usize, reads: &[Tensor], y: &Tensor) -> Nest {
    let mut b = NestBuilder::new(format!("concat along {axis}"));
    // Extents with channels counted in blocks of lanes where blocked.
    let extents = |t: &Tensor| -> Vec<usize> {
        match t.layout {
            Layout::Plain => t.shape.clone(),
            Layout::Blocked { .. } => {
                let [n, _, h, w] = nchw(&t.shape);
                vec![n, t.layout.blocks(&t.shape), h, w, LANES]
            }
        }
    };
    let blocked_channels = axis == 1 && y.layout != Layout::Plain;
    let aligned = reads[..reads.len() - 1].iter().all(|t| nchw(&t.shape)[1].is_multiple_of(LANES));
    if blocked_channels && !aligned {
        let [n, _, h, w] = nchw(&y.shape);
        b.range("n", n, |b, image| {
            let mut start = 0;
            for x in reads {
                copy_channels(b, &image, x, y, start);
                start += nchw(&x.shape)[1];
            }
            clear_pad_lanes(b, &image, y, h * w);
        });
        return b.finish();
    }
    let strides =
        |extents: &[usize]| -> Vec<usize> { (0..extents.len()).map(|d| extents[d + 1..].iter().product()).collect() };
    let y_strides = strides(&extents(y));
    // Blocked sequences have a height of 1 before their width.
    let along = if y.layout != Layout::Plain && y.shape.len() == 3 && axis == 2 { 3 } else { axis };
    let mut start = 0;
    for x in reads {
        let from = extents(x);
        let x_strides = strides(&from);
        let dims =
            (0..from.len()).map(|d| Dim { extent: from[d], strides: vec![y_strides[d], x_strides[d]] }).collect();
        let views = [View { buffer: y.buffer, offset: start * y_strides[along] }, View { buffer: x.buffer, offset: 0 }];
        strided(&mut b, dims, &views, &Expr::Leaf(Operand(0)), LANES);
        start += from[along];
    }
    b.finish()
}
