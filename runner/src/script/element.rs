//! Module `element`: finding elements and using them.
//!
//! Elements are named by selectors: CSS, `xpath=//a`, `text=Sign in`, `role=button[name="Sign in"]`. Every function
//! but `count` and `is_visible` waits until such an element is visible.

use rhai::{Dynamic, Module};
use tokio::time::Instant;

use super::failure::HostError;
use super::functions::Functions;
use super::host::Host;
use super::page::{WAIT, wait_for};
use crate::browser::{BadSelector, BrowserError, Condition, ElementRef, Selector, Session};

pub(super) fn module(host: &Host) -> Module {
    Functions::new(host)
        .text("click", |host, selector| {
            with(host, selector, async |session, element, by| session.click(element, by).await)
        })
        .texts("type_text", |host, selector, text| {
            with(host, selector, async |session, element, by| session.type_text(element, text, by).await)
        })
        .text("clear", |host, selector| {
            with(host, selector, async |session, element, by| session.clear(element, by).await)
        })
        .text("text", |host, selector| {
            with(host, selector, async |session, element, by| session.text(element, by).await)
        })
        .texts("attribute", |host, selector, name| {
            let value = with(host, selector, async |session, element, by| session.attribute(element, name, by).await)?;
            Ok(value.map_or(Dynamic::UNIT, Dynamic::from))
        })
        .text("is_visible", is_visible)
        .text("count", |host, selector| {
            let selector = parse(selector)?;
            let deadline = host.bridge().deadline();
            host.page(async |session| Ok(session.find_all(&selector, deadline).await?.len() as i64))
        })
        .text("wait_for", |host, selector| wait_for(host, &Condition::Visible(parse(selector)?)))
        .text("wait_until_hidden", |host, selector| wait_for(host, &Condition::Hidden(parse(selector)?)))
        .build()
}

fn is_visible(host: &Host, selector: &str) -> Result<bool, HostError> {
    let selector = parse(selector)?;
    let deadline = host.bridge().deadline();
    host.page(async |session| {
        for element in session.find_all(&selector, deadline).await? {
            if session.is_visible(&element, deadline).await? {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

fn parse(selector: &str) -> Result<Selector, HostError> {
    selector.parse().map_err(|error: BadSelector| HostError::script(error.to_string()))
}

fn with<T>(
    host: &Host,
    selector: &str,
    work: impl AsyncFnOnce(&Session, &ElementRef, Instant) -> Result<T, BrowserError>,
) -> Result<T, HostError> {
    let selector = parse(selector)?;
    let found_by = host.bridge().within(WAIT);
    host.page(async |session| {
        let element = session.find(&selector, found_by).await?;
        work(session, &element, host.bridge().within(WAIT)).await
    })
}
