//! How a script fared that was tried out.

use maud::{Markup, html};

use super::desk::{Trial, TrialEnd, TrialStep};
use crate::edge::console::artifact;
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::{self, Area};
use crate::edge::console::live::Parts;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::edge::console::tone::Tone;

/// Lines of a trial's log that are shown.
const LOG_LINES_MAX: usize = 200;

/// A trial as a part of a page; it is renewed until it has ended.
#[derive(Debug)]
pub(in crate::edge::console) struct TrialView(Option<Trial>);

impl View for TrialView {
    const AREA: Area = Area::New;

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let id = parameters
            .required("id")?
            .parse()
            .map_err(|_| PageError::BadAddress("A trial has a number.".to_owned()))?;
        Ok(Self(console.state.desk.as_ref().and_then(|desk| desk.trial(id))))
    }

    fn title(&self) -> String {
        "Trial".to_owned()
    }

    fn body(&self) -> Markup {
        html! { div data-part="trial" { (shown(self.0.as_ref())) } }
    }

    fn parts(&self) -> Parts {
        vec![("trial", shown(self.0.as_ref()))]
    }
}

/// Address of the events that renew a trial.
pub(super) fn live(id: u64) -> String {
    format!("/console/live/trial?id={id}")
}

/// The part of a page that shows a trial.
pub(super) fn part(trial: Option<&Trial>) -> Markup {
    html! { section.panel.trial #trial { h2 { "Trial" } div data-part="trial" { (shown(trial)) } } }
}

fn shown(trial: Option<&Trial>) -> Markup {
    match trial {
        None => html! { p { "This trial is not remembered any more." } },
        Some(Trial { end: None }) => {
            html! { p.facts { (layout::badge(Tone::Idle, "running")) span { "Its steps and pictures come here when it has ended." } } }
        }
        Some(Trial { end: Some(end) }) => ended(end),
    }
}

fn ended(end: &TrialEnd) -> Markup {
    let (tone, word) = if end.reason.is_none() { (Tone::Ok, "passed") } else { (Tone::Fault, "failed") };
    html! {
        p.facts {
            (layout::badge(tone, word))
            span { (end.duration_ms) " ms" }
            @if let Some(url) = end.report.as_deref().and_then(|file| artifact::url(&end.directory, file)) {
                a href=(url) { "Report" }
            }
        }
        @if let Some(reason) = &end.reason { div.alert { @for line in reason.lines() { p { (line) } } } }
        ol.trial-steps {
            @for step in &end.steps { li { (shown_step(step, &end.directory)) } }
        }
        @if !end.log.is_empty() {
            details {
                summary { "Log" }
                pre { @for line in end.log.iter().take(LOG_LINES_MAX) { (line) "\n" } }
            }
        }
    }
}

fn shown_step(step: &TrialStep, directory: &str) -> Markup {
    let (tone, word) = if step.reason.is_none() { (Tone::Ok, "passed") } else { (Tone::Fault, "failed") };
    html! {
        div.step-head { (layout::badge(tone, word)) b { (step.name) } span.unit { (step.duration_ms) " ms" } }
        @if let Some(reason) = &step.reason { p.reason { (reason) } }
        div.shots {
            @for picture in &step.pictures {
                @if let Some(url) = artifact::url(directory, picture) {
                    a href=(url) { img src=(url) alt={ "Picture of the step " (step.name) } loading="lazy"; }
                }
            }
        }
    }
}
