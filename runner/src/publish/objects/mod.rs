//! Artifacts on an object store: `store` reaches it, `uploader` brings them there.

mod store;
mod uploader;

pub use store::{ArtifactStore, StoreError};
pub(crate) use uploader::{Parcel, Uploader, is_sent, mark_of, pack_runs};
