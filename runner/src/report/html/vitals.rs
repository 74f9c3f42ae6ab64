//! Web vitals of each document, with what <https://web.dev/articles/vitals> calls good and poor.

use super::element::{push, time};
use crate::browser::Vitals;
use crate::report::junit::xml;

/// Name, what it stands for, up to what it is good, and from what on poor.
const TIMES: &[(&str, &str, f64, f64)] = &[
    ("TTFB", "time to first byte", 800.0, 1_800.0),
    ("FCP", "first contentful paint", 1_800.0, 3_000.0),
    ("LCP", "largest contentful paint", 2_500.0, 4_000.0),
    ("INP", "interaction to next paint", 200.0, 500.0),
];
const SHIFT_GOOD: f64 = 0.1;
const SHIFT_POOR: f64 = 0.25;

pub(super) fn section(out: &mut String, all: &[Vitals]) {
    if all.is_empty() {
        return;
    }
    out.push_str("<h2>Web vitals</h2>\n");
    for vitals in all {
        push(out, format_args!("<p class=\"where\">{}</p>\n<ul class=\"vitals\">\n", xml(&vitals.url)));
        let times = [vitals.ttfb_ms, vitals.fcp_ms, vitals.lcp_ms, vitals.inp_ms];
        for ((name, meaning, good, poor), measured) in TIMES.iter().zip(times) {
            match measured {
                Some(ms) => tile(out, name, meaning, &time(ms), rating(ms, *good, *poor)),
                None => tile(out, name, meaning, "–", "none"),
            }
        }
        let shift = format!("{:.3}", vitals.cls);
        tile(out, "CLS", "cumulative layout shift", &shift, rating(vitals.cls, SHIFT_GOOD, SHIFT_POOR));
        out.push_str("</ul>\n");
    }
}

fn rating(value: f64, good: f64, poor: f64) -> &'static str {
    if value <= good {
        "good"
    } else if value <= poor {
        "fair"
    } else {
        "poor"
    }
}

fn tile(out: &mut String, name: &str, meaning: &str, value: &str, rating: &str) {
    let word = if rating == "none" { "not measured" } else { rating };
    push(
        out,
        format_args!(
            "<li class=\"{rating}\"><b>{value}</b><abbr title=\"{meaning}\">{name}</abbr><small>{word}</small></li>\n"
        ),
    );
}
