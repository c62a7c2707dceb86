//! What code generation makes, as text: `--stage clif` and `--stage asm`.

use std::fmt::Write as _;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{Context, settings};
use cranelift_frontend::FunctionBuilderContext;

use super::target::Target;
use super::{CodegenError, driver, emit};
use crate::loops::program::{Program, Region};

/// Cranelift's IR of every region.
///
/// # Errors
/// See [`CodegenError`].
pub fn clif(program: &Program, target: &Target) -> Result<String, CodegenError> {
    let isa = target.isa()?;
    let mut text = String::new();
    for region in &program.regions {
        let context = context(program, region, &*isa, target.fma)?;
        let _ = writeln!(text, "; region {}\n{}", region.name, context.func.display());
    }
    Ok(text)
}

/// Machine instructions of every region, as Cranelift spells them.
///
/// # Errors
/// See [`CodegenError`].
pub fn asm(program: &Program, target: &Target) -> Result<String, CodegenError> {
    let isa = target.isa()?;
    let mut text = String::new();
    for region in &program.regions {
        let _ = writeln!(text, "; region {}\n{}", region.name, instructions(program, region, &*isa, target.fma)?);
    }
    Ok(text)
}

/// Machine instructions of one region.
///
/// # Errors
/// See [`CodegenError`].
pub fn region_asm(program: &Program, region: &Region, target: &Target) -> Result<String, CodegenError> {
    instructions(program, region, &*target.isa()?, target.fma)
}

fn instructions(program: &Program, region: &Region, isa: &dyn TargetIsa, fma: bool) -> Result<String, CodegenError> {
    let mut context = context(program, region, isa, fma)?;
    context.set_disasm(true);
    let compiled = context
        .compile(isa, &mut ControlPlane::default())
        .map_err(|e| CodegenError::cranelift(&region.name, format!("{:?}", e.inner)))?;
    Ok(compiled.vcode.clone().unwrap_or_default())
}

fn context(program: &Program, region: &Region, isa: &dyn TargetIsa, fma: bool) -> Result<Context, CodegenError> {
    let mut context = Context::new();
    context.func.signature = driver::signature(isa.default_call_conv());
    emit::region(program, region, &mut context.func, &mut FunctionBuilderContext::new(), isa.frontend_config(), fma);
    let flags: &settings::Flags = isa.flags();
    context.verify(flags).map_err(|e| CodegenError::cranelift(&region.name, e))?;
    Ok(context)
}
