//! A look at a wall with a browser's headers and cookies, redirects followed.

use reqwest::header::LOCATION;
use tokio::time::timeout;

use super::ask::{Fetched, Job, is_redirect, redirect_target};
use super::client::Clients;
use super::failure::reason_of;
use crate::check::link::private::{PrivateAddresses, REFUSED, has_private_host};
use crate::check::link::verdict::Reason;

pub(super) async fn look(clients: &Clients, job: &Job) -> Fetched {
    let limit = clients.options.timeout;
    let mut url = job.url.clone();
    let mut requests = 0;
    let reason = loop {
        if clients.private == PrivateAddresses::Refused && has_private_host(&url) {
            break Reason::PrivateAddress(format!("{} is a {REFUSED}", url.host_str().unwrap_or_default()));
        }
        requests += 1;
        let response = match timeout(limit, clients.person.get(url.clone()).send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => break reason_of(&error, limit),
            Err(_) => break Reason::Timeout(limit),
        };
        let status = response.status();
        if !is_redirect(status) {
            let mut fetched = Fetched::failed(Reason::Status(status.as_u16()));
            fetched.result = Ok(status.as_u16());
            fetched.requests = requests;
            return fetched;
        }
        if requests as usize > clients.options.redirects_max {
            break Reason::TooManyRedirects(clients.options.redirects_max);
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match redirect_target(&url, location) {
            Some(next) => url = next,
            None => break Reason::BadRedirect(location.to_owned()),
        }
    };
    Fetched { requests, ..Fetched::failed(reason) }
}
