//! Shape rules over symbolic extents: they say what the same rules say of numbers, and word what they refuse in source's names.

use std::collections::BTreeMap;

use super::*;
use crate::extent::{Assumptions, Extent, Form, Symbol};
use crate::ops::batch_norm::BatchNorm;
use crate::ops::geometry::{Window, same_padding};

/// A type over forms: `n 3 h/2 w`. `/` rounds down, `^` up.
fn ty(shape: &str, assumptions: &Assumptions) -> Type<Form> {
    let extent = |word: &str| {
        let size = |word: &str| match word.parse() {
            Ok(number) => Form::constant(number),
            Err(_) => assumptions.size(word).unwrap(),
        };
        let parts: Vec<&str> = word.split_inclusive(['/', '^', '*']).collect();
        let mut form = None;
        let mut operator = "";
        for part in parts {
            let number = part.trim_end_matches(['/', '^', '*']);
            form = match (form, operator) {
                (None, _) => Some(size(number)),
                (Some(form), "/") => Extent::div_floor(&form, number.parse().unwrap()),
                (Some(form), "^") => form.div_ceil(number.parse().unwrap()),
                (Some(form), _) => form.times(&size(number)),
            };
            operator = &part[number.len()..];
        }
        form.unwrap()
    };
    Type { dtype: rebirth_runtime::DType::F32, shape: shape.split(' ').map(extent).collect() }
}

/// After `h % divisor == 0` and the same of w.
fn divisible(divisor: i64) -> Assumptions {
    let mut assumptions = Assumptions::default();
    for name in ["h", "w"] {
        assumptions.congruent(&Form::symbol(name), divisor, 0).unwrap();
    }
    assumptions
}

fn window(kernel: usize, stride: usize, pad: usize) -> Window {
    Window { kernel: [kernel; 2], stride: [stride; 2], pad: [pad; 4], dilation: [1; 2] }
}

fn pool(kernel: usize, stride: usize, pad: usize, ceil: bool) -> Op {
    let pooling = pooling::Pooling { window: window(kernel, stride, pad), ceil };
    max_pool::MaxPool { pooling }.into()
}

fn conv(kernel: usize, stride: usize, pad: usize) -> Op {
    conv::Conv { window: window(kernel, stride, pad), groups: 1 }.into()
}

/// The result, or message and help, of a rule where `h % divisor == 0` and `w % divisor == 0`.
fn check(divisor: i64, op: impl Into<Op>, inputs: &[&str], expected: Result<&str, (&str, &str)>) {
    let assumptions = divisible(divisor);
    let inputs: Vec<_> = inputs.iter().map(|shape| ty(shape, &assumptions)).collect();
    let found = op.into().infer(&inputs.iter().collect::<Vec<_>>(), Mode::Infer);
    let found = found.map(|results| results[0].to_string());
    let found = found.as_deref().map_err(|error| (error.message.as_str(), error.help.as_deref().unwrap_or_default()));
    assert_eq!(found, expected);
}

