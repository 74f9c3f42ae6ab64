//! Module `page`: the one page of the run.

use std::time::Duration;

use rhai::{Array, Dynamic, Map, Module};

use super::failure::HostError;
use super::functions::{Functions, as_number, from_json};
use super::host::{Host, Picture};
use crate::browser::{Area, Condition, ConsoleLevel, Navigation, Verdict, Viewport};

/// How long a script waits for something without saying how long.
pub(super) const WAIT: Duration = Duration::from_secs(10);
/// Largest page that a script may ask for, in CSS pixels.
const SIDE_MAX: u32 = 8_192;

pub(super) fn module(host: &Host) -> Module {
    Functions::new(host)
        .text("open", open)
        .two("set_viewport", set_viewport)
        .none("title", |host| {
            let deadline = host.bridge().deadline();
            host.page(async |session| session.title(deadline).await)
        })
        .none("url", |host| {
            let deadline = host.bridge().deadline();
            host.page(async |session| session.url(deadline).await.map(String::from))
        })
        .none("source", |host| {
            let deadline = host.bridge().deadline();
            host.page(async |session| session.source(deadline).await)
        })
        .none("text", |host| {
            let text = evaluate(host, "return document.body ? document.body.innerText : ''")?;
            Ok(text.as_str().unwrap_or_default().to_owned())
        })
        .text("evaluate", |host, script| from_json(evaluate(host, script)?))
        .none("console_errors", console_errors)
        .text("screenshot", screenshot)
        .text("wait_for_text", |host, text| wait_for(host, &Condition::TextContains(text.to_owned())))
        .text("wait_for_title", |host, text| wait_for(host, &Condition::TitleContains(text.to_owned())))
        .text("wait_for_url", |host, text| wait_for(host, &Condition::UrlContains(text.to_owned())))
        .build()
}

pub(super) fn wait_for(host: &Host, condition: &Condition) -> Result<(), HostError> {
    let deadline = host.bridge().within(WAIT);
    host.page(async |session| session.wait_for(condition, deadline).await)
}

fn evaluate(host: &Host, script: &str) -> Result<serde_json::Value, HostError> {
    let deadline = host.bridge().deadline();
    host.page(async |session| session.execute(script, Vec::new(), deadline).await)
}

fn screenshot(host: &Host, suffix: &str) -> Result<(), HostError> {
    // Without a page yet there is a picture of an empty one, which shows the script's mistake.
    host.page(async |_| Ok(()))?;
    host.save_picture(suffix, Picture::Fresh(Area::FullPage));
    Ok(())
}

fn console_errors(host: &Host) -> Result<Array, HostError> {
    let evidence = host.page(async |session| Ok(session.evidence().await))?;
    let errors = evidence.console.into_iter().filter(|line| line.level == ConsoleLevel::Error);
    Ok(errors.map(|line| line.text.into()).collect())
}

fn set_viewport(host: &Host, width: &Dynamic, height: &Dynamic) -> Result<(), HostError> {
    let side = |what: &str, side: &Dynamic| {
        let pixels = as_number(what, side)?;
        if pixels.fract() == 0.0 && (1.0..=f64::from(SIDE_MAX)).contains(&pixels) {
            Ok(pixels as u32)
        } else {
            Err(HostError::script(format!("the {what} of a viewport is 1 to {SIDE_MAX} pixels, not {pixels}")))
        }
    };
    let viewport = Viewport { width: side("width", width)?, height: side("height", height)? };
    let deadline = host.bridge().deadline();
    host.page(async |session| session.set_viewport(viewport, deadline).await)
}

fn open(host: &Host, url: &str) -> Result<Map, HostError> {
    let url = host.allowed_url(url)?;
    let deadline = host.bridge().deadline();
    let navigation = host.page(async |session| session.goto(&url, deadline).await)?;
    let because = |navigation: Navigation| navigation.failure.unwrap_or_else(|| "no reason given".to_owned());
    let failed = match navigation.verdict {
        Verdict::Loaded | Verdict::SameDocument | Verdict::EmptyError => {
            return Ok(Map::from([
                ("status".into(), navigation.status.map_or(Dynamic::UNIT, |status| i64::from(status).into())),
                ("url".into(), String::from(navigation.url).into()),
                ("duration_ms".into(), (navigation.duration.as_millis() as i64).into()),
            ]));
        }
        Verdict::NoContent => format!("{url} answered that it has no page"),
        Verdict::Download => format!("{url} is a download, not a page"),
        Verdict::Failed | Verdict::Aborted => format!("{url} did not load: {}", because(navigation)),
        Verdict::TimedOut => format!("{url} did not finish loading"),
    };
    Err(host.bridge().judged(HostError::check(failed)))
}
