//! A run that did not pass beside the last one that did: pictures, times, requests.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use jiff::tz::TimeZone;

use super::element::{Album, address, push, time};
use crate::browser::har::Har;
use crate::report::junit::xml;
use crate::report::last_good::{GoodRequest, LastGood};
use crate::run::RunReport;

/// Differences beyond this many are counted, not listed.
const REQUESTS_SHOWN_MAX: usize = 100;
/// A request is called slower when it took at least this many times as long ...
const SLOWER_TIMES: f64 = 2.0;
/// ... and at least this much longer, in milliseconds.
const SLOWER_MS: f64 = 100.0;

pub(super) fn section(
    out: &mut String,
    report: &RunReport,
    har: &Har,
    good: &LastGood,
    album: &Album<'_>,
    embedded: &Cell<usize>,
) {
    let started = good.started.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    push(out, format_args!("<section class=\"beside\"><h2>Beside the last good run <small>{started}</small></h2>\n"));
    pictures(out, report, good, album, embedded);
    steps(out, report, good);
    requests(out, har, good);
    out.push_str("</section>\n");
}

/// The last picture of this run, and that of the same step when all was well.
fn pictures(out: &mut String, report: &RunReport, good: &LastGood, album: &Album<'_>, embedded: &Cell<usize>) {
    let with_picture = report.steps.iter().rev().find(|step| !step.screenshots.is_empty());
    let own = with_picture.and_then(|step| step.screenshots.last());
    let same_step = with_picture.and_then(|step| good.steps.iter().find(|one| one.name == step.name));
    let any = good.steps.iter().rev().find(|step| !step.screenshots.is_empty());
    let then = same_step.filter(|step| !step.screenshots.is_empty()).or(any).and_then(|step| step.screenshots.last());
    if own.is_none() && then.is_none() {
        return;
    }
    out.push_str("<div class=\"pair\">\n");
    if let Some(name) = then {
        let read = |name: &str| good.picture(name);
        Album::new(&read, embedded).figure(out, name, &format!("then: {name}"));
    }
    if let Some(name) = own {
        album.figure(out, name, &format!("now: {name}"));
    }
    out.push_str("</div>\n");
}

fn steps(out: &mut String, report: &RunReport, good: &LastGood) {
    let names: Vec<&str> = good.steps.iter().map(|step| step.name.as_str()).collect();
    let new = report.steps.iter().map(|step| step.name.as_str()).filter(|name| !names.contains(name));
    let all: Vec<&str> = names.iter().copied().chain(new).collect();
    if all.is_empty() {
        return;
    }
    out.push_str(
        "<table><thead><tr><th>Step</th><th class=\"n\">Then</th><th class=\"n\">Now</th></tr></thead><tbody>\n",
    );
    for name in all {
        let then = good.steps.iter().find(|step| step.name == name).map(|step| time(step.milliseconds));
        let now = report.steps.iter().find(|step| step.name == name);
        let failed = now.is_none_or(|step| step.outcome.reason().is_some());
        let now = now.map_or("not reached".to_owned(), |step| {
            let took = time(step.duration.as_secs_f64() * 1000.0);
            if failed { format!("✗ {took}") } else { took }
        });
        push(
            out,
            format_args!(
                "<tr class=\"{}\"><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{now}</td></tr>\n",
                if failed { "failed" } else { "passed" },
                xml(name),
                then.unwrap_or_else(|| "–".to_owned()),
            ),
        );
    }
    out.push_str("</tbody></table>\n");
}

/// One request of either run, with status and milliseconds.
struct Pair<'a> {
    method: &'a str,
    url: &'a str,
    then: Option<(u16, f64)>,
    now: Option<(u16, f64)>,
}

impl Pair<'_> {
    /// What is worth telling of it.
    fn difference(&self) -> Option<&'static str> {
        match (self.then, self.now) {
            (None, _) => Some("new"),
            (Some(_), None) => Some("missing"),
            (Some((then, _)), Some((now, _))) if then != now => Some("other status"),
            (Some((_, then)), Some((_, now))) if now >= then * SLOWER_TIMES && now - then >= SLOWER_MS => {
                Some("slower")
            }
            (Some(_), Some(_)) => None,
        }
    }
}

/// Joins the requests of both runs by method and address, the n-th with the n-th, in the order of this run.
fn joined<'a>(har: &'a Har, good: &'a [GoodRequest]) -> Vec<Pair<'a>> {
    let mut of_good: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (index, request) in good.iter().enumerate().rev() {
        of_good.entry((&request.method, &request.url)).or_default().push(index);
    }
    let mut unmatched: BTreeSet<usize> = (0..good.len()).collect();
    let mut pairs = Vec::new();
    for entry in &har.log.entries {
        let (method, url) = (entry.request.method.as_str(), entry.request.url.as_str());
        let index = of_good.get_mut(&(method, url)).and_then(Vec::pop);
        let then = index.and_then(|index| {
            unmatched.remove(&index);
            good.get(index).map(|request| (request.status, request.milliseconds))
        });
        pairs.push(Pair { method, url, then, now: Some((entry.response.status, entry.time)) });
    }
    let missing = unmatched.into_iter().filter_map(|index| good.get(index));
    pairs.extend(missing.map(|request| Pair {
        method: &request.method,
        url: &request.url,
        then: Some((request.status, request.milliseconds)),
        now: None,
    }));
    pairs
}

fn requests(out: &mut String, har: &Har, good: &LastGood) {
    let pairs = joined(har, &good.requests);
    let different: Vec<_> = pairs.iter().filter_map(|pair| Some((pair, pair.difference()?))).collect();
    let same = pairs.len() - different.len();
    if different.is_empty() {
        push(out, format_args!("<p>All {same} requests went as in the last good run.</p>\n"));
        return;
    }
    out.push_str(
        "<table><thead><tr><th>Request</th><th></th><th class=\"n\">Then</th><th class=\"n\">Now</th></tr></thead><tbody>\n",
    );
    let told = |side: Option<(u16, f64)>| match side {
        None => "–".to_owned(),
        Some((0, ms)) => format!("no answer, {}", time(ms)),
        Some((status, ms)) => format!("{status}, {}", time(ms)),
    };
    for (pair, difference) in different.iter().take(REQUESTS_SHOWN_MAX) {
        out.push_str("<tr>");
        address(out, pair.method, pair.url);
        push(
            out,
            format_args!(
                "<td>{difference}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                told(pair.then),
                told(pair.now),
            ),
        );
    }
    out.push_str("</tbody></table>\n");
    let more = different.len().saturating_sub(REQUESTS_SHOWN_MAX);
    if more > 0 {
        push(out, format_args!("<p>{more} more differ.</p>\n"));
    }
    push(out, format_args!("<p>{same} requests went as in the last good run.</p>\n"));
}
