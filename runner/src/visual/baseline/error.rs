//! Why a baseline could not be read or set.

/// Why a baseline could not be read or set; nothing was lost.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The place is none that can be used.
    #[error("baselines = \"{place}\": {reason}")]
    Place {
        /// As it was given.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What is there is no baseline.
    #[error("baseline {at}: {reason}")]
    Damaged {
        /// File or object.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It cannot be read.
    #[error("baseline {at} cannot be read: {reason}")]
    Unreadable {
        /// File or object.
        at: String,
        /// What the system says.
        reason: String,
    },
    /// It cannot be written; the old one is still there.
    #[error("baseline {at} cannot be set: {reason}")]
    Unwritable {
        /// File or object.
        at: String,
        /// What the system says.
        reason: String,
    },
    /// Another one was set meanwhile.
    #[error("baseline {at} was set by somebody else meanwhile: compare again, then approve what is to stay")]
    Conflict {
        /// File or object.
        at: String,
    },
}
