//! `conv`: convolution over one or two dimensions, with groups, dilation and four-way padding.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::geometry::{Window, flattened};
use super::value::Sum;
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::layout::nchw;
use crate::loops::stage::{Kind, Lowering, Weights};

/// Inputs: x [n, ic, h, w], weight [oc, ic / groups, kh, kw], and optionally bias `[oc]`. Result: [n, oc, oh, ow]. Or x [n, ic, w], weight
/// [oc, ic / groups, kw]; result [n, oc, ow].
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// The window.
    pub window: Window,
    /// Channels are convolved in this many independent groups.
    pub groups: usize,
}

/// Which number of channels cannot be split into as many groups.
pub(super) fn indivisible(groups: usize, input: usize, output: usize) -> String {
    match [input, output].map(|channels| groups != 0 && channels.is_multiple_of(groups)) {
        [true, _] => format!("{output} output channels are not divisible by {groups} groups"),
        [_, true] => format!("{input} input channels are not divisible by {groups} groups"),
        _ => format!("neither {input} input nor {output} output channels are divisible by {groups} groups"),
    }
}

/// The greatest common divisor.
pub(super) fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Operator for Conv {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = self.window.attributes();
        attributes.push(("groups", Attr::Int(self.groups as i64)));
        attributes
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let (x, weight, bias) = match *inputs {
            [x, weight] => (x, weight, None),
            [x, weight, bias] => (x, weight, Some(bias)),
            _ => {
                return Err(Mismatch::new(format!(
                    "conv takes a tensor, a weight and perhaps a bias, not {} inputs",
                    inputs.len()
                )));
            }
        };
        shapes::pixels("conv", x)?;
        self.window.check_rank("conv", x)?;
        let out = self.window.output(x, false)?;
        let channels = shapes::known("conv", "channels", x, &x.shape[1])?;
        let out_channels = match &weight.shape[..] {
            [out_channels, ..] if weight.rank() == x.rank() => out_channels,
            _ => return Err(Mismatch::new(format!("the weight must have rank {}, found {weight}", x.rank())).at([1])),
        };
        let out_channels = shapes::known("conv", "output channels", weight, out_channels)?;
        if self.groups == 0 || channels % self.groups != 0 || out_channels % self.groups != 0 {
            return Err(Mismatch::new(indivisible(self.groups, channels, out_channels)).at([0]));
        }
        let [kh, kw] = self.window.kernel;
        let expected = flattened(&vec![0; x.rank()], [out_channels, channels / self.groups, kh, kw]);
        if !weight.has_shape(&expected) {
            return Err(Mismatch::new(format!("the weight must be {}, found {weight}", Type::f32(expected))).at([1]));
        }
        if let Some(bias) = bias
            && !bias.has_shape(&[out_channels])
        {
            return Err(Mismatch::new(format!("the bias must be {}, found {bias}", Type::f32([out_channels]))).at([2]));
        }
        Ok(vec![shapes::fits(shapes::with_pixels(x, D::constant(out_channels), out))?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let (x, weight, bias) = (inputs[0], inputs[1], inputs.get(2));
        let ([n, ic, h, w], [oc, icg, kh, kw]) = (nchw(&x.shape), nchw(&weight.shape));
        let ocg = oc / self.groups;
        let [oh, ow] = [(0, h), (1, w)].map(|(d, size)| self.window.count(d, &size, false).unwrap_or(0));
        let mut elements = Vec::with_capacity(n * oc * oh * ow);
        for image in 0..n {
            for o in 0..oc {
                let first = image * ic + o / ocg * icg;
                for y in 0..oh {
                    let rows = self.window.valid_taps(0, y, h);
                    for z in 0..ow {
                        let columns = self.window.valid_taps(1, z, w);
                        let mut sum = Sum::default();
                        if let Some(bias) = bias {
                            sum.add(bias.at(o));
                        }
                        for i in 0..icg {
                            for ky in rows.clone() {
                                let iy = y * self.window.stride[0] + ky * self.window.dilation[0] - self.window.pad[0];
                                let row = ((first + i) * h + iy) * w;
                                let tap = ((o * icg + i) * kh + ky) * kw;
                                for kx in columns.clone() {
                                    let ix =
                                        z * self.window.stride[1] + kx * self.window.dilation[1] - self.window.pad[1];
                                    sum.add_product(x.at(row + ix), weight.at(tap + kx));
                                }
                            }
                        }
                        // A batch norm folded into the weights rounds each once more.
                        elements.push(sum.finish(1));
                    }
                }
            }
        }
        vec![Bounded::new(flattened(&x.shape, [n, oc, oh, ow]), elements)]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(
            Kind::Conv { window: self.window, groups: self.groups, weights: Weights::Direct },
            inputs.len(),
        )
    }

    fn cost(&self, inputs: &[&Type], results: &[&Type]) -> Cost {
        let taps: usize = inputs[1].shape[1..].iter().product();
        Cost { macs: (results[0].elements() as u64).saturating_mul(taps as u64) }
    }

    fn field(&self) -> Field {
        self.window.field()
    }
}

impl Declare for Conv {
    const SIGNATURE: Signature = Signature {
        name: "conv",
        doc: "convolution over height and width, or width",
        operands: Operands::Fixed(&["x"]),
        args: &[
            ArgSpec { name: "out", kind: ArgKind::Int, default: Default::Required, doc: "output channels" },
            ArgSpec { name: "kernel", kind: ArgKind::Pair, default: Default::Required, doc: "taps" },
            ArgSpec {
                name: "stride",
                kind: ArgKind::Pair,
                default: Default::Int(1),
                doc: "input pixels between outputs",
            },
            ArgSpec { name: "pad", kind: ArgKind::Pad, default: Default::Int(0), doc: "zeros around the input" },
            ArgSpec {
                name: "dilation",
                kind: ArgKind::Pair,
                default: Default::Int(1),
                doc: "input pixels between taps",
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

    fn from_call(call: &Call<'_>) -> Result<(Conv, Vec<ParamSpec>), CallError> {
        let x = call.operands[0];
        let [_, _, h, w] = shapes::pixels("conv", x)?;
        let out = call.int("out", 1)?;
        let groups = call.int("groups", 1)?;
        let channels = x.shape[1];
        if !channels.is_multiple_of(groups) || !out.is_multiple_of(groups) {
            let largest = gcd(channels, out);
            return Err(CallError::argument("groups", indivisible(groups, channels, out)).help(
                format!("`groups` divides {channels} input and {out} output channels: {largest} is the most, its divisors do too"),
            ));
        }
        let mut window = Window::from_call("conv", call, true)?;
        window.pad = window.resolve_pad(call.spatial_pad("pad", x.rank())?, [&h, &w])?;
        let [kh, kw] = window.kernel;
        let weight = flattened(&x.shape, [out, channels / groups, kh, kw]);
        let mut params = vec![ParamSpec::weight("weight", weight)];
        if call.bool("bias")? {
            params.push(ParamSpec::weight("bias", [out]));
        }
        Ok((Conv { window, groups }, params))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Conv, String> {
        Ok(Conv { window: Window::from_attributes(attributes)?, groups: attributes.int("groups")? })
    }

    fn example(rng: &mut Rng) -> Example<Conv> {
        let groups = rng.pick(&[1, 1, 1, 2, 3, 8]);
        let depthwise = rng.flip();
        let icg = if depthwise { 1 } else { rng.range(1, 9) };
        let ocg = if depthwise { rng.pick(&[1, 1, 2]) } else { rng.range(1, 9) };
        let (ic, oc) = (icg * groups, ocg * groups);
        let kernel = [rng.range(1, 5), rng.range(1, 5)];
        let mut window = Window {
            kernel,
            stride: [rng.range(1, 3), rng.range(1, 3)],
            pad: [rng.range(0, kernel[0]), rng.range(0, kernel[1]), rng.range(0, kernel[0]), rng.range(0, kernel[1])],
            dilation: [rng.pick(&[1, 1, 2]), rng.pick(&[1, 1, 2])],
        };
        let mut x =
            Type::f32([rng.range(1, 2), ic, window.extent(0) + rng.range(0, 8), window.extent(1) + rng.range(0, 14)]);
        if rng.range(0, 3) == 0 {
            window = window.flat();
            x.shape.remove(2);
        }
        let weight = flattened(&x.shape, [oc, icg, window.kernel[0], window.kernel[1]]);
        let mut inputs = vec![x, Type::f32(weight)];
        if rng.flip() {
            inputs.push(Type::f32([oc]));
        }
        Example { op: Conv { window, groups }, inputs }
    }
}
