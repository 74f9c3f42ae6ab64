//! The button that breaks the demo shop and mends it.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::fault::PageError;
use super::layout::Area;
use super::router::Console;
use super::state::ShopState;

/// Answers `POST /console/demo/break`.
pub(super) async fn break_shop(State(console): State<Console>, headers: HeaderMap) -> Response {
    turn(&console, &headers, ShopState::Broken).await
}

/// Answers `POST /console/demo/mend`.
pub(super) async fn mend_shop(State(console): State<Console>, headers: HeaderMap) -> Response {
    turn(&console, &headers, ShopState::Open).await
}

async fn turn(console: &Console, headers: &HeaderMap, state: ShopState) -> Response {
    match try_turn(console, headers, state).await {
        Ok(()) => Redirect::to("/console").into_response(),
        Err(error) => error.into_page(&console.state.frame(), Area::Overview),
    }
}

async fn try_turn(console: &Console, headers: &HeaderMap, state: ShopState) -> Result<(), PageError> {
    if !is_same_origin(headers) {
        return Err(PageError::ForeignOrigin);
    }
    let Some(demo) = &console.state.demo else {
        return Err(PageError::NotFound("No demo shop runs here. Start one with: siskin up --demo".to_owned()));
    };
    demo.set_state(state).await.map_err(|error| PageError::Internal(error.to_string()))
}

/// Whether a request that changes something comes from the console's own page, or from no page at all.
///
/// Browsers say where a POST comes from, in `Sec-Fetch-Site` and in `Origin`; a program need not. A page of another site whose
/// name was made to lead here calls itself the same origin, so a browser has to name an address or `localhost`.
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if (site.is_some() || text(header::ORIGIN).is_some()) && !text(header::HOST).is_some_and(is_own_host) {
        return false;
    }
    if let Some(site) = site {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some() && authority == text(header::HOST)
}

/// Whether a `Host` cannot be a name that somebody else controls.
fn is_own_host(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.ends_with(".localhost") || bare.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &'static str)]) -> bool {
        is_same_origin(&pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect())
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let host = ("host", "127.0.0.1:4747");
        assert!(check(&[host]));
        assert!(check(&[host, ("origin", "http://127.0.0.1:4747")]));
        assert!(check(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(check(&[("host", "localhost:4747"), ("origin", "http://localhost:4747")]));
        assert!(check(&[("host", "[::1]:4747"), ("origin", "http://[::1]:4747")]));
        assert!(
            !check(&[("host", "evil.example:4747"), ("sec-fetch-site", "same-origin")]),
            "a name made to lead here"
        );
        assert!(!check(&[("host", "evil.example"), ("origin", "http://evil.example")]));
        assert!(!check(&[host, ("origin", "https://evil.example")]));
        assert!(!check(&[host, ("origin", "null")]));
        assert!(!check(&[host, ("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:4747")]));
        assert!(!check(&[host, ("sec-fetch-site", "same-site")]));
    }
}
