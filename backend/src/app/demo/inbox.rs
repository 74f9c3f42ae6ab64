//! Where the demo's notifications arrive: a webhook of our own that prints what a chat room would show.

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

use crate::app::say::say;

/// Path of the webhook on the console's port.
pub(in crate::app) const PATH: &str = "/demo/inbox";

/// The webhook.
pub(in crate::app) fn inbox() -> Router {
    Router::new().route(PATH, post(arrived))
}

/// Takes the event envelope of "CloudWatch Alarm State Change" and shows it.
async fn arrived(Json(event): Json<Value>) -> StatusCode {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or("?").to_owned();
    let alarm = text("/detail/alarmName");
    let state = text("/detail/state/value");
    let reason = text("/detail/state/reason");
    say(&format!("{}  NOTIFIED {state:<8} {alarm}: {reason}", time_of_day(&text("/time"))));
    StatusCode::NO_CONTENT
}

/// `12:34:56` of an ISO 8601 instant, in the terminal's time zone as the runner's lines are.
fn time_of_day(iso: &str) -> String {
    iso.parse::<jiff::Timestamp>().map_or_else(
        |_| iso.to_owned(),
        |at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string(),
    )
}
