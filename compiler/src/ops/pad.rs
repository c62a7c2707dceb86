//! `pad`: a border around height and width, and around channels.

use super::call::{ArgKind, ArgSpec, AttrReader, Default, PadArg};
use super::geometry::flattened;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::pieces::{Border, Pieces};
use crate::loops::stage::Lowering;

/// Input: x [n, c, h, w] or [n, c, w]. Result: x with more channels, rows and columns before and behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Pad {
    /// Top, left, bottom, right.
    pub pad: [usize; 4],
    /// Channels before and behind.
    pub channels: [usize; 2],
    /// What the border holds.
    pub border: Border,
}

/// What a border holds, by the name of its mode.
const MODES: [(&str, Border); 3] =
    [("constant", Border::Constant(0.0)), ("reflect", Border::Reflect), ("edge", Border::Edge)];

/// The dimensions, for messages.
fn names(rank: usize) -> &'static [&'static str] {
    if rank == 3 { &["sequences", "channels", "columns"] } else { &["images", "channels", "rows", "columns"] }
}

impl Pad {
    /// How much is put before each dimension of an operand of this shape, and how much behind.
    fn sides<D>(&self, shape: &[D]) -> [Vec<usize>; 2] {
        let ([top, left, bottom, right], [before, behind]) = (self.pad, self.channels);
        [[0, before, top, left], [0, behind, bottom, right]].map(|sides| flattened(shape, sides))
    }
}

