//! How well something is: the five tones of every page.

/// One tone per outcome; each has one colour and one sign, so that colour is never the only difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tone {
    /// Nothing known: no data, not begun.
    Idle,
    /// As it should be.
    Ok,
    /// The caller's mistake (4xx).
    Error,
    /// Turned away (429).
    Throttle,
    /// Broken (5xx, failed run, alarm).
    Fault,
}

impl Tone {
    /// The style sheet's class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Throttle => "throttle",
            Self::Fault => "fault",
        }
    }

    /// The tone of an HTTP status.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Throttle,
            400..=499 => Self::Error,
            500.. => Self::Fault,
            1..=399 => Self::Ok,
            0 => Self::Idle,
        }
    }
}
