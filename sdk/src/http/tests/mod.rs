mod client;
mod server;
mod upgrade;

use crate::testing::Receiver;

/// Runs a future on this thread, under the receiver's subscriber.
fn run<R>(receiver: &Receiver, future: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    receiver.trace(|| runtime.block_on(future))
}
