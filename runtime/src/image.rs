//! Images as inputs: PNG and JPEG files become NCHW tensors.
//!
//! After decoding, the steps are those of Pillow, bit for bit: convert to RGB or grey with 8 bits (transparency is
//! dropped, not blended), crop, resize, scale, normalise. Of grey with 16 bits, which Pillow clips, the upper half is
//! taken, as of colours. The orientation in a photo's metadata is not applied.

use std::io::Cursor;
use std::path::Path;

use image::error::ImageError;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::buffer::reserved;
use crate::error::{Error, FileKind};
use crate::fs::read_capped;
use crate::resample::{Raster, resize};
use crate::tensor::Tensor;

/// The most bytes an image file may have.
pub const MAX_FILE_BYTES: usize = 256 << 20;

/// The most pixels that are decoded.
pub const MAX_PIXELS: u64 = 1 << 28;

/// The most bytes a decoded image may take.
pub const MAX_DECODED_BYTES: u64 = 512 << 20;

/// How a file becomes an input.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSpec {
    /// What is done about another aspect ratio.
    pub resize: Resize,
    /// How pixels are weighted when resizing.
    pub filter: Filter,
    /// The fraction of the sides that is kept, above 0, at most 1, around the middle.
    pub crop: f64,
    /// The channels.
    pub order: Order,
    /// Pixel values are scaled to `0..=range`; 255 leaves them as they are.
    pub range: f32,
    /// One value a channel, subtracted after scaling.
    pub mean: Vec<f32>,
    /// One value a channel, divided by after subtracting; not 0.
    pub std: Vec<f32>,
    /// Rows of the tensor.
    pub height: usize,
    /// Columns of the tensor.
    pub width: usize,
}

/// What is done about another aspect ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// Keep the largest box in the middle that has the aspect ratio of the tensor.
    Crop,
    /// Distort.
    Stretch,
}

/// How pixels are weighted when resizing; all but `Nearest` widen when the image shrinks (antialiasing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The pixel under the middle.
    Nearest,
    /// A triangle.
    Bilinear,
    /// Keys' cubic with a = -0.5.
    Bicubic,
    /// The sinc function under its own first three lobes.
    Lanczos,
}

/// The channels of the tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// Luma of ITU-R BT.601.
    Gray,
}

impl Order {
    /// How many channels there are.
    pub fn channels(self) -> usize {
        match self {
            Order::Rgb | Order::Bgr => 3,
            Order::Gray => 1,
        }
    }
}

/// Reads an image as a tensor `[1, channels, height, width]`.
///
/// # Errors
/// E0501 to E0505 when there is no such file or it can't be read, E0521 when it is no PNG or JPEG, E0522 when it is
/// damaged, E0523 when it is too large, E0524 when cropping leaves nothing, E0525 and E0526 when `spec` makes no sense,
/// E0542 when the tensor is beyond the caps of [`crate::shape`], E0808 when there is no memory.
pub fn load_image(path: &Path, spec: &ImageSpec) -> Result<Tensor, Error> {
    spec.check()?;
    let bytes = read_capped(path, FileKind::Image, MAX_FILE_BYTES)?;
    decode_image(&bytes, path, spec)
}

/// Like [`load_image`], from the bytes of a file; `path` is for the messages.
///
/// # Errors
/// Those of [`load_image`] but for the file's.
pub fn decode_image(bytes: &[u8], path: &Path, spec: &ImageSpec) -> Result<Tensor, Error> {
    spec.check()?;
    let mut tensor = Tensor::zeros([1, spec.order.channels(), spec.height, spec.width])?;
    let image = decode(bytes, path)?;
    let raster = crop(&image, path, spec)?;
    drop(image);
    let raster = resize(raster, spec.width, spec.height, spec.filter)?;

    let channels = spec.order.channels();
    let planes = tensor.data_mut().chunks_exact_mut(spec.height * spec.width);
    for (channel, plane) in planes.enumerate() {
        let (mean, std) = (spec.mean[channel], spec.std[channel]);
        let source = if spec.order == Order::Bgr { 2 - channel } else { channel };
        let pixels = raster.pixels[source..].iter().step_by(channels);
        for (value, &pixel) in plane.iter_mut().zip(pixels) {
            *value = (f32::from(pixel) * spec.range / 255.0 - mean) / std;
        }
    }
    Ok(tensor)
}

impl ImageSpec {
    /// Checks that the description makes sense, whatever the image.
    ///
    /// # Errors
    /// E0525 and E0526.
    pub fn check(&self) -> Result<(), Error> {
        let positive = |value: f32| value.is_finite() && value > 0.0;
        let expected = self.order.channels();
        for (name, values) in [("mean", &self.mean), ("std", &self.std)] {
            if values.len() != expected {
                return Err(Error::ImageStatistics { name, found: values.len(), expected });
            }
        }
        let (name, found, expected) = if !(self.crop > 0.0 && self.crop <= 1.0) {
            ("crop", self.crop.to_string(), "above 0 and at most 1")
        } else if !positive(self.range) {
            ("range", self.range.to_string(), "a positive number")
        } else if let Some(mean) = self.mean.iter().find(|mean| !mean.is_finite()) {
            ("mean", mean.to_string(), "finite")
        } else if let Some(&std) = self.std.iter().find(|&&std| !positive(std)) {
            ("std", std.to_string(), "a positive number")
        } else if self.height == 0 {
            ("height", "0".to_owned(), "at least 1")
        } else if self.width == 0 {
            ("width", "0".to_owned(), "at least 1")
        } else {
            return Ok(());
        };
        Err(Error::ImageSpec { name, found, expected })
    }
}

