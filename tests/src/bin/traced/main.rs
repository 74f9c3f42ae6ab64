//! A service with the SDK's layer, for other people's software to call, to be called by, and to read.

use std::error::Error;

mod relay;
mod story;

/// What a mode does.
type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    match std::env::args().nth(1).as_deref() {
        Some("relay") => relay::serve(),
        Some("segments") => story::as_segments(),
        Some("otlp") => story::over_otlp(),
        other => Err(format!("mode {other:?}: expected relay, segments or otlp").into()),
    }
}