#[test]
fn results() {
    let weight = "8 3 3 3";
    check(1, relu::Relu, &["n 3 h w"], Ok("f32[n,3,h,w]"));
    check(1, conv(3, 1, 1), &["n 3 h w", weight, "8"], Ok("f32[n,8,h,w]"));
    check(1, conv(3, 2, 1), &["n 3 h w", weight], Ok("f32[n,8,ceil_div(h, 2),ceil_div(w, 2)]"));
    check(2, conv(3, 2, 1), &["n 3 h w", weight], Ok("f32[n,8,h/2,w/2]"));
    check(1, conv(3, 1, 0), &["n 3 h 224", weight], Ok("f32[n,8,h - 2,222]"));
    check(1, pool(2, 2, 0, false), &["n 3 h w"], Ok("f32[n,3,div(h, 2),div(w, 2)]"));
    check(1, pool(2, 2, 0, false), &["n 3 h/2 w/8"], Ok("f32[n,3,div(h, 4),div(w, 16)]"));
    check(1, pool(3, 2, 1, false), &["n 3 h^2 w^2"], Ok("f32[n,3,ceil_div(h, 4),ceil_div(w, 4)]"));
    check(1, pool(3, 2, 0, true), &["n 3 h w"], Ok("f32[n,3,div(h, 2),div(w, 2)]"));
    check(1, pool(2, 2, 0, true), &["n 3 h w"], Ok("f32[n,3,ceil_div(h, 2),ceil_div(w, 2)]"));
    check(16, pool(2, 2, 0, true), &["n 3 h/8 w/2"], Ok("f32[n,3,h/16,w/4]"));
    check(1, global_avg_pool::GlobalAvgPool, &["n 3 h w"], Ok("f32[n,3,1,1]"));
    check(1, flatten::Flatten { axis: 1 }, &["n 3 h w/2"], Ok("f32[n,3*h*div(w, 2)]"));
    check(2, flatten::Flatten { axis: 2 }, &["n 3 h/2 w"], Ok("f32[3*n,h*(w/2)]"));
    check(1, flatten::Flatten { axis: 1 }, &["n 3 1 1"], Ok("f32[n,3]"));
    check(1, dense::Dense, &["n 64", "10 64", "10"], Ok("f32[n,10]"));
    check(1, add::Add, &["n 3 h w", "n 3 h w"], Ok("f32[n,3,h,w]"));
    check(1, mul::Mul, &["n 3 1 1", "n 3 h w"], Ok("f32[n,3,h,w]"));
    check(1, mul::Mul, &["n 3 h w", "3 1 1"], Ok("f32[n,3,h,w]"));
    check(16, concat::Concat { axis: 1 }, &["n 3 h w", "n 5 h/16*16 w/16*16"], Ok("f32[n,8,h,w]"));
    check(1, concat::Concat { axis: 2 }, &["n 3 h w", "n 3 h/2 w"], Ok("f32[n,3,h + div(h, 2),w]"));
    check(1, concat::Concat { axis: 0 }, &["n 3", "n 3", "1 3"], Ok("f32[2*n + 1,3]"));
    check(1, softmax::Softmax { axis: 1 }, &["n 3 h w"], Ok("f32[n,3,h,w]"));
}

#[test]
fn results_of_moves() {
    let x = &["n 8 h w"];
    let reshape = |shape: &[i64]| reshape::Reshape { shape: shape.to_vec() };
    check(1, reshape(&[0, 2, 4, -1]), x, Ok("f32[n,2,4,h*w]"));
    check(1, reshape(&[-1, 8]), x, Ok("f32[h*n*w,8]"));
    check(1, reshape(&[0, 4, -1, 0]), x, Ok("f32[n,4,2*h,w]"));
    check(1, transpose::Transpose { perm: vec![0, 2, 3, 1] }, x, Ok("f32[n,h,w,8]"));
    check(1, squeeze::Squeeze { axes: vec![2] }, &["n 8 1 w"], Ok("f32[n,8,w]"));
    check(1, unsqueeze::Unsqueeze { axes: vec![0, 5] }, x, Ok("f32[1,n,8,h,w,1]"));
    let slice = |start, end, step| slice::Slice { axis: 2, start, end, step };
    check(1, slice(Some(1), Some(5), 1), x, Ok("f32[n,8,4,w]"));
    check(1, slice(Some(1), Some(-2), 1), x, Ok("f32[n,8,h - 3,w]"));
    check(1, slice(Some(-3), None, 1), x, Ok("f32[n,8,3,w]"));
    check(1, slice(None, None, -2), x, Ok("f32[n,8,(h + 1)/2,w]"));
    check(2, slice(None, None, 2), x, Ok("f32[n,8,h/2,w]"));
    check(2, split::Split { parts: split::Parts::Equal(2), axis: 2 }, x, Ok("f32[n,8,h/2,w]"));
    check(1, channel_shuffle::ChannelShuffle { groups: 2 }, x, Ok("f32[n,8,h,w]"));
    let pad = |border| pad::Pad { pad: [1, 2, 3, 4], channels: [0, 4], border };
    check(1, pad(crate::loops::pieces::Border::Reflect), &["n 8 h w"], Ok("f32[n,12,h + 4,w + 6]"));
    let blocks = blocks::Blocks { block: 2, order: blocks::Order::Dcr };
    check(1, depth_to_space::DepthToSpace { blocks: blocks.clone() }, x, Ok("f32[n,2,2*h,2*w]"));
    check(2, space_to_depth::SpaceToDepth { blocks }, x, Ok("f32[n,32,h/2,w/2]"));
    check(1, resize::Resize::repeat([2, 3]), x, Ok("f32[n,8,2*h,3*w]"));
    let ratio = |times, by| resize::Ratio { times, by };
    let scaled =
        resize::Resize { to: resize::Target::Scale([ratio(3, 2), ratio(1, 2)]), ..resize::Resize::repeat([1; 2]) };
    check(2, scaled, x, Ok("f32[n,8,3*(h/2),w/2]"));
    let sized = resize::Resize { to: resize::Target::Size([7, 9]), ..resize::Resize::repeat([1; 2]) };
    check(1, sized, x, Ok("f32[n,8,7,9]"));
    let adaptive = adaptive::Adaptive { size: [3, 2] };
    check(1, adaptive_avg_pool::AdaptiveAvgPool { adaptive }, x, Ok("f32[n,8,3,2]"));
}

