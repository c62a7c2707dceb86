//! Shape rules that several operators share.

use rebirth_runtime::DType;
use rebirth_runtime::shape::{MAX_RANK, MAX_TENSOR_BYTES, byte_len};

use super::value::{Bounded, Element};
use super::{Call, CallError, Mismatch, Rng};
use crate::extent::Extent;
use crate::graph::Type;

/// The only input of an operator of one operand.
///
/// # Errors
/// There are more or fewer.
pub fn one<'a, D>(name: &str, inputs: &[&'a Type<D>]) -> Result<&'a Type<D>, Mismatch> {
    match *inputs {
        [x] => Ok(x),
        _ => Err(Mismatch::new(format!("{name} takes one tensor, not {}", inputs.len()))),
    }
}

/// The inputs of an operator of two operands.
///
/// # Errors
/// There are more or fewer.
pub fn two<'a, D>(name: &str, inputs: &[&'a Type<D>]) -> Result<[&'a Type<D>; 2], Mismatch> {
    match *inputs {
        [a, b] => Ok([a, b]),
        _ => Err(Mismatch::new(format!("{name} takes two tensors, not {}", inputs.len()))),
    }
}

/// That all operands are f32.
///
/// # Errors
/// One is not.
pub fn only_f32<D: Extent>(name: &str, inputs: &[&Type<D>]) -> Result<(), Mismatch> {
    match inputs.iter().position(|ty| ty.dtype != DType::F32) {
        Some(i) => Err(Mismatch::new(format!("{name} computes in f32, found {}", inputs[i]))
            .at([i])
            .help("`cast(to: \"f32\")` makes it so")),
        None => Ok(()),
    }
}

/// That an operand has an axis with elements along it.
///
/// # Errors
/// It has not.
pub fn has_axis<D: Extent>(name: &str, x: &Type<D>, axis: usize) -> Result<(), Mismatch> {
    match x.shape.get(axis) {
        None => Err(Mismatch::new(format!("{x} has no axis {axis}")).at([0])),
        Some(extent) if extent.is(0) => {
            Err(Mismatch::new(format!("{name} over axis {axis} needs elements, found {x}")).at([0]))
        }
        Some(_) => Ok(()),
    }
}

/// The extents of a tensor of rank 4 that has at least one pixel.
///
/// # Errors
/// The rank is another, or height or width are 0.
pub fn image<D: Extent>(name: &str, x: &Type<D>) -> Result<[D; 4], Mismatch> {
    match &x.shape[..] {
        [n, c, h, w] if !h.is(0) && !w.is(0) => Ok([n, c, h, w].map(D::clone)),
        [..] if x.rank() == 4 => Err(Mismatch::new(format!("{name} needs pixels, found {x}")).at([0])),
        _ => Err(no_image(name, x)),
    }
}

/// The extents of an image, or of a sequence [n, c, w] as one row; at least one pixel.
///
/// # Errors
/// The rank is another, or there is no pixel.
pub fn pixels<D: Extent>(name: &str, x: &Type<D>) -> Result<[D; 4], Mismatch> {
    match &x.shape[..] {
        [n, c, w] if !w.is(0) => Ok([n.clone(), c.clone(), D::constant(1), w.clone()]),
        [n, c, h, w] if !h.is(0) && !w.is(0) => Ok([n, c, h, w].map(D::clone)),
        [..] if matches!(x.rank(), 3 | 4) => Err(Mismatch::new(format!("{name} needs pixels, found {x}")).at([0])),
        _ => {
            let mismatch = no_image(name, x);
            let message = format!(
                "{name} needs a tensor of rank 4 (n, channels, height, width) or 3 (n, channels, width), found {x}"
            );
            Err(Mismatch { message, ..mismatch })
        }
    }
}

/// The type of `x`, an image or a sequence as [`pixels`] takes it, with other channels and pixels.
pub fn with_pixels<D: Extent>(x: &Type<D>, channels: D, [height, width]: [D; 2]) -> Type<D> {
    let mut shape = vec![x.shape[0].clone(), channels];
    if x.rank() == 4 {
        shape.push(height);
    }
    shape.push(width);
    Type { dtype: x.dtype, shape }
}

