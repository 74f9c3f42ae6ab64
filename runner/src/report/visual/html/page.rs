//! The page's frame: head, counts, list, sheets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::pictures::Album;
use super::{list, sheet};
use crate::report::html::element::{push, time};
use crate::report::junit::xml;
use crate::report::visual::approving::{Approving, approvable, prefix};
use crate::report::visual::words::{counts, plural, worst_first};
use crate::visual::{VisualReport, VisualStatus};

const STYLE: &str = include_str!("visual.css");
const SCRIPT: &str = include_str!("visual.js");

/// Writes the page. `picture` gives the bytes of a file of the report's folder; where it gives none, and beyond 24 MiB of
/// pictures in all, the page shows the file beside it. Pictures that match are not shown.
pub fn visual_html(
    report: &VisualReport,
    picture: &dyn Fn(&str) -> Option<Vec<u8>>,
    approving: Approving<'_>,
) -> String {
    let mut out = String::with_capacity(64 * 1024);
    let sorted = worst_first(report);
    head(&mut out, report, approving, &approvable(&sorted));
    summary(&mut out, report);
    out.push_str("<div class=\"frame\">\n");
    list::section(&mut out, &sorted, approving);
    out.push_str("<main id=\"main\" tabindex=\"-1\">\n");
    if report.comparisons.is_empty() {
        out.push_str("<p class=\"empty\">Nothing was compared.</p>\n");
    } else if sorted.iter().all(|one| one.status == VisualStatus::Matched) {
        out.push_str("<p class=\"empty\"><b>✓</b>All pictures match their baselines.</p>\n");
    }
    let album = Album::new(picture);
    for comparison in sorted.iter().filter(|one| one.status != VisualStatus::Matched) {
        sheet::article(&mut out, comparison, &album, approving);
    }
    out.push_str("<p class=\"empty none js\" hidden>No comparison is left by this filter.</p>\n</main></div>\n");
    out.push_str(PAGER);
    out.push_str("<p class=\"live\" role=\"status\" aria-live=\"polite\"></p>\n");
    out.push_str(HELP);
    push(&mut out, format_args!("<script>{SCRIPT}</script>\n</body></html>\n"));
    out
}

/// What a browser may do for the page; that it asks for nothing else, whatever a name on it says.
fn policy(approving: Approving<'_>) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let connect = match approving {
        Approving::Command { .. } => "'none'",
        Approving::Server { .. } => "'self'",
    };
    // A page that was opened as a file has no origin that 'self' could be.
    format!(
        "default-src 'none'; img-src 'self' file: data:; style-src {}; script-src {}; connect-src {connect}; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// A dot for the browser's tab; its address is text, so that nothing is asked for.
fn icon(report: &VisualReport) -> String {
    let colour = if report.comparisons.iter().all(|one| one.status.is_fine()) { "1b6e3a" } else { "b3261e" };
    format!(
        "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E\
         %3Ccircle cx='4' cy='4' r='4' fill='%23{colour}'/%3E%3C/svg%3E\">"
    )
}

fn head(out: &mut String, report: &VisualReport, approving: Approving<'_>, keys: &[&str]) {
    let meta = match approving {
        Approving::Command { path } => {
            format!("<meta name=\"siskin-command\" content=\"{}\">", xml(&prefix(path, keys)))
        }
        Approving::Server { token } => format!("<meta name=\"siskin-token\" content=\"{}\">", xml(token)),
    };
    push(
        out,
        format_args!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\">{meta}{icon}\
             <title>{}: pictures</title><style>{STYLE}</style></head><body>\n\
             <a class=\"skip\" href=\"#main\">To the pictures</a>\n",
            policy(approving),
            xml(&report.name),
            icon = icon(report),
        ),
    );
}

fn summary(out: &mut String, report: &VisualReport) {
    let open = report.comparisons.iter().filter(|one| !one.status.is_fine()).count();
    let (class, word) = match open {
        0 => ("fine", "nothing to look at".to_owned()),
        1 => ("bad", "1 to look at".to_owned()),
        open => ("bad", format!("{open} to look at")),
    };
    let started = report.started.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    push(
        out,
        format_args!(
            "<header class=\"top {class}\"><div><h1>{}</h1><p class=\"word\">{word}</p></div>\n\
             <p class=\"facts\">{}, {started}, took {}; baselines in <code>{}</code></p>\n",
            xml(&report.name),
            plural(report.comparisons.len() as u64, "comparison"),
            time(report.duration_ms as f64),
            xml(&report.baselines),
        ),
    );
    out.push_str("<div class=\"counts\" role=\"group\" aria-label=\"Filter by status\">\n");
    for (status, count) in counts(report) {
        push(
            out,
            format_args!(
                "<button type=\"button\" class=\"count\" data-status=\"{}\" aria-pressed=\"false\">{}<b>{count}</b> {}\
                 </button>\n",
                list::class(status),
                list::mark(status),
                status.word(),
            ),
        );
    }
    out.push_str(
        "<button type=\"button\" class=\"quiet js\" data-act=\"help\" aria-keyshortcuts=\"?\">Keys <kbd>?</kbd></button>\
         </div></header>\n",
    );
}

/// For thumbs: a phone shows the list or one comparison.
const PAGER: &str = "<div class=\"pager js\" role=\"navigation\" aria-label=\"Next and previous\">\
    <button type=\"button\" data-act=\"back\">All</button>\
    <button type=\"button\" data-act=\"previous\">Previous</button>\
    <button type=\"button\" data-act=\"next\">Next</button></div>\n";

const HELP: &str = "<dialog class=\"help\" aria-labelledby=\"help-title\"><form method=\"dialog\">\
    <h2 id=\"help-title\">Keys</h2><dl>\
    <div><dt><kbd>j</kbd> <kbd>→</kbd></dt><dd>next comparison</dd></div>\
    <div><dt><kbd>k</kbd> <kbd>←</kbd></dt><dd>previous comparison</dd></div>\
    <div><dt><kbd>1</kbd></dt><dd>side by side</dd></div>\
    <div><dt><kbd>2</kbd></dt><dd>slider; <kbd>←</kbd> <kbd>→</kbd> move it while it has the focus</dd></div>\
    <div><dt><kbd>3</kbd> <kbd>b</kbd></dt><dd>blink; once more: stop and go</dd></div>\
    <div><dt><kbd>4</kbd> <kbd>d</kbd></dt><dd>diff: changed red, tolerated yellow; once more: side by side</dd></div>\
    <div><dt><kbd>5</kbd></dt><dd>this picture alone</dd></div>\
    <div><dt><kbd>6</kbd></dt><dd>baseline alone</dd></div>\
    <div><dt><kbd>z</kbd></dt><dd>100 % or fit</dd></div>\
    <div><dt><kbd>r</kbd></dt><dd>outline changed regions</dd></div>\
    <div><dt><kbd>n</kbd> <kbd>p</kbd></dt><dd>next, previous region</dd></div>\
    <div><dt><kbd>x</kbd></dt><dd>select</dd></div>\
    <div><dt><kbd>a</kbd></dt><dd>approve</dd></div>\
    <div><dt><kbd>/</kbd></dt><dd>filter</dd></div>\
    <div><dt><kbd>Esc</kbd></dt><dd>back to the list</dd></div>\
    </dl><button>Close</button></form></dialog>\n";
