//! A check of all links of a site.

use std::time::Duration;

use regex::Regex;
use rhai::{Array, Dynamic, Map};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::check::link::{LinkCheckError, LinkOptions, LinkReport, LookOptions, Stopped, Verdict, check, doubts, look};
use crate::clock::Clock;
use crate::report::{LinkDetail, broken_link_checker_report, links_text};
use crate::run::{ArtifactKind, LogLevel};
use crate::script::failure::{Blame, HostError};
use crate::script::table::{Answer, Call, Function, Options};

/// Most links of one check of a script; a site of its own needs `siskin links`.
const LINKS_MAX: i64 = 100_000;
const PROBLEMS_MAX: usize = 1_000;
const PICTURES_MAX: usize = 10;
const BROWSER_PAGES_MAX: usize = 20;
/// Left of the run's time for what comes after the check.
const REST: Duration = Duration::from_secs(1);
const OPTIONS: [&str; 9] =
    ["scope", "depth", "include", "exclude", "external", "fragments", "sitemaps", "browser", "max_links"];

pub(super) static FUNCTIONS: &[Function] = &[Function {
    name: "crawl",
    takes: "urls: text or list of texts, options?: map",
    gives: "a map of `pages`, `links`, `ok`, `broken`, `unverifiable`, `skipped`, `is_complete`, `summary` (a text for people) \
and `problems`, a list of maps of `url`, `verdict`, `reason` and `places` (`URL:LINE`)",
    about: "Follows the links of a site, beginning with these pages, and writes `BrokenLinkCheckerReport.json`. Pages of the \
same hosts are searched; links that leave them are followed, no further. `options`: `scope` (a list of URLs: only pages \
below one are searched), `depth` (links away from the beginning), `include` and `exclude` (lists of regular expressions), \
`external` (true: links that leave the scope are followed), `fragments` (true: `#names` must be there), `sitemaps` (false), \
`browser` (true: Chrome looks at what HTTP cannot tell, and takes pictures of pages with broken links marked), `max_links` \
(1,000, at most 100,000). At most 1,000 problems are told. Ends a second before the run's time is over; `is_complete` is \
false then. What verdicts mean: `links.md`.",
    fails: "a page to begin with, or the scope, is on a host that is not allowed to the canary",
    example: "let found = link::crawl(\"https://shop.example/\", #{depth: 0, external: false, browser: false});\n\
assert::that(found.is_complete && found.links > 0, found.summary);",
    run: crawl,
}];

fn crawl(call: &Call<'_>) -> Answer {
    let start = texts(call.any(0)).ok_or_else(|| call.wrong(0, "a text or a list of texts"))?;
    let start = start.iter().map(|text| call.host.allowed_url(text)).collect::<Result<Vec<_>, _>>()?;
    let mut given = call.options(1)?;
    let uses_browser = given.truth("browser")?.unwrap_or(true);
    let mut options = options(call, start, &mut given)?;
    given.end(&OPTIONS)?;
    call.host.user_agent().clone_into(&mut options.requests.user_agent);
    let left = call.host.bridge().deadline().saturating_duration_since(Instant::now());
    options.time_max = Some(left.saturating_sub(REST));
    let mut report = call.host.bridge().wait(async {
        let checked = Box::pin(check(options, &Clock::system(), &CancellationToken::new(), |_| ())).await;
        checked.map_err(|error| match error {
            LinkCheckError::Options(invalid) => HostError::script(invalid.to_string()),
            other => HostError::new(Blame::Infrastructure, other.to_string()),
        })
    })?;
    if uses_browser && report.stopped.is_none() && (report.counts.broken > 0 || !doubts(&report).is_empty()) {
        look_again(call, &mut report)?;
    }
    write_report(call, &report);
    Ok(told(&report).into())
}

