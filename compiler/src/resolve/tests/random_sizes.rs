//! What a proof claims of sizes, against what happens at each of them: random chains of operators whose height and width are open.

use rebirth_lang::{Program, Source};

use super::super::{Proven, Settings, prove, resolve};
use super::{SetValue, render, set};
use crate::ops::Rng;

/// Sizes are tried from 1 to this.
const LARGEST: i64 = 12;

fn program(text: &str) -> Program {
    Program::single(&Source::new("test.net", text)).unwrap_or_else(|_| panic!("it parses\n{text}"))
}

/// A layer that keeps four channels and rank 4.
fn layer(rng: &mut Rng) -> String {
    let (kernel, stride, pad) = (rng.range(1, 5), rng.range(1, 3), rng.range(0, 2));
    let axis = rng.range(2, 3);
    let position = |rng: &mut Rng| {
        let at = rng.range(0, 5) as i64;
        if rng.flip() { at } else { -1 - at }
    };
    match rng.range(0, 15) {
        0 => format!("conv(4, {kernel}, stride: {stride}, pad: {pad})"),
        1 => format!("conv(4, ({}, 2), dilation: {})", rng.range(1, 3), rng.range(1, 3)),
        2 => format!("conv_transpose(4, {kernel}, stride: {stride}, pad: {pad})"),
        3 => format!("max_pool({kernel}, stride: {stride}, pad: {})", pad.min(kernel - 1)),
        4 => format!("avg_pool({kernel}, stride: {stride}, pad: {}, ceil: true)", pad.min(kernel - 1)),
        5 => format!("pad(({}, {pad}), mode: \"reflect\")", rng.range(0, 4)),
        6 => format!("pad({pad}, mode: \"edge\")"),
        7 | 8 => format!("slice(axis: {axis}, end: {})", position(rng)),
        9 | 10 => format!("slice(axis: {axis}, start: {}, step: {})", position(rng), rng.pick(&[1, 2, 3, -1, -2])),
        11 | 12 => format!(
            "slice(axis: {axis}, start: {}, end: {}, step: {})",
            position(rng),
            position(rng),
            rng.pick(&[1, 2, -1, -2])
        ),
        13 => format!("resize(scale: ({}, {}))", rng.pick(&["2", "0.5", "1.5"]), rng.pick(&["1", "3", "0.25"])),
        14 => "space_to_depth(2) |> conv(4, 1)".to_string(),
        _ => "transpose([0, 1, 3, 2])".to_string(),
    }
}

/// A chain of layers, perhaps with a part of it beside itself.
fn net(rng: &mut Rng) -> String {
    let chain =
        |rng: &mut Rng, most: usize| (0..rng.range(1, most)).map(|_| layer(rng)).collect::<Vec<_>>().join(" |> ");
    let first = chain(rng, 3);
    let body = match rng.range(0, 3) {
        0 => format!("concat([y |> {}, y], axis: {})", chain(rng, 2), rng.range(2, 3)),
        1 => format!("concat(split(y, {}, axis: 2), axis: {})", rng.range(1, 3), rng.range(2, 3)),
        _ => "y".to_string(),
    };
    format!("let y = x |> {first} let z = {body} z |> global_avg_pool |> flatten")
}

fn text(body: &str, conditions: &[String]) -> String {
    let conditions: Vec<&str> = conditions.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let promise = if conditions.is_empty() { String::new() } else { format!("where {}", conditions.join(", ")) };
    format!("net m(x: f32[1, 4, h, w]) -> f32[1, 4] {promise} {{ {body} }}")
}

/// What a proof says of sizes as conditions.
fn claims(proven: &Proven) -> Vec<String> {
    let least = proven.least.iter().map(|(name, size)| format!("{name} >= {size}"));
    least.chain(proven.needs.iter().cloned()).collect()
}

#[test]
fn claims_hold_at_every_size() {
    let (mut proofs, mut fitting, mut refused) = (0, 0, 0);
    for seed in 0..500 {
        let mut rng = Rng::new(seed);
        let body = net(&mut rng);
        let base = rng.pick(&["", "", "h % 2 == 0, w % 2 == 0", "h % 2 == 1, w % 6 == 0", "h == w", "h <= 10, 2 < w"]);
        let open_text = text(&body, &[base.to_string()]);
        let open = program(&open_text);
        let Ok(proven) = prove(&open, &Settings::default()) else { continue };
        proofs += 1;
        let claims = claims(&proven);
        let promised_text = text(&body, &[&[base.to_string()], &claims[..]].concat());
        let promised = program(&promised_text);
        let silenced = prove(&promised, &Settings::default());
        let silenced = silenced.unwrap_or_else(|errors| panic!("{}", render(&promised_text, &errors)));
        assert!(silenced.least.is_empty() && silenced.needs.is_empty(), "{promised_text}: {silenced:?}");
        let fixed = rng.range(1, LARGEST as usize) as i64;
        for size in 1..=LARGEST {
            for (h, w) in [(size, fixed), (fixed, size), (size, size)] {
                let sizes = set(&[("h", SetValue::Int(h)), ("w", SetValue::Int(w))]);
                let code = |program: &Program| resolve(program, &sizes).map_err(|errors| errors[0].code).err();
                match (code(&open), code(&promised)) {
                    // What the net promises itself.
                    (Some("E0252"), _) => {}
                    (None, None) => fitting += 1,
                    (Some(_), Some("E0252")) => refused += 1,
                    (fits, claimed) => panic!("{promised_text}\nat {h} x {w}: {fits:?}, with the claims {claimed:?}"),
                }
            }
        }
    }
    assert!(proofs > 200 && fitting > 2500 && refused > 1000, "{proofs} {fitting} {refused}");
}
