//! What all pages share: the frame with its navigation, headings, badges, empty states.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::asset;
use super::tone::Tone;
use crate::base::Scope;

/// The areas of the console, in the order of its navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// Health at a glance, and the canaries.
    Overview,
    /// Traces and their waterfalls.
    Traces,
    /// Who calls whom.
    Map,
    /// Metric charts.
    Metrics,
    /// Log groups and the live tail.
    Logs,
    /// Alarms with their history.
    Alarms,
    /// Forms that make canaries.
    New,
}

impl Area {
    const ALL: [Self; 7] =
        [Self::Overview, Self::Traces, Self::Map, Self::Metrics, Self::Logs, Self::Alarms, Self::New];

    const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Traces => "Traces",
            Self::Map => "Service map",
            Self::Metrics => "Metrics",
            Self::Logs => "Logs",
            Self::Alarms => "Alarms",
            Self::New => "New canary",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/console",
            Self::Traces => "/console/traces",
            Self::Map => "/console/map",
            Self::Metrics => "/console/metrics",
            Self::Logs => "/console/logs",
            Self::Alarms => "/console/alarms",
            Self::New => "/console/new",
        }
    }

    /// The key that goes there after `g`.
    const fn key(self) -> char {
        match self {
            Self::Overview => 'o',
            Self::Traces => 't',
            Self::Map => 's',
            Self::Metrics => 'm',
            Self::Logs => 'l',
            Self::Alarms => 'a',
            Self::New => 'n',
        }
    }

    /// Outline of the 16 by 16 icon.
    const fn icon(self) -> &'static str {
        match self {
            Self::Overview => "M2 2.5h5v5H2zM9 2.5h5v3H9zM9 8h5v5.5H9zM2 10h5v3.5H2z",
            Self::Traces => "M2 3.5h8M5 8h8M8 12.5h6",
            Self::Map => {
                "M3.5 8a1.5 1.5 0 1 1 0 .01M12.5 3.5a1.5 1.5 0 1 1 0 .01M12.5 12.5a1.5 1.5 0 1 1 0 .01M4.8 7.3l6.6-3.2M4.8 8.7l6.6 3.2"
            }
            Self::Metrics => "M2 2v12h12M4.5 10.5l3-4 2.5 2L14 4",
            Self::Logs => "M3 3.5h10M3 6.5h10M3 9.5h7M3 12.5h5",
            Self::New => "M8 3v10M3 8h10",
            Self::Alarms => "M8 2a4 4 0 0 1 4 4v3l1.5 2.5h-11L4 9V6a4 4 0 0 1 4-4zM6.5 13.5h3",
        }
    }
}

/// What the frame around every page shows.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Whose rows these are.
    pub(crate) scope: Scope,
    /// The backend's version.
    pub(crate) version: &'static str,
}

/// One page: its place in the navigation, its title, and where its live parts come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) area: Area,
    pub(super) title: &'a str,
    /// Address of the server-sent events that renew the page's parts.
    pub(super) live: Option<&'a str>,
}

/// A whole page around `body`.
pub(super) fn page(frame: &Frame, page: Page<'_>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " · Siskin" }
                link rel="icon" href=(asset::ICON.url()) type="image/svg+xml";
                link rel="stylesheet" href=(asset::STYLE.url());
                script src=(asset::SCRIPT.url()) defer {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                (navigation(frame, page.area))
                main #main data-live=[page.live] { (body) }
                (keys())
            }
        }
    }
}

fn navigation(frame: &Frame, current: Area) -> Markup {
    html! {
        nav.side aria-label="Console" {
            a.brand href="/console" { (mark()) span { "Siskin" } }
            ul {
                @for area in Area::ALL {
                    li {
                        a href=(area.path()) aria-current=[(area == current).then_some("page")] data-go=(area.key()) {
                            (icon(area.icon())) span { (area.name()) }
                        }
                    }
                }
            }
            div.foot {
                span.live data-live-state hidden { "live" }
                span title="Account and region of what is shown" { (frame.scope.account) br; (frame.scope.region) }
                span { "siskin " (frame.version) }
                span { "Times are UTC · " kbd { "?" } " keys" }
            }
        }
    }
}

/// The bird, in the colours of the page.
fn mark() -> Markup {
    PreEscaped(include_str!("asset/mark.svg").to_owned())
}

