//! Addresses of names, as the machine's resolver knows them.

use std::net::ToSocketAddrs as _;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::marks::Marks;

/// Asks the machine on threads of the program's runtime: a script's own would keep some for each script.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) threads: Handle,
    pub(super) marks: Marks,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { threads, marks } = self.clone();
        Box::pin(async move {
            let began = Instant::now();
            let found = threads.spawn_blocking(move || (name.as_str(), 0).to_socket_addrs()).await;
            marks.looked_up(began.elapsed());
            let found = found??;
            Ok::<Addrs, _>(Box::new(found))
        })
    }
}
