//! The drawing of the service map, and the same figures as a table.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::layered::draw;
use crate::edge::console::addresses::Addresses;
use crate::edge::console::layout::{empty, heading, sign, table_head};
use crate::edge::console::tone::Tone;
use crate::edge::console::window::Window;
use crate::edge::console::{format, link};

/// Nodes drawn; a larger map shows those with the most requests.
pub(crate) const NODES_MAX: usize = 120;

/// Distance of two layers, and of two rows, in pixels.
const LAYER_WIDTH: f64 = 228.0;
const ROW_HEIGHT: f64 = 140.0;
const MARGIN: (f64, f64) = (96.0, 56.0);
/// How far the two edges between nodes that call each other keep apart.
const BOW: f64 = 12.0;
const RADIUS: f64 = 32.0;
/// What the colours of a ring mean.
const LEGEND: [(Tone, &str); 4] =
    [(Tone::Ok, "ok"), (Tone::Error, "error 4xx"), (Tone::Throttle, "throttle 429"), (Tone::Fault, "fault 5xx")];
/// Head and shoulders, around the centre of a client's node.
const PERSON: &str = "M0-14a6 6 0 1 1 0 12a6 6 0 1 1 0-12M-12 14c0-8 5-12 12-12s12 4 12 12";
/// Characters of a name below its node.
const NAME_CHARS_MAX: usize = 24;

/// How requests ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Outcomes {
    /// As they should.
    pub(crate) ok: u64,
    /// With a client error that is no throttle.
    pub(crate) error: u64,
    /// Turned away.
    pub(crate) throttle: u64,
    /// With a fault.
    pub(crate) fault: u64,
    /// Sum of response times, in seconds.
    pub(crate) total_secs: f64,
}

impl Outcomes {
    pub(crate) const fn total(&self) -> u64 {
        self.ok + self.error + self.throttle + self.fault
    }

    /// Milliseconds; `None` without requests.
    fn mean_ms(&self) -> Option<f64> {
        (self.total() > 0).then(|| self.total_secs * 1e3 / self.total() as f64)
    }

    /// The tone of the whole, by what happened at all.
    fn tone(&self) -> Tone {
        match (self.fault, self.throttle, self.error, self.ok) {
            (0, 0, 0, 0) => Tone::Idle,
            (0, 0, 0, _) => Tone::Ok,
            (0, 0, _, _) => Tone::Error,
            (0, _, _, _) => Tone::Throttle,
            (_, _, _, _) => Tone::Fault,
        }
    }

    fn parts(&self) -> [(Tone, u64); 4] {
        [(Tone::Ok, self.ok), (Tone::Error, self.error), (Tone::Throttle, self.throttle), (Tone::Fault, self.fault)]
    }
}

/// One service, client or remote of the map.
#[derive(Clone, Debug)]
pub(crate) struct MapNode {
    /// The service's name.
    pub(crate) name: String,
    /// `client`, `remote`, `AWS::ECS::Container`...
    pub(crate) kind: Option<String>,
    /// `None` for clients, which report nothing themselves.
    pub(crate) outcomes: Option<Outcomes>,
}

impl MapNode {
    fn is_client(&self) -> bool {
        self.kind.as_deref() == Some("client")
    }
}

/// Calls from one node to another.
#[derive(Clone, Debug)]
pub(crate) struct MapEdge {
    /// Place of the caller in the list of nodes.
    pub(crate) from: usize,
    /// Place of the callee.
    pub(crate) to: usize,
    /// As the caller saw them.
    pub(crate) outcomes: Outcomes,
}

/// The service map of a window of time.
#[derive(Clone, Debug)]
pub(crate) struct ServiceMap {
    /// The window looked at.
    pub(crate) window: Window,
    /// At most [`NODES_MAX`].
    pub(crate) nodes: Vec<MapNode>,
    /// Between these nodes.
    pub(crate) edges: Vec<MapEdge>,
    /// Nodes that are not drawn.
    pub(crate) left_out: usize,
    /// Where clients find the backend.
    pub(crate) addresses: Addresses,
}

impl ServiceMap {
    pub(crate) fn body(&self) -> Markup {
        let aside = Window::picker(self.window, |window| link::to("/console/map", [("window", window.text())]));
        html! {
            (heading(&[], &html! { "Service map" }, &aside))
            div.stack data-part="map" { (self.part()) }
        }
    }

