//! `conv_transpose`: the transpose of a convolution, which makes images larger.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::conv::{gcd, indivisible};
use super::geometry::{Window, flattened};
use super::value::Sum;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::layout::nchw;
use crate::loops::stage::{Kind, Lowering, Place, Stage, Transposed, Weights};

/// Inputs: x [n, ic, h, w], weight [ic, oc / groups, kh, kw], and optionally bias `[oc]`. Result: [n, oc, oh, ow], where oh is
/// (h - 1) * stride - padding + dilation * (kh - 1) + 1 + output_pad, as in PyTorch and ONNX. Or x [n, ic, w], weight [ic, oc / groups, kw];
/// result [n, oc, ow].
#[derive(Clone, Debug, PartialEq)]
pub struct ConvTranspose {
    /// Boxed, so that what every node holds stays small. Kernel and dilation count pixels of the result, as the stride does: those between what neighbouring inputs add to. The padding is
    /// cut off the result.
    pub window: Box<Window>,
    /// Rows and columns more at the bottom and right.
    pub output_pad: [usize; 2],
    /// Channels are convolved in this many independent groups.
    pub groups: usize,
}

/// All phases of the result are channels of one convolution, in which taps that a phase does not have are weights of 0. With a stride or
/// dilation beyond the kernel most are: this is the most weights, and multiplications, for each one of the parameter.
pub const MAX_SPREAD: usize = 64;

/// How to stay within [`MAX_SPREAD`].
const SPREAD_HELP: &str =
    "use a larger kernel or a smaller stride and dilation; `resize` makes images larger without weights";

/// A direction of the convolution of stride 1 that all phases share.
struct Direction {
    kernel: usize,
    dilation: usize,
    pad: [usize; 2],
    /// Pixels of a phase.
    extent: usize,
    /// Pixels of the interleaved phases before the result.
    crop: usize,
}

impl ConvTranspose {
    /// The extent of the result in direction `d` with a stride and all that is cut off; `None` where it is too large.
    fn whole<D: Extent>(&self, d: usize, size: &D) -> Option<D> {
        let window = &self.window;
        size.times(&D::constant(window.stride[d]))?.plus(&D::constant(window.extent(d) + self.output_pad[d]))
    }

    /// The extent of the result in direction `d`; `None` where it is known to be none, or too large.
    fn extent<D: Extent>(&self, d: usize, size: &D) -> Option<D> {
        let window = &self.window;
        let cut = D::constant(window.stride[d] + window.pad[d] + window.pad[d + 2]);
        let extent = self.whole(d, size)?.minus(&cut)?;
        (!extent.is(0)).then_some(extent)
    }

    fn transposed(&self) -> Transposed {
        let Window { kernel, stride, dilation, .. } = *self.window;
        Transposed { kernel, stride, dilation }
    }

    /// How the convolution runs in direction `d` over `input` pixels for `output`.
    fn direction(&self, d: usize, input: usize, output: usize) -> Direction {
        let (stride, before) = (self.window.stride[d], self.window.pad[d]);
        let [kernel, dilation] = self.transposed().taps(d);
        let reach = (kernel - 1) * dilation;
        // Whole pixels of the phases that the padding cuts off are not computed.
        let skipped = (before / stride).min(reach);
        let crop = before - skipped * stride;
        let needed = (output + crop).div_ceil(stride);
        let behind = (needed + skipped).saturating_sub(input);
        Direction { kernel, dilation, pad: [reach - skipped, behind], extent: input + behind - skipped, crop }
    }

    /// What is wrong with a stride or dilation beyond [`MAX_SPREAD`].
    fn spread(&self) -> Option<String> {
        let Window { kernel: [kh, kw], stride, dilation, .. } = *self.window;
        let along = |d: usize| stride[d].saturating_mul(self.transposed().taps(d)[0]);
        let (computed, weights) = (along(0).saturating_mul(along(1)), kh.saturating_mul(kw));
        (computed > weights.saturating_mul(MAX_SPREAD)).then(|| {
            format!(
                "a kernel of {kh} x {kw} with a stride of {} x {} and a dilation of {} x {} takes {} weights, nearly all 0, for each one it \
                 has, and {MAX_SPREAD} is the most",
                stride[0], stride[1], dilation[0], dilation[1], computed.div_ceil(weights.max(1))
            )
        })
    }

