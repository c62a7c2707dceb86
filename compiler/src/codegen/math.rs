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

    /// e^x after Cephes (Moshier): x = n ln 2 + r, a polynomial of degree 7 in r, scaled by 2^n in two steps so that results may be subnormal.
    pub(super) fn exp(&mut self, x: Value) -> Value {
        let [low, high] = [self.constant(-104.0), self.constant(89.0)];
        let clamped = self.extremum(true, low, x, true);
        let clamped = self.extremum(false, high, clamped, true);
        // Adding 1.5 * 2^23 rounds to an integer that stands in the low bits.
        let magic = self.constant(12_582_912.0);
        let log2e = self.constant(std::f32::consts::LOG2_E);
        let shifted = self.mul_add(clamped, log2e, magic);
        let n = self.b.ins().fsub(shifted, magic);
        let ln2_high = self.constant(-0.693_359_4);
        let ln2_low = self.constant(2.121_944_4e-4);
        let r = self.mul_add(n, ln2_high, clamped);
        let r = self.mul_add(n, ln2_low, r);
        let mut p = self.constant(1.987_569_1e-4);
        for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            let c = self.constant(c);
            p = self.mul_add(p, r, c);
        }
        let r2 = self.b.ins().fmul(r, r);
        let p = self.mul_add(p, r2, r);
        let one = self.constant(1.0);
        let p = self.b.ins().fadd(p, one);
        let n = self.as_int(shifted);
        let bias = self.int(0x4b40_0000);
        let n = self.b.ins().isub(n, bias);
        let half = self.b.ins().sshr_imm_u(n, 1);
        let rest = self.b.ins().isub(n, half);
        let mut result = p;
        for part in [half, rest] {
            let exponent = self.int(127);
            let biased = self.b.ins().iadd(part, exponent);
            let bits = self.b.ins().ishl_imm_u(biased, 23);
            let scale = self.as_float(bits);
            result = self.b.ins().fmul(result, scale);
        }
        // The integer conversion above loses a NaN's payload but the polynomial keeps it.
        result
    }

    /// ln x for normal x > 0 after Cephes (Moshier): x = 2^e m with m in [sqrt(1/2), sqrt(2)), a polynomial of degree 9 in m - 1.
    pub(super) fn log(&mut self, x: Value) -> Value {
        let bits = self.as_int(x);
        let offset = self.int(0x3f35_04f3);
        let shifted = self.b.ins().isub(bits, offset);
        let e = self.b.ins().sshr_imm_u(shifted, 23);
        let e_bits = self.b.ins().ishl_imm_u(e, 23);
        let m = self.b.ins().isub(bits, e_bits);
        let m = self.as_float(m);
        let e = self.b.ins().fcvt_from_sint(types::F32X4, e);
        let one = self.constant(1.0);
        let f = self.b.ins().fsub(m, one);
        let f2 = self.b.ins().fmul(f, f);
        let mut p = self.constant(7.037_683_6e-2);
        for c in [
            -1.151_461e-1,
            1.167_699_9e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_5e-1,
            -2.499_999_4e-1,
            0.333_333_3,
        ] {
            let c = self.constant(c);
            p = self.mul_add(p, f, c);
        }
        let f3 = self.b.ins().fmul(f, f2);
        let y = self.b.ins().fmul(p, f3);
        let ln2_low = self.constant(-2.121_944_4e-4);
        let y = self.mul_add(e, ln2_low, y);
        let minus_half = self.constant(-0.5);
        let y = self.mul_add(f2, minus_half, y);
        let y = self.b.ins().fadd(y, f);
        let ln2_high = self.constant(0.693_359_4);
        let y = self.mul_add(e, ln2_high, y);
        // NaN and infinity come back as they are.
        let infinity = self.constant(f32::INFINITY);
        let finite = self.b.ins().fcmp(FloatCC::LessThan, x, infinity);
        let finite = self.as_float(finite);
        self.b.ins().bitselect(finite, y, x)
    }
}

/// Bitcasts between vectors need a byte order; both are little-endian here.
pub(super) fn cast_flags() -> cranelift_codegen::ir::MemFlagsData {
    cranelift_codegen::ir::MemFlagsData::new().with_endianness(cranelift_codegen::ir::Endianness::Little)
}
