//! Addresses of names, as the machine's resolver knows them.

use std::net::ToSocketAddrs as _;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::runtime::Handle;

/// Asks the machine on threads of the program's runtime: a script's own would keep some for each script.
#[derive(Clone, Debug)]
pub(super) struct Names(pub(super) Handle);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let threads = self.0.clone();
        Box::pin(async move {
            let found = threads.spawn_blocking(move || (name.as_str(), 0).to_socket_addrs()).await??;
            Ok::<Addrs, _>(Box::new(found))
        })
    }
}