#[test]
fn moves_that_depend_on_sizes() {
    check(
        1,
        reshape::Reshape { shape: vec![-1, 16] },
        &["1 h"],
        Err((
            "cannot reshape f32[1,h] to [-1, 16]: 16 does not divide the h elements that are to be divided",
            "that fits if `h % 16 == 0`: write that in the `where` clause",
        )),
    );
    check(
        1,
        slice::Slice { axis: 1, start: Some(-3), end: Some(5), step: 1 },
        &["1 h"],
        Err((
            "slice needs a number for dimension 1, found h in f32[1,h]",
            "write that size in the input's type, or set it with `--set`",
        )),
    );
    check(
        1,
        split::Split { parts: split::Parts::Equal(4), axis: 2 },
        &["n 8 h w"],
        Err((
            "cannot split dimension 2 of f32[n,8,h,w]: 4 parts of one size do not make h",
            "that fits if `h % 4 == 0`: write that in the `where` clause",
        )),
    );
    check(
        1,
        space_to_depth::SpaceToDepth { blocks: blocks::Blocks { block: 2, order: blocks::Order::Crd } },
        &["n 8 h w"],
        Err((
            "the height h of f32[n,8,h,w] is no multiple of 2, the block",
            "that fits if `h % 2 == 0`: write that in the `where` clause",
        )),
    );
}