    fn fault(&self) -> Option<String> {
        let Window { stride, dilation, .. } = *self.window;
        let d = (0..2).find(|&d| self.output_pad[d] > 0 && self.output_pad[d] >= stride[d].max(dilation[d]))?;
        let axis = ["height", "width"][d];
        Some(format!(
            "an output_pad of {} in {axis} is not less than the stride, {}, or dilation",
            self.output_pad[d], stride[d]
        ))
    }
}

impl Operator for ConvTranspose {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = self.window.attributes();
        attributes.push(("output_pad", Attr::Ints(self.output_pad.iter().map(|&v| v as i64).collect())));
        attributes.push(("groups", Attr::Int(self.groups as i64)));
        attributes
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let (x, weight, bias) = match *inputs {
            [x, weight] => (x, weight, None),
            [x, weight, bias] => (x, weight, Some(bias)),
            _ => {
                let found =
                    format!("conv_transpose takes a tensor, a weight and perhaps a bias, not {} inputs", inputs.len());
                return Err(Mismatch::new(found));
            }
        };
        let [_, channels, height, width] = shapes::pixels("conv_transpose", x)?;
        self.window.check_rank("conv_transpose", x)?;
        if let Some(fault) = self.fault() {
            return Err(Mismatch::new(fault).help("the padding of the output is for sizes that a stride leaves open"));
        }
        if let Some(message) = self.spread() {
            return Err(Mismatch::new(message).help(SPREAD_HELP));
        }
        if x.rank() == 3 && self.output_pad[0] > 0 {
            return Err(Mismatch::new(format!("output_pad has a height, but {x} has a width only")).at([0]));
        }
        let channels = shapes::known("conv_transpose", "channels", x, &channels)?;
        let per_group = match &weight.shape[..] {
            [_, per_group, ..] if weight.rank() == x.rank() => per_group,
            _ => return Err(Mismatch::new(format!("the weight must have rank {}, found {weight}", x.rank())).at([1])),
        };
        let per_group = shapes::known("conv_transpose", "output channels", weight, per_group)?;
        let out_channels = per_group.saturating_mul(self.groups);
        if self.groups == 0 || channels % self.groups != 0 {
            return Err(Mismatch::new(indivisible(self.groups, channels, out_channels)).at([0]));
        }
        let [kh, kw] = self.window.kernel;
        let expected = flattened(&vec![0; x.rank()], [channels, per_group, kh, kw]);
        if !weight.has_shape(&expected) {
            return Err(Mismatch::new(format!("the weight must be {}, found {weight}", Type::f32(expected))).at([1]));
        }
        if let Some(bias) = bias
            && !bias.has_shape(&[out_channels])
        {
            return Err(Mismatch::new(format!("the bias must be {}, found {bias}", Type::f32([out_channels]))).at([2]));
        }
        let along = |d: usize, size: &D| {
            self.extent(d, size).ok_or_else(|| {
                let [axis, side] = [["height", "width"][d], ["top and bottom", "left and right"][d]];
                if self.whole(d, size).is_none() {
                    let stride = self.window.stride[d];
                    let message =
                        format!("the {axis} {size} of {x} with a stride of {stride} is too large to compute with");
                    return Mismatch::new(message).at([0]).help("use a smaller stride");
                }
                let cut = self.window.pad[d] + self.window.pad[d + 2];
                Mismatch::new(format!("nothing is left of {size} pixels in {axis} after {cut} of padding are cut off"))
                    .at([0])
                    .help(format!("the padding of conv_transpose is cut off the result: use less at {side}"))
            })
        };
        let out = [along(0, &height)?, along(1, &width)?];
        Ok(vec![shapes::fits(shapes::with_pixels(x, D::constant(out_channels), out))?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let (x, weight, bias) = (inputs[0], inputs[1], inputs.get(2));
        let ([n, ic, h, w], [_, ocg, kh, kw]) = (nchw(&x.shape), nchw(&weight.shape));
        let (oc, icg) = (ocg * self.groups, ic / self.groups);
        let [oh, ow] = [(0, h), (1, w)].map(|(d, size)| self.extent(d, &size).unwrap_or(0));
        // The inputs that meet taps of the parameter at an output, and those that meet a tap of weight 0.
        let met = |d: usize, at: usize, size: usize| {
            let (at, t) = (at + self.window.pad[d], self.transposed());
            let count = t.taps(d)[0];
            let taps = (0..count).filter_map(move |k| {
                let input = (at / t.stride[d]).checked_sub((count - 1 - k) * t.taps(d)[1]).filter(|&i| i < size)?;
                Some((input, t.tap(d, at % t.stride[d], k)))
            });
            taps.collect::<Vec<_>>()
        };
        let columns: Vec<_> = (0..ow).map(|z| met(1, z, w)).collect();
        let mut elements = Vec::with_capacity(n * oc * oh * ow);
        for (image, o) in (0..n).flat_map(|image| (0..oc).map(move |o| (image, o))) {
            let group = o / ocg;
            for y in 0..oh {
                let rows = met(0, y, h);
                for columns in &columns {
                    let mut sum = Sum::default();
                    if let Some(bias) = bias {
                        sum.add(bias.at(o));
                    }
                    for i in group * icg..(group + 1) * icg {
                        for (&(iy, ty), &(ix, tx)) in rows.iter().flat_map(|row| columns.iter().map(move |c| (row, c)))
                        {
                            let pixel = x.at(((image * ic + i) * h + iy) * w + ix);
                            match (ty, tx) {
                                (Some(ty), Some(tx)) => {
                                    let tap = ((i * ocg + o % ocg) * kh + ty) * kw + tx;
                                    sum.add_product(pixel, weight.at(tap));
                                }
                                // What is not finite times 0 is not 0.
                                _ if !(pixel.0.abs() + pixel.1).is_finite() => sum.add((0.0, f64::INFINITY)),
                                _ => {}
                            }
                        }
                    }
                    elements.push(sum.finish(1));
                }
            }
        }
        vec![Bounded::new(flattened(&x.shape, [n, oc, oh, ow]), elements)]
    }

    fn lower(&self, inputs: &[&Type], results: &[&Type]) -> Lowering {
        let ([n, ic, h, w], [_, oc, oh, ow]) = (nchw(&inputs[0].shape), nchw(&results[0].shape));
        let transposed = self.transposed();
        let [rows, columns] = [self.direction(0, h, oh), self.direction(1, w, ow)];
        let window = Window {
            kernel: [rows.kernel, columns.kernel],
            stride: [1; 2],
            pad: [rows.pad[0], columns.pad[0], rows.pad[1], columns.pad[1]],
            dilation: [rows.dilation, columns.dilation],
        };
        debug_assert!(ic.is_multiple_of(self.groups));
        let kind = Kind::Conv { window, groups: self.groups, weights: Weights::Transposed(transposed) };
        let reads = (0..inputs.len()).map(Place::Input).collect();
        let channels = transposed.phases().and_then(|phases| phases.checked_mul(oc)).unwrap_or(usize::MAX);
        let whole = [n, channels, rows.extent, columns.extent];
        if whole == [n, oc, oh, ow] && [rows.crop, columns.crop] == [0; 2] {
            return Lowering { temps: Vec::new(), stages: vec![Stage { kind, reads, write: Place::Result(0) }] };
        }
        let interleave =
            Kind::Interleave { stride: self.window.stride, crop: [rows.crop, columns.crop], groups: self.groups };
        Lowering {
            temps: vec![Type::f32(flattened(&inputs[0].shape, whole))],
            stages: vec![
                Stage { kind, reads, write: Place::Temp(0) },
                Stage { kind: interleave, reads: vec![Place::Temp(0)], write: Place::Result(0) },
            ],
        }
    }

    fn cost(&self, inputs: &[&Type], _results: &[&Type]) -> Cost {
        let taps: usize = inputs[1].shape[1..].iter().product();
        Cost { macs: (inputs[0].elements() as u64).saturating_mul(taps as u64) }
    }

    fn field(&self) -> Field {
        let transposed = self.transposed();
        let extent = [0, 1].map(|d| {
            let [kernel, dilation] = transposed.taps(d);
            (kernel - 1) * dilation + 1
        });
        match (extent, self.window.stride) {
            (extent, [1, 1]) => Field::Window { extent, stride: [1, 1] },
            ([1, 1], times) => Field::Repeated { times },
            _ => Field::Everything,
        }
    }
}

impl Declare for ConvTranspose {
    const SIGNATURE: Signature = Signature {
        name: "conv_transpose",
        doc: "transpose of a convolution: a stride makes the image larger",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "out", kind: ArgKind::Int, default: Default::Required, doc: "output channels" },
            ArgSpec { name: "kernel", kind: ArgKind::Pair, default: Default::Required, doc: "taps" },
            ArgSpec {
                name: "stride",
                kind: ArgKind::Pair,
                default: Default::Int(1),
                doc: "output pixels between what inputs add to",
            },
            ArgSpec { name: "pad", kind: ArgKind::Pad, default: Default::Int(0), doc: "cut off the output" },
            ArgSpec {
                name: "output_pad",
                kind: ArgKind::Pair,
                default: Default::Int(0),
                doc: "more of the output at the bottom and right",
            },
            ArgSpec {
                name: "dilation",
                kind: ArgKind::Pair,
                default: Default::Int(1),
                doc: "output pixels between taps",
            },
            ArgSpec {
                name: "groups",
                kind: ArgKind::Int,
                default: Default::Int(1),
                doc: "independent groups of channels",
            },
            ArgSpec { name: "bias", kind: ArgKind::Bool, default: Default::Bool(true), doc: "add a learnt bias" },
        ],
    };

    fn from_call(call: &Call<'_>) -> Result<(ConvTranspose, Vec<ParamSpec>), CallError> {
        let x = call.operands[0];
        let [_, channels, ..] = shapes::pixels("conv_transpose", x)?;
        let (out, groups) = (call.int("out", 1)?, call.int("groups", 1)?);
        if !channels.is_multiple_of(groups) || !out.is_multiple_of(groups) {
            let largest = gcd(channels, out);
            return Err(CallError::argument("groups", indivisible(groups, channels, out)).help(
                format!("`groups` divides {channels} input and {out} output channels: {largest} is the most, its divisors do too"),
            ));
        }
        let mut window = Window::from_call("conv_transpose", call, true)?;
        let output_pad = call.spatial("output_pad", 0, x.rank())?;
        window.pad = match call.spatial_pad("pad", x.rank())? {
            super::call::PadArg::Explicit(pad) => pad,
            super::call::PadArg::Valid => [0; 4],
            super::call::PadArg::Same => {
                // Outputs are inputs times the stride; an odd rest is cut off at the bottom and right.
                let mut pad = [0; 4];
                for d in 0..2 {
                    let whole = window.extent(d) + output_pad[d];
                    let Some(cut) = whole.checked_sub(window.stride[d]) else {
                        let axis = ["height", "width"][d];
                        let found = format!(
                            "`pad: \"same\"` needs a window of at least the stride, {}, in {axis}",
                            window.stride[d]
                        );
                        return Err(CallError::argument("pad", found)
                            .help("use a larger kernel, or give the padding in numbers"));
                    };
                    (pad[d], pad[d + 2]) = (cut / 2, cut - cut / 2);
                }
                pad
            }
        };
        let op = ConvTranspose { window: Box::new(window), output_pad, groups };
        if let Some(fault) = op.fault() {
            return Err(CallError::argument("output_pad", fault)
                .help("it is for the sizes that a stride leaves open: from 0 to below the stride"));
        }
        if let Some(message) = op.spread() {
            return Err(CallError::argument("stride", message).help(SPREAD_HELP));
        }
        let [kh, kw] = window.kernel;
        let weight = flattened(&x.shape, [channels, out / groups, kh, kw]);
        let mut params = vec![ParamSpec::weight("weight", weight)];
        if call.bool("bias")? {
            params.push(ParamSpec::weight("bias", [out]));
        }
        Ok((op, params))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<ConvTranspose, String> {
        let window = Window::from_attributes(attributes)?;
        Ok(ConvTranspose {
            window: Box::new(window),
            output_pad: attributes.ints("output_pad")?,
            groups: attributes.int("groups")?,
        })
    }

    fn example(rng: &mut Rng) -> Example<ConvTranspose> {
        let groups = rng.pick(&[1, 1, 1, 2, 3, 5]);
        let (icg, ocg) = (rng.range(1, 6), rng.pick(&[1, 2, 3, 4, 4, 5, 8]));
        let kernel = [rng.range(1, 5), rng.range(1, 5)];
        let mut window = Window {
            kernel,
            stride: [rng.range(1, 4), rng.range(1, 3)],
            pad: [0; 4],
            dilation: [rng.pick(&[1, 1, 1, 2, 3]), rng.pick(&[1, 1, 1, 2])],
        };
        let mut x = Type::f32([rng.range(1, 2), icg * groups, rng.range(1, 5), rng.range(1, 6)]);
        if rng.range(0, 3) == 0 {
            window = window.flat();
            x.shape.remove(2);
        }
        let [_, _, h, w] = nchw(&x.shape);
        let mut output_pad = [0; 2];
        for (d, size) in [(0, h), (1, w)] {
            if d == 1 || x.rank() == 4 {
                output_pad[d] = rng.range(0, window.stride[d].max(window.dilation[d]) - 1);
            }
            let room = (size - 1) * window.stride[d] + window.extent(d) + output_pad[d] - 1;
            if d == 1 || x.rank() == 4 {
                window.pad[d] = rng.range(0, room.min(3));
                window.pad[d + 2] = rng.range(0, (room - window.pad[d]).min(3));
            }
        }
        let weight = flattened(&x.shape, [icg * groups, ocg, window.kernel[0], window.kernel[1]]);
        let mut inputs = vec![x, Type::f32(weight)];
        if rng.flip() {
            inputs.push(Type::f32([ocg * groups]));
        }
        Example { op: ConvTranspose { window: Box::new(window), output_pad, groups }, inputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn call(x: &[usize], given: &[(&'static str, ArgValue)]) -> Result<(ConvTranspose, Vec<ParamSpec>), CallError> {
        let x = Type::f32(x);
        let mut all = vec![("out", ArgValue::Int(1)), ("kernel", ArgValue::Int(2))];
        all.retain(|(name, _)| given.iter().all(|(other, _)| other != name));
        all.extend(given.iter().cloned());
        ConvTranspose::from_call(&Call::new(&ConvTranspose::SIGNATURE, &[&x], all))
    }

    fn window(stride: usize, dilation: usize) -> Window {
        Window { kernel: [2; 2], stride: [stride; 2], pad: [0; 4], dilation: [dilation; 2] }
    }

    /// A column of pixels under a column of taps.
    fn check(x: &[f64], taps: &[f64], given: &[(&'static str, ArgValue)], expected: &[f64]) {
        let kernel = ("kernel", ArgValue::Int(taps.len() as i64));
        let given: Vec<_> = given.iter().cloned().chain([kernel]).collect();
        let (op, _) = call(&[1, 1, x.len()], &given).unwrap();
        let x = Bounded::exact(&[1, 1, x.len()], x.iter().copied());
        let weight = Bounded::exact(&[1, 1, taps.len()], taps.iter().copied());
        let y = &op.evaluate(&[&x, &weight], Mode::Infer)[0];
        assert_eq!(y.value, expected, "{given:?}");
        assert!(y.bound.iter().all(|&b| b < 1e-4));
    }

    #[test]
    fn inputs_spread_over_outputs() {
        let int = |name, value| (name, ArgValue::Int(value));
        check(&[1.0, 10.0], &[1.0, 2.0, 3.0], &[], &[1.0, 12.0, 23.0, 30.0]);
        check(&[1.0, 10.0], &[1.0, 2.0, 3.0], &[int("stride", 2)], &[1.0, 2.0, 13.0, 20.0, 30.0]);
        check(&[1.0, 10.0], &[1.0, 2.0, 3.0], &[int("stride", 2), int("pad", 1)], &[2.0, 13.0, 20.0]);
        check(
            &[1.0, 10.0],
            &[1.0, 2.0, 3.0],
            &[int("stride", 2), int("pad", 1), int("output_pad", 1)],
            &[2.0, 13.0, 20.0, 30.0],
        );
        check(&[1.0, 10.0], &[1.0, 2.0], &[int("stride", 3)], &[1.0, 2.0, 0.0, 10.0, 20.0]);
        check(&[1.0, 10.0], &[1.0, 2.0], &[int("stride", 2), int("dilation", 3)], &[1.0, 0.0, 10.0, 2.0, 0.0, 20.0]);
        check(
            &[1.0, 10.0],
            &[1.0, 2.0, 3.0],
            &[int("stride", 2), ("pad", ArgValue::Str("same".into()))],
            &[1.0, 2.0, 13.0, 20.0],
        );
    }

    #[test]
    fn parameters() {
        let (_, params) = call(&[1, 6, 4, 4], &[("out", ArgValue::Int(4)), ("groups", ArgValue::Int(2))]).unwrap();
        assert_eq!(params, [ParamSpec::weight("weight", [6, 2, 2, 2]), ParamSpec::weight("bias", [4])]);
    }

    #[test]
    fn refusals() {
        let refused = |x: &[usize], given: &[(&'static str, ArgValue)]| call(x, given).unwrap_err().message;
        assert_eq!(
            refused(&[1, 4, 3, 3], &[("output_pad", ArgValue::Int(1))]),
            "an output_pad of 1 in height is not less than the stride, 1, or dilation"
        );
        assert_eq!(
            refused(&[1, 4, 3], &[("kernel", ArgValue::List(vec![ArgValue::Int(3), ArgValue::Int(3)]))]),
            "`kernel` over a tensor of rank 3 is one number"
        );
        assert_eq!(
            refused(&[1, 4, 3, 3], &[("stride", ArgValue::Int(4)), ("pad", ArgValue::Str("same".into()))]),
            "`pad: \"same\"` needs a window of at least the stride, 4, in height"
        );
        let (op, _) = call(&[1, 1, 1, 1], &[("pad", ArgValue::Int(1))]).unwrap();
        let error = op.infer(&[&Type::f32([1, 1, 1, 1]), &Type::f32([1, 1, 2, 2])], Mode::Infer).unwrap_err();
        assert_eq!(error.message, "nothing is left of 1 pixels in height after 2 of padding are cut off");
        let (op, _) = call(&[1, 1, 1, 1], &[("stride", ArgValue::Int(8))]).unwrap();
        let [vast, weight] = [Type::f32([1, 1, 1 << 62, 1]), Type::f32([1, 1, 2, 2])];
        let error = op.infer(&[&vast, &weight], Mode::Infer).unwrap_err();
        assert_eq!(
            error.message,
            "the height 4611686018427387904 of f32[1,1,4611686018427387904,1] with a stride of 8 is too large to compute with"
        );
    }

    #[test]
    fn most_weights_for_each_of_the_parameter() {
        let check = |kernel: i64, stride: i64, dilation: i64, fits: bool| {
            let int = |name, value| (name, ArgValue::Int(value));
            let given = [int("kernel", kernel), int("stride", stride), int("dilation", dilation)];
            let made = call(&[1, 1, 4, 4], &given);
            assert_eq!(made.as_ref().err().map(|error| error.argument), (!fits).then_some(Some("stride")), "{given:?}");
            let window = Window { kernel: [kernel as usize; 2], ..window(stride as usize, dilation as usize) };
            let op = ConvTranspose { window: Box::new(window), output_pad: [0; 2], groups: 1 };
            let weight = Type::f32([1, 1, window.kernel[0], window.kernel[1]]);
            assert_eq!(op.infer(&[&Type::f32([1, 1, 4, 4]), &weight], Mode::Infer).is_ok(), fits, "{given:?}");
        };
        check(1, 8, 1, true);
        check(1, 9, 1, false);
        check(2, 16, 1, true);
        check(2, 17, 1, false);
        check(64, 512, 1, true);
        check(2, 1 << 30, 1, false);
        check(3, 1, 1 << 10, true);
        check(2, 2, 15, true);
        check(2, 2, 16, false);
        assert_eq!(
            call(&[1, 1, 4, 4], &[("stride", ArgValue::Int(64))]).unwrap_err().message,
            "a kernel of 2 x 2 with a stride of 64 x 64 and a dilation of 1 x 1 takes 1024 weights, nearly all 0, for each one it has, and \
             64 is the most"
        );
    }
}
