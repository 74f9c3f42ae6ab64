//! Where in its interval a canary runs.

use std::time::Duration;

use siskin_blueprints::CanaryName;

/// A point of the interval that depends on the name alone: canaries spread out, and a restart moves none.
pub fn phase_of(name: &CanaryName, interval: Duration) -> Duration {
    // FNV-1a: the same on every machine and in every version, unlike the standard hasher.
    let hash = name
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    Duration::from_secs(hash % interval.as_secs().max(1))
}