/// What is wrong where an attribute says a height for an operand of rank 3, which has none.
pub fn no_height<D: Extent>(name: &str, attribute: &str, x: &Type<D>) -> Mismatch {
    Mismatch::new(format!("the {attribute} of {name} has a height, but {x} has a width only"))
        .at([0])
        .help(format!("over rank 3 the {attribute} is one number"))
}

/// What is wrong with an operand that is not of rank 4.
pub fn no_image<D: Extent>(name: &str, x: &Type<D>) -> Mismatch {
    let help = match x.rank() {
        2 => format!("`flatten` and `dense` end what can be done with images: put {name} before them"),
        _ => "an image is declared as f32[n, channels, height, width]".to_string(),
    };
    Mismatch::new(format!("{name} needs a tensor of rank 4 (n, channels, height, width), found {x}")).at([0]).help(help)
}

/// An extent of `x` on which the shape of a weight depends, so that it has to be a number. `what` is for messages.
///
/// # Errors
/// It is symbolic.
pub fn known<D: Extent>(name: &str, what: &str, x: &Type<D>, extent: &D) -> Result<usize, Mismatch> {
    extent.known().ok_or_else(|| {
        Mismatch::new(format!("{name} needs a fixed number of {what}, found {extent} in {x}")).at([0]).help(format!(
            "the shape of a weight cannot depend on a size; give {name} the same number of {what} for all sizes"
        ))
    })
}

/// The number of channels, dimension 1, of an operand with a parameter for each.
///
/// # Errors
/// There is no such dimension, or it is symbolic.
pub fn channels<D: Extent>(name: &str, x: &Type<D>) -> Result<usize, Mismatch> {
    match x.shape.get(1) {
        Some(c) => known(name, "channels", x, c),
        None => Err(Mismatch::new(format!("{name} needs a tensor with channels in dimension 1, found {x}")).at([0])),
    }
}

/// The tensor of an operator whose other inputs are `params`, one value a channel each.
///
/// # Errors
/// There are more or fewer inputs, the tensor has no channels, or a parameter is not of their number.
pub fn channelwise<'a, D: Extent>(
    name: &str,
    inputs: &[&'a Type<D>],
    params: &[&str],
) -> Result<&'a Type<D>, Mismatch> {
    let [x, given @ ..] = inputs else {
        return Err(Mismatch::new(format!("{name} takes a tensor and {}, not 0 inputs", params.join(", "))));
    };
    if given.len() != params.len() {
        let found = inputs.len();
        return Err(Mismatch::new(format!("{name} takes a tensor and {}, not {found} inputs", params.join(", "))));
    }
    let expected = Type::f32([channels(name, x)?]);
    for (i, (&param, what)) in given.iter().zip(params).enumerate() {
        if param.dtype != expected.dtype || !param.has_shape(&expected.shape) {
            return Err(Mismatch::new(format!("{what} must be {expected}, found {param}")).at([1 + i, 0]));
        }
    }
    Ok(x)
}

/// The product of extents; 0 where one is 0. `None` where it is too large.
pub fn product<D: Extent>(shape: &[D]) -> Option<D> {
    if shape.iter().any(|extent| extent.is(0)) {
        return Some(D::constant(0));
    }
    shape.iter().try_fold(D::constant(1), |product, extent| product.times(extent))
}

/// What is wrong with two extents in dimension `d` that should be equal.
pub fn differ<D: Extent>(d: usize, one: &D, other: &D) -> String {
    format!("dimension {d} is {one} in one and {other} in the other")
}

/// How to make two symbolic extents equal, where a condition does.
pub fn equal_if<D: Extent>(one: &D, other: &D) -> Option<String> {
    let condition = one.same_if(other)?;
    Some(format!("they are equal if `{condition}`: write that in the `where` clause"))
}

