//! What canaries can be made of.

use maud::{Markup, html};
use siskin_blueprints::{Engine, all};

use crate::edge::console::fault::PageError;
use crate::edge::console::layout::{self, Area};
use crate::edge::console::link;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;

/// The page of all blueprints.
#[derive(Debug)]
pub(in crate::edge::console) struct Catalogue {
    /// The file that canaries are added to; `None` where none are run.
    file: Option<String>,
    scripts: Vec<String>,
}

impl View for Catalogue {
    const AREA: Area = Area::New;

    async fn load(console: &Console, _parameters: &Parameters) -> Result<Self, PageError> {
        let desk = console.state.desk.as_ref();
        Ok(Self { file: desk.map(|desk| desk.file()), scripts: desk.map(|desk| desk.scripts()).unwrap_or_default() })
    }

    fn title(&self) -> String {
        "New canary".to_owned()
    }

    fn body(&self) -> Markup {
        let aside = html! { @if let Some(file) = &self.file { span { "is added to " code { (file) } } } };
        html! {
            (layout::heading(&[], &html! { "New canary" }, &aside))
            @if self.file.is_none() {
                section.panel {
                    (layout::empty(
                        "No canaries run here",
                        "This is a backend alone. Start everything in one process to make canaries and try them out:",
                        Some("siskin up"),
                    ))
                }
            } @else {
                (self.choices())
            }
        }
    }
}

impl Catalogue {
    fn choices(&self) -> Markup {
        html! {
            section.panel.cards {
                a.card href="/console/workflow" {
                    h2 { "Workflow" }
                    p { "Step by step through a site: open, click, type, verify, with a picture of each step." }
                    span.unit { "browser" }
                }
                @for blueprint in all() {
                    a.card href={ "/console/new/" (blueprint.name) } {
                        h2 { (blueprint.name) }
                        p { (blueprint.summary) }
                        span.unit { @match blueprint.engine { Engine::Browser => "browser", Engine::Http => "HTTP" } }
                    }
                }
            }
            @if !self.scripts.is_empty() {
                section.panel {
                    h2 { "Open a script" }
                    ul.plain {
                        @for name in &self.scripts {
                            li { a href=(link::to("/console/workflow", [("canary", &**name)])) { (name) } }
                        }
                    }
                }
            }
        }
    }
}
