//! `resize`: images of another height and width, or sequences of another width, by the nearest pixel or by mixing those around.

mod position;

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::geometry::flattened;
use super::value::{Element, Sum, closed};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::layout::nchw;
use crate::loops::stage::{Kind, Lowering};
use position::{COORDINATES, Position, ROUNDINGS};
pub use position::{Coordinates, Ratio, Rounding};

/// Input: x [n, c, h, w] or [n, c, w]. Result: x of another height and width, or of another width. The defaults are ONNX's; for PyTorch's `nearest` give `coordinates:
/// "asymmetric"` and `rounding: "floor"`, for its `bilinear` `mode: "linear"`, and `coordinates: "align_corners"` where it says so. Whole
/// scales are the same in all of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Resize {
    /// The size of the result.
    pub to: Target,
    /// How a pixel is made.
    pub filter: Filter,
    /// Where a pixel of the result lies in the operand.
    pub coordinates: Coordinates,
}

/// What the size of the result is given by. Over a sequence the height is 1, and so is its scale.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Height and width times these, rounded down.
    Scale([Ratio; 2]),
    /// This height and width, at least 1 each.
    Size([usize; 2]),
}

/// How a pixel is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The nearest one.
    Nearest(Rounding),
    /// The four around, mixed linearly in each direction. At the border, those inside.
    Linear,
}

impl Resize {
    /// Each pixel repeated in height and width.
    pub fn repeat(scale: [usize; 2]) -> Resize {
        let ratio = |times: usize| Ratio { times, by: 1 };
        Resize { to: Target::Scale(scale.map(ratio)), ..Resize::DEFAULT }
    }

    const DEFAULT: Resize = Resize {
        to: Target::Size([1, 1]),
        filter: Filter::Nearest(Rounding::PreferFloor),
        coordinates: Coordinates::HalfPixel,
    };

    /// The output extent of a direction; `None` where it is too large.
    fn output<D: Extent>(&self, d: usize, input: &D) -> Option<D> {
        match &self.to {
            Target::Scale(scale) => input.times(&D::constant(scale[d].times))?.div_floor(scale[d].by),
            Target::Size(size) => Some(D::constant(size[d])),
        }
    }

    /// Positions in one direction.
    fn position(&self, d: usize, input: usize, output: usize) -> Position {
        let scale = match &self.to {
            Target::Scale(scale) => scale[d],
            Target::Size(_) => Ratio { times: output, by: input },
        };
        Position::new(self.coordinates, scale, input, output)
    }
}

