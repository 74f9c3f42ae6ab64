//! What happens when the world does not follow the schedule.

use std::time::Duration;

use siskin_blueprints::Invalid;

/// A canary is due while its last run is still under way.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Overlap {
    /// The new run does not happen.
    #[default]
    Skip,
    /// The new run waits for the end of the other; one waits at most, and later ones are skipped.
    Queue,
    /// The run under way is stopped, and the new one happens.
    Replace,
}

/// Runs were missed: the machine slept, or the runner was not there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Misfire {
    /// Missed runs are skipped.
    Skip,
    /// The last of the missed runs happens, if it is not too late for it.
    #[default]
    Once,
}

/// How often a failed run is tried again, and how long it waits before.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Retries {
    /// Most further attempts; 0 for none.
    pub max: u32,
    /// Before the first of them; it doubles for each of the next.
    pub backoff: Duration,
}

/// Limits of retries.
pub mod limits {
    use std::time::Duration;

    /// Most further attempts of one run; AWS has 2.
    pub const RETRIES_MAX: u32 = 5;
    /// Longest wait between two attempts.
    pub const BACKOFF_MAX: Duration = Duration::from_mins(10);
}

impl Retries {
    /// How long to wait before attempt `number`, counted from 2; `None` when there is none such.
    pub fn wait_before(&self, number: u32) -> Option<Duration> {
        let further = number.checked_sub(1).filter(|further| (1..=self.max).contains(further))?;
        Some(self.backoff.saturating_mul(1 << (further - 1)).min(limits::BACKOFF_MAX))
    }

    /// The time all waits take together.
    pub fn waits(&self) -> Duration {
        (2..=self.max + 1).filter_map(|number| self.wait_before(number)).sum()
    }
}

impl Overlap {
    /// Reads `skip`, `queue` or `replace`.
    ///
    /// # Errors
    /// Any other word.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "skip" => Ok(Self::Skip),
            "queue" => Ok(Self::Queue),
            "replace" => Ok(Self::Replace),
            _ => Err(Invalid::new("overlap", format!("\"{text}\""), "one of skip, queue, replace")),
        }
    }
}

impl Misfire {
    /// Reads `skip` or `once`.
    ///
    /// # Errors
    /// Any other word.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "skip" => Ok(Self::Skip),
            "once" => Ok(Self::Once),
            _ => Err(Invalid::new("misfire", format!("\"{text}\""), "one of skip, once")),
        }
    }
}
