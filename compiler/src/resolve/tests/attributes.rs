//! `@image` and `@labels`.

use rebirth_runtime::image::{Filter, ImageSpec, Order, Resize};

use super::{bad, good, net};

const IMAGE: &str = "@image(resize: \"crop\", filter: \"bicubic\", crop: 0.875, order: \"bgr\", range: 255, mean: [1, 2, 3.5], std: [4, 5, 6])";

/// A net with this attribute and type of its input and this attribute of its output.
fn text(image: &str, ty: &str, labels: &str) -> String {
    format!("net m({image} x: {ty}) -> {labels} {ty} {{ x }}")
}

#[test]
fn an_image_and_its_labels() {
    let model = good(&text(IMAGE, "f32[n, 3, 20, 30]", "@labels(\"a/b.txt\")"));
    let expected = ImageSpec {
        resize: Resize::Crop,
        filter: Filter::Bicubic,
        crop: 0.875,
        order: Order::Bgr,
        range: 255.0,
        mean: vec![1.0, 2.0, 3.5],
        std: vec![4.0, 5.0, 6.0],
        height: 20,
        width: 30,
    };
    assert!(expected.check().is_ok());
    assert_eq!(model.images, [Some(expected)]);
    assert_eq!(model.labels, [Some("a/b.txt".to_string())]);
    let plain = good(&net("x"));
    assert_eq!((plain.images, plain.labels), (vec![None], vec![None]));
}

#[track_caller]
fn check(image: &str, ty: &str, labels: &str, expected: &str) {
    let text = text(image, ty, labels);
    let found: Vec<&str> = bad(&text).iter().map(|error| error.code).collect();
    assert_eq!(found, [expected], "{text}");
}

#[test]
fn bad_images() {
    let ty = "f32[n, 3, 20, 30]";
    for (from, to) in [
        ("resize", "resise"),
        ("resize: \"crop\", ", ""),
        ("\"crop\"", "\"fit\""),
        ("\"crop\"", "3"),
        ("\"bicubic\"", "\"cubic\""),
        ("\"bgr\"", "\"rbg\""),
        ("0.875", "0"),
        ("0.875", "1.5"),
        ("0.875", "\"a\""),
        ("255", "256"),
        ("[1, 2, 3.5]", "[1, 2]"),
        ("[1, 2, 3.5]", "1"),
        ("[4, 5, 6]", "[4, 5, 0]"),
        ("[4, 5, 6]", "[4, 5, 1e300]"),
        ("resize: ", ""),
    ] {
        check(&IMAGE.replacen(from, to, 1), ty, "", "E0245");
    }
    check("@image", ty, "", "E0245");
    check(IMAGE, "f32[n, 4, 20, 30]", "", "E0246");
    check(IMAGE, "f32[n, 3, 20]", "", "E0246");
    check(&format!("{IMAGE} {IMAGE}"), ty, "", "E0244");
    check("@labels(\"a\")", ty, "", "E0243");
    check("@imgae", ty, "", "E0242");
    assert_eq!(bad(&text("@imgae", ty, ""))[0].help.as_deref(), Some("did you mean `@image`?"));
}

#[test]
fn bad_labels() {
    let ty = "f32[n, 3]";
    for labels in ["@labels", "@labels(1)", "@labels(\"a\", \"b\")", "@labels(name: \"a\")"] {
        check("", ty, labels, "E0245");
    }
    for file in ["/a", "../a", "a/../b", ""] {
        check("", ty, &format!("@labels({file:?})"), "E0247");
    }
    check("", ty, IMAGE, "E0243");
}

/// What graph text says of the weights and nodes of a body, without their types.
#[track_caller]
fn notes(body: &str, expected: &[&str]) {
    let text = good(&net(body)).graph.to_string();
    let lines = text.lines().filter(|line| line.contains("] ")).filter_map(|line| {
        let line = line.trim().trim_start_matches("param ").trim_start_matches("state ");
        let (name, notes) = (line.split([':', ' ']).next()?, line.rsplit_once("] ")?.1);
        (!notes.contains([':', '{', '-'])).then(|| format!("{name} {notes}"))
    });
    assert_eq!(lines.collect::<Vec<_>>(), expected, "{text}");
    let graph = crate::graph::parse(&text).expect("the text of a graph is read back");
    assert_eq!(graph.to_string(), text);
}

#[test]
fn attributes_about_weights() {
    notes("@freeze let y = x |> conv(8, 1) y", &["@y.weight freeze", "@y.bias freeze"]);
    notes("x |> @lr(10) @new conv(8, 1, bias: false)", &["@conv.weight new lr=10.0"]);
    notes("x |> @init(kaiming) conv(8, 1)", &["@conv.weight init=kaiming"]);
    notes("x |> @init(fill(0)) batch_norm", &["@batch_norm.weight init=fill(0.0)"]);
    notes("x |> @init(xavier()) batch_norm", &[]);
    notes(
        "x |> @freeze batch_norm",
        &[
            "@batch_norm.weight freeze",
            "@batch_norm.bias freeze",
            "@batch_norm.running_mean freeze",
            "@batch_norm.running_var freeze",
        ],
    );
    notes("x |> @keep relu", &["%relu keep"]);
    notes("@keep let y = x |> relu |> relu y", &["%y keep"]);
    notes(
        "@lr(2) let y = x |> @lr(3) conv(8, 1, bias: false) as a |> conv(8, 1, bias: false) as b y",
        &["@y.a.weight lr=3.0", "@y.b.weight lr=2.0"],
    );
    notes("@freeze share f = conv(8, 1, bias: false) f(f(x))", &["@f.weight freeze"]);
    notes("@freeze param g: f32[1, 8, 1, 1] = normal(std: 0.5) x * g", &["@g freeze init=normal(0.5)"]);
}

#[test]
fn attributes_that_cannot_be() {
    for (body, expected) in [
        ("@freez let y = x y", "E0242"),
        ("x |> @labels(\"a\") relu", "E0243"),
        ("x |> @train relu", "E0243"),
        ("@keep let (a, b) = (x, x) a", "E0243"),
        ("@keep let y = 3 x", "E0243"),
        ("@keep share f = relu() f(x)", "E0243"),
        ("@keep param g: f32[1, 8, 1, 1] = fill(1) x * g", "E0243"),
        ("share f = conv(8, 1) x |> @freeze f", "E0243"),
        ("@freeze @freeze let y = x y", "E0244"),
        ("@freeze(true) let y = x y", "E0245"),
        ("@lr let y = x y", "E0245"),
        ("@lr(0) let y = x y", "E0245"),
        ("@lr(\"a\") let y = x y", "E0245"),
        ("@init(he) let y = x y", "E0245"),
        ("@init(fill) let y = x y", "E0245"),
        ("@init(normal(0)) let y = x y", "E0245"),
        ("@init(kaiming(1)) let y = x y", "E0245"),
        ("@init(3) let y = x y", "E0245"),
        ("@path(3) let y = x y", "E0245"),
        ("@path(\"a..b\") let y = x y", "E0245"),
        ("@path(\"a-b\") let y = x y", "E0245"),
        ("@path let y = x y", "E0245"),
        ("param g: f32[8] = kaiming() x * 2", "E0245"),
        ("param g: f32[8] = ones() x * 2", "E0245"),
        ("param g: f32[8] = fill(x) x * 2", "E0245"),
    ] {
        let found: Vec<&str> = bad(&net(body)).iter().map(|error| error.code).collect();
        assert_eq!(found, [expected], "{body}");
    }
}
