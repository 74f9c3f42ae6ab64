//! Waiting for the page to become as wanted.

use std::time::Duration;

use regex::Regex;
use rhai::{Dynamic, Map};

use super::navigate::{Until, wait_for_idle};
use crate::browser::{Condition, LoadState};
use crate::script::element::{TIMEOUT_MS_MAX, WAIT};
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function, nothing};

const OPTIONS: &[&str] = &["timeout_ms"];
const NOT_IN_TIME: &str = "it is not so in time";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "wait_for_text",
        takes: "text: text, options?: map",
        gives: "",
        about: "Waits until the page shows `text`; blanks count as one. As all functions that wait, for at most \
`timeout_ms` (10,000 unless told otherwise).",
        fails: NOT_IN_TIME,
        example: "page::wait_for_text(\"Three teas\");",
        run: |call| condition(call, Condition::TextContains),
    },
    Function {
        name: "wait_for_title",
        takes: "text: text, options?: map",
        gives: "",
        about: "Waits until the page's title contains `text`.",
        fails: NOT_IN_TIME,
        example: "page::wait_for_title(\"Tea\", #{ timeout_ms: 5000 });",
        run: |call| condition(call, Condition::TitleContains),
    },
    Function {
        name: "wait_for_url",
        takes: "url: text, options?: map",
        gives: "",
        about: "Waits until the page's address contains `url`.",
        fails: NOT_IN_TIME,
        example: "element::click(\"#tea\");\npage::wait_for_url(\"/tea\");",
        run: |call| condition(call, Condition::UrlContains),
    },
    Function {
        name: "wait_for_function",
        takes: "script: text, options?: map",
        gives: "",
        about: "Waits until JavaScript, the body of a function in the page, returns something true.",
        fails: "it does not in time; it throws",
        example: "element::click(\"#reveal\");\npage::wait_for_function(\"return document.querySelector('#late').offsetWidth > 0\");",
        run: |call| condition(call, Condition::Script),
    },
    Function {
        name: "wait_for_load",
        takes: "state: text, options?: map",
        gives: "",
        about: "Waits until the page is as far as `state`: one of those of `open`'s `wait_until`.",
        fails: NOT_IN_TIME,
        example: "element::click(\"#fetch\");\npage::wait_for_load(\"networkidle\");",
        run: |call| {
            let timeout = timeout(call, 1)?;
            let ready = match Until::parse(&call.text(0)?)? {
                Until::State(LoadState::Commit) => "return true",
                Until::State(LoadState::DomContentLoaded) => "return document.readyState !== 'loading'",
                Until::State(LoadState::Load) => "return document.readyState === 'complete'",
                Until::NetworkIdle => {
                    wait_for_idle(call.host, timeout)?;
                    return Ok(Dynamic::UNIT);
                }
            };
            let ready = Condition::Script(ready.to_owned());
            let deadline = call.host.bridge().within(timeout);
            call.host.page(async |session| session.wait_for(&ready, deadline).await)?;
            Ok(Dynamic::UNIT)
        },
    },
    Function {
        name: "wait_for_response",
        takes: "url: text, options?: map",
        gives: "a map of `url` and `status`",
        about: "Waits for the next answer to a request of the page whose address contains `url`, or matches \
`/regular expression/`. Answers count that came since the last `open` or `wait_for_response`.",
        fails: NOT_IN_TIME,
        example: "element::click(\"#fetch\");\nassert::status(page::wait_for_response(\"/stock\"), 200);",
        run: wait_for_response,
    },
];

pub(super) fn timeout(call: &Call<'_>, index: usize) -> Result<Duration, HostError> {
    let mut options = call.options(index)?;
    let timeout = options.whole("timeout_ms", 0..=TIMEOUT_MS_MAX)?;
    options.end(OPTIONS)?;
    Ok(timeout.map_or(WAIT, |ms| Duration::from_millis(ms as u64)))
}

fn condition(call: &Call<'_>, of: fn(String) -> Condition) -> Answer {
    let condition = of(call.text(0)?);
    let deadline = call.host.bridge().within(timeout(call, 1)?);
    call.host.page(async |session| session.wait_for(&condition, deadline).await).map(nothing)
}

fn wait_for_response(call: &Call<'_>) -> Answer {
    let wanted = call.text(0)?;
    let expression = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty());
    let expression = match expression {
        // `/stock/` is both: an address rarely ends so, an expression always does.
        Some(inner) => Some(Regex::new(inner).map_err(|error| HostError::script(error.to_string()))?),
        None => None,
    };
    let matches =
        |url: &str| expression.as_ref().map_or_else(|| url.contains(&wanted), |expression| expression.is_match(url));
    let timeout = timeout(call, 1)?;
    let deadline = call.host.bridge().within(timeout);
    let mark = call.host.traffic_mark();
    let answered = call.host.page(async |session| {
        session.check_usable()?;
        Ok(session.wait_for_answer(mark, deadline, matches).await)
    })?;
    let Some((answered, mark)) = answered else {
        let waited = timeout.as_secs_f64();
        return Err(call.host.bridge().judged(HostError::check(format!("no answer of {wanted} within {waited} s"))));
    };
    call.host.set_traffic_mark(mark);
    Ok(Map::from([("url".into(), answered.url.into()), ("status".into(), i64::from(answered.status).into())]).into())
}
