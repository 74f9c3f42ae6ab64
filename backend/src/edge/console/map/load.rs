//! Reads what the service map shows.

use std::collections::HashMap;

use maud::Markup;

use super::view::NODES_MAX;
use super::{MapEdge, MapNode, Outcomes, ServiceMap};
use crate::edge::console::addresses::Addresses;
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::Area;
use crate::edge::console::live::Parts;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::edge::console::window::Window;
use crate::service::xray::graph::{EdgeStatistics, Service};
use crate::service::xray::service_graph::{GetServiceGraphInput, get_service_graph};

impl View for ServiceMap {
    const AREA: Area = Area::Map;
    const LIVE: Option<&'static str> = Some("map");

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let window = Window::parse_short(parameters.first("window")).unwrap_or_default();
        let (start_time, end_time) = window.before(cx.now);
        let input = GetServiceGraphInput { start_time, end_time, group_name: None, group_arn: None, next_token: None };
        let services = get_service_graph(&cx, input).await.map_err(PageError::of)?.services;
        Ok(of_services(window, services, console.state.addresses))
    }

    fn title(&self) -> String {
        "Service map".to_owned()
    }

    fn body(&self) -> Markup {
        self.body()
    }

    fn parts(&self) -> Parts {
        vec![("map", self.part())]
    }
}

/// The map of the busiest services, in the order in which they came.
fn of_services(window: Window, mut services: Vec<Service>, addresses: Addresses) -> ServiceMap {
    let left_out = services.len().saturating_sub(NODES_MAX);
    if left_out > 0 {
        services.sort_by_key(|service| std::cmp::Reverse(requests(service)));
        services.truncate(NODES_MAX);
        services.sort_by_key(|service| service.reference_id);
    }
    let place: HashMap<i32, usize> =
        services.iter().enumerate().map(|(place, service)| (service.reference_id, place)).collect();
    let edges = services.iter().enumerate().flat_map(|(from, service)| {
        let drawn = service.edges.iter().filter_map(|edge| Some((place.get(&edge.reference_id)?, edge)));
        drawn.map(move |(to, edge)| MapEdge { from, to: *to, outcomes: outcomes(&edge.summary_statistics) })
    });
    ServiceMap { window, edges: edges.collect(), nodes: services.iter().map(node).collect(), left_out, addresses }
}

/// A node's own requests; a client's are those it makes.
fn requests(service: &Service) -> i64 {
    let made = service.edges.iter().map(|edge| edge.summary_statistics.total_count).sum();
    service.summary_statistics.map_or(made, |own| own.total_count)
}

fn node(service: &Service) -> MapNode {
    MapNode {
        name: service.name.clone(),
        kind: service.kind.clone(),
        outcomes: service.summary_statistics.as_ref().map(outcomes),
    }
}

fn outcomes(statistics: &EdgeStatistics) -> Outcomes {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    Outcomes {
        ok: count(statistics.ok_count),
        error: count(statistics.error_statistics.other_count),
        throttle: count(statistics.error_statistics.throttle_count),
        fault: count(statistics.fault_statistics.total_count),
        total_secs: statistics.total_response_time,
    }
}
