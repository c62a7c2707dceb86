//! The entry of a module: calls the regions in order.

use cranelift_codegen::ir::{AbiParam, FuncRef, Function, InstBuilder, Signature, Value, types};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// `(io, weights, arena)`: what regions and the entry take.
pub(super) fn signature(call_conv: CallConv) -> Signature {
    let mut signature = Signature::new(call_conv);
    signature.params.extend([AbiParam::new(types::I64); 3]);
    signature
}

/// Begins a function; its parameters.
pub(super) fn enter(b: &mut FunctionBuilder<'_>) -> Vec<Value> {
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    b.block_params(entry).to_vec()
}

/// Writes the calls of `regions` into `function`.
pub(super) fn driver(
    function: &mut Function,
    context: &mut FunctionBuilderContext,
    frontend: TargetFrontendConfig,
    regions: &[FuncRef],
) {
    let mut b = FunctionBuilder::new(function, context);
    let params = enter(&mut b);
    for &region in regions {
        b.ins().call(region, &params);
    }
    b.ins().return_(&[]);
    b.finalize(frontend);
}
