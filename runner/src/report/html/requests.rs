//! The requests as a waterfall: when each began, and what its time went to.

use jiff::Timestamp;

use super::element::{address, push, size, time};
use crate::browser::har::{Entry, Har, Timings};
use crate::report::junit::xml;

/// Requests beyond this many are counted, not listed.
const REQUESTS_SHOWN_MAX: usize = 500;

pub(super) fn section(out: &mut String, har: &Har) {
    let entries = &har.log.entries;
    let Some(first) = entries.iter().map(|entry| entry.started_date_time).min() else { return };
    let ends = entries.iter().map(|entry| since(first, entry) + entry.time.max(0.0));
    let whole = ends.fold(1.0, f64::max);
    let open = if entries.len() <= 40 { " open" } else { "" };
    push(
        out,
        format_args!(
            "<details class=\"requests\"{open}><summary>Requests <small>{} in {}</small></summary>\n",
            entries.len(),
            time(whole)
        ),
    );
    out.push_str("<ul class=\"legend\">");
    for (class, meaning) in PHASES {
        push(out, format_args!("<li><i class=\"{class}\"></i>{meaning}</li>"));
    }
    out.push_str(
        "</ul>\n<table><thead><tr><th>Request</th><th class=\"n\">Status</th><th class=\"n size\">Size</th>\
         <th class=\"n\">Time</th><th class=\"fall\">Waterfall</th></tr></thead><tbody>\n",
    );
    for entry in entries.iter().take(REQUESTS_SHOWN_MAX) {
        row(out, entry, first, whole);
    }
    out.push_str("</tbody></table>\n");
    if let Some(more) = entries.len().checked_sub(REQUESTS_SHOWN_MAX).filter(|more| *more > 0) {
        push(out, format_args!("<p>and {more} more, in results.har</p>\n"));
    }
    out.push_str("</details>\n");
}

const PHASES: &[(&str, &str)] = &[
    ("blocked", "queued"),
    ("dns", "DNS"),
    ("connect", "connect"),
    ("ssl", "TLS"),
    ("send", "send"),
    ("wait", "wait"),
    ("receive", "receive"),
];

/// The phases in the order they happen; TLS is a part of the connecting in a HAR, and behind it here.
fn phases(timings: &Timings) -> [f64; 7] {
    let known = |ms: f64| ms.max(0.0);
    let ssl = known(timings.ssl);
    [
        known(timings.blocked),
        known(timings.dns),
        (known(timings.connect) - ssl).max(0.0),
        ssl,
        known(timings.send),
        known(timings.wait),
        known(timings.receive),
    ]
}

fn row(out: &mut String, entry: &Entry, first: Timestamp, whole: f64) {
    let status = entry.response.status;
    let bad = status == 0 || status >= 400 || entry.response.error.is_some();
    let status = match (&entry.response.error, status) {
        (Some(error), 0) => xml(error),
        (Some(error), status) => format!("{status} {}", xml(error)),
        (None, 0) => "no answer".to_owned(),
        (None, status) => status.to_string(),
    };
    let bytes = entry.response.transfer_size.unwrap_or(-1);
    push(out, format_args!("<tr class=\"{}\">", if bad { "failed" } else { "passed" }));
    address(out, &entry.request.method, &entry.request.url);
    push(
        out,
        format_args!(
            "<td class=\"n\">{status}</td><td class=\"n size\">{}</td><td class=\"n\">{}</td>",
            size(bytes),
            time(entry.time),
        ),
    );
    bar(out, entry, first, whole);
    out.push_str("</tr>\n");
}

fn bar(out: &mut String, entry: &Entry, first: Timestamp, whole: f64) {
    let parts = phases(&entry.timings);
    let told: Vec<String> = PHASES
        .iter()
        .zip(parts)
        .filter(|(_, ms)| *ms > 0.0)
        .map(|((_, meaning), ms)| format!("{meaning} {}", time(ms)))
        .collect();
    push(out, format_args!("<td class=\"fall\" title=\"{}\"><div>", told.join(", ")));
    let mut at = since(first, entry);
    for ((class, _), ms) in PHASES.iter().zip(parts).filter(|(_, ms)| *ms > 0.0) {
        let (left, width) = (at / whole * 100.0, ms / whole * 100.0);
        push(out, format_args!("<i class=\"{class}\" style=\"left:{left:.2}%;width:{width:.2}%\"></i>"));
        at += ms;
    }
    out.push_str("</div></td>");
}

fn since(first: Timestamp, entry: &Entry) -> f64 {
    entry.started_date_time.duration_since(first).as_secs_f64() * 1000.0
}