#[test]
fn refused() {
    check(
        1,
        concat::Concat { axis: 1 },
        &["n 3 h w", "n 5 h/16*16 w/16*16"],
        Err((
            "cannot concatenate f32[n,3,h,w] and f32[n,5,16*div(h, 16),16*div(w, 16)] along dimension 1: dimension 2 is h in one and 16*div(h, 16) in the other",
            "they are equal if `h % 16 == 0`: write that in the `where` clause",
        )),
    );
    check(
        1,
        add::Add,
        &["n 3 h w", "n 3 h h"],
        Err((
            "cannot add f32[n,3,h,w] and f32[n,3,h,h]: dimension 3 is w in one and h in the other",
            "they are equal if `h == w`: write that in the `where` clause",
        )),
    );
    check(
        1,
        add::Add,
        &["n 3 h w", "n 3 4 w"],
        Err((
            "cannot add f32[n,3,h,w] and f32[n,3,4,w]: dimension 2 is h in one and 4 in the other",
            "extents must be equal, or one of them 1; shapes are aligned at the last dimension",
        )),
    );
    check(
        1,
        conv(3, 1, 1),
        &["n c h w", "8 3 3 3"],
        Err((
            "conv needs a fixed number of channels, found c in f32[n,c,h,w]",
            "the shape of a weight cannot depend on a size; give conv the same number of channels for all sizes",
        )),
    );
    check(
        32,
        dense::Dense,
        &["n h/32*w/32", "10 1"],
        Err((
            "dense needs a fixed number of features, found (h/32)*(w/32) in f32[n,(h/32)*(w/32)]",
            "the shape of a weight cannot depend on a size; give dense the same number of features for all sizes",
        )),
    );
    check(
        1,
        BatchNorm { eps: 1e-5, momentum: 0.1 },
        &["n c", "1", "1", "1", "1"],
        Err((
            "batch_norm needs a fixed number of channels, found c in f32[n,c]",
            "the shape of a weight cannot depend on a size; give batch_norm the same number of channels for all sizes",
        )),
    );
    // What is known is checked.
    check(
        1,
        conv(3, 1, 0),
        &["n 3 h 2", "8 3 3 3"],
        Err((
            "the window spans 3 in width, but the input has only 2",
            "use a kernel of at most 2 in width, or more padding",
        )),
    );
    check(
        1,
        concat::Concat { axis: 0 },
        &["n 1099511627776", "1 1099511627776"],
        Err((
            "the result would be f32[n + 1,1099511627776], which has more than 1 TiB, the most that a tensor may take",
            "see whether all of its dimensions are meant",
        )),
    );
}

#[test]
fn too_large_is_refused() {
    let vast = Type {
        dtype: rebirth_runtime::DType::F32,
        shape: vec![Form::symbol("h").times(&Form::constant(1 << 62)).unwrap(); 4],
    };
    for op in [pool(1, 1, 0, false), flatten::Flatten { axis: 0 }.into(), concat::Concat { axis: 0 }.into()] {
        let error = op.infer(&[&vast, &vast][..if op.name() == "concat" { 2 } else { 1 }], Mode::Infer);
        assert_eq!(error.is_err(), op.name() != "max_pool", "{error:?}");
    }
    let wide = Type {
        shape: vec![
            Form::constant(1),
            Form::constant(1),
            Form::symbol("h").plus(&Form::number(i64::MAX)).unwrap(),
            Form::constant(1),
        ],
        ..vast
    };
    let error = pool(2, 1, 1, false).infer(&[&wide], Mode::Infer).unwrap_err();
    assert_eq!(error.message, "the height h + 9223372036854775807 is too large to compute with");
}

fn check_same(divisor: i64, extent: usize, stride: usize, size: &str, expected: Result<[usize; 2], (&str, &str)>) {
    let x = ty(size, &divisible(divisor));
    let found = same_padding([extent; 2], [stride; 2], [&x.shape[0], &Form::constant(2 * stride)]);
    let found = found.as_ref().map(|pad| [pad[0], pad[2]]);
    let found = found.map_err(|error| (error.message.as_str(), error.help.as_deref().unwrap_or_default()));
    assert_eq!(found, expected);
}

#[test]
fn same_padding_is_the_same_for_all_sizes() {
    check_same(1, 3, 1, "h", Ok([1, 1]));
    check_same(1, 4, 1, "h^2", Ok([1, 2]));
    check_same(1, 1, 2, "h", Ok([0, 0]));
    check_same(2, 3, 2, "h", Ok([0, 1]));
    check_same(2, 2, 2, "h", Ok([0, 0]));
    check_same(32, 7, 2, "h/16", Ok([2, 3]));
    check_same(1, 3, 2, "225", Ok([1, 1]));
    check_same(1, 2, 3, "7", Ok([0, 1]));
    check_same(
        1,
        3,
        2,
        "h",
        Err((
            "`pad: \"same\"` pads differently for different heights: here it is h",
            "write `h % 2 == 0` in the `where` clause, or the padding in numbers",
        )),
    );
    check_same(
        4,
        3,
        2,
        "h/4",
        Err((
            "`pad: \"same\"` pads differently for different heights: here it is h/4",
            "write `h % 8 == 0` in the `where` clause, or the padding in numbers",
        )),
    );
    check_same(
        1,
        3,
        2,
        "h*w",
        Err((
            "`pad: \"same\"` pads differently for different heights: here it is h*w",
            "write `h % 2 == 0` in the `where` clause, or the padding in numbers",
        )),
    );
}

