//! What both pictures were made with, and where that differs.

use jiff::tz::TimeZone;

use crate::report::html::element::push;
use crate::report::junit::xml;
use crate::visual::{Environment, VisualComparison, VisualStatus};

/// Digits of a checksum that are shown; all of them are in the tooltip.
const SHOWN_DIGITS: usize = 12;

type Fact = fn(&Environment) -> String;

/// What decides how a picture looks, by its name.
const FACTS: &[(&str, Fact)] = &[
    ("Browser", |one| one.browser.clone()),
    ("Version", |one| one.browser_version.clone()),
    ("Platform", |one| one.platform.clone()),
    ("Fonts", |one| one.fonts.clone()),
    ("Viewport", |one| one.viewport.to_string()),
];

pub(super) fn section(out: &mut String, comparison: &VisualComparison) {
    let then = comparison.baseline.as_ref().map(|baseline| &baseline.environment);
    let now = comparison.environment.as_ref();
    let open = if comparison.status == VisualStatus::OtherEnvironment { " open" } else { "" };
    if then.is_none() && now.is_none() {
        return;
    }
    push(
        out,
        format_args!(
            "<details class=\"environment\"{open}><summary>Made with <small>{}</small></summary><table><thead><tr><td>\
             </td><th scope=\"col\">Baseline</th><th scope=\"col\">Now</th></tr></thead><tbody>\n",
            told(then, now)
        ),
    );
    for (name, fact) in FACTS {
        line(out, name, then.map(fact), now.map(fact));
    }
    if let Some(baseline) = &comparison.baseline {
        let set = baseline.set.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string();
        push(out, format_args!("<tr><th scope=\"row\">Set</th><td>{set}</td><td></td></tr>\n"));
    }
    push(
        out,
        format_args!(
            "<tr><th scope=\"row\">SHA-256</th>{}{}</tr>\n</tbody></table></details>\n",
            checksum(comparison.baseline.as_ref().map(|one| one.sha256.as_str())),
            checksum(comparison.sha256.as_deref()),
        ),
    );
}

/// The section in a few words.
fn told(then: Option<&Environment>, now: Option<&Environment>) -> String {
    let (then, now) = match (then, now) {
        (Some(then), Some(now)) => (then, now),
        (None, _) => return "no baseline".to_owned(),
        (_, None) => return "no picture".to_owned(),
    };
    let differing: Vec<_> =
        FACTS.iter().filter(|(_, fact)| fact(then) != fact(now)).map(|(name, _)| name.to_lowercase()).collect();
    if differing.is_empty() {
        return format!("{} {}, as the baseline", xml(&now.browser), xml(&now.browser_version));
    }
    format!("differs: {}", differing.join(", "))
}

fn line(out: &mut String, name: &str, then: Option<String>, now: Option<String>) {
    let differs = then.is_some() && now.is_some() && then != now;
    let cell = |value: Option<String>| value.map_or_else(|| "–".to_owned(), |value| xml(&value));
    let (class, word) = if differs { (" class=\"differs\"", " <em>differs</em>") } else { ("", "") };
    push(
        out,
        format_args!(
            "<tr{class}><th scope=\"row\">{name}</th><td>{}</td><td>{}{word}</td></tr>\n",
            cell(then),
            cell(now)
        ),
    );
}

fn checksum(sha256: Option<&str>) -> String {
    let Some(sha256) = sha256 else { return "<td>–</td>".to_owned() };
    let shown: String = sha256.chars().take(SHOWN_DIGITS).collect();
    format!("<td title=\"{}\"><code>{}</code></td>", xml(sha256), xml(&shown))
}