fn decode(bytes: &[u8], path: &Path) -> Result<DynamicImage, Error> {
    let damaged = |reason: &str| Error::ImageDamaged { path: path.to_owned(), reason: reason.to_owned() };
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => format,
        other => {
            let found = other.ok().and_then(|format| format.extensions_str().first().copied());
            return Err(Error::NotAnImage { path: path.to_owned(), found });
        }
    };
    let failed = |error: ImageError, size| match error {
        ImageError::Limits(_) => Error::ImageTooLarge { path: path.to_owned(), size },
        other => damaged(&other.to_string()),
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| failed(error, None))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(Error::ImageTooLarge { path: path.to_owned(), size: Some((width, height)) });
    }
    if width == 0 || height == 0 {
        return Err(damaged("it has no pixels"));
    }
    if format == ImageFormat::Jpeg && !jpeg_is_whole(bytes) {
        return Err(damaged("its end is missing"));
    }
    DynamicImage::from_decoder(decoder).map_err(|error| failed(error, Some((width, height))))
}

/// Whether an end marker follows the last start of a scan: decoders fill what is missing with grey instead of failing.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    match (last(0xda), last(0xd9)) {
        (Some(scan), Some(end)) => end > scan,
        _ => false,
    }
}

/// The part of the image that is kept, with the channels of the tensor (blue last), 8 bits each.
fn crop(image: &DynamicImage, path: &Path, spec: &ImageSpec) -> Result<Raster, Error> {
    let (width, height) = image.dimensions();
    let (box_width, box_height) = box_size(f64::from(width), f64::from(height), spec);
    let (left, right) = span(width, box_width);
    let (top, bottom) = span(height, box_height);
    if left >= right || top >= bottom {
        return Err(Error::ImageCrop { path: path.to_owned(), width, height });
    }
    let (columns, rows) = ((right - left) as usize, (bottom - top) as usize);
    let channels = spec.order.channels();
    let mut pixels = reserved(columns * rows * channels, "an image")?;
    for y in top..bottom {
        for x in left..right {
            let [red, green, blue] = rgb8(image, x, y);
            match spec.order {
                Order::Gray => pixels.push(luma(red, green, blue)),
                Order::Rgb | Order::Bgr => pixels.extend_from_slice(&[red, green, blue]),
            }
        }
    }
    Ok(Raster { width: columns, height: rows, channels, pixels })
}

fn box_size(width: f64, height: f64, spec: &ImageSpec) -> (f64, f64) {
    let (target_width, target_height) = (spec.width as f64, spec.height as f64);
    let (fit_width, fit_height) = match spec.resize {
        Resize::Stretch => (width, height),
        Resize::Crop if width * target_height >= height * target_width => {
            (height * (target_width / target_height), height)
        }
        Resize::Crop => (width, width * (target_height / target_width)),
    };
    (spec.crop * fit_width, spec.crop * fit_height)
}

/// The whole pixels of a part in the middle, both ends rounded down.
fn span(whole: u32, part: f64) -> (u32, u32) {
    let start = (f64::from(whole) - part) / 2.0;
    (start as u32, ((start + part) as u32).min(whole))
}

/// A pixel in 8 bits, transparency dropped; of 16 bits the upper half.
fn rgb8(image: &DynamicImage, x: u32, y: u32) -> [u8; 3] {
    let high = |value: u16| (value >> 8) as u8;
    match image {
        DynamicImage::ImageLuma8(image) => [image.get_pixel(x, y).0[0]; 3],
        DynamicImage::ImageLumaA8(image) => [image.get_pixel(x, y).0[0]; 3],
        DynamicImage::ImageRgb8(image) => image.get_pixel(x, y).0,
        DynamicImage::ImageLuma16(image) => [high(image.get_pixel(x, y).0[0]); 3],
        DynamicImage::ImageLumaA16(image) => [high(image.get_pixel(x, y).0[0]); 3],
        DynamicImage::ImageRgb16(image) => image.get_pixel(x, y).0.map(high),
        DynamicImage::ImageRgba16(image) => {
            let [red, green, blue, _] = image.get_pixel(x, y).0;
            [red, green, blue].map(high)
        }
        other => {
            let [red, green, blue, _] = other.get_pixel(x, y).0;
            [red, green, blue]
        }
    }
}

/// The weights of ITU-R BT.601 in 16 bits, as Pillow has them.
fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue);
    ((sum + (1 << 15)) >> 16) as u8
}
