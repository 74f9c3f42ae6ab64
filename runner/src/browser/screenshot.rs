//! Taking a picture that does not depend on the moment.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::cdp::{CdpError, Connection, read_picture};
use super::session::{Area, Screenshot};

/// Pictures taken until two successive ones are equal.
const SHOTS_MAX: usize = 5;
/// Documents that may replace one another while one is being stilled.
const ATTEMPTS_MAX: usize = 5;
/// Chrome's compositor paints nothing beyond.
const HEIGHT_MAX: f64 = 16_384.0;

/// The second picture is of a later frame than the first: those of a screen come every 17 ms.
const FRAME: Duration = Duration::from_millis(20);

/// Stops what moves and waits for fonts; a picture is always of a frame that is painted for it.
///
/// Fonts that fail or never come must not hold the picture up, hence the race.
///
/// The sheet is adopted, not inserted: a page's content security policy may forbid inserted styles.
const FREEZE: &str = r"(async () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*,*::before,*::after{animation:none!important;transition:none!important;'
    + 'caret-color:transparent!important;scroll-behavior:auto!important}'
    + 'progress,marquee{visibility:hidden!important}');
  // First the sheet: it ends the style's own animations, which come back by themselves without it.
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const moving = document.getAnimations().filter((animation) => animation.playState === 'running');
  moving.forEach((animation) => animation.pause());
  document[Symbol.for('siskin.resume')] = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    moving.forEach((animation) => animation.play());
  };
  await Promise.race([document.fonts.ready, new Promise((done) => setTimeout(done, 1000))]);
})()";
const RELEASE: &str = r"(() => {
  const key = Symbol.for('siskin.resume');
  const resume = document[key];
  delete document[key];
  if (resume) resume();
})()";

/// Takes the picture and lets the page go on.
pub(crate) async fn take(connection: &Connection, area: Area, by: Instant) -> Result<Screenshot, CdpError> {
    connection.await_picture(by).await?;
    evaluate(connection, FREEZE, by).await?;
    let taken = take_still(connection, area, by).await;
    let released = evaluate(connection, RELEASE, by).await;
    let taken = taken?;
    released?;
    Ok(taken)
}

async fn take_still(connection: &Connection, area: Area, by: Instant) -> Result<Screenshot, CdpError> {
    let params = match area {
        Area::Viewport => None,
        Area::FullPage => beyond_viewport(connection, by).await?,
    };
    let (mut last, mut shots) = if params.is_some() {
        // Chrome changes the page's size for the picture, and back: one after the other.
        (shoot(connection, params.as_ref(), by).await?, 1)
    } else {
        let later = async {
            sleep(FRAME).await;
            shoot(connection, None, by).await
        };
        let (first, second) = tokio::try_join!(shoot(connection, None, by), later)?;
        if first == second {
            return Ok(Screenshot { png: second, is_stable: true });
        }
        (second, 2)
    };
    while shots < SHOTS_MAX {
        let next = shoot(connection, params.as_ref(), by).await?;
        if next == last {
            return Ok(Screenshot { png: next, is_stable: true });
        }
        last = next;
        shots += 1;
    }
    Ok(Screenshot { png: last, is_stable: false })
}

/// What a picture of the whole page asks for; `None` when all of it is in the viewport.
async fn beyond_viewport(connection: &Connection, by: Instant) -> Result<Option<Value>, CdpError> {
    let metrics = connection.call("Page.getLayoutMetrics", json!({}), by).await?;
    let of = |pointer: &str| metrics.pointer(pointer).and_then(Value::as_f64).unwrap_or_default();
    let (width, height) = (of("/cssContentSize/width").max(1.0), of("/cssContentSize/height").clamp(1.0, HEIGHT_MAX));
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
async fn shoot(connection: &Connection, params: Option<&Value>, by: Instant) -> Result<Arc<[u8]>, CdpError> {
    const METHOD: &str = "Page.captureScreenshot";
    let params = params.cloned().unwrap_or_else(|| json!({"format": "png"}));
    let result = connection.call(METHOD, params, by).await?;
    read_picture(&result)
        .map(Arc::from)
        .ok_or(CdpError::Refused { method: METHOD, message: "the answer holds no picture".to_owned() })
}

async fn evaluate(connection: &Connection, expression: &str, by: Instant) -> Result<(), CdpError> {
    const METHOD: &str = "Runtime.evaluate";
    let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
    let mut attempts = 1;
    let result = loop {
        match connection.call(METHOD, params.clone(), by).await {
            // The page went elsewhere meanwhile, as a browser just started does by itself.
            Err(CdpError::Refused { message, .. }) if attempts < ATTEMPTS_MAX && message.contains("context") => {
                attempts += 1;
            }
            answered => break answered?,
        }
    };
    match result.pointer("/exceptionDetails/exception/description") {
        None => Ok(()),
        Some(error) => Err(CdpError::Refused { method: METHOD, message: error.to_string() }),
    }
}
