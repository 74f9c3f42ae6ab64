//! Waiting until something holds.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::failure::HostError;
use super::host::Host;

/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks again and again until there is something, for at most `timeout`; `wanted` says what was waited for.
pub(super) fn until<T>(
    host: &Host,
    timeout: Duration,
    wanted: impl Fn() -> String,
    mut look: impl FnMut() -> Result<Option<T>, HostError>,
) -> Result<T, HostError> {
    let deadline = host.bridge().within(timeout);
    let began = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        let next = Instant::now() + LOOK_EVERY;
        if next > deadline {
            let waited = began.elapsed().as_secs_f64();
            return Err(HostError::check(format!("not true after {waited:.1} s: {}", wanted())));
        }
        host.bridge().wait(async {
            sleep_until(next).await;
            Ok(())
        })?;
    }
}
