//! What a query waits for.

use std::future::poll_fn;
use std::task::Poll;

/// Is pending the first time, and wakes its task at once.
pub(crate) async fn pending_once() {
    let mut pending = true;
    poll_fn(|context| {
        if std::mem::take(&mut pending) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}
