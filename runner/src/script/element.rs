//! Module `element`: finding elements and using them.
//!
//! Elements are named by selectors: CSS, `xpath=//a`, `text=Sign in`, `role=button[name="Sign in"]`. Every function
//! but `count` and `is_visible` waits until such an element is visible.

use rhai::{Dynamic, FuncRegistration, Module};
use tokio::time::Instant;

use super::failure::{Answer, HostError};
use super::host::Host;
use super::page::{WAIT, wait_for};
use crate::browser::{BrowserError, Condition, ElementRef, Selector, Session};

pub(super) fn module(host: &Host) -> Module {
    let mut module = Module::new();
    let own = host.clone();
    FuncRegistration::new("click").set_into_module(&mut module, move |selector: &str| -> Answer<()> {
        Ok(with(&own, selector, async |session, element, by| session.click(element, by).await)?)
    });
    let own = host.clone();
    FuncRegistration::new("type_text").set_into_module(&mut module, move |selector: &str, text: &str| -> Answer<()> {
        Ok(with(&own, selector, async |session, element, by| session.type_text(element, text, by).await)?)
    });
    let own = host.clone();
    FuncRegistration::new("clear").set_into_module(&mut module, move |selector: &str| -> Answer<()> {
        Ok(with(&own, selector, async |session, element, by| session.clear(element, by).await)?)
    });
    register_reading(&mut module, host);
    let own = host.clone();
    FuncRegistration::new("wait_for").set_into_module(&mut module, move |selector: &str| -> Answer<()> {
        wait_for(&own, &Condition::Visible(parse(selector)?))
    });
    let own = host.clone();
    FuncRegistration::new("wait_until_hidden").set_into_module(&mut module, move |selector: &str| -> Answer<()> {
        wait_for(&own, &Condition::Hidden(parse(selector)?))
    });
    module
}

fn register_reading(module: &mut Module, host: &Host) {
    let own = host.clone();
    FuncRegistration::new("text").set_into_module(module, move |selector: &str| -> Answer<String> {
        Ok(with(&own, selector, async |session, element, by| session.text(element, by).await)?)
    });
    let own = host.clone();
    FuncRegistration::new("attribute").set_into_module(module, move |selector: &str, name: &str| -> Answer<Dynamic> {
        let value = with(&own, selector, async |session, element, by| session.attribute(element, name, by).await)?;
        Ok(value.map_or(Dynamic::UNIT, Dynamic::from))
    });
    let own = host.clone();
    FuncRegistration::new("is_visible").set_into_module(module, move |selector: &str| -> Answer<bool> {
        let selector = parse(selector)?;
        let deadline = own.bridge().deadline();
        Ok(own.page(async |session| {
            for element in session.find_all(&selector, deadline).await? {
                if session.is_visible(&element, deadline).await? {
                    return Ok(true);
                }
            }
            Ok(false)
        })?)
    });
    let own = host.clone();
    FuncRegistration::new("count").set_into_module(module, move |selector: &str| -> Answer<i64> {
        let selector = parse(selector)?;
        let deadline = own.bridge().deadline();
        Ok(own.page(async |session| Ok(session.find_all(&selector, deadline).await?.len() as i64))?)
    });
}

fn parse(selector: &str) -> Result<Selector, HostError> {
    selector.parse().map_err(|error: crate::browser::BadSelector| HostError::script(error.to_string()))
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
        work(session, &element, host.bridge().deadline().min(Instant::now() + WAIT)).await
    })
}
