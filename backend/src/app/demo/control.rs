//! The switch that breaks the shop and mends it: for the console's button and the command line.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::app::cli::DemoAction;
use crate::app::endpoints::Endpoints;
use crate::app::say::{complain, say};
use crate::edge::console::{DemoControl, DemoError, ShopState};

const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Reaches the shop's switch over HTTP.
#[derive(Clone, Debug)]
pub(in crate::app) struct Control {
    shop: SocketAddr,
    client: reqwest::Client,
}

impl Control {
    pub(super) fn of(shop: SocketAddr) -> Self {
        Self { shop, client: reqwest::Client::new() }
    }

    fn switch(&self) -> String {
        format!("http://{}/admin/broken", self.shop)
    }

    /// Whether the shop is broken.
    pub(in crate::app) async fn broken(&self) -> Result<bool, reqwest::Error> {
        let answer = self.client.get(self.switch()).timeout(ANSWER_TIME).send().await?;
        answer.error_for_status()?.json().await
    }

    /// Breaks or mends it.
    pub(in crate::app) async fn set_broken(&self, broken: bool) -> Result<(), reqwest::Error> {
        let answer = self.client.post(self.switch()).timeout(ANSWER_TIME).json(&broken).send().await?;
        answer.error_for_status().map(drop)
    }
}

impl DemoControl for Control {
    fn url(&self) -> String {
        format!("http://{}/", self.shop)
    }

    fn state(&self) -> BoxFuture<'_, Result<ShopState, DemoError>> {
        self.broken()
            .map(|broken| match broken {
                Ok(true) => Ok(ShopState::Broken),
                Ok(false) => Ok(ShopState::Open),
                Err(cause) => Err(DemoError(cause.to_string())),
            })
            .boxed()
    }

    fn set_state(&self, state: ShopState) -> BoxFuture<'_, Result<(), DemoError>> {
        let broken = match state {
            ShopState::Broken => true,
            ShopState::Open => false,
        };
        async move { self.set_broken(broken).await.map_err(|cause| DemoError(cause.to_string())) }.boxed()
    }
}

/// `siskin demo break|mend|status`.
pub(in crate::app) async fn command(action: DemoAction, data: &Path) -> ExitCode {
    let Some(shop) = Endpoints::read(data).and_then(|endpoints| endpoints.shop) else {
        complain(&format!("no demo shop runs on {}: start one with `siskin up --demo`", data.display()));
        return ExitCode::from(2);
    };
    let control = Control::of(shop);
    let done = match action {
        DemoAction::Break => control.set_broken(true).await.map(|()| true),
        DemoAction::Mend => control.set_broken(false).await.map(|()| false),
        DemoAction::Status => control.broken().await,
        DemoAction::Service(args) => return super::service::run(args).await,
    };
    match done {
        Ok(true) => say(&format!("the shop at http://{shop}/ is broken: its inventory answers 500")),
        Ok(false) => say(&format!("the shop at http://{shop}/ works")),
        Err(cause) => {
            complain(&format!("the demo shop at http://{shop}/ does not answer: {cause}"));
            return ExitCode::from(4);
        }
    }
    ExitCode::SUCCESS
}
