//! Levels of CPU: what code may use, and whether this machine has it.

use crate::error::Error;

/// A level and whether this machine has it.
pub struct Level {
    /// The name, as `--cpu` takes it.
    pub name: &'static str,
    available: fn() -> bool,
}

/// Every level, the lowest first. The x86-64 ones are those of the System V ABI.
pub const LEVELS: &[Level] = &[
    Level { name: "aarch64", available: || cfg!(target_arch = "aarch64") },
    Level { name: "x86-64", available: || cfg!(target_arch = "x86_64") },
    Level { name: "x86-64-v2", available: x86::v2 },
    Level { name: "x86-64-v3", available: x86::v3 },
    Level { name: "x86-64-v4", available: x86::v4 },
];

/// The highest level this machine has.
pub fn host() -> &'static str {
    LEVELS.iter().rev().find(|level| (level.available)()).map_or("unknown", |level| level.name)
}

/// Checks that this machine can run code of a level.
///
/// # Errors
/// E0810 when it cannot, or when no level has this name.
pub fn require(needed: &str) -> Result<(), Error> {
    match LEVELS.iter().find(|level| level.name == needed) {
        Some(level) if (level.available)() => Ok(()),
        _ => Err(Error::CpuLevel { needed: needed.to_owned(), host: host() }),
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    pub(super) fn v2() -> bool {
        is_x86_feature_detected!("cmpxchg16b")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("sse3")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("sse4.2")
    }

    pub(super) fn v3() -> bool {
        v2() && is_x86_feature_detected!("avx")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("movbe")
    }

    pub(super) fn v4() -> bool {
        v3() && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod x86 {
    pub(super) fn v2() -> bool {
        false
    }

    pub(super) fn v3() -> bool {
        false
    }

    pub(super) fn v4() -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_has_its_own_level() {
        require(host()).unwrap();
    }

    #[test]
    fn levels_of_another_architecture_are_refused() {
        let foreign = if cfg!(target_arch = "x86_64") { "aarch64" } else { "x86-64" };
        for level in [foreign, "x86-64-v5", "", "native"] {
            let error = require(level).unwrap_err();
            assert_eq!(error.code(), "E0810", "{level:?}");
            assert!(error.to_string().contains(host()), "{error}");
        }
    }
}