impl Operator for Resize {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let ints = |list: [usize; 2]| Attr::Ints(list.iter().map(|&v| v as i64).collect());
        let word = |word: &str| Attr::Word(word.to_string());
        let mut attributes = match &self.to {
            Target::Size(size) => vec![("size", ints(*size))],
            Target::Scale(scale) => vec![("scale", ints(scale.map(|ratio| ratio.times)))],
        };
        if let Target::Scale(scale) = &self.to
            && scale.iter().any(|ratio| ratio.by != 1)
        {
            attributes.push(("divisor", ints(scale.map(|ratio| ratio.by))));
        }
        if self.filter == Filter::Linear {
            attributes.push(("mode", word("linear")));
        }
        if self.coordinates != Self::DEFAULT.coordinates {
            attributes.push(("coordinates", word(self.coordinates.name())));
        }
        if let Filter::Nearest(rounding) = self.filter
            && self.filter != Self::DEFAULT.filter
        {
            attributes.push(("rounding", word(rounding.name())));
        }
        attributes
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("resize", inputs)?;
        let [_, c, h, w] = shapes::pixels("resize", x)?;
        let (attribute, flat) = match &self.to {
            Target::Scale([down, _]) => ("scale", down.times == down.by),
            Target::Size([height, _]) => ("size", *height == 1),
        };
        if x.rank() == 3 && !flat {
            return Err(shapes::no_height("resize", attribute, x));
        }
        let wrong = |message: String| Mismatch::new(message).at([0]);
        let resized = |d: usize, input: &D| {
            let to = match &self.to {
                Target::Scale(scale) => format!("scaled by {}", scale[d]),
                Target::Size(size) => format!("resized to {}", size[d]),
            };
            let too_large = || wrong(format!("{x} {to} is too large to compute with"));
            let output = self.output(d, input).ok_or_else(too_large)?;
            if output.is(0) {
                let axis = ["height", "width"][d];
                return Err(wrong(format!("nothing is left of the {axis} {input} of {x} {to}"))
                    .help("a larger scale keeps a pixel, `size` says how many"));
            }
            if let (Some(input), Some(output)) = (input.known(), output.known()) {
                let position = self.position(d, input, output);
                position.sampling(self.filter).ok_or_else(too_large)?;
            }
            Ok(output)
        };
        let pixels = [resized(0, &h)?, resized(1, &w)?];
        Ok(vec![shapes::fits(shapes::with_pixels(x, c, pixels))?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let [n, c, h, w] = nchw(&x.shape);
        let [oh, ow] = [(0, h), (1, w)].map(|(d, input)| self.output(d, &input).unwrap_or(0));
        let (rows, columns) = (self.position(0, h, oh), self.position(1, w, ow));
        let pixel = |index: usize| {
            let (plane, y, z) = (index / (oh * ow), index / ow % oh, index % ow);
            let at = |row: usize, column: usize| x.at((plane * h + row) * w + column);
            match self.filter {
                Filter::Nearest(rounding) => at(rows.nearest(y, rounding), columns.nearest(z, rounding)),
                Filter::Linear => {
                    // A lone row has no neighbour.
                    let neighbours = rows.neighbours(y);
                    mixed(&neighbours[..h.min(2)], columns.neighbours(z), at)
                }
            }
        };
        vec![Bounded::new(flattened(&x.shape, [n, c, oh, ow]), (0..n * c * oh * ow).map(pixel))]
    }

    fn lower(&self, inputs: &[&Type], results: &[&Type]) -> Lowering {
        let direction = |d: usize| {
            let (input, output) = (nchw(&inputs[0].shape)[2 + d], nchw(&results[0].shape)[2 + d]);
            self.position(d, input, output).sampling(self.filter)
        };
        let (Some(rows), Some(columns)) = (direction(0), direction(1)) else {
            // The shape rule has refused it.
            return Lowering::default();
        };
        let linear = self.filter == Filter::Linear;
        let kind = match (rows.repeats(), columns.repeats()) {
            (Some(down), Some(across)) if !linear => Kind::Repeat { scale: [down, across] },
            _ => Kind::Resample { sampling: [rows, columns], linear },
        };
        Lowering::single(kind, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    /// With a size it depends on the operand's, which is not known here.
    fn field(&self) -> Field {
        let Target::Scale(scale) = &self.to else {
            return Field::Everything;
        };
        let taps = if self.filter == Filter::Linear { 2 } else { 1 };
        let (times, by) = (scale.map(|ratio| ratio.times), scale.map(|ratio| ratio.by));
        if taps == 1 && by == [1, 1] { Field::Repeated { times } } else { Field::Resampled { taps, times, by } }
    }
}

/// Two rows and two columns, each with their shares, mixed.
fn mixed(rows: &[(usize, f64)], columns: [(usize, f64); 2], at: impl Fn(usize, usize) -> Element) -> Element {
    let mut sum = Sum::default();
    for &(row, down) in rows {
        for (column, across) in columns {
            sum.add_product(at(row, column), (down * across, 0.0));
        }
    }
    // Each share is rounded, and each product once more for the second direction.
    let (value, bound) = sum.finish(3);
    closed(value, bound)
}

impl Declare for Resize {
    const SIGNATURE: Signature = Signature {
        name: "resize",
        doc: "images of another height and width, or sequences of another width",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec {
                name: "scale",
                kind: ArgKind::Scale,
                default: Default::None,
                doc: "height and width are multiplied by it and rounded down; a whole one repeats each pixel",
            },
            ArgSpec {
                name: "size",
                kind: ArgKind::Pair,
                default: Default::None,
                doc: "height and width, instead of `scale`",
            },
            ArgSpec {
                name: "mode",
                kind: ArgKind::Word(&["nearest", "linear"]),
                default: Default::Word("nearest"),
                doc: "the nearest pixel, or the four around mixed",
            },
            ArgSpec {
                name: "coordinates",
                kind: ArgKind::Word(&["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]),
                default: Default::Word("half_pixel"),
                doc: "what lies on what: pixels' centres, their corners, or the outermost pixels",
            },
            ArgSpec {
                name: "rounding",
                kind: ArgKind::Word(&["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
                default: Default::None,
                doc: "which pixel is the nearest, else `round_prefer_floor`",
            },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(Resize, Vec<ParamSpec>), CallError> {
        let rank = call.operands[0].rank();
        let to = match (call.has("scale"), call.has("size")) {
            (true, false) => {
                let [down, across] = call.spatial_numbers("scale", rank)?.map(Ratio::of);
                let (Some(down), Some(across)) = (down, across) else {
                    let message = "`scale` must be above 0 and at most 1073741824";
                    return Err(
                        CallError::argument("scale", message).help("2 doubles height and width, 0.5 halves them")
                    );
                };
                Target::Scale([down, across])
            }
            (false, true) => Target::Size(call.spatial("size", 1, rank)?),
            (true, true) => {
                return Err(CallError::argument("size", "resize takes a `scale` or a `size`, not both")
                    .help("leave one of the two out"));
            }
            (false, false) => {
                return Err(CallError::argument("scale", "resize needs a `scale` or a `size`")
                    .help("`resize(x, 2)` doubles height and width, `resize(x, size: (32, 48))` says them"));
            }
        };
        let linear = call.word("mode")? == "linear";
        let rounding = if call.has("rounding") { Some(call.word("rounding")?) } else { None };
        let filter = match rounding {
            Some(_) if linear => {
                return Err(CallError::argument("rounding", "linear interpolation rounds no position")
                    .help("leave `rounding` out, or write `mode: \"nearest\"`"));
            }
            _ if linear => Filter::Linear,
            Some(word) => Filter::Nearest(position::named(&ROUNDINGS, word).unwrap_or(Rounding::PreferFloor)),
            None => Self::DEFAULT.filter,
        };
        let coordinates = position::named(&COORDINATES, call.word("coordinates")?);
        Ok((Resize { to, filter, coordinates: coordinates.unwrap_or(Coordinates::HalfPixel) }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Resize, String> {
        let positive = |name: &str, pair: [usize; 2]| {
            if pair.contains(&0) { Err(format!("attribute `{name}` must be positive")) } else { Ok(pair) }
        };
        let to = if attributes.has("size") {
            Target::Size(positive("size", attributes.ints("size")?)?)
        } else {
            let times = positive("scale", attributes.ints("scale")?)?;
            let by = if attributes.has("divisor") { attributes.ints("divisor")? } else { [1, 1] };
            let by = positive("divisor", by)?;
            Target::Scale([0, 1].map(|d| Ratio { times: times[d], by: by[d] }))
        };
        let linear = attributes.has("mode") && attributes.word("mode", &[("nearest", false), ("linear", true)])?;
        let mut op = Resize { to, ..Self::DEFAULT };
        if attributes.has("coordinates") {
            op.coordinates = attributes.word("coordinates", &COORDINATES)?;
        }
        if linear {
            op.filter = Filter::Linear;
        } else if attributes.has("rounding") {
            op.filter = Filter::Nearest(attributes.word("rounding", &ROUNDINGS)?);
        }
        Ok(op)
    }

    fn example(rng: &mut Rng) -> Example<Resize> {
        let mut x = Type::f32([rng.range(1, 2), rng.range(1, 17), rng.range(1, 7), rng.range(1, 9)]);
        let flat = rng.range(0, 3) == 0;
        if rng.range(0, 2) == 0 {
            let mut scale = [rng.pick(&[1, 2, 2, 3, 5]), rng.pick(&[1, 2, 2, 3, 4, 7])];
            if flat {
                x.shape.remove(2);
                scale[0] = 1;
            }
            return Example { op: Resize::repeat(scale), inputs: vec![x] };
        }
        let mut ratio = |input: usize| {
            let (times, by) = rng.pick(&[(1, 1), (2, 1), (3, 1), (3, 2), (5, 3), (7, 4), (1, 2), (2, 3), (1, 4)]);
            // At least one pixel.
            if input * times < by { Ratio { times: 1, by: 1 } } else { Ratio { times, by } }
        };
        let mut scale = [ratio(x.shape[2]), ratio(x.shape[3])];
        let mut size = [rng.range(1, 12), rng.range(1, 15)];
        if flat {
            x.shape.remove(2);
            (scale[0], size[0]) = (Ratio { times: 1, by: 1 }, 1);
        }
        let to = if rng.flip() { Target::Scale(scale) } else { Target::Size(size) };
        let (_, rounding) = rng.pick(&ROUNDINGS);
        let (_, coordinates) = rng.pick(&COORDINATES);
        let filter = if rng.flip() { Filter::Linear } else { Filter::Nearest(rounding) };
        Example { op: Resize { to, filter, coordinates }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests;
