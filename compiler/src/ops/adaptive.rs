//! Pools of a fixed output size, whose windows share out the input: what `adaptive_avg_pool` and `adaptive_max_pool` share.

use std::ops::Range;

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::geometry::{Window, flattened};
use super::value::{Bounded, Element};
use super::{Attr, Attributes, Call, CallError, Mismatch, Rng, shapes};
use crate::extent::Extent;
use crate::graph::Type;
use crate::loops::expr::Expr;
use crate::loops::layout::nchw;
use crate::loops::stage::{Combine, Count, Kind, Lowering, Operand};

/// The argument of both.
pub const ARGS: &[ArgSpec] =
    &[ArgSpec { name: "size", kind: ArgKind::Pair, default: Default::Required, doc: "height and width of the result" }];

/// Windows that share out an image, or a sequence as one row: output o of O over H pixels sees those from floor(o * H / O) to before ceil((o + 1) * H / O).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptive {
    /// Height and width of the result, at least 1.
    pub size: [usize; 2],
}

/// Products of an input and an output extent stay below this, so that addresses fit i64.
const LIMIT: usize = 1 << 56;

impl Adaptive {
    /// From a call.
    ///
    /// # Errors
    /// The size is out of range.
    pub fn from_call(call: &Call<'_>) -> Result<Adaptive, CallError> {
        Ok(Adaptive { size: call.spatial("size", 1, call.operands[0].rank())? })
    }

    /// From graph text.
    ///
    /// # Errors
    /// The size is missing or 0.
    pub fn from_attributes(attributes: &mut AttrReader) -> Result<Adaptive, String> {
        let size: [usize; 2] = attributes.ints("size")?;
        if size.contains(&0) { Err("attribute `size` must be positive".to_string()) } else { Ok(Adaptive { size }) }
    }

    /// Attributes of graph text.
    pub fn attributes(&self) -> Attributes {
        vec![("size", Attr::Ints(self.size.iter().map(|&extent| extent as i64).collect()))]
    }

    /// The type of the result.
    ///
    /// # Errors
    /// The operand is no image and no sequence, or too large.
    pub fn infer<D: Extent>(&self, name: &str, inputs: &[&Type<D>]) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one(name, inputs)?;
        let [_, c, h, w] = shapes::pixels(name, x)?;
        if x.rank() == 3 && self.size[0] != 1 {
            return Err(shapes::no_height(name, "size", x));
        }
        for (extent, size) in [h, w].iter().zip(self.size) {
            let product = extent.known().map_or(Some(0), |extent| extent.checked_mul(size + 1));
            if product.is_none_or(|product| product >= LIMIT) {
                return Err(Mismatch::new(format!("{x} shared out to {size} is too large to compute with")).at([0]));
            }
        }
        Ok(vec![shapes::fits(shapes::with_pixels(x, c, self.size.map(D::constant)))?])
    }

    fn window(&self, d: usize, o: usize, extent: usize) -> Range<usize> {
        o * extent / self.size[d]..((o + 1) * extent).div_ceil(self.size[d])
    }

    /// Each result from the pixels of its window.
    pub fn evaluate(&self, x: &Bounded, combine: impl Fn(&[Element]) -> Element) -> Bounded {
        let ([n, c, h, w], [oh, ow]) = (nchw(&x.shape), self.size);
        let results = (0..n * c * oh * ow).map(|index| {
            let (plane, rows, columns) =
                (index / (oh * ow), self.window(0, index / ow % oh, h), self.window(1, index % ow, w));
            let pixels: Vec<Element> =
                rows.flat_map(|y| columns.clone().map(move |z| x.at((plane * h + y) * w + z))).collect();
            combine(&pixels)
        });
        Bounded::new(flattened(&x.shape, [n, c, oh, ow]), results)
    }

    /// A reduction where all pixels are one window, a pool where all windows are of one size.
    pub fn lower(&self, x: &Type, average: bool) -> Lowering {
        let [_, _, h, w] = nchw(&x.shape);
        let extent = [h, w];
        let combine = if average { Combine::Sum } else { Combine::Max };
        if self.size == [1, 1] {
            let share = Expr::Const((1.0 / (extent[0] * extent[1]) as f64) as f32);
            let all = Expr::Leaf(Operand(0));
            let finish = if average { all * share } else { all };
            return Lowering::single(Kind::Reduce { axes: (2..x.rank()).collect(), combine, finish }, 1);
        }
        if [0, 1].iter().all(|&d| extent[d].is_multiple_of(self.size[d])) {
            let kernel = [0, 1].map(|d| extent[d] / self.size[d]);
            let window = Window { kernel, stride: kernel, pad: [0; 4], dilation: [1, 1] };
            return Lowering::single(Kind::Pool { window, average: average.then_some(Count::Valid) }, 1);
        }
        Lowering::single(Kind::Adaptive { average }, 1)
    }

    /// A random application.
    pub fn example(rng: &mut Rng) -> (Adaptive, Type) {
        let mut x = Type::f32([rng.range(1, 2), rng.range(1, 21), rng.range(1, 11), rng.range(1, 13)]);
        let mut size = [2, 3].map(|d| rng.pick(&[1, 2, 3, 5, 7, x.shape[d]]));
        if rng.range(0, 3) == 0 {
            x.shape.remove(2);
            size[0] = 1;
        }
        (Adaptive { size }, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(extent: usize, size: usize, expected: &[(usize, usize)]) {
        let op = Adaptive { size: [size, 1] };
        let windows: Vec<_> =
            (0..size).map(|o| op.window(0, o, extent)).map(|window| (window.start, window.end)).collect();
        assert_eq!(windows, expected);
    }

    #[test]
    fn windows_cover_the_input() {
        check(6, 3, &[(0, 2), (2, 4), (4, 6)]);
        check(7, 3, &[(0, 3), (2, 5), (4, 7)]);
        check(2, 5, &[(0, 1), (0, 1), (0, 2), (1, 2), (1, 2)]);
        check(5, 1, &[(0, 5)]);
    }

    #[test]
    fn shape_rule() {
        let infer = |size, x: &[usize]| {
            Adaptive { size }.infer("adaptive_avg_pool", &[&Type::f32(x)]).map_err(|error| error.message)
        };
        assert_eq!(infer([7, 3], &[2, 5, 4, 9]), Ok(vec![Type::f32([2, 5, 7, 3])]));
        assert_eq!(infer([1, 3], &[2, 5, 9]), Ok(vec![Type::f32([2, 5, 3])]));
        let rank = "adaptive_avg_pool needs a tensor of rank 4 (n, channels, height, width) or 3 (n, channels, width), found f32[2,5]";
        assert_eq!(infer([7, 3], &[2, 5]), Err(rank.to_string()));
        let height = "the size of adaptive_avg_pool has a height, but f32[2,5,9] has a width only";
        assert_eq!(infer([7, 3], &[2, 5, 9]), Err(height.to_string()));
        let large = "f32[1,1,68719476736,1] shared out to 1073741824 is too large to compute with";
        assert_eq!(infer([1 << 30, 1], &[1, 1, 1 << 36, 1]), Err(large.to_string()));
    }
}
