//! Images become tensors as Pillow makes them; what is no image has its own error.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/png.rs"]
mod png;

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageFormat, RgbImage};
use rebirth_runtime::image::{Filter, ImageSpec, Order, Resize, decode_image, load_image};
use rebirth_runtime::{Error, Tensor};

/// Pixel values as they are, no crop.
fn plain(order: Order, width: usize, height: usize) -> ImageSpec {
    ImageSpec {
        resize: Resize::Stretch,
        filter: Filter::Bicubic,
        crop: 1.0,
        order,
        range: 255.0,
        mean: vec![0.0; order.channels()],
        std: vec![1.0; order.channels()],
        height,
        width,
    }
}

/// A picture without symmetry, so that every mistake in the order of pixels shows.
fn pattern(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([0, 1, 2].map(|c| (x * x * 7 + y * 13 * (c + 1) + x * y * 5 + c * 31) as u8))
    })
}

fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decode(bytes: &[u8], spec: &ImageSpec) -> Result<Tensor, Error> {
    decode_image(bytes, Path::new("x.png"), spec)
}

fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn bytes_of(tensor: &Tensor) -> impl Iterator<Item = u8> {
    tensor.data().iter().map(|&value| value as u8)
}

/// The sample photographs as efficientnet-lite0 takes them; the hashes are those of NumPy arrays made with Pillow.
#[test]
fn photographs_are_the_same_bits_as_with_pillow() {
    let spec = ImageSpec {
        resize: Resize::Crop,
        crop: 0.875,
        mean: vec![127.0; 3],
        std: vec![128.0; 3],
        ..plain(Order::Rgb, 224, 224)
    };
    for (name, expected) in [("chelsea", 0x234c_a2d8_562e_ca56), ("coffee", 0xaaed_d926_ad83_51b2)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/images");
        let tensor = load_image(&folder.join(format!("{name}.png")), &spec).unwrap();
        assert_eq!(tensor.shape(), [1, 3, 224, 224]);
        let found = fnv1a(tensor.data().iter().flat_map(|value| value.to_le_bytes()));
        assert_eq!(found, expected, "{name}: {found:#x}");
    }
}

#[test]
fn every_filter_enlarges_and_reduces_as_pillow_does() {
    let sizes = [(16, 16), (64, 48), (37, 10), (5, 29), (1, 1)];
    let bytes = encode(pattern(37, 29), ImageFormat::Png);
    for (filter, expected) in [
        (
            Filter::Nearest,
            [0xb6359ebf47a1ace1, 0xf486c6c8ca087f19, 0xf480e34ae76a9d77, 0x795d00ef7360c5de, 0xae20321975e89efa],
        ),
        (
            Filter::Bilinear,
            [0x9279e8efbdc980f4, 0x1f07865869dcc482, 0x3811a8e1a0ecbacf, 0x5d5ada6b9f83ff62, 0x3da6a21ae8693164],
        ),
        (
            Filter::Bicubic,
            [0x63ee2cd6f773de93, 0xb58ffb7643b0ca76, 0xf37f70e1a0264cac, 0xb7d3dbc6cd14125, 0x3da6a21ae8693164],
        ),
        (
            Filter::Lanczos,
            [0xa4b52e88898ba12b, 0xe94451531cd8b27e, 0x5ce0376bae8a665d, 0xd6a96b92b2050cde, 0x23b1fd1ad9b8aeb5],
        ),
    ] {
        for ((width, height), expected) in sizes.into_iter().zip(expected) {
            let spec = ImageSpec { filter, ..plain(Order::Rgb, width, height) };
            let found = fnv1a(bytes_of(&decode(&bytes, &spec).unwrap()));
            assert_eq!(found, expected, "{filter:?} to {width}x{height}: {found:#x}");
        }
    }
}

#[test]
fn grey_and_bgr_as_pillow_makes_them() {
    let bytes = encode(pattern(37, 29), ImageFormat::Png);
    let hash = |order| fnv1a(bytes_of(&decode(&bytes, &plain(order, 37, 29)).unwrap()));
    assert_eq!(hash(Order::Gray), 0xffeb_b206_d21f_51fa);
    assert_eq!(hash(Order::Bgr), 0x96b0_ca24_e843_d5f2);
}