impl Operator for Pad {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let ints = |list: &[usize]| Attr::Ints(list.iter().map(|&v| v as i64).collect());
        let mode = match self.border {
            Border::Constant(_) => "constant",
            Border::Reflect => "reflect",
            Border::Edge => "edge",
        };
        let mut attributes =
            vec![("pad", ints(&self.pad)), ("channels", ints(&self.channels)), ("mode", Attr::Word(mode.to_string()))];
        if let Border::Constant(value) = self.border {
            attributes.push(("value", Attr::Float(f64::from(value))));
        }
        attributes
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("pad", inputs)?;
        shapes::pixels("pad", x)?;
        if x.rank() == 3 && [self.pad[0], self.pad[2]] != [0; 2] {
            return Err(shapes::no_height("pad", "padding", x));
        }
        let [before, behind] = self.sides(&x.shape);
        let names = names(x.rank());
        let mut shape = Vec::new();
        for (d, extent) in x.shape.iter().enumerate() {
            let most = before[d].max(behind[d]);
            let needed = match self.border {
                Border::Reflect if most > 0 => most.saturating_add(1),
                Border::Edge => most.min(1),
                Border::Constant(_) | Border::Reflect => 0,
            };
            if needed > 0 && extent.room(&D::constant(needed)).is_none() {
                let message = format!("{most} {} of {x} cannot be taken from its {extent}", names[d]);
                return Err(Mismatch::new(message).at([0]).help(
                    "`reflect` leaves the border's own pixel out, so it has one less to give; `edge` repeats it",
                ));
            }
            let padded = extent.plus(&D::constant(before[d] + behind[d]));
            shape.push(padded.ok_or_else(|| {
                Mismatch::new(format!("the {} of {x} with padding are too many to compute with", names[d])).at([0])
            })?);
        }
        Ok(vec![shapes::fits(Type { dtype: x.dtype, shape })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let [before, behind] = self.sides(&x.shape);
        let rank = x.shape.len();
        let shape: Vec<usize> = (0..rank).map(|d| before[d] + x.shape[d] + behind[d]).collect();
        let source = |d: usize, position: usize| {
            let (at, last) = (position as i64 - before[d] as i64, x.shape[d] as i64 - 1);
            let inside = (0..=last).contains(&at);
            match self.border {
                _ if inside => Some(at),
                Border::Constant(_) => None,
                Border::Reflect if at < 0 => Some(-at),
                Border::Reflect => Some(2 * last - at),
                Border::Edge => Some(at.clamp(0, last)),
            }
        };
        let constant = if let Border::Constant(value) = self.border { f64::from(value) } else { 0.0 };
        let count = shape.iter().product();
        let elements = (0..count).map(|index: usize| {
            let at = |d: usize| index / shape[d + 1..].iter().product::<usize>() % shape[d];
            let from = (0..rank).try_fold(0, |index, d| Some(index * x.shape[d] + source(d, at(d))? as usize));
            from.map_or((constant, 0.0), |from| x.at(from))
        });
        vec![Bounded::new(shape.clone(), elements)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let [before, behind] = self.sides(&inputs[0].shape);
        moves::copy(Pieces::pad(&inputs[0].shape, &before, &behind, self.border))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for Pad {
    const SIGNATURE: Signature = Signature {
        name: "pad",
        doc: "a border around height, width and channels",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "pad", kind: ArgKind::Pad, default: Default::Int(0), doc: "rows and columns on each side" },
            ArgSpec {
                name: "mode",
                kind: ArgKind::Word(&["constant", "reflect", "edge"]),
                default: Default::Word("constant"),
                doc: "what the border holds: `value`, the pixels mirrored at the outermost, or the outermost",
            },
            ArgSpec {
                name: "value",
                kind: ArgKind::Float,
                default: Default::None,
                doc: "of a constant border, else 0",
            },
            ArgSpec {
                name: "channels",
                kind: ArgKind::List,
                default: Default::None,
                doc: "channels before and behind, `[before, behind]`",
            },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(Pad, Vec<ParamSpec>), CallError> {
        let pad = match call.spatial_pad("pad", call.operands[0].rank())? {
            PadArg::Explicit(pad) => pad,
            PadArg::Valid => [0; 4],
            PadArg::Same => {
                return Err(CallError::argument("pad", "\"same\" is about a window, and `pad` has none")
                    .help("write the padding in numbers, or give `pad: \"same\"` to the convolution or pool behind"));
            }
        };
        let channels = if call.has("channels") { call.signed_list("channels")? } else { vec![0, 0] };
        let sides: Vec<usize> = channels.iter().filter_map(|&count| usize::try_from(count).ok()).collect();
        let [before, behind] = sides[..] else {
            return Err(CallError::argument("channels", "`channels` must be two integers from 0, `[before, behind]`"));
        };
        let word = call.word("mode")?;
        let mut border = MODES.iter().find(|(mode, _)| *mode == word).map_or(Border::Edge, |(_, border)| *border);
        if call.has("value") {
            let value = call.float("value")? as f32;
            if !matches!(border, Border::Constant(_)) {
                return Err(CallError::argument("value", format!("a border of mode {word:?} has no `value`"))
                    .help("leave `value` out, or write `mode: \"constant\"`"));
            }
            if !value.is_finite() {
                return Err(CallError::argument("value", "`value` must be finite in f32"));
            }
            border = Border::Constant(value);
        }
        Ok((Pad { pad, channels: [before, behind], border }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Pad, String> {
        let (pad, channels) = (attributes.ints("pad")?, attributes.ints("channels")?);
        let mut border = attributes.word("mode", &MODES)?;
        if let Border::Constant(value) = &mut border {
            *value = attributes.float("value")? as f32;
            if !value.is_finite() {
                return Err("attribute `value` must be finite in f32".to_string());
            }
        }
        Ok(Pad { pad, channels, border })
    }

    fn example(rng: &mut Rng) -> Example<Pad> {
        let mut x = Type::f32([rng.range(1, 2), rng.range(1, 17), rng.range(1, 7), rng.range(1, 9)]);
        let border = rng.pick(&[Border::Constant(0.0), Border::Constant(-1.5), Border::Reflect, Border::Edge]);
        let mut side = |d: usize| {
            let most = if border == Border::Reflect { x.shape[d] - 1 } else { 5 };
            if rng.range(0, 2) == 0 { 0 } else { rng.range(0, most.min(5)) }
        };
        let mut pad = [side(2), side(3), side(2), side(3)];
        let channels = if side(1) > 2 { [side(1), side(1)] } else { [0, 0] };
        if rng.range(0, 3) == 0 {
            x.shape.remove(2);
            (pad[0], pad[2]) = (0, 0);
        }
        Example { op: Pad { pad, channels, border }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn check(border: Border, expected: &[f64]) {
        let op = Pad { pad: [0, 2, 0, 1], channels: [0, 0], border };
        let x = Bounded::exact(&[1, 1, 1, 3], [1.0, 2.0, 3.0]);
        let y = &op.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!((y.shape.as_slice(), y.value.as_slice()), ([1, 1, 1, 6].as_slice(), expected));
    }

    #[test]
    fn borders() {
        check(Border::Constant(9.0), &[9.0, 9.0, 1.0, 2.0, 3.0, 9.0]);
        check(Border::Reflect, &[3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
        check(Border::Edge, &[1.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
    }

    fn check_shape(op: Pad, x: &[usize], expected: Result<&[usize], &str>) {
        let found = op.infer(&[&Type::f32(x)], Mode::Infer).map_err(|error| error.message);
        assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
    }

    #[test]
    fn shape_rule() {
        let pad = |border| Pad { pad: [1, 2, 3, 0], channels: [4, 1], border };
        check_shape(pad(Border::Constant(0.0)), &[1, 2, 3, 4], Ok(&[1, 7, 7, 6]));
        check_shape(pad(Border::Edge), &[1, 2, 3, 4], Ok(&[1, 7, 7, 6]));
        check_shape(pad(Border::Reflect), &[1, 5, 4, 4], Ok(&[1, 10, 8, 6]));
        check_shape(pad(Border::Reflect), &[1, 4, 4, 4], Err("4 channels of f32[1,4,4,4] cannot be taken from its 4"));
        check_shape(pad(Border::Reflect), &[1, 5, 3, 4], Err("3 rows of f32[1,5,3,4] cannot be taken from its 3"));
        check_shape(
            pad(Border::Edge),
            &[1, 2],
            Err("pad needs a tensor of rank 4 (n, channels, height, width) or 3 (n, channels, width), found f32[1,2]"),
        );
        let flat = |border| Pad { pad: [0, 2, 0, 1], channels: [4, 1], border };
        check_shape(flat(Border::Constant(0.0)), &[1, 2, 4], Ok(&[1, 7, 7]));
        check_shape(flat(Border::Reflect), &[1, 5, 2], Err("2 columns of f32[1,5,2] cannot be taken from its 2"));
        check_shape(
            pad(Border::Edge),
            &[1, 2, 4],
            Err("the padding of pad has a height, but f32[1,2,4] has a width only"),
        );
    }

    fn check_call(given: Vec<(&'static str, ArgValue)>, expected: Result<Pad, &str>) {
        let x = Type::f32([1, 4, 5, 6]);
        let found = Pad::from_call(&Call::new(&Pad::SIGNATURE, &[&x], given));
        let found = found.map(|(op, _)| op).map_err(|error| error.message);
        assert_eq!(found, expected.map_err(str::to_string));
    }

    #[test]
    fn calls() {
        let word = |word: &str| ArgValue::Str(word.to_string());
        let list = |list: &[i64]| ArgValue::List(list.iter().map(|&v| ArgValue::Int(v)).collect());
        let zeros = Pad { pad: [1; 4], channels: [0, 0], border: Border::Constant(0.0) };
        check_call(vec![("pad", ArgValue::Int(1))], Ok(zeros.clone()));
        let value = ("value", ArgValue::Float(0.5));
        let half = Pad { border: Border::Constant(0.5), channels: [0, 2], pad: [0; 4] };
        check_call(vec![("channels", list(&[0, 2])), value.clone()], Ok(half));
        check_call(vec![("pad", list(&[1, 1])), ("mode", word("edge"))], Ok(Pad { border: Border::Edge, ..zeros }));
        check_call(vec![("pad", word("same"))], Err("\"same\" is about a window, and `pad` has none"));
        check_call(vec![value, ("mode", word("edge"))], Err("a border of mode \"edge\" has no `value`"));
        let wrong = Err("`channels` must be two integers from 0, `[before, behind]`");
        check_call(vec![("channels", list(&[1]))], wrong.clone());
        check_call(vec![("channels", list(&[1, -1]))], wrong);
    }

    #[test]
    fn sequences() {
        let x = Type::f32([1, 1, 3]);
        let padded = |sides: ArgValue| {
            let word = ArgValue::Str("edge".to_string());
            let given = vec![("pad", sides), ("mode", word)];
            let (op, _) = Pad::from_call(&Call::new(&Pad::SIGNATURE, &[&x], given)).map_err(|error| error.message)?;
            let y = op.evaluate(&[&Bounded::exact(&[1, 1, 3], [1.0, 2.0, 3.0])], Mode::Infer).remove(0);
            assert_eq!(y.shape, op.infer(&[&x], Mode::Infer).unwrap()[0].shape);
            Ok(y.value)
        };
        let list = |list: &[i64]| ArgValue::List(list.iter().map(|&v| ArgValue::Int(v)).collect());
        assert_eq!(padded(ArgValue::Int(1)), Ok(vec![1.0, 1.0, 2.0, 3.0, 3.0]));
        assert_eq!(padded(list(&[2, 0])), Ok(vec![1.0, 1.0, 1.0, 2.0, 3.0]));
        assert_eq!(padded(list(&[0, 2, 0, 0])), Err("`pad` over a tensor of rank 3 has two sides".to_string()));
    }
}
