//! Weight paths of good sources.

use super::{good, weights};

/// The paths of the convolutions' weights, their `.weight` left out.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let model = good(&format!(
        "block conv_bn(x, c, k) {{ x |> conv(c, k, pad: \"same\", bias: false) |> batch_norm }}
        block two(x) {{ let a = x |> conv(8, 1) a |> conv(8, 1) }}
        net m(x: f32[1, 8, 16, 16]) -> f32[1, 8, 16, 16] {{ {body} }}"
    ));
    let paths: Vec<String> = weights(&model)
        .into_iter()
        .filter(|line| line.matches('x').count() > 2)
        .filter_map(|line| {
            line.split_once(" ").map(|(path, _)| path.trim_end_matches("weight").trim_end_matches('.').to_string())
        })
        .collect();
    assert_eq!(paths, expected, "{body}");
}

#[test]
fn a_let_contributes_its_name() {
    check("let y = x |> conv(8, 1) y", &["y"]);
    check("let y = x |> conv(8, 1) |> relu |> max_pool(3, stride: 1, pad: 1) y", &["y"]);
    check("let y = x |> conv_bn(8, 3) y", &["y.conv"]);
    check("let y = x |> conv(8, 1) as c y", &["y.c"]);
    check("let y = x |> conv_bn(8, 3) as a |> relu |> conv_bn(8, 3) as b y", &["y.a.conv", "y.b.conv"]);
    check("let y = conv(x, 8, 1) as a + conv(x, 8, 1) as b y", &["y.a", "y.b"]);
    check("let y = two(x) y", &["y.a", "y.conv"]);
    check("let y = if true { x |> conv(8, 1) } else { x } y", &["y"]);
    check("let y = if true { let z = x |> conv(8, 1) z } else { x } y", &["y.z"]);
}

#[test]
fn without_let_the_callee_does() {
    check("x |> conv(8, 1)", &["conv"]);
    check("x |> conv_bn(8, 1)", &["conv_bn.conv"]);
    check("x |> conv_bn(8, 1) as a |> conv_bn(8, 1)", &["a.conv", "conv_bn.conv"]);
    check("let (a, b) = (conv(x, 8, 1), conv_bn(x, 8, 1)) a + b", &["conv", "conv_bn.conv"]);
    check("two(two(x) as first)", &["first.a", "first.conv", "two.a", "two.conv"]);
}

#[test]
fn loops_append_the_index() {
    check("for i in 0..2 with x = x { conv(x, 8, 1) }", &["0.conv", "1.conv"]);
    check("let s = for i in 0..2 with x = x { conv(x, 8, 1) } s", &["s.0", "s.1"]);
    check("let s = for i in 0..2 with x = x { conv_bn(x, 8, 1) } s", &["s.0.conv", "s.1.conv"]);
    check(
        "let s = for i in 0..2 with x = x { for j in 0..2 with x = x { let y = conv(x, 8, 1) y } } s",
        &["s.0.0.y", "s.0.1.y", "s.1.0.y", "s.1.1.y"],
    );
    check("let s = (for i in 0..1 with x = x { conv(x, 8, 1) }) |> conv(8, 1) as last s", &["s.0", "s.last"]);
}

#[test]
fn state_and_order_of_parameters() {
    let model = good("net m(x: f32[1, 2, 4, 4]) -> f32[1, 2, 4, 4] { let y = x |> batch_norm y }");
    assert_eq!(weights(&model), ["y.weight 2", "y.bias 2", "y.running_mean 2", "y.running_var 2"]);
}
