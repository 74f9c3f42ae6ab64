//! Having the page show what it shows at rest, and go on afterwards.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::browser::cdp::{CdpError, Connection};

/// What is done in the page.
const STILL: &str = include_str!("still.js");
/// Lets the page go on; one that came meanwhile knows of nothing.
const RESUME: &str = "document[Symbol.for('siskin.still')]?.resume()";
/// Animations and films that began since.
const AGAIN: &str = "document[Symbol.for('siskin.still')]?.again()";
/// Documents that may replace one another while one is being stilled.
const ATTEMPTS_MAX: usize = 5;
/// A page that did not answer may still be let go on.
const ABANDON_PATIENCE: Duration = Duration::from_secs(1);

/// How much is done for a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Care {
    /// Of the page as people see it at this moment: only what moves by itself comes to rest.
    Moment,
    /// Of what the page comes to be: all images are there, films show their beginning.
    Final,
}

/// How a page is to be stilled.
#[derive(Clone, Debug)]
pub(crate) struct Freeze<'o> {
    pub(crate) care: Care,
    /// The page is seen from its top, and was seen as a whole before.
    pub(crate) from_top: bool,
    /// CSS selectors of what is not shown.
    pub(crate) hide: &'o [String],
    /// Until when fonts and images are waited for.
    pub(crate) until: Instant,
}

/// Has the page come to rest until [`resume`].
pub(crate) async fn freeze(connection: &Connection, freeze: &Freeze<'_>, by: Instant) -> Result<(), CdpError> {
    let patience = freeze.until.saturating_duration_since(Instant::now()).as_millis() as u64;
    let settings = json!({
        "isFinal": freeze.care == Care::Final,
        "fromTop": freeze.from_top,
        "hide": freeze.hide,
        "patience": patience,
    });
    evaluate(connection, &format!("({STILL})({settings})"), by).await
}

/// Stops the page's scripts while `work` goes on.
///
/// They stop within a script of our own, that is, between two of the page's tasks: within one that draws a frame, no frame
/// would be drawn. The debugger paints no message over the page unless DevTools' overlay is switched on.
pub(super) async fn pause_during<T>(
    connection: &Connection,
    by: Instant,
    work: impl Future<Output = Result<T, CdpError>>,
) -> Result<T, CdpError> {
    evaluate(connection, AGAIN, by).await?;
    connection.call("Debugger.enable", json!({}), by).await?;
    // Answered once scripts go on.
    let paused = connection.call("Runtime.evaluate", json!({"expression": "debugger"}), by);
    let working = async {
        let worked = work.await;
        connection.call("Debugger.disable", json!({}), by).await?;
        worked
    };
    tokio::try_join!(paused, working).map(|(_, worked)| worked)
}

/// Undoes all of it.
pub(crate) async fn resume(connection: &Connection, by: Instant) -> Result<(), CdpError> {
    evaluate(connection, RESUME, by).await
}

/// As [`resume`], after an error: as far as the page can be reached.
///
/// While a dialog is open the page takes up nothing, but does so as soon as that is answered.
pub(crate) async fn abandon(connection: &Connection) {
    let by = Instant::now() + ABANDON_PATIENCE;
    let (paused, frozen) = tokio::join!(
        connection.call("Debugger.disable", json!({}), by),
        connection.call("Runtime.evaluate", json!({"expression": RESUME}), by),
    );
    for error in [paused.err(), frozen.err()].into_iter().flatten() {
        tracing::debug!(%error, "page was not let go on");
    }
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
    match result.pointer("/exceptionDetails/exception/description").and_then(Value::as_str) {
        None => Ok(()),
        Some(error) => Err(CdpError::Refused { method: METHOD, message: error.to_owned() }),
    }
}
