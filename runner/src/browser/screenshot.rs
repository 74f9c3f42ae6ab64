//! Taking a picture that does not depend on the moment.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::cdp::{CdpError, Connection, read_picture};
use super::session::{Area, Screenshot};

/// Pictures taken until two successive ones are equal.
const SHOTS_MAX: usize = 5;
/// Documents that may replace one another while one is being stilled.
const ATTEMPTS_MAX: usize = 5;
/// Chrome's compositor paints nothing beyond.
const HEIGHT_MAX: f64 = 16_384.0;

/// Stops what moves, waits for fonts, and returns when two frames were painted since.
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
  const soon = new Promise((done) => setTimeout(done, 1000));
  await Promise.race([document.fonts.ready, soon]);
  await Promise.race([new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))), soon]);
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
        Area::Viewport => json!({"format": "png"}),
        Area::FullPage => full_page(connection, by).await?,
    };
    let mut last = shoot(connection, &params, by).await?;
    for _ in 1..SHOTS_MAX {
        let next = shoot(connection, &params, by).await?;
        if next == last {
            return Ok(Screenshot { png: next, is_stable: true });
        }
        last = next;
    }
    Ok(Screenshot { png: last, is_stable: false })
}

async fn full_page(connection: &Connection, by: Instant) -> Result<Value, CdpError> {
    let metrics = connection.call("Page.getLayoutMetrics", json!({}), by).await?;
    let size = |name: &str| {
        metrics
            .pointer("/cssContentSize")
            .and_then(|content| content.get(name))
            .and_then(Value::as_f64)
            .unwrap_or_default()
            .max(1.0)
    };
    let height = size("height").min(HEIGHT_MAX);
    Ok(json!({
        "format": "png",
        "captureBeyondViewport": true,
        "clip": {"x": 0, "y": 0, "width": size("width"), "height": height, "scale": 1},
    }))
}

async fn shoot(connection: &Connection, params: &Value, by: Instant) -> Result<Arc<[u8]>, CdpError> {
    const METHOD: &str = "Page.captureScreenshot";
    let result = connection.call(METHOD, params.clone(), by).await?;
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
