//! Going to pages.

use std::time::Duration;

use rhai::{Dynamic, Map};
use tokio::time::Instant;

use crate::browser::{LoadState, Navigation, Travel, Verdict};
use crate::script::element::TIMEOUT_MS_MAX;
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::table::{Answer, Call, Function, nothing};
use crate::script::wait::until;

/// No request for this long counts as idle, as Playwright has it.
const IDLE: Duration = Duration::from_millis(500);
/// The status that asks for user and password.
const UNAUTHORIZED: u16 = 401;
const OPTIONS: &[&str] = &["wait_until", "timeout_ms"];
const NOT_LOADED: &str = "the host is not allowed to the canary; the page does not load (no connection, a redirect loop, \
a download, no end in time). A status such as 500 is no error: check it with `assert::status`";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "open",
        takes: "url: text, options?: map",
        gives: "a map of `status` (`()` when only the part behind `#` changed), `url` (after redirects) and `duration_ms`",
        about: "Opens a page. `wait_until` is `commit` (the answer's head is here), `domcontentloaded` (the document is \
read), `load` (so is all that it embeds; unless told otherwise) or `networkidle`, which also waits until no request has been \
open for 500 ms; `timeout_ms` is at most what the run has left.",
        fails: NOT_LOADED,
        example: "let answer = page::open(\"https://shop.example/tea\", #{ wait_until: \"networkidle\", timeout_ms: 10000 });\n\
assert::status(answer, 200);",
        run: |call| {
            let mut options = call.options(1)?;
            let until =
                options.text("wait_until")?.map_or(Ok(Until::State(LoadState::Load)), |word| Until::parse(&word))?;
            let timeout = options.whole("timeout_ms", 1..=TIMEOUT_MS_MAX)?;
            options.end(OPTIONS)?;
            goto(call.host, &call.text(0)?, timeout.map(|ms| Duration::from_millis(ms as u64)), until)
        },
    },
    Function {
        name: "reload",
        takes: "",
        gives: "",
        about: "Loads the page again and waits until it is loaded.",
        fails: "it does not end in time",
        example: "page::reload();\nassert::equal(page::title(), \"Tea shop\");",
        run: |call| travel(call, Travel::Reload),
    },
    Function {
        name: "back",
        takes: "",
        gives: "",
        about: "Goes one page back in the tab's history.",
        fails: "it does not end in time",
        example: "page::open(\"https://shop.example/tea\");\npage::back();\nassert::equal(page::title(), \"Tea shop\");",
        run: |call| travel(call, Travel::Back),
    },
    Function {
        name: "forward",
        takes: "",
        gives: "",
        about: "Goes one page forward in the tab's history.",
        fails: "it does not end in time",
        example: "page::open(\"https://shop.example/tea\");\npage::back();\npage::forward();\nassert::equal(page::title(), \"Tea\");",
        run: |call| travel(call, Travel::Forward),
    },
];

/// When a page counts as opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Until {
    State(LoadState),
    NetworkIdle,
}

impl Until {
    pub(super) fn parse(word: &str) -> Result<Self, HostError> {
        match word {
            "commit" => Ok(Self::State(LoadState::Commit)),
            "domcontentloaded" => Ok(Self::State(LoadState::DomContentLoaded)),
            "load" => Ok(Self::State(LoadState::Load)),
            "networkidle" => Ok(Self::NetworkIdle),
            other => Err(HostError::script(format!(
                "\"{other}\" is no state of loading; there are commit, domcontentloaded, load, networkidle"
            ))),
        }
    }

    fn state(self) -> LoadState {
        match self {
            Self::State(state) => state,
            Self::NetworkIdle => LoadState::Load,
        }
    }
}

/// Waits until no request has been open for a while.
pub(super) fn wait_for_idle(host: &Host, timeout: Duration) -> Result<(), HostError> {
    let mut since = None;
    until(
        host,
        timeout,
        || format!("no request is open for {} ms", IDLE.as_millis()),
        || {
            let open = host.page(async |session| session.check_usable().map(|()| session.requests_open()))?;
            if open > 0 {
                since = None;
                return Ok(None);
            }
            let began = *since.get_or_insert_with(Instant::now);
            Ok((began.elapsed() >= IDLE).then_some(()))
        },
    )
}

fn travel(call: &Call<'_>, travel: Travel) -> Answer {
    let deadline = call.host.bridge().deadline();
    call.host.page(async |session| session.travel(travel, deadline).await).map(nothing)
}

fn goto(host: &Host, url: &str, timeout: Option<Duration>, until: Until) -> Answer {
    let url = host.allowed_url(url)?;
    let bridge = host.bridge();
    let deadline = timeout.map_or(bridge.deadline(), |timeout| bridge.within(timeout));
    let navigation = host.page(async |session| {
        host.set_traffic_mark(session.traffic_mark());
        let came = session.goto_until(&url, until.state(), deadline).await?;
        let Some(with_credentials) = host.with_credentials(&url).filter(|_| came.status == Some(UNAUTHORIZED)) else {
            return Ok(came);
        };
        // Once it has asked and was answered, the browser answers by itself; the second time the page has an address
        // without the password, which its links would else carry on.
        session.goto(&with_credentials, deadline).await?;
        session.goto_until(&url, until.state(), deadline).await
    })?;
    let because = |navigation: &Navigation| navigation.failure.clone().unwrap_or_else(|| "no reason given".to_owned());
    let failed = match navigation.verdict {
        Verdict::Loaded | Verdict::SameDocument | Verdict::EmptyError => {
            if until == Until::NetworkIdle {
                wait_for_idle(host, deadline.saturating_duration_since(Instant::now()))?;
            }
            return Ok(Dynamic::from(Map::from([
                ("status".into(), navigation.status.map_or(Dynamic::UNIT, |status| i64::from(status).into())),
                ("url".into(), String::from(navigation.url).into()),
                ("duration_ms".into(), (navigation.duration.as_millis() as i64).into()),
            ])));
        }
        Verdict::NoContent => format!("{url} answered that it has no page"),
        Verdict::Download => format!("{url} is a download, not a page"),
        Verdict::Failed | Verdict::Aborted => format!("{url} did not load: {}", because(&navigation)),
        Verdict::TimedOut => format!("{url} did not finish loading"),
    };
    Err(host.bridge().judged(HostError::check(failed)))
}
