//! The time of day.

/// Nanoseconds since the Unix epoch; 0 before it. 64 bits last until the year 2554.
///
/// The standard library asks the same clock, but only tells how far it is from another reading: that takes as long
/// as the clock itself.
#[cfg(unix)]
pub(super) fn nanos() -> u64 {
    const NANOS_PER_SECOND: u64 = 1_000_000_000;
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "the system's own call, which is the only one that tells the number")]
    // SAFETY: the call writes one `timespec` to where it is pointed, and knows this clock on every Unix.
    unsafe {
        libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut now);
    }
    u64::try_from(now.tv_sec).unwrap_or(0).wrapping_mul(NANOS_PER_SECOND).wrapping_add(now.tv_nsec as u64)
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "this is the clock everything else asks")]
pub(super) fn nanos() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it is what is compared")]
    fn it_is_the_time_of_the_standard_library() {
        let of_std = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        let (before, now, after) = (of_std(), super::nanos(), of_std());
        assert!(before <= now && now <= after, "{before} {now} {after}");
    }
}