/// A result type. Extents that are not known count as 1.
///
/// # Errors
/// It is larger than a tensor may be.
pub fn fits<D: Extent>(ty: Type<D>) -> Result<Type<D>, Mismatch> {
    let least: Vec<usize> = ty.shape.iter().map(|extent| extent.known().unwrap_or(1)).collect();
    match over_limit(&least, ty.dtype) {
        None => Ok(ty),
        Some(limit) => Err(Mismatch::new(format!("the result would be {ty}, which has {limit}"))
            .help("see whether all of its dimensions are meant")),
    }
}

/// What a tensor of this shape has more of than it may.
pub fn over_limit(shape: &[usize], dtype: DType) -> Option<String> {
    if shape.len() > MAX_RANK {
        return Some(format!("{} dimensions, and {MAX_RANK} is the most", shape.len()));
    }
    let tebibytes = MAX_TENSOR_BYTES >> 40;
    byte_len(shape, dtype).is_err().then(|| format!("more than {tebibytes} TiB, the most that a tensor may take"))
}

/// The axis a call names, counted from the front; negative ones count from the end. `end` allows the position behind the last.
///
/// # Errors
/// There is no such axis.
pub fn axis(call: &Call<'_>, x: &Type, end: bool) -> Result<usize, CallError> {
    nth_axis("axis", call.signed("axis")?, x, end)
}

/// [`axis`] of a number that an argument holds.
///
/// # Errors
/// There is no such axis.
pub fn nth_axis(argument: &'static str, given: i64, x: &Type, end: bool) -> Result<usize, CallError> {
    let rank = x.rank() as i64;
    let axis = if given < 0 { given.checked_add(rank) } else { Some(given) };
    match axis {
        Some(axis) if (0..rank + i64::from(end)).contains(&axis) => Ok(axis as usize),
        _ => {
            let error = CallError::argument(argument, format!("{x} has no axis {given}"));
            let last = rank - i64::from(!end);
            Err(if last < 0 { error } else { error.help(format!("an axis is from {} to {last}", -rank)) })
        }
    }
}

/// The type of `a` and `b` combined element by element: aligned at the last dimension, extents of 1 repeat. `verb` is for messages.
///
/// # Errors
/// Two extents differ and neither is 1, the element types differ, or the result is too large.
pub fn broadcast<D: Extent>(verb: &str, a: &Type<D>, b: &Type<D>) -> Result<Type<D>, Mismatch> {
    let wrong = |why: String| Mismatch::new(format!("cannot {verb} {a} and {b}: {why}")).at([0, 1]);
    if a.dtype != b.dtype {
        return Err(wrong("the element types differ".to_string()));
    }
    let rank = a.rank().max(b.rank());
    let mut shape = vec![D::constant(1); rank];
    for (back, extent) in shape.iter_mut().rev().enumerate() {
        // Dimensions counted from the end exist in the longer shape, perhaps not in the shorter.
        let own = |x: &Type<D>| x.rank().checked_sub(back + 1).map(|d| (d, x.shape[d].clone()));
        *extent = match (own(a), own(b)) {
            (Some((_, x)), Some((_, y))) if y.is(1) || x.same(&y) => x,
            (Some((_, x)), Some((_, y))) if x.is(1) => y,
            (Some((i, x)), Some((j, y))) => {
                let why = if i == j {
                    differ(i, &x, &y)
                } else {
                    format!(
                        "dimension {i} of the first is {x}, dimension {j} of the second, which lies over it, is {y}"
                    )
                };
                let help = || match shortcut(a, b) {
                    Some(conv) if verb == "add" => {
                        format!(
                            "bring both to one shape: a shortcut goes through `{conv}` where the other path changes it"
                        )
                    }
                    _ => {
                        "extents must be equal, or one of them 1; shapes are aligned at the last dimension".to_string()
                    }
                };
                return Err(wrong(why).help(equal_if(&x, &y).unwrap_or_else(help)));
            }
            (Some((_, x)), None) | (None, Some((_, x))) => x,
            (None, None) => D::constant(1),
        };
    }
    fits(Type { dtype: a.dtype, shape })
}

