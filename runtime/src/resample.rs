//! Resizing 8-bit images with antialiasing: the algorithm of Pillow, bit for bit.
//!
//! Each output pixel is a weighted sum of the input pixels under a filter that is stretched by the reduction. Weights are
//! integers of [`PRECISION`] bits; columns are resized first, then rows, and each of the two passes rounds to 8 bits.

use crate::buffer::reserved;
use crate::error::Error;
use crate::image::Filter;

/// Fractional bits of the weights: what 32 bits leave after 8 for the pixel and 2 for sums beyond 1 and the sign.
const PRECISION: u32 = 32 - 8 - 2;

/// An 8-bit image, channels interleaved.
#[derive(Debug, PartialEq)]
pub(crate) struct Raster {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: usize,
    pub(crate) pixels: Vec<u8>,
}

impl Raster {
    fn with_room(width: usize, height: usize, channels: usize) -> Result<Raster, Error> {
        let shape = [height, width, channels];
        let bytes = crate::shape::byte_len(&shape, crate::dtype::DType::U8)?;
        Ok(Raster { width, height, channels, pixels: reserved(bytes, "an image")? })
    }

    fn row(&self, y: usize) -> &[u8] {
        let stride = self.width * self.channels;
        &self.pixels[y * stride..(y + 1) * stride]
    }
}

/// Resizes an image of at least one pixel to `width` x `height`.
///
/// # Errors
/// E0542 when an image between the passes is beyond the caps of [`crate::shape`], E0808 when there is no memory.
pub(crate) fn resize(image: Raster, width: usize, height: usize, filter: Filter) -> Result<Raster, Error> {
    if filter == Filter::Nearest {
        return nearest(&image, width, height);
    }
    let image = if width == image.width { image } else { resize_columns(&image, width, filter)? };
    if height == image.height { Ok(image) } else { resize_rows(&image, height, filter) }
}

/// The pixel under the middle of each output pixel.
fn nearest(image: &Raster, width: usize, height: usize) -> Result<Raster, Error> {
    let mut resized = Raster::with_room(width, height, image.channels)?;
    let columns = positions(image.width, width)?;
    for y in positions(image.height, height)? {
        let row = image.row(y);
        for &x in &columns {
            resized.pixels.extend_from_slice(&row[x * image.channels..(x + 1) * image.channels]);
        }
    }
    Ok(resized)
}

/// Steps are added up rather than multiplied: Pillow's sums decide which pixel a tie goes to.
fn positions(from: usize, to: usize) -> Result<Vec<usize>, Error> {
    let scale = from as f64 / to as f64;
    let mut at = scale * 0.5;
    let mut positions = reserved(to, "an image")?;
    for _ in 0..to {
        positions.push((at as usize).min(from - 1));
        at += scale;
    }
    Ok(positions)
}

fn resize_columns(image: &Raster, width: usize, filter: Filter) -> Result<Raster, Error> {
    let windows = Windows::new(image.width, width, filter)?;
    let mut resized = Raster::with_room(width, image.height, image.channels)?;
    for y in 0..image.height {
        let row = image.row(y);
        for (first, weights) in windows.iter() {
            for channel in 0..image.channels {
                let pixels = row[first * image.channels + channel..].iter().step_by(image.channels);
                resized.pixels.push(weighted(pixels, weights));
            }
        }
    }
    Ok(resized)
}

fn resize_rows(image: &Raster, height: usize, filter: Filter) -> Result<Raster, Error> {
    let windows = Windows::new(image.height, height, filter)?;
    let mut resized = Raster::with_room(image.width, height, image.channels)?;
    let stride = image.width * image.channels;
    for (first, weights) in windows.iter() {
        for x in 0..stride {
            let pixels = image.pixels[first * stride + x..].iter().step_by(stride);
            resized.pixels.push(weighted(pixels, weights));
        }
    }
    Ok(resized)
}

/// Sums, rounds to the nearest and clips to 8 bits. In 64 bits, because sums can leave the range of 32 where a filter
/// with negative weights is cut off at the border.
fn weighted<'p>(pixels: impl Iterator<Item = &'p u8>, weights: &[i32]) -> u8 {
    let half = 1_i64 << (PRECISION - 1);
    let sum = pixels.zip(weights).fold(half, |sum, (&pixel, &weight)| sum + i64::from(pixel) * i64::from(weight));
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// For each output position the first input position and the weights from there.
struct Windows {
    /// The first input position, and the end of the weights in `weights`.
    bounds: Vec<(usize, usize)>,
    weights: Vec<i32>,
}

impl Windows {
    fn new(from: usize, to: usize, filter: Filter) -> Result<Windows, Error> {
        let scale = from as f64 / to as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let mut bounds = reserved(to, "an image")?;
        let mut weights = Vec::new();
        let mut window = reserved((support * 2.0) as usize + 2, "an image")?;
        for at in 0..to {
            let center = (at as f64 + 0.5) * scale;
            // Conversions to usize cut at 0.
            let first = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            window.clear();
            window.extend((first..end).map(|x| filter.weight((x as f64 - center + 0.5) * (1.0 / stretch))));
            let sum: f64 = window.iter().sum();
            weights
                .try_reserve(window.len())
                .map_err(|_| Error::OutOfMemory { what: "an image", bytes: window.len() * size_of::<i32>() })?;
            weights.extend(window.iter().map(|&weight| to_fixed(if sum == 0.0 { weight } else { weight / sum })));
            bounds.push((first, weights.len()));
        }
        Ok(Windows { bounds, weights })
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        let starts = std::iter::once(0).chain(self.bounds.iter().map(|&(_, end)| end));
        starts.zip(&self.bounds).map(|(start, &(first, end))| (first, &self.weights[start..end]))
    }
}

/// Rounded, halves away from zero.
fn to_fixed(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << PRECISION);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

impl Filter {
    /// Half the width of the filter, in pixels of the smaller image.
    fn support(self) -> f64 {
        match self {
            Filter::Nearest => 0.0,
            Filter::Bilinear => 1.0,
            Filter::Bicubic => 2.0,
            Filter::Lanczos => 3.0,
        }
    }

    /// The weight at a distance from the middle.
    fn weight(self, x: f64) -> f64 {
        // Keys' cubic with the value Pillow takes.
        const A: f64 = -0.5;
        let distance = x.abs();
        match self {
            Filter::Bicubic if distance < 1.0 => ((A + 2.0) * distance - (A + 3.0)) * distance * distance + 1.0,
            Filter::Bicubic if distance < 2.0 => (((distance - 5.0) * distance + 8.0) * distance - 4.0) * A,
            Filter::Bilinear if distance < 1.0 => 1.0 - distance,
            Filter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            _ => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}
