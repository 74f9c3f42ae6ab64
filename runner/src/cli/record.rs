//! `record`: what a person does in a visible Chrome becomes a script.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use siskin_blueprints::recorder::{Action, ScriptOptions, Step, write_devtools, write_script};
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use super::output::{Stop, complain, exit, say};
use super::script_file::{Content, ScriptFile};
use crate::browser::{Reaper, Viewport};
use crate::record::{End, RecordError, RecordOptions, record};

/// Arguments of `record`.
#[derive(Args, Clone, Debug)]
pub struct RecordArgs {
    /// The page to begin with
    pub url: Url,
    /// The script; without it the script goes to the standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replaces a file that is there
    #[arg(long)]
    pub force: bool,
    /// What is written
    #[arg(long, value_enum, default_value_t)]
    pub format: RecordFormat,
    /// Size of the page, about
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1280x720", value_parser = viewport)]
    pub size: Viewport,
    /// The Chrome to use instead of the one that is found
    #[arg(long, value_name = "FILE", env = "SISKIN_BROWSER")]
    pub browser_binary: Option<PathBuf>,
}

/// What a recording is written as.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum RecordFormat {
    /// A script for `run`
    #[default]
    Script,
    /// The JSON of Chrome DevTools' Recorder
    Devtools,
}

/// Smallest and largest side of a page, in CSS pixels.
const SIDES: std::ops::RangeInclusive<u32> = 200..=8_192;
const NO_DISPLAY: &str = "record opens a visible Chrome, and there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. \
Run it on a desktop, or record in your own Chrome (DevTools, Recorder) and give its JSON to `import`";

fn viewport(text: &str) -> Result<Viewport, String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    let fits = sides.filter(|(width, height)| SIDES.contains(width) && SIDES.contains(height));
    let (width, height) =
        fits.ok_or_else(|| format!("two numbers from {} to {} such as 1280x720", SIDES.start(), SIDES.end()))?;
    Ok(Viewport { width, height })
}

pub(super) async fn run(arguments: RecordArgs) -> Result<u8, Stop> {
    let url = &arguments.url;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Stop::usage(format_args!("url = {url}: an address that begins with http:// or https://")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The script would hold them.
        return Err(Stop::usage(
            "url: an address without user name and password; in scripts page::basic_auth gives them",
        ));
    }
    let content = match arguments.format {
        RecordFormat::Script => Content::Script,
        RecordFormat::Devtools => Content::Json,
    };
    // All that can be wrong is told before anybody records for nothing.
    let file = ScriptFile::prepare(arguments.out.as_deref(), content, arguments.force)?;
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        return Err(Stop::tooling(NO_DISPLAY));
    }
    let stopped = interrupted()?;
    let reaper = Reaper::spawn_self().map_err(Stop::tooling)?;
    let options = RecordOptions { url: url.clone(), browser: arguments.browser_binary.clone(), page: arguments.size };
    complain(format_args!("recording at {url}; close the window, or press Ctrl-C, to end"));
    let recorded = Box::pin(record(&reaper, &options, stopped)).await.map_err(|error| match error {
        RecordError::Browser(_) => Stop::tooling(error),
        RecordError::NotLoaded { .. } => Stop { code: exit::FAILED, message: error.to_string() },
    });
    let closed = reaper.close().await;
    let recorded = recorded?;
    let steps = recorded.recording.steps.len();
    let opens = |step: &Step| matches!(step.action, Action::Navigate { .. } | Action::SetScreen(_));
    let only_opens = recorded.recording.steps.iter().all(opens);
    let name = file.name();
    let shown = arguments.out.as_ref().map_or_else(|| "what was recorded".to_owned(), |out| out.display().to_string());
    let written = match arguments.format {
        RecordFormat::Script => write_script(&recorded.recording, &ScriptOptions { file: &name, positions: false }),
        RecordFormat::Devtools => format!("{:#}", write_devtools(&recorded.recording)),
    };
    if let Err(stop) = file.write(written.clone()) {
        // Nobody shall have recorded for nothing.
        say(written.trim_end());
        return Err(Stop { message: format!("{}; it is on the standard output instead", stop.message), ..stop });
    }
    for warning in &recorded.warnings {
        complain(format_args!("warning: {warning}"));
    }
    complain(match (only_opens, arguments.format) {
        (true, _) => format!("{shown}: nothing was done in the page, so it only opens it"),
        (false, RecordFormat::Script) => format!("{shown}: {steps} steps; its first lines tell how to run it"),
        (false, RecordFormat::Devtools) => format!("{shown}: {steps} steps; import makes a script of it"),
    });
    if recorded.end == End::BrowserGone {
        return Err(Stop::tooling("Chrome ended unexpectedly; what was recorded until then is written"));
    }
    if let Err(error) = closed {
        complain(error);
    }
    Ok(exit::FINE)
}

/// Done at the first Ctrl-C, or when the program is asked to end.
fn interrupted() -> Result<impl Future<Output = ()>, Stop> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Stop::tooling)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Stop::tooling)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