/// The example's operands with batch, height and width as symbols wherever they equal the first one's, and the sizes that these have.
fn symbolic(entry: &Entry, example: &Example<Op>, modulus: i64) -> (Vec<Type<Form>>, BTreeMap<&'static str, usize>) {
    let operands = match entry.signature.operands {
        Operands::Fixed(names) => names.len(),
        Operands::Broadcast(names) => names.len(),
        Operands::List(_) => example.inputs.len(),
    };
    let mut sizes = BTreeMap::new();
    let longest = example.inputs[..operands].iter().max_by_key(|x| x.rank());
    let names = match (entry.signature.name, longest.map(Type::rank)) {
        // Rows and columns of matrices mean different things in the two.
        ("matmul", _) => ["c", "c", "h", "n"],
        (_, Some(2)) => ["c", "n", "n", "n"],
        (_, Some(3)) => ["w", "c", "n", "n"],
        _ => ["w", "h", "c", "n"],
    };
    // From the last dimension, as shapes are aligned; channels stay known.
    let types = example.inputs.iter().enumerate().map(|(i, x)| {
        let mut lifted = x.lift();
        for back in 0..x.rank() {
            let d = x.rank() - 1 - back;
            let name = names[back.min(3)];
            let extent = x.shape[d];
            let first = longest.map(|x| x.shape[x.rank() - 1 - back]);
            if i < operands && name != "c" && extent != 1 && first == Some(extent) {
                sizes.insert(name, extent);
                let symbol = Symbol::new(name).split(modulus, extent as i64 % modulus).unwrap();
                lifted.shape[d] = symbol;
            }
        }
        lifted
    });
    (types.collect(), sizes)
}

fn at(types: &[Type<Form>], sizes: &BTreeMap<&'static str, usize>) -> Vec<Type> {
    let extent = |form: &Form| form.eval(&|name| Some(sizes[name] as i64)).unwrap() as usize;
    types.iter().map(|ty| Type { dtype: ty.dtype, shape: ty.shape.iter().map(extent).collect() }).collect()
}

#[test]
fn every_rule_agrees_with_itself_over_numbers() {
    let compared = std::cell::RefCell::new(BTreeMap::new());
    for_examples(|entry, example, rng| {
        let modulus = rng.pick(&[1, 1, 2, 3]);
        let (inputs, mut sizes) = symbolic(entry, example, modulus);
        let found = example.op.infer(&inputs.iter().collect::<Vec<_>>(), Mode::Infer);
        let found = match found {
            Ok(found) => found,
            // Extents that attributes name cannot be symbols.
            Err(error) => return assert!(error.help.is_some(), "{}: {error:?} over {inputs:?}", entry.signature.name),
        };
        for _ in 0..5 {
            let numbers = at(&inputs, &sizes);
            if let Ok(expected) = example.op.infer(&numbers.iter().collect::<Vec<_>>(), Mode::Infer) {
                assert_eq!(at(&found, &sizes), expected, "{:?} over {numbers:?}", example.op);
                *compared.borrow_mut().entry(entry.signature.name).or_insert(0) += 1;
            }
            sizes
                .values_mut()
                .for_each(|size| *size = (*size % modulus as usize) + modulus as usize * rng.range(1, 12));
        }
    });
    let compared = compared.into_inner();
    assert_eq!(compared.len(), TABLE.len());
    assert!(compared.values().all(|&count| count > 500), "{compared:?}");
}
