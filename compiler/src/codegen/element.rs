//! Elements of buffers to lanes of f32 and back.
//!
//! To f32, integers are rounded to nearest. From f32, they are cut off towards zero, to the nearest that the type has where they are
//! beyond it, NaN to 0; of one integer as another the low bits stay. Bool is whether the number is not 0.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use cranelift_frontend::FunctionBuilder;
use rebirth_runtime::DType;

use super::math::cast_flags;
use crate::loops::LANES;

/// Where elements lie: a pointer with an offset in bytes, their type, and what is known of the access.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) dtype: DType,
    pub(super) pointer: Value,
    pub(super) offset: i32,
    pub(super) flags: MemFlagsData,
}

/// Smallest and largest value of an integer type.
fn range(dtype: DType) -> (i64, i64) {
    match dtype {
        DType::U8 => (0, u8::MAX.into()),
        DType::I8 => (i8::MIN.into(), i8::MAX.into()),
        DType::I32 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

impl Place {
    fn lane(self, lane: usize) -> Place {
        Place { offset: self.offset + (lane * self.dtype.size()) as i32, ..self }
    }

    /// Consecutive elements, one a lane.
    pub(super) fn load(self, b: &mut FunctionBuilder<'_>) -> Value {
        let Place { dtype, pointer, offset, flags } = self;
        match dtype {
            DType::F32 => b.ins().load(types::F32X4, flags, pointer, offset),
            DType::I32 => {
                let lanes = b.ins().load(types::I32X4, flags, pointer, offset);
                b.ins().fcvt_from_sint(types::F32X4, lanes)
            }
            DType::U8 | DType::I8 | DType::Bool => {
                let bytes = b.ins().load(types::I32, flags, pointer, offset);
                let bytes = b.ins().scalar_to_vector(types::I32X4, bytes);
                let bytes = b.ins().bitcast(types::I8X16, cast_flags(), bytes);
                let lanes = if dtype == DType::I8 {
                    let halves = b.ins().swiden_low(bytes);
                    b.ins().swiden_low(halves)
                } else {
                    let halves = b.ins().uwiden_low(bytes);
                    b.ins().uwiden_low(halves)
                };
                b.ins().fcvt_from_sint(types::F32X4, lanes)
            }
            _ => {
                let first = self.float(b);
                let mut lanes = b.ins().splat(types::F32X4, first);
                for lane in 1..LANES {
                    let element = self.lane(lane).float(b);
                    lanes = b.ins().insertlane(lanes, element, lane as u8);
                }
                lanes
            }
        }
    }

    /// One element in all lanes.
    pub(super) fn splat(self, b: &mut FunctionBuilder<'_>) -> Value {
        let element = self.float(b);
        b.ins().splat(types::F32X4, element)
    }

    /// One element.
    fn float(self, b: &mut FunctionBuilder<'_>) -> Value {
        let Place { pointer, offset, flags, .. } = self;
        if self.dtype == DType::F32 {
            return b.ins().load(types::F32, flags, pointer, offset);
        }
        let integer = self.integer(b);
        b.ins().fcvt_from_sint(types::F32, integer)
    }

    /// One element of an integer type, or of bool.
    fn integer(self, b: &mut FunctionBuilder<'_>) -> Value {
        let Place { pointer, offset, flags, .. } = self;
        match self.dtype {
            DType::I64 => b.ins().load(types::I64, flags, pointer, offset),
            DType::I32 => b.ins().sload32(flags, pointer, offset),
            DType::I8 => b.ins().sload8(types::I64, flags, pointer, offset),
            _ => b.ins().uload8(types::I64, flags, pointer, offset),
        }
    }

    /// Stores the first `lanes` lanes at consecutive elements.
    pub(super) fn store(self, b: &mut FunctionBuilder<'_>, value: Value, lanes: usize) {
        if self.dtype == DType::F32 && lanes == LANES {
            b.ins().store(self.flags, value, self.pointer, self.offset);
            return;
        }
        for lane in 0..lanes {
            let element = b.ins().extractlane(value, lane as u8);
            self.lane(lane).store_float(b, element);
        }
    }

    fn store_float(self, b: &mut FunctionBuilder<'_>, element: Value) {
        match self.dtype {
            DType::F32 => {
                b.ins().store(self.flags, element, self.pointer, self.offset);
            }
            DType::Bool => {
                let zero = b.ins().f32const(0.0);
                let set = b.ins().fcmp(FloatCC::NotEqual, element, zero);
                self.store_byte(b, set);
            }
            _ => {
                let integer = b.ins().fcvt_to_sint_sat(types::I64, element);
                let integer = self.clamped(b, integer);
                self.store_integer(b, integer);
            }
        }
    }

    /// What of the type is nearest to an i64.
    fn clamped(self, b: &mut FunctionBuilder<'_>, integer: Value) -> Value {
        let (low, high) = range(self.dtype);
        if (low, high) == (i64::MIN, i64::MAX) {
            return integer;
        }
        let [low, high] = [low, high].map(|end| b.ins().iconst(types::I64, end));
        let above = b.ins().icmp(IntCC::SignedGreaterThan, integer, high);
        let most = b.ins().select(above, high, integer);
        let below = b.ins().icmp(IntCC::SignedLessThan, most, low);
        b.ins().select(below, low, most)
    }

    /// Stores the low bits of an i64, or whether it is not 0.
    fn store_integer(self, b: &mut FunctionBuilder<'_>, integer: Value) {
        let Place { pointer, offset, flags, dtype } = self;
        match dtype {
            DType::I64 => {
                b.ins().store(flags, integer, pointer, offset);
            }
            DType::I32 => {
                b.ins().istore32(flags, integer, pointer, offset);
            }
            DType::Bool => {
                let set = b.ins().icmp_imm_s(IntCC::NotEqual, integer, 0);
                self.store_byte(b, set);
            }
            _ => {
                b.ins().istore8(flags, integer, pointer, offset);
            }
        }
    }

    fn store_byte(self, b: &mut FunctionBuilder<'_>, byte: Value) {
        b.ins().store(self.flags, byte, self.pointer, self.offset);
    }

    /// What is of one type, or of two that are no f32, is not rounded to f32 on its way: copies one element, or `lanes` consecutive ones,
    /// or one element to `lanes` places. Says whether it has.
    pub(super) fn copy(self, b: &mut FunctionBuilder<'_>, from: Place, lanes: usize, splat: bool) -> bool {
        if self.dtype == DType::F32 || from.dtype == DType::F32 {
            return false;
        }
        let whole: Option<Type> = match self.dtype {
            _ if self.dtype != from.dtype || splat || lanes < LANES => None,
            DType::I32 => Some(types::I32X4),
            DType::U8 | DType::I8 | DType::Bool => Some(types::I32),
            _ => None,
        };
        if let Some(whole) = whole {
            let value = b.ins().load(whole, from.flags, from.pointer, from.offset);
            b.ins().store(self.flags, value, self.pointer, self.offset);
            return true;
        }
        // Stores may go where later loads are from, within one operand's place.
        let elements: Vec<Value> =
            (0..lanes).map(|lane| if splat { from } else { from.lane(lane) }.integer(b)).collect();
        for (lane, integer) in elements.into_iter().enumerate() {
            self.lane(lane).store_integer(b, integer);
        }
        true
    }
}

#[cfg(test)]
mod tests;
