//! From a request to a page: what all pages have in common.

use std::future::Future;

use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use maud::Markup;

use super::fault::PageError;
use super::layout::{self, Area};
use super::live::{self, Parts};
use super::router::Console;

/// A page that can be read, shown, and renewed while it is open.
pub(super) trait View: Sized + Send {
    /// Where it stands in the navigation.
    const AREA: Area;
    /// Last part of the address that renews it; `None` for pages that stay as they are.
    const LIVE: Option<&'static str> = None;

    /// Reads what the page shows.
    ///
    /// # Errors
    /// [`PageError`], which then is shown instead.
    fn load(console: &Console, parameters: &Parameters) -> impl Future<Output = Result<Self, PageError>> + Send;

    /// Title of the window.
    fn title(&self) -> String;

    /// What stands beside the navigation.
    fn body(&self) -> Markup;

    /// The parts that are renewed, by the name that the body gives them.
    fn parts(&self) -> Parts {
        Vec::new()
    }
}

/// The part of an address behind `?`, decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of `name`; empty when there is none.
    pub(super) fn first(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Every value of `name`, in order.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of `name`.
    ///
    /// # Errors
    /// [`PageError::BadAddress`] when there is none.
    pub(super) fn required(&self, name: &str) -> Result<&str, PageError> {
        match self.first(name) {
            "" => Err(PageError::BadAddress(format!("The address names no {name}."))),
            value => Ok(value),
        }
    }
}

/// Answers with the page `V`.
pub(super) async fn show<V: View>(
    State(console): State<Console>,
    RawQuery(query): RawQuery,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    let frame = console.state.frame();
    match V::load(&console, &Parameters(parameters)).await {
        Ok(view) => {
            let live = V::LIVE.map(|name| format!("/console/live/{name}?{}", query.unwrap_or_default()));
            let title = view.title();
            let page = layout::Page { area: V::AREA, title: &title, live: live.as_deref() };
            layout::page(&frame, page, &view.body()).into_response()
        }
        Err(error) => error.into_page(&frame, V::AREA),
    }
}

/// Answers with the changing parts of the page `V`, as server-sent events.
pub(super) async fn renew<V: View + 'static>(
    State(console): State<Console>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    let place = match console.places.take() {
        Ok(place) => place,
        Err(error) => return error.into_page(&console.state.frame(), V::AREA),
    };
    let (events, shutdown) = (console.state.store.events.subscribe(), console.state.shutdown.clone());
    let parameters = Parameters(parameters);
    live::stream(place, events, shutdown, move || {
        let (console, parameters) = (console.clone(), parameters.clone());
        async move {
            match V::load(&console, &parameters).await {
                Ok(view) => Some(view.parts()),
                Err(error) => {
                    tracing::warn!(%error, "a live page could not be read");
                    None
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_parameter_is_named() {
        let parameters = Parameters(vec![
            ("name".to_owned(), String::new()),
            ("s".to_owned(), "1".to_owned()),
            ("s".to_owned(), "2".to_owned()),
        ]);
        assert_eq!(parameters.required("name"), Err(PageError::BadAddress("The address names no name.".to_owned())));
        assert_eq!(parameters.all("s").collect::<Vec<_>>(), ["1", "2"]);
    }
}
