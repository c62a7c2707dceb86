//! Rows of sliding windows: which output pixels form a register tile, and which taps each needs.
//!
//! Where padding cuts a window off in width, the tile starts at a fixed pixel and leaves the missing taps out; between such tiles a loop
//! runs over pixels whose windows are whole. In height the loop over kernel rows is bounded instead.

use std::ops::Range;

use crate::loops::affine::{Affine, Bound};
use crate::loops::nest::NestBuilder;
use crate::ops::geometry::Window;

/// Kernels up to this width are unrolled; wider ones loop over taps at run time.
const UNROLLED_TAPS: usize = 12;
/// Most output pixels of a row that are written out because padding cuts their windows off.
const WRITTEN_OUT: usize = 32;

/// A window sliding over one image of `input` (height, width), giving `output` (height, width).
#[derive(Clone, Copy, Debug)]
pub(super) struct Sliding {
    pub(super) window: Window,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
}

/// A run of output pixels that are computed together.
pub(super) struct Tile {
    /// The first pixel of the row.
    pub(super) start: Affine,
    /// How many pixels.
    pub(super) pixels: usize,
    start_constant: Option<usize>,
}

impl Sliding {
    /// 1x1 windows of stride 1 without padding see an image as one long row.
    pub(super) fn flattened(self) -> Sliding {
        let w = self.window;
        if w.kernel == [1, 1] && w.stride == [1, 1] && w.pad == [0; 4] {
            let pixels = self.input[0] * self.input[1];
            return Sliding { input: [1, pixels], output: [1, pixels], ..self };
        }
        self
    }

    /// Output pixels of a row whose windows lie within the input's width.
    fn interior(&self) -> Range<usize> {
        let (w, width) = (&self.window, self.output[1]);
        let low = w.pad[1].div_ceil(w.stride[1]).min(width);
        let reach = (self.input[1] + w.pad[1]).checked_sub(w.extent(1)).map_or(0, |room| room / w.stride[1] + 1);
        low..reach.clamp(low, width)
    }

    /// Whether taps are unrolled and windows that padding cuts off are written out. Otherwise both are loops, so that no attribute
    /// makes much code.
    fn unrolls(&self) -> bool {
        let cut_off = self.output[1] - self.interior().len();
        self.window.kernel[1] <= UNROLLED_TAPS && cut_off <= WRITTEN_OUT
    }

    /// Calls `body` for tiles of at most `most` pixels that cover a row.
    pub(super) fn tiles(&self, b: &mut NestBuilder, most: usize, mut body: impl FnMut(&mut NestBuilder, &Tile)) {
        let (width, interior) = (self.output[1], self.interior());
        let running = |start: Affine, pixels: usize| Tile { start, pixels, start_constant: None };
        if !self.unrolls() {
            // Windows that are cut off go one at a time, through loops.
            let whole = interior.start + interior.len() / most * most;
            b.steps("ow", 0, interior.start, 1, |b, start| body(b, &running(start, 1)));
            b.steps("ow", interior.start, whole, most, |b, start| body(b, &running(start, most)));
            b.steps("ow", whole, width, 1, |b, start| body(b, &running(start, 1)));
            return;
        }
        // Tiles that hold a window cut off on the left, as few as possible.
        let left = interior.start.div_ceil(most) * most;
        let loops = interior.end.saturating_sub(left) / most;
        if loops < 2 {
            return fixed(b, 0..width, most, &mut body);
        }
        let right = left + loops * most;
        fixed(b, 0..left, most, &mut body);
        b.steps("ow", left, right, most, |b, start| body(b, &running(start, most)));
        fixed(b, right..width, most, &mut body);
    }