fn options(call: &Call<'_>, start: Vec<Url>, given: &mut Options) -> Result<LinkOptions, HostError> {
    let mut options = LinkOptions::new(start);
    for text in list(given, "scope")? {
        options.scope.push(call.host.allowed_url(&text)?);
    }
    options.depth = given.whole("depth", 0..=i64::from(u32::MAX))?.map(|depth| depth as u32);
    options.include = regexes(given, "include")?;
    options.exclude = regexes(given, "exclude")?;
    options.external = given.truth("external")?.unwrap_or(true);
    options.fragments = given.truth("fragments")?.unwrap_or(true);
    options.sitemaps = given.truth("sitemaps")?.unwrap_or(false);
    options.links_max = given.whole("max_links", 1..=LINKS_MAX)?.unwrap_or(1_000) as usize;
    options.check().map_err(|invalid| HostError::script(invalid.to_string()))?;
    Ok(options)
}

fn list(given: &mut Options, name: &str) -> Result<Vec<String>, HostError> {
    let Some(value) = given.take(name) else { return Ok(Vec::new()) };
    let kind = crate::script::table::kind_of(&value);
    texts(value).ok_or_else(|| given.wrong(name, "a text or a list of texts", kind))
}

fn regexes(given: &mut Options, name: &str) -> Result<Vec<Regex>, HostError> {
    let texts = list(given, name)?;
    let regex = |text: &String| {
        Regex::new(text).map_err(|error| given.wrong(name, "a list of regular expressions", &error.to_string()))
    };
    texts.iter().map(regex).collect()
}

fn texts(value: Dynamic) -> Option<Vec<String>> {
    if value.is_string() {
        return Some(vec![value.into_string().ok()?]);
    }
    value.try_cast::<Array>()?.into_iter().map(|item| item.into_string().ok()).collect()
}

fn look_again(call: &Call<'_>, report: &mut LinkReport) -> Result<(), HostError> {
    let folder = tempfile::tempdir().map_err(|error| HostError::new(Blame::Infrastructure, error.to_string()))?;
    let pictures = Some((PICTURES_MAX, folder.path().to_owned()));
    let options = LookOptions { pages_max: BROWSER_PAGES_MAX, pictures };
    call.host.page(async |session| Box::pin(look(report, session, &options)).await)?;
    let mut names: Vec<_> = report.pictures.values().cloned().collect();
    names.sort();
    names.dedup();
    for name in names {
        match std::fs::read(folder.path().join(&name)) {
            Ok(png) => {
                call.host.write_picture(name.trim_end_matches(".png"), &png);
            }
            Err(error) => call.host.log(LogLevel::Warn, &format!("no picture {name}: {error}")),
        }
    }
    // In the run's folder they have names of the run.
    report.pictures.clear();
    Ok(())
}

fn write_report(call: &Call<'_>, report: &LinkReport) {
    let mut json = Vec::new();
    broken_link_checker_report(report, &mut json).expect("a Vec takes any bytes");
    call.host.write_text("BrokenLinkCheckerReport.json", ArtifactKind::LinkReport, &String::from_utf8_lossy(&json));
    for notice in &report.notices {
        call.host.log(LogLevel::Warn, &format!("{}: {}", notice.about, notice.text));
    }
}

fn told(report: &LinkReport) -> Map {
    let mut summary = Vec::new();
    links_text(report, LinkDetail::Problems, &mut summary).expect("a Vec takes any bytes");
    let problems = [Verdict::Broken, Verdict::Unverifiable].into_iter().flat_map(|verdict| report.with(verdict));
    let problems: Array = problems
        .take(PROBLEMS_MAX)
        .map(|link| {
            let places: Array = link.places().iter().map(|place| Dynamic::from(place.to_string())).collect();
            Dynamic::from(Map::from([
                ("url".into(), link.address().into()),
                ("verdict".into(), link.verdict().word().into()),
                ("reason".into(), link.why().into()),
                ("places".into(), places.into()),
            ]))
        })
        .collect();
    let counts = report.counts;
    let mut told: Map = [
        ("pages", counts.pages),
        ("links", counts.links),
        ("ok", counts.ok),
        ("broken", counts.broken),
        ("unverifiable", counts.unverifiable),
        ("skipped", counts.skipped),
    ]
    .into_iter()
    .map(|(name, count)| (name.into(), Dynamic::from(count as i64)))
    .collect();
    told.insert("is_complete".into(), (report.stopped != Some(Stopped::TimeIsUp)).into());
    told.insert("summary".into(), String::from_utf8_lossy(&summary).trim_end().to_owned().into());
    told.insert("problems".into(), problems.into());
    told
}
