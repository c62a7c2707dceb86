use super::*;
use crate::ops::ArgValue;

fn check(op: Resize, x: &[usize], expected: Result<&[usize], &str>) {
    let found = op.infer(&[&Type::f32(x)], Mode::Infer).map_err(|error| error.message);
    assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
}

fn size(height: usize, width: usize) -> Resize {
    Resize { to: Target::Size([height, width]), ..Resize::DEFAULT }
}

#[test]
fn shape_rule() {
    check(Resize::repeat([2, 3]), &[1, 4, 5, 6], Ok(&[1, 4, 10, 18]));
    check(Resize::repeat([1, 1]), &[2, 4, 5, 6], Ok(&[2, 4, 5, 6]));
    check(size(7, 1), &[2, 4, 5, 6], Ok(&[2, 4, 7, 1]));
    let halves =
        Resize { to: Target::Scale([Ratio { times: 3, by: 2 }, Ratio { times: 1, by: 2 }]), ..Resize::DEFAULT };
    check(halves.clone(), &[2, 4, 5, 7], Ok(&[2, 4, 7, 3]));
    check(halves, &[2, 4, 5, 1], Err("nothing is left of the width 1 of f32[2,4,5,1] scaled by 1/2"));
    check(Resize::repeat([1, 3]), &[2, 4, 6], Ok(&[2, 4, 18]));
    check(size(1, 5), &[2, 4, 6], Ok(&[2, 4, 5]));
    check(Resize::repeat([2, 3]), &[2, 4, 6], Err("the scale of resize has a height, but f32[2,4,6] has a width only"));
    check(size(2, 5), &[2, 4, 6], Err("the size of resize has a height, but f32[2,4,6] has a width only"));
    let rank = "resize needs a tensor of rank 4 (n, channels, height, width) or 3 (n, channels, width), found f32[1,4]";
    check(Resize::repeat([2, 2]), &[1, 4], Err(rank));
    check(Resize::repeat([2, 2]), &[1, 4, 0, 6], Err("resize needs pixels, found f32[1,4,0,6]"));
    let most = 1 << 30;
    check(Resize::repeat([most, 1]), &[1, 1, 256, 1], Ok(&[1, 1, 1 << 38, 1]));
    check(
        Resize::repeat([most, 2]),
        &[1, 1, 256, 1],
        Err("the result would be f32[1,1,274877906944,2], which has more than 1 TiB, the most that a tensor may take"),
    );
    check(
        Resize::repeat([most; 2]),
        &[1, 1, 1 << 36, 1],
        Err("f32[1,1,68719476736,1] scaled by 1073741824 is too large to compute with"),
    );
    check(
        size(most - 1, 1),
        &[1, 1, 1 << 36, 1],
        Err("f32[1,1,68719476736,1] resized to 1073741823 is too large to compute with"),
    );
}

#[test]
fn repeats_pixels() {
    let x = Bounded::new([1, 2, 1, 2], [(1.0, 0.5), (2.0, 0.0), (3.0, 0.0), (4.0, 0.25)]);
    let y = &Resize::repeat([2, 3]).evaluate(&[&x], Mode::Infer)[0];
    assert_eq!(y.shape, [1, 2, 2, 6]);
    let row = |a: f64, b: f64| [a, a, a, b, b, b];
    assert_eq!(y.value, [row(1.0, 2.0), row(1.0, 2.0), row(3.0, 4.0), row(3.0, 4.0)].concat());
    assert_eq!(y.bound, [row(0.5, 0.0), row(0.5, 0.0), row(0.0, 0.25), row(0.0, 0.25)].concat());
}