/// A 16 by 16 outline icon; decoration only.
pub(super) fn icon(path: &str) -> Markup {
    html! { svg.icon viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" { path d=(path) {} } }
}

fn keys() -> Markup {
    html! {
        dialog #keys aria-labelledby="keys-title" {
            form method="dialog" {
                h2 #keys-title { "Keys" }
                dl.keys {
                    @for area in Area::ALL {
                        dt { kbd { "g" } " " kbd { (area.key()) } } dd { (area.name()) }
                    }
                    dt { kbd { "j" } " " kbd { "k" } } dd { "Next and previous row" }
                    dt { kbd { "Enter" } } dd { "Open the row" }
                    dt { kbd { "/" } } dd { "Go to the filter" }
                    dt { kbd { "←" } " " kbd { "→" } } dd { "Read values along a chart that has the focus" }
                    dt { kbd { "?" } } dd { "These keys" }
                }
                button { "Close" }
            }
        }
    }
}

/// The heading of a page: where it hangs, its title, and what stands at the right.
pub(super) fn heading(parents: &[(&str, &str)], title: &Markup, aside: &Markup) -> Markup {
    html! {
        header.head {
            div {
                @if !parents.is_empty() {
                    p.crumbs {
                        @for (name, path) in parents { a href=(path) { (name) } span aria-hidden="true" { "/" } }
                    }
                }
                h1 { (title) }
            }
            div.aside { (aside) }
        }
    }
}

/// A word on a tinted ground, with the tone's sign before it.
pub(super) fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (sign(tone)) (text) } }
}

/// The tone's sign: differs in form too, not in colour alone.
pub(super) fn sign(tone: Tone) -> Markup {
    let path = match tone {
        Tone::Idle => "M2 5h6",
        Tone::Ok => "M1.5 5.5l2.3 2.3L8.5 2.5",
        Tone::Error => "M5 1.5v4.6M5 8.4v.1",
        Tone::Throttle => "M3 2v6M7 2v6",
        Tone::Fault => "M2 2l6 6M8 2l-6 6",
    };
    html! {
        svg class={ "sign " (tone.class()) } viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" {
            path d=(path) {}
        }
    }
}

/// What to do when there is nothing to show yet: a sentence, and the command that changes it.
pub(super) fn empty(title: &str, text: &str, command: Option<&str>) -> Markup {
    html! {
        div.empty {
            h3 { (title) }
            p { (text) }
            @if let Some(command) = command {
                div.command {
                    pre { code { (command) } }
                    button.copy type="button" data-copy=(command) hidden { "Copy" }
                }
            }
        }
    }
}

/// The head of a table: each column's name and classes (`num` aligns right, `wide` and `mid` go on narrow screens).
pub(crate) fn table_head(columns: &[(&str, &str)]) -> Markup {
    html! {
        thead { tr { @for (name, class) in columns { th class=[(!class.is_empty()).then_some(class)] { (name) } } } }
    }
}

/// One choice of several as a row of links; the chosen one is marked.
pub(super) fn choice(label: &str, options: &[Choice]) -> Markup {
    html! {
        div.choice role="group" aria-label=(label) {
            @for option in options {
                a href=(option.href) aria-current=[option.chosen.then_some("true")] { (option.text) }
            }
        }
    }
}

/// One link of a [`choice`].
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) text: String,
    pub(super) href: String,
    pub(super) chosen: bool,
}

/// A word about how something is, before the title of its page.
pub(crate) fn verdict(tone: Tone, text: &str) -> Markup {
    html! { span class={ "verdict " (tone.class()) } { (sign(tone)) } (text) }
}

/// A figure with its name, for a row of them.
pub(super) fn tile(name: &str, value: &Markup, note: &Markup) -> Markup {
    html! { div.tile { span.name { (name) } span.value { (value) } span.note { (note) } } }
}

/// A page that says what is wrong and where to go on.
pub(super) fn fault(frame: &Frame, area: Area, title: &str, text: &str) -> Markup {
    let body = html! {
        (heading(&[], &html! { (title) }, &html! {}))
        section.panel { div.empty { p { (text) } p { a.button href=(area.path()) { "Go to " (area.name()) } } } }
    };
    page(frame, Page { area, title, live: None }, &body)
}
