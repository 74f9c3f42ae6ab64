//! The events of a group as they arrive, as server-sent events.

use axum::extract::{Query, State};
use axum::response::Response;
use axum::response::sse::Event;
use maud::{Markup, html};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::{EventLine, event_row};
use crate::base::Scope;
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::Area;
use crate::edge::console::live::{event, respond};
use crate::edge::console::page::Parameters;
use crate::edge::console::router::Console;
use crate::lang::filter_pattern::{self, FilterPattern};
use crate::store::{LogRow, Tail};

/// Events of one message; more that arrived together are counted, not shown: nobody reads so fast.
const BATCH_MAX: usize = 200;

/// Which events a tail wants.
struct Wanted {
    scope: Scope,
    group: String,
    /// Empty for all.
    stream: String,
    pattern: FilterPattern,
}

struct Following {
    wanted: Wanted,
    tail: Tail<LogRow>,
    shutdown: CancellationToken,
    /// Batches that were lost to this tail when it last told.
    lost: u64,
    /// A message that waits behind another.
    pending: Option<Event>,
    _place: OwnedSemaphorePermit,
}

/// Answers `GET /console/live/log-group`.
pub(crate) async fn tail(State(console): State<Console>, Query(parameters): Query<Vec<(String, String)>>) -> Response {
    match follow(&console, &Parameters::new(parameters)) {
        Ok(following) => respond(futures::stream::unfold(following, async |mut following| {
            following.next().await.map(|event| (Ok(event), following))
        })),
        Err(error) => error.into_page(&console.state.frame(), Area::Logs),
    }
}

fn follow(console: &Console, parameters: &Parameters) -> Result<Following, PageError> {
    let pattern = filter_pattern::parse(parameters.first("filter"))
        .map_err(|diagnostic| PageError::BadAddress(diagnostic.message))?;
    let wanted = Wanted {
        scope: console.state.scope.clone(),
        group: parameters.required("name")?.to_owned(),
        stream: parameters.first("stream").to_owned(),
        pattern,
    };
    Ok(Following {
        wanted,
        tail: console.state.store.logs.subscribe(),
        shutdown: console.state.shutdown.clone(),
        lost: 0,
        pending: None,
        _place: console.places.take()?,
    })
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.pending.take() {
            return Some(event);
        }
        loop {
            let appended = tokio::select! {
                () = self.shutdown.cancelled() => return None,
                appended = self.tail.recv() => appended?,
            };
            let rows: Vec<&LogRow> =
                appended.rows.iter().filter(|row| self.wanted.admits(&appended.scope, row)).collect();
            let unseen = rows.len().saturating_sub(BATCH_MAX) as u64 + (self.tail.lost() - self.lost);
            self.lost = self.tail.lost();
            if unseen > 0 {
                self.pending = Some(event("lag", &json!({ "count": unseen })));
            }
            if !rows.is_empty() {
                let shown = &rows[rows.len().saturating_sub(BATCH_MAX)..];
                return Some(event("events", &json!({ "html": render(shown).into_string() })));
            }
            if let Some(event) = self.pending.take() {
                return Some(event);
            }
        }
    }
}

impl Wanted {
    fn admits(&self, scope: &Scope, row: &LogRow) -> bool {
        *scope == self.scope
            && *row.group == *self.group
            && (self.stream.is_empty() || *row.stream == *self.stream)
            && self.pattern.matches(&row.message)
    }
}

fn render(rows: &[&LogRow]) -> Markup {
    let line = |row: &LogRow| EventLine {
        group: row.group.to_string(),
        stream: row.stream.to_string(),
        at: row.at,
        message: row.message.clone(),
    };
    html! { @for row in rows { (event_row(&line(row))) } }
}
