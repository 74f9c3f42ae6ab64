//! `POST /approve`: keys in, what was approved out.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;
use serde::Deserialize;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::answer::{Answer, approved};
use super::guard::has_token;
use super::listen::Desk;
use super::report::{load, name};
use crate::visual::VisualReport;

/// Makes the pictures of these keys the baselines and returns the keys it did that for; may block. One call at a time.
pub type Approve = Arc<dyn Fn(&[String]) -> Result<Vec<String>, String> + Send + Sync>;

const BODY_BYTES_MAX: usize = 1024 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    keys: Vec<String>,
}

struct Refused(StatusCode, String);

pub(super) async fn answer<B>(desk: &Arc<Desk>, headers: &HeaderMap, body: B) -> Answer
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if !has_token(headers, &desk.token) {
        let why = "the x-siskin-token header is not that of this server: load the page again";
        return approved(StatusCode::FORBIDDEN, &[], Some(why));
    }
    let told = match wanted(body).await {
        Ok(keys) => approve(desk, keys).await,
        Err(refused) => Err(refused),
    };
    match told {
        Ok((keys, left)) if left.is_empty() => approved(StatusCode::OK, &keys, None),
        Ok((keys, left)) => {
            approved(StatusCode::OK, &keys, Some(&format!("these were not approved: {}", left.join(", "))))
        }
        Err(Refused(status, why)) => approved(status, &[], Some(&why)),
    }
}

async fn wanted<B>(body: B) -> Result<Vec<String>, Refused>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let read = timeout(BODY_TIMEOUT, Limited::new(body, BODY_BYTES_MAX).collect()).await;
    let body = match read {
        Err(_) => return Err(Refused(StatusCode::REQUEST_TIMEOUT, "the body did not come".to_owned())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let why = format!("the body is longer than {BODY_BYTES_MAX} bytes");
            return Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        Ok(Err(error)) => return Err(Refused(StatusCode::BAD_REQUEST, format!("the body broke off: {error}"))),
        Ok(Ok(body)) => body.to_bytes(),
    };
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| {
        Refused(StatusCode::BAD_REQUEST, format!("the body must be {{\"keys\": [\"...\"]}}: {error}"))
    })?;
    if wanted.keys.is_empty() {
        return Err(Refused(StatusCode::BAD_REQUEST, "keys: must name at least one comparison".to_owned()));
    }
    let mut seen = HashSet::new();
    Ok(wanted.keys.into_iter().filter(|key| seen.insert(key.clone())).collect())
}

/// Keys that were approved, and those that were not.
async fn approve(desk: &Arc<Desk>, keys: Vec<String>) -> Result<(Vec<String>, Vec<String>), Refused> {
    // Held until all is done: two approvals at once would write over each other.
    let mut known = desk.approved.lock().await;
    let (folder, before) = (desk.folder.clone(), known.clone());
    let broken = |why: String| Refused(StatusCode::INTERNAL_SERVER_ERROR, why);
    let report = spawn_blocking(move || load(&folder, &before)).await;
    let report = report.map_err(|_| broken("reading the report broke off".to_owned()))?;
    let report = report.map_err(|error| broken(error.to_string()))?;
    for key in &keys {
        can_be_approved(&report, key)?;
    }
    let (callback, asked) = (Arc::clone(&desk.approve), keys.clone());
    let done = spawn_blocking(move || callback(&asked)).await;
    let done = done.map_err(|_| broken("approving broke off".to_owned()))?.map_err(broken)?;
    let now_known = report.comparisons.iter().filter(|one| done.contains(&one.key)).map(name);
    known.extend(now_known);
    let left = keys.into_iter().filter(|key| !done.contains(key)).collect();
    Ok((done, left))
}

fn can_be_approved(report: &VisualReport, key: &str) -> Result<(), Refused> {
    let Some(comparison) = report.comparisons.iter().find(|one| one.key == key) else {
        let why = format!("keys: \"{key}\" is not in the report; was it made anew? Load the page again");
        return Err(Refused(StatusCode::NOT_FOUND, why));
    };
    if !comparison.status.can_be_approved() {
        let why = format!("keys: \"{key}\" is {}: there is nothing to approve", comparison.status.word());
        return Err(Refused(StatusCode::CONFLICT, why));
    }
    Ok(())
}