/// The projection that brings the larger of two images to the channels and size of the smaller one.
fn shortcut<D: Extent>(a: &Type<D>, b: &Type<D>) -> Option<String> {
    let known = |x: &Type<D>| x.shape.get(1..)?.iter().map(Extent::known).collect::<Option<Vec<usize>>>();
    let (a, b) = (known(a)?, known(b)?);
    let ([ca, ha, wa], [cb, hb, wb]) = (<[usize; 3]>::try_from(a).ok()?, <[usize; 3]>::try_from(b).ok()?);
    let ([_, from_h, from_w], [channels, to_h, to_w]) =
        if ha >= hb { ([ca, ha, wa], [cb, hb, wb]) } else { ([cb, hb, wb], [ca, ha, wa]) };
    let stride = from_h.div_ceil(to_h.max(1));
    let fits = stride > 0 && from_h.div_ceil(stride) == to_h && from_w.div_ceil(stride) == to_w;
    let stride_text = if stride > 1 { format!(", stride: {stride}") } else { String::new() };
    fits.then(|| format!("conv({channels}, 1{stride_text})"))
}

/// Applies `f` element by element to tensors that [`broadcast`] accepts.
pub fn combine(a: &Bounded, b: &Bounded, f: impl Fn(Element, Element) -> Element) -> Bounded {
    let rank = a.shape.len().max(b.shape.len());
    let extent = |x: &Bounded, d: usize| (d + x.shape.len()).checked_sub(rank).map_or(1, |d| x.shape[d]);
    let shape: Vec<usize> = (0..rank)
        .map(|d| match (extent(a, d), extent(b, d)) {
            (1, y) => y,
            (x, _) => x,
        })
        .collect();
    // Behind some dimension each operand moves on by one element at a time, or not at all.
    let steps = |x: &Bounded, from: usize| {
        let moves = (from..rank).all(|d| extent(x, d) == shape[d]);
        let stays = (from..rank).all(|d| extent(x, d) == 1);
        if moves { Some(1) } else { stays.then_some(0) }
    };
    let from = (0..rank).find(|&d| steps(a, d).is_some() && steps(b, d).is_some()).unwrap_or(rank);
    let (by_a, by_b) = (steps(a, from).unwrap_or(0), steps(b, from).unwrap_or(0));
    let run: usize = shape[from..].iter().product();
    let total: usize = shape.iter().product();
    let mut result = Bounded { shape: shape.clone(), value: Vec::new(), bound: Vec::new() };
    result.value.reserve_exact(total);
    result.bound.reserve_exact(total);
    for start in (0..total).step_by(run.max(1)) {
        let (at_a, at_b) = (source(start, &shape, &a.shape), source(start, &shape, &b.shape));
        for i in 0..run {
            let (value, bound) = f(a.at(at_a + i * by_a), b.at(at_b + i * by_b));
            result.value.push(value);
            result.bound.push(bound);
        }
    }
    result
}

/// Where the element at row-major position `index` of `result` comes from in an operand of shape `operand`, broadcast as numpy does.
pub fn source(mut index: usize, result: &[usize], operand: &[usize]) -> usize {
    let (mut at, mut step) = (0, 1);
    for (d, &extent) in result.iter().enumerate().rev() {
        let position = index % extent;
        index /= extent;
        let Some(d) = (d + operand.len()).checked_sub(result.len()) else {
            break;
        };
        if operand[d] != 1 {
            at += position * step;
        }
        step *= operand[d];
    }
    at
}

/// A shape around one axis: the product of the extents before it, its own, and the product of those behind.
pub fn around(shape: &[usize], axis: usize) -> [usize; 3] {
    [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product()]
}

/// A random small type: of rank 4 mostly, with channels on and off the block of 4.
pub fn random(rng: &mut Rng) -> Type {
    if rng.range(0, 3) == 0 {
        Type::f32([rng.range(1, 3), rng.range(1, 37)])
    } else {
        Type::f32([rng.range(1, 2), rng.range(1, 17), rng.range(1, 9), rng.range(1, 9)])
    }
}

