//! A program as code in memory.

use cranelift_codegen::Context;
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module as _, default_libcall_names};
use rebirth_runtime::{AlignedBuffer, Description, Entry, Module};

use super::target::Target;
use super::{CodegenError, driver, emit};
use crate::loops::program::Program;

/// Frees the code when the module goes.
struct Code(Option<JITModule>);

// SAFETY: after `finalize_definitions` the JIT module is only kept to own the code pages; nothing reads or changes it until it is dropped.
#[allow(unsafe_code)]
unsafe impl Send for Code {}
// SAFETY: as above; there is no access through a shared reference.
#[allow(unsafe_code)]
unsafe impl Sync for Code {}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(module) = self.0.take() {
            // SAFETY: the runtime's `Module` drops its code last, and hands out no pointer into it, so none is left.
            #[allow(unsafe_code)]
            unsafe {
                module.free_memory();
            }
        }
    }
}

/// Compiles a verified program for a level that this machine has, with the elements of its constants, in their order.
///
/// # Errors
/// See [`CodegenError`].
pub fn compile(program: &Program, target: &Target, constants: &[&[f32]]) -> Result<Module, CodegenError> {
    let isa = target.isa()?;
    let frontend = isa.frontend_config();
    let call_conv = isa.default_call_conv();
    let mut module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
    let signature = driver::signature(call_conv);
    let mut context = Context::new();
    let mut builder_context = FunctionBuilderContext::new();
    let mut regions: Vec<FuncId> = Vec::new();
    for (i, region) in program.regions.iter().enumerate() {
        let failed = |e: cranelift_module::ModuleError| CodegenError::cranelift(&region.name, format!("{e:?}"));
        context.func.signature = signature.clone();
        emit::region(program, region, &mut context.func, &mut builder_context, frontend, target.fma);
        let id = module.declare_function(&format!("region{i}"), Linkage::Local, &signature).map_err(failed)?;
        module.define_function(id, &mut context).map_err(failed)?;
        module.clear_context(&mut context);
        regions.push(id);
    }
    let failed = |e: cranelift_module::ModuleError| CodegenError::cranelift("driver", format!("{e:?}"));
    context.func.signature = signature.clone();
    let refs: Vec<_> = regions.iter().map(|&id| module.declare_func_in_func(id, &mut context.func)).collect();
    driver::driver(&mut context.func, &mut builder_context, frontend, &refs);
    let entry = module.declare_function("run", Linkage::Export, &signature).map_err(failed)?;
    module.define_function(entry, &mut context).map_err(failed)?;
    module.clear_context(&mut context);
    module.finalize_definitions().map_err(failed)?;
    let weights = pack(program, constants)?;
    let pointer = module.get_finalized_function(entry);
    // SAFETY: the function was declared with the signature of `Entry`: three pointers, nothing returned, the platform's C calling convention.
    #[allow(unsafe_code)]
    let entry = unsafe { std::mem::transmute::<*const u8, Entry>(pointer) };
    let description = Description {
        inputs: program.inputs.clone(),
        outputs: program.outputs.clone(),
        arena_bytes: program.arena_bytes,
        weights_bytes: program.weights_bytes,
        cpu: target.name.to_string(),
    };
    // SAFETY: the loop verifier has proved every access of the program within the buffers that the description declares; `Code` keeps the
    // pages alive; generated code does not unwind.
    #[allow(unsafe_code)]
    let module = unsafe { Module::new(description, weights, entry, Box::new(Code(Some(module)))) };
    Ok(module)
}

/// The packed weights of a program.
fn pack(program: &Program, constants: &[&[f32]]) -> Result<AlignedBuffer, CodegenError> {
    let bytes = program.weights_bytes;
    let out_of_memory = || CodegenError::OutOfMemory { bytes };
    let mut weights = AlignedBuffer::zeroed(bytes, "the packed weights").map_err(|_| out_of_memory())?;
    let floats = weights.as_f32_mut();
    for pack in &program.packs {
        let buffer = program.buffer(pack.buffer);
        let crate::loops::program::Home::Weights(offset) = buffer.home else { continue };
        let params: Vec<&[f32]> = pack.params.iter().map(|&p| constants[p]).collect();
        pack.packing.fill(&params, &mut floats[offset / 4..offset / 4 + buffer.elements]);
    }
    Ok(weights)
}
