//! Vector functions as CLIF: what the instruction sets lack. Every function propagates NaN.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

/// Writes vector arithmetic into a function.
pub(super) struct Math<'a, 'f> {
    pub(super) b: &'a mut FunctionBuilder<'f>,
    /// Whether `fma` is an instruction.
    pub(super) fma: bool,
}

impl Math<'_, '_> {
    /// The same number in all lanes.
    pub(super) fn constant(&mut self, value: f32) -> Value {
        let scalar = self.b.ins().f32const(value);
        self.b.ins().splat(types::F32X4, scalar)
    }

    fn int(&mut self, value: i32) -> Value {
        let scalar = self.b.ins().iconst(types::I32, i64::from(value));
        self.b.ins().splat(types::I32X4, scalar)
    }

    fn as_float(&mut self, value: Value) -> Value {
        self.b.ins().bitcast(types::F32X4, cast_flags(), value)
    }

    fn as_int(&mut self, value: Value) -> Value {
        self.b.ins().bitcast(types::I32X4, cast_flags(), value)
    }

    /// a * b + c
    pub(super) fn mul_add(&mut self, a: Value, b: Value, c: Value) -> Value {
        if self.fma {
            return self.b.ins().fma(a, b, c);
        }
        let product = self.b.ins().fmul(a, b);
        self.b.ins().fadd(product, c)
    }

    /// `cc(a, b) ? a : b`, one `maxps` or `minps` on x86: `b` if either is NaN.
    fn select(&mut self, cc: FloatCC, a: Value, b: Value) -> Value {
        let mask = self.b.ins().fcmp(cc, a, b);
        let mask = self.as_float(mask);
        self.b.ins().bitselect(mask, a, b)
    }

    /// The larger (or smaller) of two; NaN if either is. `a` may be known not to be NaN.
    pub(super) fn extremum(&mut self, largest: bool, a: Value, b: Value, a_is_number: bool) -> Value {
        let cc = if largest { FloatCC::GreaterThan } else { FloatCC::LessThan };
        let picked = self.select(cc, a, b);
        if a_is_number {
            return picked;
        }
        let nan = self.b.ins().fcmp(FloatCC::Unordered, a, a);
        let nan = self.as_float(nan);
        self.b.ins().bitselect(nan, a, picked)
    }

    /// 1 where a > b, or where a is NaN and b is not; else 0.
    pub(super) fn exceeds(&mut self, a: Value, b: Value) -> Value {
        let greater = self.b.ins().fcmp(FloatCC::GreaterThan, a, b);
        let nan = self.b.ins().fcmp(FloatCC::Unordered, a, a);
        let number = self.b.ins().fcmp(FloatCC::Ordered, b, b);
        let first = self.b.ins().band(nan, number);
        let either = self.b.ins().bor(greater, first);
        let one = self.constant(1.0);
        let one = self.as_int(one);
        let bits = self.b.ins().band(either, one);
        self.as_float(bits)
    }

    /// `mask ? a : b`, a lane at a time.
    fn pick(&mut self, mask: Value, a: Value, b: Value) -> Value {
        let mask = self.as_float(mask);
        self.b.ins().bitselect(mask, a, b)
    }

    /// A polynomial by Horner's rule, the highest coefficient first.
    fn polynomial(&mut self, x: Value, coefficients: &[f32]) -> Value {
        let mut sum = None;
        for &c in coefficients {
            let c = self.constant(c);
            sum = Some(match sum {
                None => c,
                Some(sum) => self.mul_add(sum, x, c),
            });
        }
        sum.unwrap_or(x)
    }

    /// x = n ln 2 + r after Cephes (Moshier): n as an integer, and e^r - 1 by a polynomial of degree 7. `low` is added to r.
    fn reduced_exp(&mut self, x: Value, low: Option<Value>) -> (Value, Value) {
        // Adding 1.5 * 2^23 rounds to an integer that stands in the low bits.
        let magic = self.constant(12_582_912.0);
        let log2e = self.constant(std::f32::consts::LOG2_E);
        let shifted = self.mul_add(x, log2e, magic);
        let n = self.b.ins().fsub(shifted, magic);
        let ln2_high = self.constant(-0.693_359_4);
        let ln2_low = self.constant(2.121_944_4e-4);
        let r = self.mul_add(n, ln2_high, x);
        let mut r = self.mul_add(n, ln2_low, r);
        if let Some(low) = low {
            r = self.b.ins().fadd(r, low);
        }
        let p =
            self.polynomial(r, &[1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5]);
        let r2 = self.b.ins().fmul(r, r);
        // A NaN's bits give no integer, but the polynomial keeps it.
        let p = self.mul_add(p, r2, r);
        let n = self.as_int(shifted);
        let bias = self.int(0x4b40_0000);
        (self.b.ins().isub(n, bias), p)
    }