/// A random pair of types that broadcast: equal, one value a channel, or with some extents dropped.
pub fn random_pair(rng: &mut Rng) -> Vec<Type> {
    let a = random(rng);
    let mut b = a.clone();
    match rng.range(0, 3) {
        0 => b.shape.iter_mut().skip(2).for_each(|extent| *extent = 1),
        1 => {
            b.shape.iter_mut().for_each(|extent| *extent = if rng.flip() { 1 } else { *extent });
            let drop = rng.range(0, b.rank() - 1);
            b.shape.drain(..drop);
        }
        _ => {}
    }
    if rng.flip() { vec![a, b] } else { vec![b, a] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::call::{ArgKind, ArgSpec, ArgValue, Default};
    use crate::ops::{Operands, Signature};

    fn check_broadcast(a: &[usize], b: &[usize], expected: Result<&[usize], &str>) {
        let found = broadcast("add", &Type::f32(a), &Type::f32(b));
        match expected {
            Ok(shape) => assert_eq!(found, Ok(Type::f32(shape))),
            Err(message) => {
                let found = found.unwrap_err();
                assert_eq!(found.message, message);
                assert_eq!(found.operands, [0, 1]);
            }
        }
    }

    #[test]
    fn broadcasting_both_ways() {
        check_broadcast(&[2, 3], &[2, 3], Ok(&[2, 3]));
        check_broadcast(&[1, 3, 4, 4], &[1, 3, 1, 1], Ok(&[1, 3, 4, 4]));
        check_broadcast(&[2, 1], &[1, 3], Ok(&[2, 3]));
        check_broadcast(&[1], &[1, 3, 4, 4], Ok(&[1, 3, 4, 4]));
        check_broadcast(&[], &[5], Ok(&[5]));
        check_broadcast(&[0], &[1], Ok(&[0]));
        check_broadcast(
            &[2, 3],
            &[2, 4],
            Err("cannot add f32[2,3] and f32[2,4]: dimension 1 is 3 in one and 4 in the other"),
        );
        check_broadcast(
            &[1, 3, 4, 4],
            &[3],
            Err(
                "cannot add f32[1,3,4,4] and f32[3]: dimension 3 of the first is 4, dimension 0 of the second, which lies over it, is 3",
            ),
        );
        let vast = [1 << 30, 1];
        assert_eq!(
            broadcast("add", &Type::f32(vast), &Type::f32([1 << 30])).unwrap_err().message,
            "the result would be f32[1073741824,1073741824], which has more than 1 TiB, the most that a tensor may take"
        );
    }

    #[test]
    fn sources() {
        assert_eq!((0..6).map(|i| source(i, &[2, 3], &[3])).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
        assert_eq!((0..6).map(|i| source(i, &[2, 3], &[2, 1])).collect::<Vec<_>>(), [0, 0, 0, 1, 1, 1]);
        assert_eq!((0..6).map(|i| source(i, &[2, 3], &[2, 3])).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!((0..6).map(|i| source(i, &[2, 3], &[])).collect::<Vec<_>>(), [0; 6]);
    }

    fn check_axis(given: i64, end: bool, expected: Option<usize>) {
        const SIGNATURE: Signature = Signature {
            name: "probe",
            doc: "",
            operands: Operands::Fixed(&["x"]),
            args: &[ArgSpec { name: "axis", kind: ArgKind::Int, default: Default::Required, doc: "" }],
        };
        let x = Type::f32([2, 3, 4]);
        let operands = [&x];
        let call = Call::new(&SIGNATURE, &operands, vec![("axis", ArgValue::Int(given))]);
        assert_eq!(axis(&call, &x, end).ok(), expected, "{given}");
    }

    #[test]
    fn axes() {
        check_axis(0, false, Some(0));
        check_axis(2, false, Some(2));
        check_axis(3, false, None);
        check_axis(3, true, Some(3));
        check_axis(4, true, None);
        check_axis(-1, false, Some(2));
        check_axis(-3, true, Some(0));
        check_axis(-4, false, None);
        check_axis(i64::MIN, false, None);
        check_axis(i64::MAX, true, None);
    }

    #[test]
    fn random_pairs_broadcast() {
        for seed in 0..200 {
            let pair = random_pair(&mut Rng::new(seed));
            assert!(broadcast("add", &pair[0], &pair[1]).is_ok(), "{pair:?}");
        }
    }
}