    /// The part that is renewed while the page is open.
    pub(crate) fn part(&self) -> Markup {
        if self.nodes.is_empty() {
            return html! {
                section.panel {
                    (empty(
                        "No service was called in this window",
                        "Services appear here as soon as they send traces, with everything they call.",
                        Some(&self.addresses.traced()),
                    ))
                }
            };
        }
        html! {
            section.panel.flush.map {
                div.scroll { (self.picture()) }
                p.legend {
                    @for (tone, name) in LEGEND {
                        span class={ "key dot " (tone.class()) } { (name) }
                    }
                }
                @if self.left_out > 0 { p.note { (format::plural(self.left_out as u64, "quieter node")) " not drawn" } }
            }
            section.panel.flush aria-label="The map as a table" { (self.table()) }
        }
    }

    fn picture(&self) -> Markup {
        let pairs: Vec<(usize, usize)> = self.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let drawing = draw(self.nodes.len(), &pairs);
        let width = MARGIN.0 * 2.0 + LAYER_WIDTH * drawing.layers.saturating_sub(1) as f64;
        let height = (MARGIN.1 * 2.0 + ROW_HEIGHT * drawing.bottom + 50.0).ceil();
        html! {
            svg.graph viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img"
                aria-label="Service map" {
                defs {
                    marker #arrow viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" {
                        path d="M0 0.5L7.5 4L0 7.5z" {}
                    }
                }
                @for (edge, route) in self.edges.iter().zip(&drawing.edges) { (self.edge(edge, route, self.bow(edge))) }
                @for (node, place) in self.nodes.iter().zip(&drawing.nodes) { (self.node(node, *place)) }
                @for (edge, route) in self.edges.iter().zip(&drawing.edges) { (label(edge, route, self.bow(edge))) }
            }
        }
    }

    /// Edges in both directions between the same nodes lie beside each other, not on each other.
    fn bow(&self, edge: &MapEdge) -> f64 {
        let answered =
            edge.from != edge.to && self.edges.iter().any(|other| other.from == edge.to && other.to == edge.from);
        match (answered, edge.from < edge.to) {
            (false, _) => 0.0,
            (true, true) => -BOW,
            (true, false) => BOW,
        }
    }

    fn edge(&self, edge: &MapEdge, route: &[(usize, f64)], bow: f64) -> Markup {
        let (from, to) = (&self.nodes[edge.from].name, &self.nodes[edge.to].name);
        html! {
            path class={ "edge " (edge.outcomes.tone().class()) } d=(course(route, bow)) marker-end="url(#arrow)" {
                title { (from) " → " (to) ": " (figures(&edge.outcomes)) }
            }
        }
    }

    fn node(&self, node: &MapNode, place: (usize, f64)) -> Markup {
        let (x, y) = pixel(place);
        html! {
            a.node href=(self.traces_of(node)) {
                title { (node.name) @if let Some(outcomes) = &node.outcomes { ": " (figures(outcomes)) } }
                circle.ground cx=(x) cy=(y) r=(RADIUS + 4.0) {}
                @match &node.outcomes {
                    Some(outcomes) if outcomes.total() > 0 => {
                        (ring(outcomes, x, y))
                        text.big x=(x) y=(y) { (outcomes.mean_ms().map_or_else(|| "–".to_owned(), format::millis)) }
                        text.small x=(x) y=(y + 14.0) { (format::count(outcomes.total())) "×" }
                    }
                    Some(_) | None => {
                        circle.ring.idle cx=(x) cy=(y) r=(RADIUS) {}
                        @if node.is_client() { path.person transform={ "translate(" (x) " " (y) ")" } d=(PERSON) {} }
                    }
                }
                @let name = format::shorten(&node.name, NAME_CHARS_MAX);
                text.name x=(x) y=(y + RADIUS + 22.0) { @if node.is_client() { "Clients" } @else { (name) } }
                text.kind x=(x) y=(y + RADIUS + 37.0) {
                    @if node.is_client() { "of " (name) } @else { (node.kind.as_deref().unwrap_or("")) }
                }
            }
        }
    }

    fn traces_of(&self, node: &MapNode) -> String {
        link::to("/console/traces", [("window", self.window.text()), ("service", &*node.name)])
    }

    fn table(&self) -> Markup {
        html! {
            table.rows {
                (table_head(&[
                    ("Service", ""),
                    ("Requests", "num"),
                    ("Mean", "num"),
                    ("OK", "num mid"),
                    ("Errors", "num mid"),
                    ("Throttles", "num mid"),
                    ("Faults", "num"),
                    ("Calls", "wide"),
                ]))
                tbody {
                    @for (place, node) in self.nodes.iter().enumerate() {
                        @if let Some(outcomes) = &node.outcomes {
                            tr data-row {
                                td.main {
                                    a href=(self.traces_of(node)) {
                                        (sign(outcomes.tone())) b { (node.name) }
                                        " " span.quiet { (node.kind.as_deref().unwrap_or("")) }
                                    }
                                }
                                td.num { (format::count(outcomes.total())) }
                                td.num { (outcomes.mean_ms().map_or_else(|| "–".to_owned(), format::millis)) }
                                @for (tone, count) in outcomes.parts() {
                                    @let narrow = if tone == Tone::Fault { "num" } else { "num mid" };
                                    @let shown = if count > 0 { tone.class() } else { "quiet" };
                                    td class={ (narrow) " " (shown) } { (format::count(count)) }
                                }
                                td.wide.quiet { (self.callees(place)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn callees(&self, caller: usize) -> String {
        let calls = self.edges.iter().filter(|edge| edge.from == caller);
        let named: Vec<&str> = calls.map(|edge| &*self.nodes[edge.to].name).collect();
        named.join(", ")
    }
}

/// The shares of the outcomes as arcs of a circle, one after the other from the top.
fn ring(outcomes: &Outcomes, x: f64, y: f64) -> Markup {
    let whole = outcomes.total() as f64;
    let mut begun = 0.0;
    let arcs = outcomes.parts().map(|(tone, count)| {
        // Hundredths of a hundredth are finer than a pixel; sums of them are exact enough to close the ring.
        let share = (count as f64 / whole * 1e4).round() / 100.0;
        let arc = (tone, share, begun);
        begun += share;
        arc
    });
    html! {
        @for (tone, share, begun) in arcs {
            @if share > 0.0 {
                circle class={ "ring " (tone.class()) } cx=(x) cy=(y) r=(RADIUS) pathLength="100"
                    stroke-dasharray={ (share) " " (100.0 - share) } stroke-dashoffset=(25.0 - begun) {}
            }
        }
    }
}

fn figures(outcomes: &Outcomes) -> String {
    let mut text = format::plural(outcomes.total(), "request");
    if let Some(mean) = outcomes.mean_ms() {
        write!(text, ", {} on average", format::millis(mean)).expect("writing to a String does not fail");
    }
    for (tone, count) in outcomes.parts().into_iter().skip(1).filter(|(_, count)| *count > 0) {
        write!(text, ", {}", format::plural(count, tone.class())).expect("writing to a String does not fail");
    }
    text
}

fn label(edge: &MapEdge, route: &[(usize, f64)], bow: f64) -> Markup {
    // On the step that ends at the callee: there, edges from one caller lie farthest apart.
    let [.., before, last] = route else { return html! {} };
    let ((x1, y1), (x2, y2)) = (pixel(*before), pixel(*last));
    let (x, y) = if edge.from == edge.to {
        (x1 + RADIUS + 26.0, y1 - RADIUS - 14.0)
    } else {
        (f64::midpoint(x1, x2), f64::midpoint(y1, y2) + bow * 1.6)
    };
    let mean = edge.outcomes.mean_ms().map_or_else(String::new, format::millis);
    html! {
        text.calls x=(round(x)) y=(round(y - 5.0)) {
            (mean) tspan.quiet x=(round(x)) dy="13" { (format::count(edge.outcomes.total())) "×" }
        }
    }
}

/// The edge as a smooth path that leaves and enters every layer level.
fn course(route: &[(usize, f64)], bow: f64) -> String {
    let mut path = String::new();
    let (Some(first), Some(last)) = (route.first(), route.last()) else { return path };
    if first == last {
        let (x, y) = pixel(*first);
        let (near, far) = (RADIUS * 0.7, RADIUS * 2.1);
        return format!(
            "M{} {}C{} {} {} {} {} {}",
            x - near,
            y - near - 3.0,
            x - near,
            y - far,
            x + near,
            y - far,
            x + near,
            y - near - 6.0
        );
    }
    // A turned edge runs right to left.
    let side = if first.0 <= last.0 { 1.0 } else { -1.0 };
    for (place, point) in route.iter().enumerate() {
        let (mut x, y) = pixel(*point);
        let y = y + bow;
        if place == 0 {
            x += side * (RADIUS + 6.0);
            write!(path, "M{x} {y:.1}").expect("writing to a String does not fail");
            continue;
        }
        if place + 1 == route.len() {
            x -= side * (RADIUS + 8.0);
        }
        let (before_x, before_y) = pixel(route[place - 1]);
        let before_y = before_y + bow;
        let before_x = if place == 1 { before_x + side * (RADIUS + 6.0) } else { before_x };
        let bend = (x - before_x) / 2.0;
        write!(path, "C{:.1} {before_y:.1} {:.1} {y:.1} {x:.1} {y:.1}", before_x + bend, x - bend)
            .expect("writing to a String does not fail");
    }
    path
}

fn pixel((layer, row): (usize, f64)) -> (f64, f64) {
    (MARGIN.0 + LAYER_WIDTH * layer as f64, MARGIN.1 + round(ROW_HEIGHT * row))
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
