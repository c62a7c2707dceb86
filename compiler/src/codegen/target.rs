//! The table of targets: one row a CPU level.

use std::sync::Arc;

use cranelift_codegen::isa::{self, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::Triple;

use super::CodegenError;

/// A CPU level.
#[derive(Debug)]
pub struct Target {
    /// The name that `--cpu` takes.
    pub name: &'static str,
    /// The architecture.
    pub triple: &'static str,
    /// Cranelift's names of what the level has.
    pub features: &'static [&'static str],
    /// Whether multiply-adds are one instruction; without, they are a multiplication and an addition.
    pub fma: bool,
}

/// All levels, the lowest first. The x86-64 ones are those of the System V ABI.
pub static TARGETS: &[Target] = &[
    Target { name: "x86-64", triple: "x86_64-unknown-linux-gnu", features: &[], fma: false },
    Target {
        name: "x86-64-v2",
        triple: "x86_64-unknown-linux-gnu",
        features: &["has_sse3", "has_ssse3", "has_cmpxchg16b", "has_sse41", "has_sse42", "has_popcnt"],
        fma: false,
    },
    Target {
        name: "x86-64-v3",
        triple: "x86_64-unknown-linux-gnu",
        features: &[
            "has_sse3",
            "has_ssse3",
            "has_cmpxchg16b",
            "has_sse41",
            "has_sse42",
            "has_popcnt",
            "has_avx",
            "has_avx2",
            "has_fma",
            "has_bmi1",
            "has_bmi2",
            "has_lzcnt",
        ],
        fma: true,
    },
];

/// A level by name; `native` is the highest of the table that this machine has.
///
/// # Errors
/// There is no such level.
pub fn find(name: &str) -> Result<&'static Target, CodegenError> {
    let unknown = || CodegenError::UnknownCpu { name: name.to_string() };
    if name == "native" {
        return TARGETS.iter().rev().find(|t| rebirth_runtime::cpu::require(t.name).is_ok()).ok_or_else(unknown);
    }
    TARGETS.iter().find(|t| t.name == name).ok_or_else(unknown)
}

impl Target {
    /// Cranelift's description of the level.
    ///
    /// # Errors
    /// Cranelift was built without the architecture.
    pub fn isa(&self) -> Result<Arc<dyn TargetIsa>, CodegenError> {
        let failed = |e: &dyn std::fmt::Display| CodegenError::cranelift("", e);
        let mut flags = settings::builder();
        // At `speed` the unrolled sums are reordered and spill.
        for (name, value) in
            [("opt_level", "none"), ("is_pic", "false"), ("unwind_info", "false"), ("enable_probestack", "false")]
        {
            flags.set(name, value).map_err(|e| failed(&e))?;
        }
        let enabled = if cfg!(debug_assertions) { "true" } else { "false" };
        flags.set("enable_verifier", enabled).map_err(|e| failed(&e))?;
        let triple: Triple = self.triple.parse().map_err(|e| failed(&e))?;
        let mut builder = isa::lookup(triple).map_err(|e| failed(&e))?;
        for feature in self.features {
            builder.enable(feature).map_err(|e| failed(&e))?;
        }
        builder.finish(settings::Flags::new(flags)).map_err(|e| failed(&e))
    }
}
