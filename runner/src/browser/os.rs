//! The few Linux calls that have no safe form in `std`.
#![expect(unsafe_code, reason = "setsid, prctl, kill, waitpid and statvfs exist only as foreign functions")]

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Containers have 64 MiB of `/dev/shm` unless told otherwise, which a few browsers would fill.
const MEMORY_BYTES_MIN: u64 = 512 * 1024 * 1024;

/// Process id as the kernel counts it.
pub(crate) type Pid = i32;

/// Leaves the terminal's session and becomes the parent of every orphaned descendant.
///
/// # Errors
/// What the kernel refused.
pub(crate) fn become_subreaper() -> io::Result<()> {
    // SAFETY: setsid takes no argument and touches no memory of ours.
    if unsafe { libc::setsid() } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: PR_SET_CHILD_SUBREAPER reads one integer and no pointer (prctl(2)).
    if unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Kills a process at once. One that is gone already counts as killed.
///
/// # Errors
/// The kernel's refusal, as with a process of another user.
pub(crate) fn kill(pid: Pid) -> io::Result<()> {
    // 0, -1 and negative numbers mean groups or everything: never what a caller holds.
    if pid <= 1 {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    // SAFETY: kill takes two integers and touches no memory of ours.
    if unsafe { libc::kill(pid, libc::SIGKILL) } == 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        gone if gone.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        other => Err(other),
    }
}

/// Kills a group of processes at once. One that is gone already counts as killed.
///
/// # Errors
/// As [`kill`].
pub(crate) fn kill_group(leader: Pid) -> io::Result<()> {
    if leader <= 1 {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    // SAFETY: kill takes two integers and touches no memory of ours; a negative one names a group (kill(2)).
    if unsafe { libc::kill(-leader, libc::SIGKILL) } == 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        gone if gone.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        other => Err(other),
    }
}

/// What was found among the children.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reaped {
    /// One had died, and was collected.
    Dead(Pid),
    /// All that there are live.
    NoneDead,
    /// There are none.
    Childless,
}

/// Collects one dead child, if there is one.
pub(crate) fn reap() -> Reaped {
    // SAFETY: a null status pointer is allowed (waitpid(2)); WNOHANG makes it return at once.
    match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } {
        pid if pid > 0 => Reaped::Dead(pid),
        0 => Reaped::NoneDead,
        _ if io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD) => Reaped::Childless,
        // Interrupted: the next look tells.
        _ => Reaped::NoneDead,
    }
}

/// Bytes that this user may still write below `folder`.
///
/// # Errors
/// The kernel's refusal, as for a folder that is not there.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let path = CString::new(folder.as_os_str().as_bytes())?;
    let mut row = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the path ends with a zero byte, and the kernel writes one `statvfs` into memory of that size.
    if unsafe { libc::statvfs(path.as_ptr(), row.as_mut_ptr()) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all of it is integers, zeroed before and written by the call that succeeded.
    let row = unsafe { row.assume_init() };
    Ok(row.f_bavail.saturating_mul(row.f_frsize))
}

/// Where browsers' folders are made: in `TMPDIR` if it is set, in memory if there is room, else in `/tmp`.
///
/// A profile has some 150 files and 2 MB that nobody reads again. On a disk that others keep busy, making and removing
/// them takes a quarter of a run.
pub(crate) fn browser_root() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let has_room = || free_bytes(memory).is_ok_and(|bytes| bytes >= MEMORY_BYTES_MIN);
    if std::env::var_os("TMPDIR").is_none() && has_room() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Whether this process runs as root, where Chrome's sandbox refuses to start.
pub(crate) fn is_root() -> bool {
    // SAFETY: geteuid takes no argument and cannot fail.
    unsafe { libc::geteuid() == 0 }
}