    /// Loops over the kernel rows that fall on real input for output row `oh`: `body(kernel row, input row)`.
    pub(super) fn kernel_rows(
        &self,
        b: &mut NestBuilder,
        oh: &Affine,
        body: impl FnOnce(&mut NestBuilder, Affine, Affine),
    ) {
        let (w, rows) = (&self.window, self.input[0]);
        let origin = oh.clone() * w.stride[0] - w.pad[0];
        let dilation = w.dilation[0];
        let last = (self.output[0] - 1) * w.stride[0] + w.extent(0) - 1;
        let at = origin.clone();
        let inner = |b: &mut NestBuilder, kh: Affine| {
            let row = at + kh.clone() * dilation;
            body(b, kh, row);
        };
        if w.kernel[0] == 1 && w.pad[0] == 0 && last < rows {
            return inner(b, 0usize.into());
        }
        let mut low = vec![Bound::from(0usize)];
        let mut high = vec![Bound::from(w.kernel[0])];
        if w.pad[0] > 0 {
            low.push(Bound { numerator: origin.clone() * -1i64, divisor: dilation as i64 });
        }
        if last >= rows + w.pad[0] {
            high.push(Bound { numerator: Affine::from(rows) - origin.clone(), divisor: dilation as i64 });
        }
        b.bounded("kh", low, high, 1, inner);
    }

    /// Goes over the kernel columns of a tile: `body(kernel column, input column of the tile's first pixel, pixels for which it is real)`.
    pub(super) fn kernel_columns(
        &self,
        b: &mut NestBuilder,
        tile: &Tile,
        mut body: impl FnMut(&mut NestBuilder, Affine, Affine, Range<usize>),
    ) {
        let w = &self.window;
        let origin = tile.start.clone() * w.stride[1] - w.pad[1];
        let column = |kw: Affine| origin.clone() + kw * w.dilation[1];
        if let Some(start) = tile.start_constant {
            let valid = |kw: usize| {
                let real = |i: &usize| {
                    let x = (start + i) * w.stride[1] + kw * w.dilation[1];
                    x >= w.pad[1] && x - w.pad[1] < self.input[1]
                };
                let first = (0..tile.pixels).find(real);
                first.map_or(0..0, |first| first..first + (first..tile.pixels).take_while(|i| real(i)).count())
            };
            if (0..w.kernel[1]).all(|kw| valid(kw) == (0..tile.pixels)) {
                return b.unroll("kw", 0..w.kernel[1], |b, kw| body(b, kw.clone(), column(kw), 0..tile.pixels));
            }
            for kw in 0..w.kernel[1] {
                let pixels = valid(kw);
                if !pixels.is_empty() {
                    body(b, kw.into(), column(kw.into()), pixels);
                }
            }
        } else if self.unrolls() {
            b.unroll("kw", 0..w.kernel[1], |b, kw| body(b, kw.clone(), column(kw), 0..tile.pixels));
        } else {
            let low =
                vec![Bound::from(0usize), Bound { numerator: origin.clone() * -1i64, divisor: w.dilation[1] as i64 }];
            let high = vec![
                Bound::from(w.kernel[1]),
                Bound { numerator: Affine::from(self.input[1]) - origin.clone(), divisor: w.dilation[1] as i64 },
            ];
            // For whole windows the bounds are 0 and the kernel's width; for others the tile has one pixel.
            let (low, high) =
                if tile.pixels == 1 { (low, high) } else { (vec![low[0].clone()], vec![high[0].clone()]) };
            b.bounded("kw", low, high, 1, |b, kw| body(b, kw.clone(), column(kw), 0..tile.pixels));
        }
    }
}

/// Tiles at constant pixels over a range, as even as they can be.
fn fixed(b: &mut NestBuilder, range: Range<usize>, most: usize, body: &mut dyn FnMut(&mut NestBuilder, &Tile)) {
    let mut at = range.start;
    while at < range.end {
        let left = range.end - at;
        let pixels = left.div_ceil(left.div_ceil(most));
        body(b, &Tile { start: at.into(), pixels, start_constant: Some(at) });
        at += pixels;
    }
}