#[test]
fn whole_scales_are_copies() {
    let lowered = |op: &Resize, x: &[usize]| {
        let x = Type::f32(x);
        let y = op.infer(&[&x], Mode::Infer).unwrap();
        op.lower(&[&x], &[&y[0]]).stages[0].kind.clone()
    };
    let repeat = |down, across| Kind::Repeat { scale: [down, across] };
    assert_eq!(lowered(&Resize::repeat([2, 5]), &[1, 4, 3, 7]), repeat(2, 5));
    assert_eq!(lowered(&size(6, 7), &[1, 4, 3, 7]), repeat(2, 1));
    let corners =
        Resize { coordinates: Coordinates::Asymmetric, filter: Filter::Nearest(Rounding::Floor), ..size(6, 21) };
    assert_eq!(lowered(&corners, &[1, 4, 3, 7]), repeat(2, 3));
    let up = Resize { filter: Filter::Nearest(Rounding::Ceil), ..corners };
    assert!(matches!(lowered(&up, &[1, 4, 3, 7]), Kind::Resample { linear: false, .. }));
    assert!(matches!(lowered(&size(5, 7), &[1, 4, 3, 7]), Kind::Resample { linear: false, .. }));
}

fn check_call(given: Vec<(&'static str, ArgValue)>, expected: Result<Resize, (&str, &str)>) {
    check_call_on(&[1, 4, 5, 6], given, expected);
}

fn check_call_on(x: &[usize], given: Vec<(&'static str, ArgValue)>, expected: Result<Resize, (&str, &str)>) {
    let x = Type::f32(x);
    let found = Resize::from_call(&Call::new(&Resize::SIGNATURE, &[&x], given));
    let found = found.map(|(op, _)| op);
    let found = found.as_ref().map_err(|error| (error.argument.unwrap_or_default(), error.message.as_str()));
    assert_eq!(found, expected.as_ref().map_err(|error| *error));
}

#[test]
fn calls() {
    let list = |a: ArgValue, b: ArgValue| ArgValue::List(vec![a, b]);
    let word = |word: &str| ArgValue::Str(word.to_string());
    let scale = |value: ArgValue| vec![("scale", value)];
    check_call(scale(ArgValue::Int(2)), Ok(Resize::repeat([2, 2])));
    check_call(scale(list(ArgValue::Int(1), ArgValue::Float(3.0))), Ok(Resize::repeat([1, 3])));
    let ratios = [Ratio { times: 3, by: 2 }, Ratio { times: 1, by: 3 }];
    let fractions = Resize { to: Target::Scale(ratios), ..Resize::DEFAULT };
    check_call(scale(list(ArgValue::Float(1.5), ArgValue::Float(f64::from(1.0_f32 / 3.0)))), Ok(fractions));
    let wrong = Err(("scale", "`scale` must be above 0 and at most 1073741824"));
    check_call(scale(ArgValue::Int(0)), wrong.clone());
    check_call(scale(list(ArgValue::Int(2), ArgValue::Int(-1))), wrong.clone());
    check_call(scale(ArgValue::Int(i64::MAX)), wrong.clone());
    check_call(scale(ArgValue::Float(1e-300)), wrong);
    let pair = list(ArgValue::Int(7), ArgValue::Int(9));
    check_call(vec![("size", pair.clone())], Ok(size(7, 9)));
    let linear = Resize { filter: Filter::Linear, coordinates: Coordinates::AlignCorners, ..size(7, 9) };
    check_call(
        vec![("size", pair.clone()), ("mode", word("linear")), ("coordinates", word("align_corners"))],
        Ok(linear),
    );
    let floor = Resize { filter: Filter::Nearest(Rounding::Floor), ..size(7, 9) };
    check_call(vec![("size", pair.clone()), ("rounding", word("floor"))], Ok(floor));
    check_call(vec![], Err(("scale", "resize needs a `scale` or a `size`")));
    let both = vec![("size", pair.clone()), ("scale", ArgValue::Int(2))];
    check_call(both, Err(("size", "resize takes a `scale` or a `size`, not both")));
    let rounded = vec![("size", pair), ("mode", word("linear")), ("rounding", word("floor"))];
    check_call(rounded, Err(("rounding", "linear interpolation rounds no position")));
}

#[test]
fn a_sequence_is_resized_by_one_number() {
    let half = Ratio { times: 1, by: 2 };
    let halved = Resize { to: Target::Scale([Ratio { times: 1, by: 1 }, half]), ..Resize::DEFAULT };
    check_call_on(&[1, 4, 6], vec![("scale", ArgValue::Float(0.5))], Ok(halved));
    check_call_on(&[1, 4, 6], vec![("size", ArgValue::Int(9))], Ok(size(1, 9)));
    let pair = ArgValue::List(vec![ArgValue::Int(1), ArgValue::Int(2)]);
    for name in ["scale", "size"] {
        let message = format!("`{name}` over a tensor of rank 3 is one number");
        check_call_on(&[1, 4, 6], vec![(name, pair.clone())], Err((name, &message)));
    }
}

#[test]
fn an_infinite_sample_stays_alone() {
    let x = Bounded::exact(&[1, 1, 3], [f64::INFINITY, 8.0, 16.0]);
    let op = Resize { filter: Filter::Linear, coordinates: Coordinates::AlignCorners, ..size(1, 5) };
    let y = &op.evaluate(&[&x], Mode::Infer)[0];
    assert_eq!(
        (y.shape.as_slice(), y.value.as_slice()),
        ([1, 1, 5].as_slice(), [f64::INFINITY, f64::INFINITY, 8.0, 12.0, 16.0].as_slice())
    );
}

#[test]
fn graph_text_cannot_scale_by_zero() {
    for (name, pair) in [("scale", vec![2, 0]), ("size", vec![0, 1])] {
        let mut reader = AttrReader::new([(name.to_string(), Attr::Ints(pair))].into());
        assert_eq!(Resize::from_attributes(&mut reader), Err(format!("attribute `{name}` must be positive")));
    }
}

#[test]
fn linear_mixes_neighbours() {
    let x = Bounded::exact(&[1, 1, 1, 3], [0.0, 8.0, 16.0]);
    let check = |coordinates, width, expected: &[f64]| {
        let op = Resize { filter: Filter::Linear, coordinates, ..size(1, width) };
        let y = &op.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.value, expected, "{coordinates:?}");
    };
    check(Coordinates::HalfPixel, 6, &[0.0, 2.0, 6.0, 10.0, 14.0, 16.0]);
    check(Coordinates::Asymmetric, 6, &[0.0, 4.0, 8.0, 12.0, 16.0, 16.0]);
    check(Coordinates::AlignCorners, 5, &[0.0, 4.0, 8.0, 12.0, 16.0]);
    check(Coordinates::AlignCorners, 1, &[0.0]);
    check(Coordinates::HalfPixel, 1, &[8.0]);
    check(Coordinates::PytorchHalfPixel, 1, &[0.0]);
}

#[test]
fn fractions_of_numbers() {
    let check = |value: f64, expected: Option<(usize, usize)>| {
        assert_eq!(Ratio::of(value).map(|ratio| (ratio.times, ratio.by)), expected, "{value}");
    };
    check(1.0, Some((1, 1)));
    check(0.5, Some((1, 2)));
    check(f64::from(2.0_f32 / 3.0), Some((2, 3)));
    check(f64::from(0.1_f32), Some((1, 10)));
    check(1073741824.0, Some((1 << 30, 1)));
    check(0.0, None);
    check(-1.0, None);
    check(f64::NAN, None);
    check(f64::INFINITY, None);
    check(1e10, None);
    for i in 1..2000 {
        let value = f64::from(i) / 7919.0 + f64::from(i * i % 101) * 1e-9;
        let ratio = Ratio::of(value).unwrap();
        assert!((ratio.times as f64 / ratio.by as f64 / value - 1.0).abs() < 1e-7, "{value} {ratio}");
    }
}
