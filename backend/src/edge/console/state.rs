//! What the console is given by the application.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::addresses::Addresses;
use super::build::CanaryDesk;
use super::layout::Frame;
use crate::base::{Clock, RequestId, Scope};
use crate::bus::Bus;
use crate::service::Context;
use crate::store::Store;

/// What the console reads, and the little it may do.
#[derive(Clone, Debug)]
pub struct ConsoleState {
    /// Read through the services' operations only, but for its status and its tails.
    pub store: Store,
    /// Operations take one; the console publishes nothing.
    pub bus: Bus,
    /// Tells the time.
    pub clock: Clock,
    /// Whose rows are shown.
    pub scope: Scope,
    /// Where clients find the backend, for the commands that pages suggest.
    pub addresses: Addresses,
    /// Where runs leave screenshots, reports and logs.
    pub artifacts_dir: PathBuf,
    /// The demo shop, while it runs.
    pub demo: Option<Arc<dyn DemoControl>>,
    /// Where canaries are made, if this process runs any.
    pub desk: Option<Arc<dyn CanaryDesk>>,
    /// The backend's version.
    pub version: &'static str,
    /// Ends live pages, so that open browsers do not delay the shutdown.
    pub shutdown: CancellationToken,
}

impl ConsoleState {
    /// What an operation is given for one request of the console.
    pub(super) fn context(&self) -> Context {
        Context {
            scope: self.scope.clone(),
            request_id: RequestId::random(),
            now: self.clock.now(),
            store: self.store.clone(),
            bus: self.bus.clone(),
        }
    }

    pub(super) fn frame(&self) -> Frame {
        Frame { scope: self.scope.clone(), version: self.version }
    }
}

/// The demo shop as the console's button sees it.
pub trait DemoControl: fmt::Debug + Send + Sync {
    /// Where a browser finds the shop.
    fn url(&self) -> String;

    /// Whether the shop works.
    ///
    /// # Errors
    /// [`DemoError`] when the shop does not answer.
    fn state(&self) -> BoxFuture<'_, Result<ShopState, DemoError>>;

    /// Breaks the shop or mends it; it is in `state` when the future ends.
    ///
    /// # Errors
    /// [`DemoError`] when the shop does not answer.
    fn set_state(&self, state: ShopState) -> BoxFuture<'_, Result<(), DemoError>>;
}

/// Whether the demo shop works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopState {
    /// It serves its pages.
    Open,
    /// Its downstream service fails.
    Broken,
}

/// The demo shop did not do as it was told; says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the demo shop does not answer: {0}")]
pub struct DemoError(pub String);
