//! Waiting for a condition instead of sleeping.

use std::time::{Duration, Instant};

/// How often a condition is looked at again.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks until the answer is there.
///
/// # Panics
/// When it is not there after `patience`; names what was waited for.
pub async fn until<T, F>(what: &str, patience: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < patience, "waited {patience:?} in vain for {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
