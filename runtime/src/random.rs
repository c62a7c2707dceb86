//! Seeded random tensors. The same on every machine: integer arithmetic decides every bit before the last scaling.
//!
//! A tensor's values depend on the seed and its name only, so adding or reordering tensors leaves the others as they
//! were.

use crate::buffer::reserved;
use crate::error::Error;

/// `len` values of the normal distribution with mean 0 and standard deviation `std`.
///
/// Each is the sum of twelve uniform 16-bit integers (Irwin-Hall), whose variance is that of the normal distribution up
/// to 2^-32; values beyond 6 `std` don't occur.
///
/// # Errors
/// E0808 when there is no memory.
pub fn normal(seed: u64, name: &str, std: f32, len: usize) -> Result<Vec<f32>, Error> {
    // Twelve times the mean of a uniform 16-bit integer.
    const MEAN: i64 = 12 * 65535 / 2;
    let mut generator = Generator::new(seed, name);
    let mut values = reserved(len, "random values")?;
    values.extend((0..len).map(|_| {
        let mut sum = -MEAN;
        for _ in 0..3 {
            let bits = generator.next();
            for shift in [0, 16, 32, 48] {
                sum += (bits >> shift & 0xffff) as i64;
            }
        }
        sum as f32 / 65536.0 * std
    }));
    Ok(values)
}

/// `len` values evenly distributed in `lo..hi`, in steps of 2^-24 of the range.
///
/// # Errors
/// E0808 when there is no memory.
pub fn uniform(seed: u64, name: &str, lo: f32, hi: f32, len: usize) -> Result<Vec<f32>, Error> {
    let mut generator = Generator::new(seed, name);
    let mut values = reserved(len, "random values")?;
    values.extend((0..len).map(|_| {
        let fraction = (generator.next() >> 40) as f32 / (1 << 24) as f32;
        lo + (hi - lo) * fraction
    }));
    Ok(values)
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Generator(u64);

impl Generator {
    /// A stream of its own for each seed and name.
    fn new(seed: u64, name: &str) -> Generator {
        let mut generator = Generator(seed);
        Generator(generator.next() ^ fnv1a(name.as_bytes()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }
}

/// The 64-bit FNV-1a hash.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_and_fnv1a_as_published() {
        let mut generator = Generator(1_234_567);
        let found = [generator.next(), generator.next(), generator.next()];
        assert_eq!(found, [6457827717110365317, 3203168211198807973, 9817491932198370423]);
        assert_eq!(fnv1a(b""), 0xcbf29ce484222325);
        assert_eq!(fnv1a(b"foobar"), 0x85944171f73967e8);
    }

    #[test]
    fn normal_has_the_moments_of_the_normal_distribution() {
        let values = normal(7, "fc.weight", 0.5, 100_000).unwrap();
        let moment =
            |power| values.iter().map(|&value| (f64::from(value) / 0.5).powi(power)).sum::<f64>() / values.len() as f64;
        assert!(moment(1).abs() < 0.01, "mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.02, "variance {}", moment(2));
        assert!(moment(3).abs() < 0.05, "skewness {}", moment(3));
        // Twelve summands give 3 - 6 / 60.
        assert!((moment(4) - 2.9).abs() < 0.1, "kurtosis {}", moment(4));
    }

    #[test]
    fn uniform_fills_its_range() {
        let values = uniform(1, "x", -1.0, 3.0, 10_000).unwrap();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!((mean - 1.0).abs() < 0.05, "mean {mean}");
        assert!(values.iter().all(|value| (-1.0..3.0).contains(value)));
        assert!(values.iter().any(|&value| value < -0.99) && values.iter().any(|&value| value > 2.99));
    }

    #[test]
    fn the_seed_and_the_name_decide_and_nothing_else() {
        let values = |seed, name| normal(seed, name, 1.0, 4).unwrap();
        assert_eq!(values(1, "a"), values(1, "a"));
        assert_ne!(values(1, "a"), values(2, "a"));
        assert_ne!(values(1, "a"), values(1, "b"));
        assert_eq!(normal(1, "a", 1.0, 9).unwrap()[..4], values(1, "a"));
    }

    #[test]
    fn the_values_of_a_seed_stay_the_same() {
        insta::assert_debug_snapshot!(normal(1, "a", 1.0, 4).unwrap(), @r"
        [
            -0.47618103,
            0.34114075,
            -0.6246948,
            -0.6181793,
        ]
        ");
        insta::assert_debug_snapshot!(uniform(1, "a", 0.0, 1.0, 4).unwrap(), @r"
        [
            0.117817104,
            0.571268,
            0.7427331,
            0.39207643,
        ]
        ");
    }
}
