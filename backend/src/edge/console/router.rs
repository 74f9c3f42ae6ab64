//! The console's addresses, and the headers of all its answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::map_response;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use parking_lot::Mutex;

use super::alarms::{AlarmList, AlarmPage};
use super::build::{Catalogue, TrialView};
use super::canary::CanaryPage;
use super::fault::PageError;
use super::layout::Area;
use super::live::Places;
use super::logs::{GroupPage, Groups, TraceLogs};
use super::map::ServiceMap;
use super::metrics::{MetricPage, Namespaces};
use super::overview::{Overview, Rates};
use super::page::{renew, show};
use super::state::ConsoleState;
use super::trace::{TraceList, TracePage};
use super::{artifact, asset, build, demo, logs};

/// Only what this host serves, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The console while it runs.
#[derive(Clone, Debug)]
pub(super) struct Console {
    pub(super) state: Arc<ConsoleState>,
    /// Places for live pages.
    pub(super) places: Places,
    /// What the store held a moment ago, for rates.
    pub(super) rates: Arc<Mutex<Rates>>,
}

/// The console's pages, all below `/console`.
///
/// The root of the port belongs to the AWS protocols, which post to it; for a browser's `GET /` the application mounts
/// [`home`] there.
pub fn router(state: ConsoleState) -> Router {
    let console = Console { state: Arc::new(state), places: Places::new(), rates: Arc::default() };
    Router::new()
        .route("/console", get(show::<Overview>))
        .route("/console/", get(home))
        .route("/console/canary", get(show::<CanaryPage>))
        .route("/console/traces", get(show::<TraceList>))
        .route("/console/trace", get(show::<TracePage>))
        .route("/console/map", get(show::<ServiceMap>))
        .route("/console/metrics", get(show::<Namespaces>))
        .route("/console/metric", get(show::<MetricPage>))
        .route("/console/logs", get(show::<Groups>))
        .route("/console/log-group", get(show::<GroupPage>))
        .route("/console/trace-logs", get(show::<TraceLogs>))
        .route("/console/alarms", get(show::<AlarmList>))
        .route("/console/alarm", get(show::<AlarmPage>))
        .route("/console/new", get(show::<Catalogue>))
        .route("/console/new/{blueprint}", get(build::blank_blueprint).post(build::blueprint_sent))
        .route("/console/workflow", get(build::open_workflow).post(build::workflow_sent))
        .merge(live_routes())
        .route("/console/demo/break", post(demo::break_shop))
        .route("/console/demo/mend", post(demo::mend_shop))
        .route("/console/asset/{name}", get(asset::serve))
        .route("/console/artifact/{*path}", get(artifact::serve))
        .route("/console/{*path}", get(nowhere))
        .layer(map_response(secure))
        .with_state(console)
}

fn live_routes() -> Router<Console> {
    Router::new()
        .route("/console/live/overview", get(renew::<Overview>))
        .route("/console/live/canary", get(renew::<CanaryPage>))
        .route("/console/live/traces", get(renew::<TraceList>))
        .route("/console/live/map", get(renew::<ServiceMap>))
        .route("/console/live/metric", get(renew::<MetricPage>))
        .route("/console/live/alarms", get(renew::<AlarmList>))
        .route("/console/live/alarm", get(renew::<AlarmPage>))
        .route("/console/live/log-group", get(logs::tail))
        .route("/console/live/trial", get(renew::<TrialView>))
}

/// Leads a browser from the root of the port to the console.
pub async fn home() -> Redirect {
    Redirect::to("/console")
}

async fn nowhere(State(console): State<Console>, uri: Uri) -> Response {
    let text = format!("The console has no page {}.", uri.path());
    PageError::NotFound(text).into_page(&console.state.frame(), Area::Overview)
}

/// Adds to an answer what it does not say itself.
async fn secure(mut response: Response) -> Response {
    let defaults = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: with that, browsers hide the origin of the console's own forms.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