    /// 2^n; n + 127 must be in the exponent's range.
    fn power_of_two(&mut self, n: Value) -> Value {
        let bias = self.int(127);
        let biased = self.b.ins().iadd(n, bias);
        let bits = self.b.ins().ishl_imm_u(biased, 23);
        self.as_float(bits)
    }

    fn clamp(&mut self, x: Value, low: f32, high: f32) -> Value {
        let [low, high] = [self.constant(low), self.constant(high)];
        let clamped = self.extremum(true, low, x, true);
        self.extremum(false, high, clamped, true)
    }

    /// factor * e^(x + low), scaled by 2^n in two steps so that results may be subnormal.
    fn scaled_exp(&mut self, x: Value, low: Option<Value>, factor: Option<Value>) -> Value {
        let clamped = self.clamp(x, -104.0, 89.0);
        let (n, p) = self.reduced_exp(clamped, low);
        let one = self.constant(1.0);
        let mut result = self.b.ins().fadd(p, one);
        if let Some(factor) = factor {
            result = self.b.ins().fmul(result, factor);
        }
        let half = self.b.ins().sshr_imm_u(n, 1);
        let rest = self.b.ins().isub(n, half);
        for part in [half, rest] {
            let scale = self.power_of_two(part);
            result = self.b.ins().fmul(result, scale);
        }
        result
    }

    /// e^x
    pub(super) fn exp(&mut self, x: Value) -> Value {
        self.scaled_exp(x, None, None)
    }

    /// e^x - 1 as 2 (2^(n-1) (e^r - 1) + (2^(n-1) - 1/2)).
    pub(super) fn expm1(&mut self, x: Value) -> Value {
        // Below -18 it is -1.
        let clamped = self.clamp(x, -25.0, 89.0);
        let (n, p) = self.reduced_exp(clamped, None);
        let one = self.int(1);
        let n = self.b.ins().isub(n, one);
        let scale = self.power_of_two(n);
        let half = self.constant(0.5);
        let rest = self.b.ins().fsub(scale, half);
        let halved = self.mul_add(p, scale, rest);
        self.b.ins().fadd(halved, halved)
    }

    /// x = 2^e m with m in [sqrt(1/2), sqrt(2)), for normal x > 0: e as an integer, and m.
    fn split(&mut self, x: Value) -> (Value, Value) {
        let bits = self.as_int(x);
        let offset = self.int(0x3f35_04f3);
        let shifted = self.b.ins().isub(bits, offset);
        let e = self.b.ins().sshr_imm_u(shifted, 23);
        let e_bits = self.b.ins().ishl_imm_u(e, 23);
        let m = self.b.ins().isub(bits, e_bits);
        (e, self.as_float(m))
    }

    /// e ln 2 + ln(1 + f) after Cephes (Moshier): a polynomial of degree 9 in f.
    fn reduced_log(&mut self, e: Value, f: Value) -> Value {
        let f2 = self.b.ins().fmul(f, f);
        let p = self.polynomial(
            f,
            &[
                7.037_683_6e-2,
                -1.151_461e-1,
                1.167_699_9e-1,
                -1.242_014_1e-1,
                1.424_932_3e-1,
                -1.666_805_8e-1,
                2.000_071_5e-1,
                -2.499_999_4e-1,
                0.333_333_3,
            ],
        );
        let f3 = self.b.ins().fmul(f, f2);
        let y = self.b.ins().fmul(p, f3);
        let ln2_low = self.constant(-2.121_944_4e-4);
        let y = self.mul_add(e, ln2_low, y);
        let minus_half = self.constant(-0.5);
        let y = self.mul_add(f2, minus_half, y);
        let y = self.b.ins().fadd(y, f);
        let ln2_high = self.constant(0.693_359_4);
        self.mul_add(e, ln2_high, y)
    }