/// One pixel of every pixel format that PNG has, decoded to RGB.
#[test]
fn pixel_formats() {
    let check = |image: DynamicImage, expected: [f32; 3]| {
        let tensor = decode(&encode(image, ImageFormat::Png), &plain(Order::Rgb, 1, 1)).unwrap();
        assert_eq!(tensor.data(), expected);
    };
    check(DynamicImage::ImageLuma8(image::GrayImage::from_pixel(1, 1, image::Luma([9]))), [9.0; 3]);
    check(DynamicImage::ImageLumaA8(image::GrayAlphaImage::from_pixel(1, 1, image::LumaA([9, 0]))), [9.0; 3]);
    check(DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(1, 1, image::Rgba([1, 2, 3, 0]))), [1.0, 2.0, 3.0]);
    check(DynamicImage::ImageLuma16(image::ImageBuffer::from_pixel(1, 1, image::Luma([0x12ff]))), [18.0; 3]);
    check(DynamicImage::ImageLumaA16(image::ImageBuffer::from_pixel(1, 1, image::LumaA([0x12ff, 7]))), [18.0; 3]);
    check(
        DynamicImage::ImageRgb16(image::ImageBuffer::from_pixel(1, 1, image::Rgb([0x0100, 0x02ff, 0xffff]))),
        [1.0, 2.0, 255.0],
    );
    check(
        DynamicImage::ImageRgba16(image::ImageBuffer::from_pixel(1, 1, image::Rgba([0x0100, 0x02ff, 0xffff, 0]))),
        [1.0, 2.0, 255.0],
    );
}

/// Two pixels of one bit each: the second and the first colour of a palette of two.
#[test]
fn palettes_are_looked_up() {
    let palette_png: &[u8] = include_bytes!("data/palette.png");
    let tensor = decode(palette_png, &plain(Order::Rgb, 2, 1)).unwrap();
    assert_eq!(tensor.data(), [40.0, 10.0, 50.0, 20.0, 60.0, 30.0]);
}

#[test]
fn jpeg() {
    let grey = RgbImage::from_pixel(8, 8, image::Rgb([128; 3]));
    let tensor = decode(&encode(grey, ImageFormat::Jpeg), &plain(Order::Rgb, 8, 8)).unwrap();
    assert!(tensor.data().iter().all(|value| (value - 128.0).abs() <= 1.0), "{tensor:?}");
}

#[test]
fn range_mean_and_std() {
    let bytes = encode(RgbImage::from_pixel(1, 1, image::Rgb([255, 51, 0])), ImageFormat::Png);
    let spec =
        ImageSpec { range: 1.0, mean: vec![0.5, 0.2, 0.25], std: vec![0.5, 1.0, 0.125], ..plain(Order::Rgb, 1, 1) };
    assert_eq!(decode(&bytes, &spec).unwrap().data(), [1.0, 0.0, -2.0]);
}

