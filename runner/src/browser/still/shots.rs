//! Pictures until two are equal.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::freeze::{Care, pause_during};
use crate::browser::cdp::{CdpError, Connection, read_picture};

/// Pictures of a page that moves before its scripts are stopped.
const SHOTS_OF_MOVING: usize = 3;
/// Chrome's compositor paints nothing beyond, in pixels of the picture.
const HEIGHT_MAX: f64 = 16_384.0;
/// The second picture is of a later frame than the first: those of a screen come every 17 ms.
const FRAME: Duration = Duration::from_millis(20);
/// Between the first two pictures of a page that should stand still: what moves slowly shall show.
const GAP: Duration = Duration::from_millis(100);

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Viewport,
    /// The whole page, up to 16,384 pixels of the picture's height.
    FullPage,
}

/// The last of the pictures that were taken.
#[derive(Debug)]
pub(crate) struct Shots {
    pub(crate) png: Arc<[u8]>,
    /// It is the same as the one before, byte for byte.
    pub(crate) is_stable: bool,
    /// CSS pixels across, of a picture that shows more than the viewport.
    pub(crate) page_width: Option<f64>,
}

/// Takes pictures until two successive ones are equal, but no more than `shots_max`, which is 2 at least.
///
/// With [`Care::Final`] the scripts of a page that goes on moving are stopped meanwhile.
pub(crate) async fn shoot(
    connection: &Connection,
    area: Area,
    care: Care,
    shots_max: usize,
    by: Instant,
) -> Result<Shots, CdpError> {
    let params = match area {
        Area::Viewport => None,
        Area::FullPage => beyond_viewport(connection, by).await?,
    };
    let page_width = params.as_ref().and_then(|params| params.pointer("/clip/width")?.as_f64());
    let take = || take(connection, params.as_ref(), by);
    let (first, mut last) = match care {
        Care::Final => (take().await?, take_after(GAP, take).await?),
        // Chrome changes the page's size for the picture, and back: one after the other.
        Care::Moment if params.is_some() => (take().await?, take().await?),
        Care::Moment => tokio::try_join!(take(), take_after(FRAME, take))?,
    };
    let (mut count, mut is_stable) = (2, first == last);
    let mut go_on = async |count_max: usize| {
        while !is_stable && count < count_max {
            let next = take().await?;
            is_stable = next == last;
            last = next;
            count += 1;
        }
        Ok(is_stable)
    };
    if care == Care::Moment {
        go_on(shots_max).await?;
    } else if !go_on(shots_max.min(SHOTS_OF_MOVING)).await? {
        pause_during(connection, by, go_on(shots_max)).await?;
    }
    Ok(Shots { png: last, is_stable, page_width })
}

async fn take_after<Taking: Future<Output = Result<Arc<[u8]>, CdpError>>>(
    gap: Duration,
    take: impl FnOnce() -> Taking,
) -> Result<Arc<[u8]>, CdpError> {
    sleep(gap).await;
    take().await
}

/// What a picture of the whole page asks for; `None` when all of it is in the viewport.
async fn beyond_viewport(connection: &Connection, by: Instant) -> Result<Option<Value>, CdpError> {
    let metrics = connection.call("Page.getLayoutMetrics", json!({}), by).await?;
    let of = |pointer: &str| metrics.pointer(pointer).and_then(Value::as_f64).unwrap_or_default();
    // Pixels of the picture for each of CSS.
    let scale = of("/visualViewport/clientWidth") / of("/cssVisualViewport/clientWidth");
    let height_max = if scale.is_normal() { (HEIGHT_MAX / scale).floor() } else { HEIGHT_MAX };
    let (width, height) = (of("/cssContentSize/width").max(1.0), of("/cssContentSize/height").clamp(1.0, height_max));
    let (seen_width, seen_height) = (of("/cssLayoutViewport/clientWidth"), of("/cssLayoutViewport/clientHeight"));
    // Exactly: a page smaller than its viewport is given as large as that.
    #[expect(clippy::float_cmp, reason = "whole numbers of pixels, from one answer")]
    let is_seen = width == seen_width && height == seen_height;
    Ok((!is_seen).then(|| {
        json!({
            "format": "png",
            "captureBeyondViewport": true,
            "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
        })
    }))
}

/// One picture: of the viewport unless `params` say otherwise.
async fn take(connection: &Connection, params: Option<&Value>, by: Instant) -> Result<Arc<[u8]>, CdpError> {
    const METHOD: &str = "Page.captureScreenshot";
    let params = params.cloned().unwrap_or_else(|| json!({"format": "png"}));
    let result = connection.call(METHOD, params, by).await?;
    read_picture(&result)
        .map(Arc::from)
        .ok_or(CdpError::Refused { method: METHOD, message: "the answer holds no picture".to_owned() })
}