    /// `y` where it is the logarithm of a positive number; else what the logarithm of `x` is.
    fn log_domain(&mut self, x: Value, y: Value) -> Value {
        let [zero, infinity] = [self.constant(0.0), self.constant(f32::INFINITY)];
        let [nan, lowest] = [self.constant(f32::NAN), self.constant(f32::NEG_INFINITY)];
        let positive = self.b.ins().fcmp(FloatCC::GreaterThan, x, zero);
        let finite = self.b.ins().fcmp(FloatCC::LessThan, x, infinity);
        let proper = self.b.ins().band(positive, finite);
        let is_zero = self.b.ins().fcmp(FloatCC::Equal, x, zero);
        let negative = self.b.ins().fcmp(FloatCC::LessThan, x, zero);
        // NaN and infinity are their own.
        let outside = self.pick(is_zero, lowest, x);
        let outside = self.pick(negative, nan, outside);
        self.pick(proper, y, outside)
    }

    /// ln x
    pub(super) fn log(&mut self, x: Value) -> Value {
        // Subnormal numbers are lifted by 2^23.
        let [normal, lift] = [self.constant(f32::MIN_POSITIVE), self.constant(8_388_608.0)];
        let [zero, lifted_by] = [self.constant(0.0), self.constant(23.0)];
        let tiny = self.b.ins().fcmp(FloatCC::LessThan, x, normal);
        let lifted = self.b.ins().fmul(x, lift);
        let normal = self.pick(tiny, lifted, x);
        let (e, m) = self.split(normal);
        let e = self.b.ins().fcvt_from_sint(types::F32X4, e);
        let by = self.pick(tiny, lifted_by, zero);
        let e = self.b.ins().fsub(e, by);
        let one = self.constant(1.0);
        let f = self.b.ins().fsub(m, one);
        let y = self.reduced_log(e, f);
        self.log_domain(x, y)
    }

    /// ln(1 + x): the logarithm of the rounded sum, whose error joins the reduced argument.
    pub(super) fn log1p(&mut self, x: Value) -> Value {
        let one = self.constant(1.0);
        let sum = self.b.ins().fadd(x, one);
        let back = self.b.ins().fsub(sum, one);
        let lost = self.b.ins().fsub(x, back);
        let (e, m) = self.split(sum);
        // 2^-e in two steps: e may be 128.
        let bias = self.int(63);
        let up = self.b.ins().isub(bias, e);
        let up = self.power_of_two(up);
        let down = self.constant((-63f32).exp2());
        let lost = self.b.ins().fmul(lost, up);
        let lost = self.b.ins().fmul(lost, down);
        let f = self.b.ins().fsub(m, one);
        let f = self.b.ins().fadd(f, lost);
        let e = self.b.ins().fcvt_from_sint(types::F32X4, e);
        let y = self.reduced_log(e, f);
        self.log_domain(sum, y)
    }

    /// 1 / (1 + e^-x), with the exponential of -|x|.
    pub(super) fn sigmoid(&mut self, x: Value) -> Value {
        let size = self.b.ins().fabs(x);
        let size = self.b.ins().fneg(size);
        let power = self.exp(size);
        let [zero, one] = [self.constant(0.0), self.constant(1.0)];
        let sum = self.b.ins().fadd(power, one);
        let negative = self.b.ins().fcmp(FloatCC::LessThan, x, zero);
        let numerator = self.pick(negative, power, one);
        self.b.ins().fdiv(numerator, sum)
    }

    /// The hyperbolic tangent: -t / (t + 2) with t = e^(-2|x|) - 1 has its size.
    pub(super) fn tanh(&mut self, x: Value) -> Value {
        let [two, minus_two] = [self.constant(2.0), self.constant(-2.0)];
        let size = self.b.ins().fabs(x);
        let doubled = self.b.ins().fmul(size, minus_two);
        let t = self.expm1(doubled);
        let sum = self.b.ins().fadd(t, two);
        let ratio = self.b.ins().fdiv(t, sum);
        let sign = self.int(i32::MIN);
        self.pick(sign, x, ratio)
    }

