//! How well the page at hand is: its vitals, and what went wrong in it.

use std::time::Duration;

use regex::Regex;
use rhai::{Array, Dynamic, Map};
use url::Url;

use crate::browser::{ConsoleLevel, Ending, Exchange, Vitals, redact};
use crate::script::element::TIMEOUT_MS_MAX;
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function, Options};
use crate::script::wait::until;

/// How long vitals are waited for when a script does not say.
const MEASURED_WITHIN: Duration = Duration::from_secs(3);
const PATTERNS_MAX: usize = 50;
/// Statuses from here on are failures.
const STATUS_BAD: u16 = 400;
/// Why Chrome gave up a request that nobody wanted any more: the page, or the script that blocked it.
const NOT_FAILURES: &[&str] = &["net::ERR_ABORTED", "net::ERR_BLOCKED_BY_CLIENT"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "vitals",
        takes: "options?: map",
        gives: "a map of `url`, `ttfb`, `fcp`, `lcp`, `inp` (milliseconds) and `cls` (without unit), each `()` when it was not measured",
        about: "Web vitals (<https://web.dev/articles/vitals>) of the page so far. Waits until it has painted, for at most \
`timeout_ms` (3,000 unless told otherwise); with `inp: true` also until a click or a key has been answered by a paint.",
        fails: "",
        example: "element::click(\"#reveal\");\nlet vitals = page::vitals(#{ inp: true });\n\
assert::that(vitals.ttfb < 10000.0 && vitals.cls < 1.0, `${vitals}`);",
        run: vitals,
    },
    Function {
        name: "failed_requests",
        takes: "options?: map",
        gives: "a list of texts, such as `GET https://shop.example/a.png: 404`",
        about: "Requests of the page at hand that got no answer, or one with a status from 400 on; the page itself is not among \
them, nor is what was given up. Those that match one of the regular expressions `ignore` are left out.",
        fails: "",
        example: "assert::equal(page::failed_requests(#{ ignore: [\"/analytics/\"] }), []);",
        run: failed_requests,
    },
    Function {
        name: "console_errors",
        takes: "options?: map",
        gives: "a list of texts",
        about: "Errors in the browser's console so far: logged, thrown by scripts, and of files that did not load. With \
`since_open: true` those of the page at hand; those that match one of the regular expressions `ignore`, themselves or by their \
address, are left out.",
        fails: "",
        example: "assert::equal(page::console_errors(), []);\n\
assert::equal(page::console_errors(#{ since_open: true, ignore: [\"favicon\"] }), []);",
        run: console_errors,
    },
];

fn vitals(call: &Call<'_>) -> Answer {
    let mut options = call.options(0)?;
    let timeout = options.whole("timeout_ms", 0..=TIMEOUT_MS_MAX)?;
    let timeout = timeout.map_or(MEASURED_WITHIN, |ms| Duration::from_millis(ms as u64));
    let wants_inp = options.truth("inp")?.unwrap_or(false);
    options.end(&["timeout_ms", "inp"])?;
    let latest = || call.host.page(async |session| session.check_usable().map(|()| session.vitals()));
    let is_measured = |vitals: &Vitals| vitals.lcp_ms.is_some() && (vitals.inp_ms.is_some() || !wants_inp);
    let found = until(call.host, timeout, || "the page has painted".to_owned(), || Ok(latest()?.filter(is_measured)));
    let found = match found {
        Ok(vitals) => Some(vitals),
        // What was not measured in time is told as such.
        Err(error) if error.blame == crate::script::Blame::Check => latest()?,
        Err(error) => return Err(error),
    };
    let part = |of: fn(&Vitals) -> Option<f64>| found.as_ref().and_then(of).map_or(Dynamic::UNIT, Dynamic::from);
    let url = found.as_ref().map_or(Dynamic::UNIT, |vitals| vitals.url.clone().into());
    Ok(Map::from([
        ("url".into(), url),
        ("ttfb".into(), part(|vitals| vitals.ttfb_ms)),
        ("fcp".into(), part(|vitals| vitals.fcp_ms)),
        ("lcp".into(), part(|vitals| vitals.lcp_ms)),
        ("inp".into(), part(|vitals| vitals.inp_ms)),
        ("cls".into(), part(|vitals| Some(vitals.cls))),
    ])
    .into())
}

fn failed_requests(call: &Call<'_>) -> Answer {
    let mut options = call.options(0)?;
    let ignored = Ignored::take(&mut options)?;
    options.end(&["ignore"])?;
    let document = call.host.page(async |session| Ok(session.document().await))?;
    let page = document.exchanges.first().map(|first| first.request_id.clone());
    let others = document.exchanges.iter().filter(|one| Some(&one.request_id) != page.as_ref());
    let told = others.filter_map(failure).filter(|text| !ignored.matches(text));
    Ok(told.map(Dynamic::from).collect::<Array>().into())
}

/// Method, address and what went wrong, if anything did.
fn failure(exchange: &Exchange) -> Option<String> {
    let url = Url::parse(&exchange.request.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let why = match (&exchange.ending, &exchange.response) {
        (Some(Ending::Failed { text, .. }), None) if !NOT_FAILURES.contains(&text.as_str()) => text.clone(),
        (_, Some(response)) if response.status >= STATUS_BAD => response.status.to_string(),
        (Some(Ending::Failed { text, .. }), Some(_)) if !NOT_FAILURES.contains(&text.as_str()) => text.clone(),
        _ => return None,
    };
    Some(format!("{} {}: {why}", exchange.request.method, redact::parsed(url)))
}

fn console_errors(call: &Call<'_>) -> Answer {
    let mut options = call.options(0)?;
    let since_open = options.truth("since_open")?.unwrap_or(false);
    let ignored = Ignored::take(&mut options)?;
    options.end(&["since_open", "ignore"])?;
    let (lines, started) = call.host.page(async |session| {
        let started = if since_open { session.document().await.started } else { None };
        Ok((session.evidence().await.console, started))
    })?;
    let errors = lines.into_iter().filter(|line| line.level == ConsoleLevel::Error);
    let errors = errors.filter(|line| started.is_none_or(|started| line.at >= started));
    let told = errors.filter(|line| {
        let by_address = line.url.as_ref().is_some_and(|url| ignored.matches(url));
        !by_address && !ignored.matches(&line.text)
    });
    Ok(told.map(|line| Dynamic::from(line.text)).collect::<Array>().into())
}

/// Patterns of what is left out.
struct Ignored(Vec<Regex>);

impl Ignored {
    fn take(options: &mut Options) -> Result<Self, HostError> {
        let Some(given) = options.take("ignore") else { return Ok(Self(Vec::new())) };
        let rule = format!("a list of at most {PATTERNS_MAX} regular expressions");
        let list = given.try_cast::<Array>().filter(|list| list.len() <= PATTERNS_MAX);
        let list = list.ok_or_else(|| options.wrong("ignore", &rule, "another value"))?;
        let pattern = |one: Dynamic| {
            let text = one.into_string().map_err(|kind| options.wrong("ignore", &rule, kind))?;
            Regex::new(&text).map_err(|error| HostError::script(error.to_string()))
        };
        list.into_iter().map(pattern).collect::<Result<_, _>>().map(Self)
    }

    fn matches(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(text))
    }
}