/// Each column of the picture has its own grey value, so the values tell which columns were kept.
#[test]
fn crop_keeps_the_middle() {
    let columns = |width, height, crop, target: (usize, usize)| {
        let image = image::GrayImage::from_fn(width, height, |x, _| image::Luma([x as u8]));
        let spec =
            ImageSpec { resize: Resize::Crop, filter: Filter::Nearest, crop, ..plain(Order::Gray, target.0, target.1) };
        let tensor = decode(&encode(image, ImageFormat::Png), &spec).unwrap();
        tensor.data()[..target.0].to_vec()
    };
    assert_eq!(columns(8, 4, 1.0, (4, 4)), [2.0, 3.0, 4.0, 5.0]);
    assert_eq!(columns(8, 4, 0.5, (2, 2)), [3.0, 4.0]);
    // A box of 3 columns starts at 2.5 and ends at 5.5: both are rounded down.
    assert_eq!(columns(8, 3, 1.0, (3, 3)), [2.0, 3.0, 4.0]);
    // A target twice as wide as high.
    assert_eq!(columns(4, 4, 1.0, (4, 2)), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(columns(4, 8, 0.5, (2, 1)), [1.0, 2.0]);
}

#[test]
fn stretch_uses_the_whole_image() {
    let image = image::GrayImage::from_fn(8, 2, |x, _| image::Luma([x as u8 * 10]));
    let spec = ImageSpec { filter: Filter::Nearest, ..plain(Order::Gray, 2, 2) };
    let tensor = decode(&encode(image, ImageFormat::Png), &spec).unwrap();
    assert_eq!(tensor.data(), [20.0, 60.0, 20.0, 60.0]);
}

#[test]
fn a_crop_of_nothing() {
    let bytes = encode(pattern(1, 1), ImageFormat::Png);
    let spec = ImageSpec { resize: Resize::Crop, crop: 0.3, ..plain(Order::Rgb, 4, 4) };
    let error = decode(&bytes, &spec).unwrap_err();
    insta::assert_snapshot!(format!("{}: {error}", error.code()), @"E0524: cropping the image `x.png` of 1 x 1 pixels leaves nothing of it");
}

#[test]
fn descriptions_that_make_no_sense() {
    let spec = plain(Order::Rgb, 4, 4);
    let check = |spec: ImageSpec| {
        let error = load_image(Path::new("no such file"), &spec).unwrap_err();
        format!("{}: {error}", error.code())
    };
    insta::assert_snapshot!(check(ImageSpec { mean: vec![0.0], ..spec.clone() }), @"E0525: `mean` has 1 value, but there are 3 channels");
    insta::assert_snapshot!(check(ImageSpec { std: vec![1.0; 4], ..spec.clone() }), @"E0525: `std` has 4 values, but there are 3 channels");
    insta::assert_snapshot!(check(ImageSpec { std: vec![1.0, 0.0, 1.0], ..spec.clone() }), @"E0526: `std` of an image is 0, but must be a positive number");
    insta::assert_snapshot!(check(ImageSpec { mean: vec![f32::NAN; 3], ..spec.clone() }), @"E0526: `mean` of an image is NaN, but must be finite");
    insta::assert_snapshot!(check(ImageSpec { crop: 0.0, ..spec.clone() }), @"E0526: `crop` of an image is 0, but must be above 0 and at most 1");
    insta::assert_snapshot!(check(ImageSpec { crop: 1.5, ..spec.clone() }), @"E0526: `crop` of an image is 1.5, but must be above 0 and at most 1");
    insta::assert_snapshot!(check(ImageSpec { crop: f64::NAN, ..spec.clone() }), @"E0526: `crop` of an image is NaN, but must be above 0 and at most 1");
    insta::assert_snapshot!(check(ImageSpec { range: 0.0, ..spec.clone() }), @"E0526: `range` of an image is 0, but must be a positive number");
    insta::assert_snapshot!(check(ImageSpec { width: 0, ..spec.clone() }), @"E0526: `width` of an image is 0, but must be at least 1");
    insta::assert_snapshot!(check(ImageSpec { height: 0, ..spec }), @"E0526: `height` of an image is 0, but must be at least 1");
}

#[test]
fn what_is_no_image() {
    let check = |bytes: &[u8]| {
        let error = decode(bytes, &plain(Order::Rgb, 4, 4)).unwrap_err();
        format!("{}: {error}", error.code())
    };
    insta::assert_snapshot!(check(b"hello, this is text"), @"E0521: `x.png` is not an image in a known format");
    insta::assert_snapshot!(check(b"GIF89a\x01\0\x01\0"), @"E0521: `x.png` is not an image in a known format (it looks like gif)");
    insta::assert_snapshot!(check(b"\x93NUMPY\x01\0"), @"E0521: `x.png` is not an image in a known format");
}

#[test]
fn no_cut_or_flipped_image_panics_or_passes_for_whole() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let whole = encode(pattern(9, 7), format);
        let spec = plain(Order::Rgb, 4, 4);
        for len in 0..whole.len() {
            let result = decode(&whole[..len], &spec);
            // The last chunk of a PNG holds nothing; without it the image is whole.
            if format == ImageFormat::Jpeg || len < whole.len() - 12 {
                let code = result.map_err(|error| error.code());
                assert!(matches!(code, Err("E0521" | "E0522")), "{format:?} {len}: {code:?}");
            }
        }
        for at in 0..whole.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut flipped = whole.clone();
                flipped[at] ^= mask;
                if let Ok(tensor) = decode(&flipped, &spec) {
                    assert_eq!(tensor.shape(), [1, 3, 4, 4]);
                }
            }
        }
    }
}

#[test]
fn the_pixel_cap_is_inclusive() {
    let code = |width, height| decode(&png::of_size(width, height), &plain(Order::Gray, 1, 1)).unwrap_err().code();
    // At the cap the image is decoded, and found to lack its data.
    assert_eq!(code(1 << 14, 1 << 14), "E0522");
    assert_eq!(code(1 << 14, (1 << 14) + 1), "E0523");
    assert_eq!(code(0x7fff_ffff, 0x7fff_ffff), "E0523");
}
