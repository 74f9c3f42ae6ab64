//! CPU time of processes, by the kernel's own clock of each: `/proc` tells it in steps of 10 ms, which is a whole run.
#![expect(unsafe_code, reason = "clocks of other processes exist only as foreign functions")]

use std::mem::MaybeUninit;

use crate::Failure;

/// Milliseconds of CPU that a process has used, with all its threads, also those that ended.
///
/// # Errors
/// What the kernel refused, as for a process that is gone.
pub(crate) fn used_ms(pid: u32) -> Result<f64, Failure> {
    let mut clock = MaybeUninit::<libc::clockid_t>::zeroed();
    // SAFETY: it writes one clock id into memory of that size (clock_getcpuclockid(3)).
    let refused = unsafe { libc::clock_getcpuclockid(pid.cast_signed(), clock.as_mut_ptr()) };
    if refused != 0 {
        return Err(std::io::Error::from_raw_os_error(refused).into());
    }
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the clock id is an integer, zeroed before and written by the call that succeeded.
    let clock = unsafe { clock.assume_init() };
    // SAFETY: the kernel writes one `timespec` into memory of that size.
    if unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) } == -1 {
        return Err(std::io::Error::last_os_error().into());
    }
    // SAFETY: all of it is integers, zeroed before and written by the call that succeeded.
    let time = unsafe { time.assume_init() };
    Ok(time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6)
}
