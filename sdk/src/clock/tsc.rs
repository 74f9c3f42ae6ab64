//! The processor's time stamp counter: a time in ten nanoseconds, where the kernel's takes 25.
//!
//! It is trusted only where the kernel trusts it, that is on Linux on `x86_64` with `tsc` as clock
//! source: then it runs at one rate on all cores and goes on in sleep states.

use std::sync::OnceLock;
use std::time::Instant;

/// Reads the counter; 0 on other processors.
#[inline]
pub(super) fn read() -> u64 {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "the instruction has no other name; it reads a register and touches no memory")]
    // SAFETY: every x86_64 processor has the instruction, and Linux lets programs use it.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    0
}

/// Whether the kernel itself tells time by the counter.
pub(super) fn is_trusted() -> bool {
    static TRUSTED: OnceLock<bool> = OnceLock::new();
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    *TRUSTED.get_or_init(|| {
        cfg!(all(target_os = "linux", target_arch = "x86_64"))
            && std::fs::read_to_string(SOURCE).is_ok_and(|source| source.trim() == "tsc")
    })
}

/// Nanoseconds of one step of the counter, as far as is known by now. Asked by the exporting thread
/// only: nothing is calibrated while a service starts.
pub(super) fn nanos_per_tick() -> f64 {
    let (ticks, instant) = anchor();
    let (ticks_now, instant_now) = (read(), Instant::now());
    let passed = ticks_now.saturating_sub(ticks);
    if passed == 0 { 1.0 } else { instant_now.duration_since(instant).as_nanos() as f64 / passed as f64 }
}

/// The two clocks read together, once; the longer ago, the better the rate.
pub(super) fn anchor() -> (u64, Instant) {
    static ANCHOR: OnceLock<(u64, Instant)> = OnceLock::new();
    *ANCHOR.get_or_init(|| (read(), Instant::now()))
}