    /// The normal distribution's function: e^(-a^2/2) R(a) with a = |x| is its tail, R as [`Math::tail_ratio`] has it.
    pub(super) fn normal_cdf(&mut self, x: Value) -> Value {
        let size = self.b.ins().fabs(x);
        // From here on the tail is 0.
        let far = self.constant(TAIL_END);
        let a = self.extremum(false, far, size, true);
        // a^2 = high^2 + (a - high) (a + high), where `high` has 12 bits, so that its square is exact.
        let bits = self.as_int(a);
        let mask = self.int(!0xfff);
        let high = self.b.ins().band(bits, mask);
        let high = self.as_float(high);
        let [difference, sum] = [self.b.ins().fsub(a, high), self.b.ins().fadd(a, high)];
        let minus_half = self.constant(-0.5);
        let square = self.b.ins().fmul(high, high);
        let square = self.b.ins().fmul(square, minus_half);
        let rest = self.b.ins().fmul(difference, sum);
        let rest = self.b.ins().fmul(rest, minus_half);
        let ratio = self.tail_ratio(a);
        let tail = self.scaled_exp(square, Some(rest), Some(ratio));
        let [zero, one] = [self.constant(0.0), self.constant(1.0)];
        let body = self.b.ins().fsub(one, tail);
        let negative = self.b.ins().fcmp(FloatCC::LessThan, x, zero);
        self.pick(negative, tail, body)
    }

    /// R(a) = e^(a^2/2) (1 - normal_cdf(a)) for a from 0 to [`TAIL_END`], rounded from f64: in f32 the reciprocal alone would cost most of
    /// the error that is allowed.
    fn tail_ratio(&mut self, a: Value) -> Value {
        let low = self.b.ins().fvpromote_low(a);
        let high = self.upper_half(a);
        let high = self.b.ins().fvpromote_low(high);
        let [low, high] = [low, high].map(|a| {
            let [one, slope] = [1.0, TAIL_SLOPE].map(|c| self.wide_constant(c));
            let denominator = self.wide_mul_add(a, slope, one);
            let t = self.b.ins().fdiv(one, denominator);
            let mut sum = None;
            for c in TAIL {
                let c = self.wide_constant(c);
                sum = Some(match sum {
                    None => c,
                    Some(sum) => self.wide_mul_add(sum, t, c),
                });
            }
            let ratio = sum.map_or(t, |sum| self.b.ins().fmul(sum, t));
            self.b.ins().fvdemote(ratio)
        });
        let mask: Vec<u8> = (0..8).chain(16..24).collect();
        self.shuffle(low, high, mask)
    }

    /// The last two lanes, twice.
    fn upper_half(&mut self, x: Value) -> Value {
        let mask: Vec<u8> = (8..16).chain(8..16).collect();
        self.shuffle(x, x, mask)
    }

    fn shuffle(&mut self, a: Value, b: Value, bytes: Vec<u8>) -> Value {
        let [a, b] = [a, b].map(|v| self.b.ins().bitcast(types::I8X16, cast_flags(), v));
        let mask = self.b.func.dfg.immediates.push(bytes.into());
        let shuffled = self.b.ins().shuffle(a, b, mask);
        self.as_float(shuffled)
    }

    fn wide_constant(&mut self, value: f64) -> Value {
        let scalar = self.b.ins().f64const(value);
        self.b.ins().splat(types::F64X2, scalar)
    }

    fn wide_mul_add(&mut self, a: Value, b: Value, c: Value) -> Value {
        if self.fma {
            return self.b.ins().fma(a, b, c);
        }
        let product = self.b.ins().fmul(a, b);
        self.b.ins().fadd(product, c)
    }
}

/// Where the tail of the normal distribution rounds to 0 in f32.
const TAIL_END: f32 = 14.5;

/// R(a) = t p(t) with t = 1 / (1 + TAIL_SLOPE a); these are p's coefficients, the highest first. Fitted for the least relative error,
/// 3.5e-9, from 0 to [`TAIL_END`].
const TAIL: [f64; 10] = [
    -0.020_623_493_96,
    0.112_435_746_901,
    -0.228_213_908_862,
    0.191_784_936_215,
    -0.079_423_813_456_8,
    0.096_156_997_570_5,
    0.078_389_595_866_2,
    0.110_235_435_417,
    0.119_571_812_711,
    0.119_686_689_868,
];

/// See [`TAIL`].
const TAIL_SLOPE: f64 = 0.3;

/// Bitcasts between vectors need a byte order; both are little-endian here.
pub(super) fn cast_flags() -> cranelift_codegen::ir::MemFlagsData {
    cranelift_codegen::ir::MemFlagsData::new().with_endianness(cranelift_codegen::ir::Endianness::Little)
}
