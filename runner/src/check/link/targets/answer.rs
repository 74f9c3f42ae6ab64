//! Names of targets and links, and what came of asking.

/// An address without fragment.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(in crate::check::link) struct TargetId(pub(in crate::check::link) u32);

/// A target with a fragment or without.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(in crate::check::link) struct LinkId(pub(in crate::check::link) u32);

/// What came of asking for a target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::check::link) enum Answer {
    /// It is there.
    Ok(u16),
    /// It is elsewhere.
    Redirect { to: TargetId, status: u16 },
    /// It is not there, or nobody can tell: a place in the reasons.
    Failed(u32),
    /// It is not asked for.
    Skipped,
}
