//! What holds for every operator of the table: random examples pass their own rules, and the lowering computes in f32 what the
//! evaluation says, within its bounds.

use rebirth_runtime::DType;
use rebirth_runtime::elements::Elements;

use super::*;
use crate::loops::expr::{Binary, Expr};
use crate::loops::layout::nchw;
use crate::loops::pieces::{Pieces, Source};
use crate::loops::stage::{Combine, Count, Kind, Operand, Place, Weights};

mod symbolic;

const SEEDS: u64 = 200;

/// Calls `check` with random examples of all operators.
fn for_examples(check: impl Fn(&Entry, &Example<Op>, &mut Rng)) {
    for entry in TABLE {
        for seed in 0..SEEDS {
            let mut rng = Rng::new(seed);
            let example = (entry.example)(&mut rng);
            check(entry, &example, &mut rng);
        }
    }
}

fn infer(example: &Example<Op>) -> Vec<Type> {
    let inputs: Vec<&Type> = example.inputs.iter().collect();
    example.op.infer(&inputs, Mode::Infer).unwrap_or_else(|error| panic!("{example:?}: {error:?}"))
}

/// What tensors of a type make of numbers.
fn as_elements(dtype: DType, values: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    let elements = Elements::from_values(dtype, values).unwrap();
    elements.values().collect::<Vec<_>>().into_iter()
}

/// Random values; every other time all positive, so that variances are.
fn values(example: &Example<Op>, rng: &mut Rng) -> Vec<Bounded> {
    let positive = rng.flip();
    let mut draw = || {
        let value = rng.range(1, 1 << 20) as f32 / (1 << 18) as f32;
        f64::from(if positive || rng.flip() { value } else { -value })
    };
    example
        .inputs
        .iter()
        .map(|ty| Bounded::exact(&ty.shape, as_elements(ty.dtype, (0..ty.elements()).map(|_| draw()))))
        .collect()
}

