//! The steps, each with its place in the run's time and its pictures.

use super::element::{Album, push, time};
use crate::report::junit::xml;
use crate::run::{RunReport, StepReport};

pub(super) fn section(out: &mut String, report: &RunReport, album: &Album<'_>) {
    let of_steps: Vec<&str> =
        report.steps.iter().flat_map(|step| step.screenshots.iter().map(String::as_str)).collect();
    let others: Vec<&str> = report
        .artifacts
        .iter()
        .filter(|artifact| artifact.is_screenshot() && !of_steps.contains(&artifact.file_name.as_str()))
        .map(|artifact| artifact.file_name.as_str())
        .collect();
    if !report.steps.is_empty() {
        push(out, format_args!("<h2>Steps <small>{}</small></h2>\n<ol class=\"steps\">\n", report.steps.len()));
        for step in &report.steps {
            one(out, report, step, album);
        }
        out.push_str("</ol>\n");
    }
    if !others.is_empty() {
        out.push_str("<h2>Pictures outside of steps</h2>\n<div class=\"pictures\">\n");
        for name in others {
            album.figure(out, name, name);
        }
        out.push_str("</div>\n");
    }
}

fn one(out: &mut String, report: &RunReport, step: &StepReport, album: &Album<'_>) {
    let (class, mark) = if step.outcome.reason().is_none() { ("passed", "✓") } else { ("failed", "✗") };
    let whole = report.duration.as_secs_f64().max(0.001);
    let offset = step.started.duration_since(report.start.started).as_secs_f64();
    let left = (offset / whole * 100.0).clamp(0.0, 100.0);
    let width = (step.duration.as_secs_f64() / whole * 100.0).clamp(0.0, 100.0 - left);
    push(
        out,
        format_args!(
            "<li class=\"{class}\"><div class=\"line\"><span class=\"mark\" title=\"{word}\">{mark}</span>\
             <span class=\"name\">{number}. {name}</span><span class=\"n\">{took}</span></div>\
             <div class=\"track\"><i style=\"left:{left:.2}%;width:{width:.2}%\"></i></div>\n",
            word = step.outcome.word(),
            number = step.number,
            name = xml(&step.name),
            took = time(step.duration.as_secs_f64() * 1000.0),
        ),
    );
    if let Some(reason) = step.outcome.reason() {
        push(out, format_args!("<pre>{}</pre>\n", xml(reason)));
    }
    for fallback in &step.fallbacks {
        let (matched, wanted) = (xml(&fallback.matched), xml(&fallback.wanted));
        push(out, format_args!("<p class=\"where\">{matched} matched in place of {wanted}</p>\n"));
    }
    if let Some(url) = &step.destination_url {
        push(out, format_args!("<p class=\"where\">{}</p>\n", xml(url)));
    }
    if !step.screenshots.is_empty() {
        out.push_str("<div class=\"pictures\">\n");
        for name in &step.screenshots {
            album.figure(out, name, name);
        }
        out.push_str("</div>\n");
    }
    out.push_str("</li>\n");
}
