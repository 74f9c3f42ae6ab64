//! The only place of the runner that reads the clock: everything else is told the time.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A sleeping machine or a corrected clock is noticed after at most this long.
const NAP_MAX: Duration = Duration::from_secs(15);

/// This machine's file of its own time zone.
const LOCAL_TIME: &str = "/etc/localtime";

/// The zone in which people here read times: of `TZ` if it is set, else the machine's.
pub(crate) fn local_zone() -> TimeZone {
    // Asking for it by name reads the list of all zones first, some 500 files.
    let own = || TimeZone::tzif("local", &fs::read(LOCAL_TIME).ok()?).ok();
    if std::env::var_os("TZ").is_some() { TimeZone::system() } else { own().unwrap_or_else(TimeZone::system) }
}

/// Tells the time: the system's, or one that a test moves.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<watch::Receiver<Timestamp>>);

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// The current time.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask the system")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(manual) => *manual.borrow(),
            None => Timestamp::now(),
        }
    }

    /// Returns once the clock shows `at` or later.
    pub async fn sleep_until(&self, at: Timestamp) {
        if let Some(manual) = &self.0 {
            let mut manual = manual.clone();
            if manual.wait_for(|now| *now >= at).await.is_err() {
                // Nobody can move the clock any more, so the time never comes.
                std::future::pending::<()>().await;
            }
            return;
        }
        while let Ok(left) = Duration::try_from(at.duration_since(self.now()))
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(NAP_MAX)).await;
        }
    }
}

/// A clock that stands still until it is moved; its clones move together.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<watch::Sender<Timestamp>>);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(watch::Sender::new(start)))
    }

    /// A reader of it.
    pub fn clock(&self) -> Clock {
        Clock(Some(self.0.subscribe()))
    }

    /// Moves the clock forward and wakes who waited for the new time.
    pub fn advance(&self, by: SignedDuration) {
        self.0.send_modify(|now| *now += by);
    }
}
