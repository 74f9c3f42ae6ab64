//! Module `page`: the one page of the run.

use std::time::Duration;

use rhai::{Dynamic, FuncRegistration, Map, Module};

use super::failure::{Answer, Blame, HostError};
use super::host::{Host, Picture};
use crate::browser::{Area, Condition, ConsoleLevel, Navigation, Verdict, Viewport};

/// How long a script waits for something without saying how long.
pub(super) const WAIT: Duration = Duration::from_secs(10);
/// Largest page that a script may ask for, in CSS pixels.
const SIDE_MAX: i64 = 8_192;

pub(super) fn module(host: &Host) -> Module {
    let mut module = Module::new();
    register_navigation(&mut module, host);
    register_reading(&mut module, host);
    register_waits(&mut module, host);
    let own = host.clone();
    FuncRegistration::new("screenshot").set_into_module(&mut module, move |suffix: &str| -> Answer<()> {
        // A picture of nothing would be a script's mistake that nobody sees.
        own.page(async |session| Ok(session.last_screenshot()))?;
        own.save_picture(suffix, Picture::Fresh(Area::FullPage));
        Ok(())
    });
    let own = host.clone();
    FuncRegistration::new("evaluate").set_into_module(&mut module, move |script: &str| -> Answer<Dynamic> {
        let deadline = own.bridge().deadline();
        let value = own.page(async |session| session.execute(script, Vec::new(), deadline).await)?;
        rhai::serde::to_dynamic(value)
    });
    module
}

fn register_navigation(module: &mut Module, host: &Host) {
    let own = host.clone();
    FuncRegistration::new("open").set_into_module(module, move |url: &str| -> Answer<Map> { Ok(open(&own, url)?) });
    let own = host.clone();
    FuncRegistration::new("set_viewport").set_into_module(module, move |width: i64, height: i64| -> Answer<()> {
        let side = |side: i64| u32::try_from(side).ok().filter(|_| (1..=SIDE_MAX).contains(&side));
        let (Some(width), Some(height)) = (side(width), side(height)) else {
            return Err(HostError::script(format!("a viewport has sides of 1 to {SIDE_MAX} pixels")).into());
        };
        let deadline = own.bridge().deadline();
        Ok(own.page(async |session| session.set_viewport(Viewport { width, height }, deadline).await)?)
    });
}

fn register_reading(module: &mut Module, host: &Host) {
    let own = host.clone();
    FuncRegistration::new("title").set_into_module(module, move || -> Answer<String> {
        let deadline = own.bridge().deadline();
        Ok(own.page(async |session| session.title(deadline).await)?)
    });
    let own = host.clone();
    FuncRegistration::new("url").set_into_module(module, move || -> Answer<String> {
        let deadline = own.bridge().deadline();
        Ok(own.page(async |session| session.url(deadline).await.map(String::from))?)
    });
    let own = host.clone();
    FuncRegistration::new("source").set_into_module(module, move || -> Answer<String> {
        let deadline = own.bridge().deadline();
        Ok(own.page(async |session| session.source(deadline).await)?)
    });
    let own = host.clone();
    FuncRegistration::new("text").set_into_module(module, move || -> Answer<String> {
        let deadline = own.bridge().deadline();
        let script = "return document.body ? document.body.innerText : ''";
        let text = own.page(async |session| session.execute(script, Vec::new(), deadline).await)?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    });
    let own = host.clone();
    FuncRegistration::new("console_errors").set_into_module(module, move || -> Answer<rhai::Array> {
        let evidence = own.page(async |session| Ok(session.evidence().await))?;
        let errors = evidence.console.into_iter().filter(|line| line.level == ConsoleLevel::Error);
        Ok(errors.map(|line| line.text.into()).collect())
    });
}

fn register_waits(module: &mut Module, host: &Host) {
    let own = host.clone();
    FuncRegistration::new("wait_for_text").set_into_module(module, move |text: &str| -> Answer<()> {
        wait_for(&own, &Condition::TextContains(text.to_owned()))
    });
    let own = host.clone();
    FuncRegistration::new("wait_for_title").set_into_module(module, move |text: &str| -> Answer<()> {
        wait_for(&own, &Condition::TitleContains(text.to_owned()))
    });
    let own = host.clone();
    FuncRegistration::new("wait_for_url").set_into_module(module, move |text: &str| -> Answer<()> {
        wait_for(&own, &Condition::UrlContains(text.to_owned()))
    });
}

pub(super) fn wait_for(host: &Host, condition: &Condition) -> Answer<()> {
    let deadline = host.bridge().within(WAIT);
    Ok(host.page(async |session| session.wait_for(condition, deadline).await)?)
}

fn open(host: &Host, url: &str) -> Result<Map, HostError> {
    let url = host.allowed_url(url)?;
    let deadline = host.bridge().deadline();
    let navigation = host.page(async |session| session.goto(&url, deadline).await)?;
    let because = |navigation: &Navigation| navigation.failure.clone().unwrap_or_else(|| "no reason given".to_owned());
    match navigation.verdict {
        Verdict::Loaded | Verdict::SameDocument | Verdict::EmptyError => Ok(Map::from([
            ("status".into(), navigation.status.map_or(Dynamic::UNIT, |status| i64::from(status).into())),
            ("url".into(), String::from(navigation.url).into()),
            ("duration_ms".into(), (navigation.duration.as_millis() as i64).into()),
        ])),
        Verdict::NoContent => Err(HostError::check(format!("{url} answered that it has no page"))),
        Verdict::Download => Err(HostError::check(format!("{url} is a download, not a page"))),
        Verdict::Failed | Verdict::Aborted => {
            Err(HostError::check(format!("{url} did not load: {}", because(&navigation))))
        }
        Verdict::TimedOut => {
            let message = format!("{url} did not finish loading");
            let in_time = host.bridge().ended().is_none();
            Err(match host.bridge().ended() {
                Some(ended) if !in_time => HostError::new(ended.blame, format!("{}: {message}", ended.message)),
                Some(_) | None => HostError::new(Blame::Check, message),
            })
        }
    }
}
