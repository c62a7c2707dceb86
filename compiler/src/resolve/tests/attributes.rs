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

#[test]
fn bindings_and_calls_take_none_yet() {
    for (body, expected) in
        [("@freeze let y = x y", "E0242"), ("x |> @keep relu", "E0242"), ("x |> @labels(\"a\") relu", "E0243")]
    {
        assert_eq!(bad(&net(body))[0].code, expected, "{body}");
    }
}