#[test]
fn the_table_is_alphabetical() {
    let names: Vec<&str> = TABLE.iter().map(|entry| entry.signature.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(names.iter().all(|name| find(name).is_some_and(|entry| entry.signature.name == *name)));
}

#[test]
fn attributes_round_trip() {
    for_examples(|entry, example, _| {
        let attributes = example.op.attributes();
        assert_eq!(example.op.name(), entry.signature.name);
        let mut reader =
            call::AttrReader::new(attributes.iter().map(|(name, attr)| ((*name).to_string(), attr.clone())).collect());
        assert_eq!((entry.from_attributes)(&mut reader).as_ref(), Ok(&example.op));
        assert_eq!(reader.finish(), Ok(()), "{attributes:?}");
        for (missing, _) in &attributes {
            let rest = attributes.iter().filter(|(name, _)| name != missing);
            let mut reader =
                call::AttrReader::new(rest.map(|(name, attr)| ((*name).to_string(), attr.clone())).collect());
            let without = (entry.from_attributes)(&mut reader);
            assert_ne!(without.as_ref(), Ok(&example.op), "{} without {missing}", entry.signature.name);
        }
    });
}

#[test]
fn defaults_are_of_their_kinds() {
    for entry in TABLE {
        for arg in entry.signature.args {
            let fits = match arg.default {
                call::Default::Required | call::Default::None => true,
                call::Default::Word(word) => arg.kind.accepts(&ArgValue::Str(word.to_string())),
                call::Default::Int(v) => arg.kind.accepts(&ArgValue::Int(v)),
                call::Default::Float(v) => arg.kind.accepts(&ArgValue::Float(v)),
                call::Default::Bool(v) => arg.kind.accepts(&ArgValue::Bool(v)),
                call::Default::SameAs(other) => entry.signature.args.iter().any(|arg| arg.name == other),
            };
            assert!(fits, "{} of {}", arg.name, entry.signature.name);
        }
    }
}

#[test]
fn too_many_operands_are_refused() {
    for_examples(|entry, example, _| {
        let extra = Type::f32([1, 2, 3, 4, 5]);
        let inputs: Vec<&Type> = example.inputs.iter().chain([&extra; 5]).collect();
        assert!(example.op.infer(&inputs, Mode::Infer).is_err(), "{}", entry.signature.name);
    });
}

#[test]
fn lowered_in_f32_within_the_bounds() {
    for_examples(|entry, example, rng| {
        let name = entry.signature.name;
        let types = infer(example);
        let inputs = values(example, rng);
        let results = example.op.evaluate(&inputs.iter().collect::<Vec<_>>(), Mode::Infer);
        assert_eq!(
            results.iter().map(|result| &result.shape).collect::<Vec<_>>(),
            types.iter().map(|ty| &ty.shape).collect::<Vec<_>>()
        );
        for (lowered, result) in run(example, &inputs, &types).iter().zip(&results) {
            assert_eq!(lowered.data.len(), result.value.len(), "{name}");
            for (i, &found) in lowered.data.iter().enumerate() {
                let (value, bound) = result.at(i);
                assert!(bound >= 0.0, "{name}: bound {bound}");
                if value.is_nan() {
                    assert!(found.is_nan(), "{example:?}: {found} instead of NaN at {i}");
                } else {
                    let off = (f64::from(found) - value).abs();
                    assert!(off <= bound, "{example:?}: {found} instead of {value} +- {bound} at {i}");
                }
            }
        }
        if inputs.iter().flat_map(|x| &x.value).all(|&v| v > 0.0) {
            let loose = results[0].value.iter().zip(&results[0].bound).find(|&(&v, &b)| b > 1e-3 * (1.0 + v.abs()));
            assert_eq!(loose, None, "{example:?}: a bound that says nothing");
        }
    });
}

/// A tensor of the stage runner.
#[derive(Clone)]
struct Buffer {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Buffer {
    /// The element at a position of rank 4; `None` outside.
    fn pixel(&self, at: [usize; 4], pad: [usize; 2]) -> Option<f32> {
        let at = [at[0], at[1], at[2].checked_sub(pad[0])?, at[3].checked_sub(pad[1])?];
        let inside = at.iter().zip(&self.shape).all(|(position, extent)| position < extent);
        inside.then(|| {
            self.data[at.iter().zip(&self.shape).fold(0, |index, (position, extent)| index * extent + position)]
        })
    }
}

/// Runs the stages of an example in f32.
fn run(example: &Example<Op>, inputs: &[Bounded], results: &[Type]) -> Vec<Buffer> {
    let lowering = example.op.lower(&example.inputs.iter().collect::<Vec<_>>(), &results.iter().collect::<Vec<_>>());
    let inputs: Vec<Buffer> = inputs
        .iter()
        .map(|x| Buffer { shape: x.shape.clone(), data: x.value.iter().map(|&v| v as f32).collect() })
        .collect();
    let mut temps: Vec<Option<Buffer>> = vec![None; lowering.temps.len()];
    let mut written: Vec<Option<Buffer>> = vec![None; results.len()];
    for stage in &lowering.stages {
        let reads: Vec<&Buffer> = stage
            .reads
            .iter()
            .map(|place| match *place {
                Place::Input(i) => &inputs[i],
                Place::Temp(i) => temps[i].as_ref().expect("written before it is read"),
                Place::Result(i) => written[i].as_ref().expect("written before it is read"),
            })
            .collect();
        let shape = match stage.write {
            Place::Temp(i) => lowering.temps[i].shape.clone(),
            Place::Result(i) => results[i].shape.clone(),
            place @ Place::Input(_) => panic!("{place:?} cannot be written"),
        };
        let data = compute(&stage.kind, &reads, &shape);
        let dtype = if let Place::Result(i) = stage.write { results[i].dtype } else { DType::F32 };
        // Of one integer as another the low bits stay.
        let wraps = example.inputs.iter().any(|ty| ty.dtype != DType::F32);
        let wrapped = |v: f32| match dtype {
            DType::U8 if wraps => f64::from(v as i64 as u8),
            DType::I8 if wraps => f64::from(v as i64 as i8),
            DType::I32 if wraps => f64::from(v as i64 as i32),
            _ => f64::from(v),
        };
        let data = as_elements(dtype, data.into_iter().map(wrapped)).map(|v| v as f32).collect::<Vec<_>>();
        assert_eq!(data.len(), shape.iter().product::<usize>(), "{stage:?}");
        match stage.write {
            Place::Temp(i) => temps[i] = Some(Buffer { shape, data }),
            Place::Result(i) => written[i] = Some(Buffer { shape, data }),
            Place::Input(_) => {}
        }
    }
    written.into_iter().map(|result| result.expect("every result is written")).collect()
}

/// All positions of a shape of rank 4, in row-major order.
fn positions(shape: &[usize]) -> impl Iterator<Item = [usize; 4]> {
    let [n, c, h, w] = shape[..] else { panic!("{shape:?} is not of rank 4") };
    (0..n * c * h * w).map(move |i| [i / (c * h * w), i / (h * w) % c, i / w % h, i % w])
}

fn compute(kind: &Kind, reads: &[&Buffer], shape: &[usize]) -> Vec<f32> {
    let x = reads.first();
    let over_pixels = matches!(
        kind,
        Kind::Conv { .. }
            | Kind::Pool { .. }
            | Kind::Adaptive { .. }
            | Kind::Interleave { .. }
            | Kind::Repeat { .. }
            | Kind::Resample { .. }
    );
    if shape.len() == 3 && over_pixels {
        let row = |x: &&Buffer| match x.shape.len() {
            3 => Buffer { shape: nchw(&x.shape).to_vec(), data: x.data.clone() },
            _ => (*x).clone(),
        };
        let rows: Vec<Buffer> = reads.iter().map(row).collect();
        return compute(kind, &rows.iter().collect::<Vec<_>>(), &nchw(shape));
    }
    match kind {
        Kind::Pointwise(expr) => (0..shape.iter().product())
            .map(|i| value(expr, &|Operand(o)| reads[o].data[shapes::source(i, shape, &reads[o].shape)]))
            .collect(),
        Kind::Channelwise(expr) => {
            let [_, channels, inner] = shapes::around(shape, 1);
            let leaf = |i: usize, o: usize| reads[o].data[if o == 0 { i } else { i / inner % channels }];
            (0..shape.iter().product()).map(|i| value(expr, &|Operand(o)| leaf(i, o))).collect()
        }
        Kind::BatchNorm { eps } => {
            let [_, channels, inner] = shapes::around(shape, 1);
            let at = |operand: usize, c: usize| f64::from(reads[operand].data[c]);
            let fold = |c: usize| {
                let scale = at(1, c) / (at(4, c) + eps).sqrt();
                (scale as f32, (at(2, c) - at(3, c) * scale) as f32)
            };
            let affine = |(i, &x): (usize, &f32)| {
                let (scale, shift) = fold(i / inner % channels);
                x * scale + shift
            };
            reads[0].data.iter().enumerate().map(affine).collect()
        }
        Kind::Reduce { axes, combine, finish } => {
            let x = reads[0];
            assert!(axes.windows(2).all(|pair| pair[0] + 1 == pair[1]));
            let mut kept = x.shape.clone();
            axes.iter().for_each(|&axis| kept[axis] = 1);
            let (start, f): (f32, fn(f32, f32) -> f32) = match combine {
                Combine::Sum => (0.0, |a, b| a + b),
                Combine::Max => (f32::NEG_INFINITY, larger),
                Combine::Min => (f32::INFINITY, |a, b| -larger(-a, -b)),
            };
            let mut reduced = vec![start; kept.iter().product()];
            for (i, &v) in x.data.iter().enumerate() {
                let into = &mut reduced[shapes::source(i, &x.shape, &kept)];
                *into = f(*into, v);
            }
            reduced.iter().map(|&v| value(finish, &|_| v)).collect()
        }
        Kind::Pool { window, average } => {
            let x = reads[0];
            let pixels = |[n, c, y, z]: [usize; 4]| {
                let (top, left) = (y * window.stride[0], z * window.stride[1]);
                let bottom = x.shape[2] + window.pad[0] + window.pad[2];
                let right = x.shape[3] + window.pad[1] + window.pad[3];
                let taps = (0..window.kernel[0]).flat_map(|ky| (0..window.kernel[1]).map(move |kx| (ky, kx)));
                let [down, across] = window.dilation;
                let taps = taps.map(|(ky, kx)| (top + ky * down, left + kx * across));
                let taps: Vec<_> = taps.filter(|&(y, x)| y < bottom && x < right).collect();
                let real: Vec<f32> =
                    taps.iter().filter_map(|&(y, z)| x.pixel([n, c, y, z], [window.pad[0], window.pad[1]])).collect();
                (real, taps.len())
            };
            positions(shape)
                .map(|at| match (pixels(at), average) {
                    ((real, _), None) => real.into_iter().fold(f32::NEG_INFINITY, larger),
                    ((real, _), Some(Count::Valid)) => real.iter().sum::<f32>() / real.len() as f32,
                    ((real, taps), Some(Count::Padded)) => real.iter().sum::<f32>() / taps as f32,
                })
                .collect()
        }
        Kind::Adaptive { average } => {
            let x = reads[0];
            let window = |o: usize, input: usize, output: usize| o * input / output..((o + 1) * input).div_ceil(output);
            let results = positions(shape).map(|[n, c, y, z]| {
                let (rows, columns) = (window(y, x.shape[2], shape[2]), window(z, x.shape[3], shape[3]));
                let pixels = rows.flat_map(|y| columns.clone().map(move |z| [n, c, y, z]));
                let pixels: Vec<f32> = pixels.filter_map(|at| x.pixel(at, [0, 0])).collect();
                if *average {
                    pixels.iter().sum::<f32>() / pixels.len() as f32
                } else {
                    pixels.into_iter().fold(f32::NEG_INFINITY, larger)
                }
            });
            results.collect()
        }
        Kind::Resample { sampling, linear } => {
            let x = reads[0];
            let behind = usize::from(*linear);
            let element = |d: usize, at: usize| {
                let last = (sampling[d].input - 1).saturating_sub(behind);
                let first = sampling[d].index(at, last);
                let far = sampling[d].weight(at);
                (first, (first + behind).min(sampling[d].input - 1), [(1.0 - far) as f32, far as f32])
            };
            let results = positions(shape).map(|[n, c, y, z]| {
                let ((top, bottom, down), (left, right, across)) = (element(0, y), element(1, z));
                let at = |row: usize, column: usize| x.pixel([n, c, row, column], [0, 0]).unwrap_or(f32::NAN);
                if !linear {
                    return at(top, left);
                }
                let mixed = |row: usize| at(row, left) * across[0] + at(row, right) * across[1];
                // A lone row has no neighbour.
                if sampling[0].input == 1 { mixed(top) } else { mixed(top) * down[0] + mixed(bottom) * down[1] }
            });
            results.collect()
        }
        Kind::ChannelSquares { before, after } => positions(shape)
            .map(|[n, c, y, z]| {
                let near = c.saturating_sub(*before)..=c + after;
                near.filter_map(|c| reads[0].pixel([n, c, y, z], [0, 0])).map(|v| v * v).sum()
            })
            .collect(),
        Kind::Conv { window, groups, weights } => {
            let (x, weight) = (reads[0], reads[1]);
            let per_group = [shape[1] / groups, x.shape[1] / groups];
            // The weight as the convolution sees it, and the channel whose bias is added.
            let tap = |[o, i, ky, kx]: [usize; 4]| match weights {
                Weights::Direct => weight.pixel([o, i, ky, kx], [0, 0]),
                Weights::Transposed(t) => {
                    let channels = weight.shape[1];
                    let (group, phase) = (o / per_group[0], o % per_group[0] / channels);
                    let row = t.tap(0, phase / t.stride[1], ky)?;
                    let column = t.tap(1, phase % t.stride[1], kx)?;
                    weight.pixel([group * per_group[1] + i, o % channels, row, column], [0, 0])
                }
            };
            let biased = |o: usize| match weights {
                Weights::Direct => o,
                Weights::Transposed(_) => o / per_group[0] * weight.shape[1] + o % weight.shape[1],
            };
            positions(shape)
                .map(|[n, o, y, z]| {
                    let mut sum = reads.get(2).map_or(0.0, |bias| bias.data[biased(o)]);
                    for [_, i, ky, kx] in positions(&[1, per_group[1], window.kernel[0], window.kernel[1]]) {
                        let channel = o / per_group[0] * per_group[1] + i;
                        let row = y * window.stride[0] + ky * window.dilation[0];
                        let column = z * window.stride[1] + kx * window.dilation[1];
                        let pixel = x.pixel([n, channel, row, column], [window.pad[0], window.pad[1]]);
                        sum += pixel.unwrap_or(0.0) * tap([o, i, ky, kx]).unwrap_or(0.0);
                    }
                    sum
                })
                .collect()
        }
        Kind::ArgMax { axis } => {
            let x = Bounded::exact(&reads[0].shape, reads[0].data.iter().map(|&v| f64::from(v)));
            let exceeds = |a: f64, b: f64| Binary::Exceeds.of(a as f32, b as f32) == 1.0;
            let first = |line: &[(f64, f64)]| {
                (1..line.len()).fold(0, |best, i| if exceeds(line[i].0, line[best].0) { i } else { best })
            };
            let found = x.map_lines(*axis, 1, |line| vec![(first(line) as f64, 0.0)]);
            found.value.iter().map(|&v| v as f32).collect()
        }
        Kind::Gemm => {
            let (k, out) = (reads[0].shape[1], reads[1].shape[0]);
            let dot = |i: usize| {
                let (x, weight) = (&reads[0].data[i / out * k..][..k], &reads[1].data[i % out * k..][..k]);
                x.iter().zip(weight).map(|(a, b)| a * b).sum::<f32>()
                    + reads.get(2).map_or(0.0, |bias| bias.data[i % out])
            };
            (0..shape.iter().product()).map(dot).collect()
        }
        Kind::MatMul => {
            // As a product of [.., m, k, 1] and [.., 1, k, n] that is summed over k.
            let lifted = |x: &Buffer, at: usize| {
                let mut shape = x.shape.clone();
                shape.insert(at, 1);
                shape
            };
            let [a, b] = [lifted(reads[0], reads[0].shape.len()), lifted(reads[1], reads[1].shape.len() - 2)];
            let [m, k] = [shape[shape.len() - 2], a[a.len() - 2]];
            let n = shape[shape.len() - 1];
            let products = [&shape[..shape.len() - 2], &[m, k, n]].concat();
            let mut sums = vec![0.0; shape.iter().product()];
            for i in 0..products.iter().product() {
                let [x, y] = [(0, &a), (1, &b)].map(|(o, of)| reads[o].data[shapes::source(i, &products, of)]);
                sums[i / (k * n) * n + i % n] += x * y;
            }
            sums
        }
        Kind::Concat { axis } => {
            let [outer, ..] = shapes::around(shape, *axis);
            let rows = (0..outer).flat_map(|o| {
                reads.iter().map(move |x| &x.data[o * x.data.len() / outer..(o + 1) * x.data.len() / outer])
            });
            rows.flatten().copied().collect()
        }
        Kind::Repeat { scale } => {
            let source = |[n, c, y, z]: [usize; 4]| reads[0].pixel([n, c, y / scale[0], z / scale[1]], [0, 0]);
            positions(shape).map(|at| source(at).unwrap_or(f32::NAN)).collect()
        }
        Kind::Copy(pieces) => copied(pieces, reads[0]),
        Kind::Interleave { stride, crop, groups } => {
            let c = shape[1] / groups;
            let source = |[n, o, y, z]: [usize; 4]| {
                let (row, column) = (y + crop[0], z + crop[1]);
                let phase = row % stride[0] * stride[1] + column % stride[1];
                let channel = (o / c * stride[0] * stride[1] + phase) * c + o % c;
                reads[0].pixel([n, channel, row / stride[0], column / stride[1]], [0, 0])
            };
            positions(shape).map(|at| source(at).unwrap_or(f32::NAN)).collect()
        }
        Kind::Reshape => x.map(|x| x.data.clone()).unwrap_or_default(),
    }
}

/// What a copy in pieces gives; each element is written exactly once.
fn copied(pieces: &Pieces, x: &Buffer) -> Vec<f32> {
    let index = |shape: &[usize], at: &[usize]| {
        at.iter().zip(shape).fold(0, |index, (&position, &extent)| {
            assert!(position < extent, "{at:?} is outside of {shape:?}");
            index * extent + position
        })
    };
    assert_eq!(x.data.len(), pieces.from.iter().product::<usize>(), "{pieces}");
    let mut result = vec![None; pieces.to.iter().product()];
    for piece in &pieces.pieces {
        let count: usize = piece.extent.iter().product();
        for mut rest in 0..count {
            let mut at = vec![0; piece.extent.len()];
            for (position, extent) in at.iter_mut().zip(&piece.extent).rev() {
                (*position, rest) = (rest % extent, rest / extent);
            }
            let value = match &piece.source {
                Source::Constant(value) => *value,
                Source::Operand(steps) => {
                    let mut from = vec![None; pieces.from.len()];
                    for (steps, &position) in steps.iter().zip(&at) {
                        let moved = steps.start as i64 + steps.by * position as i64;
                        assert_eq!(from[steps.dim].replace(usize::try_from(moved).unwrap()), None);
                    }
                    let from: Vec<usize> =
                        from.into_iter().map(|position| position.expect("every dimension")).collect();
                    x.data[index(&pieces.from, &from)]
                }
            };
            at.iter_mut().zip(&piece.start).for_each(|(position, start)| *position += start);
            assert_eq!(result[index(&pieces.to, &at)].replace(value), None, "{pieces}");
        }
    }
    result.into_iter().map(|value| value.expect("pieces cover the result")).collect()
}

/// The larger; NaN if either is.
fn larger(a: f32, b: f32) -> f32 {
    if a.is_nan() || a > b { a } else { b }
}

fn value(expr: &Expr<Operand>, leaf: &impl Fn(Operand) -> f32) -> f32 {
    match expr {
        Expr::Leaf(operand) => leaf(*operand),
        Expr::Const(value) => *value,
        Expr::Unary(f, a) => f.of(f64::from(value(a, leaf))) as f32,
        Expr::Binary(f, a, b) => f.of(value(a, leaf), value(b, leaf)),
        Expr::MulAdd(abc) => value(&abc[0], leaf).mul_add(value(&abc[1], leaf), value(&abc[2], leaf)),
    }
}
