//! Where a running system can be reached, written into its data directory for commands and tests.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StartError;

const FILE_NAME: &str = "endpoints.json";

/// The addresses of a running system, after the system chose ports for those asked as 0.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Endpoints {
    /// Process that listens.
    pub(super) pid: u32,
    /// AWS APIs, OTLP/HTTP, console.
    pub(super) api: SocketAddr,
    /// X-Ray daemon protocol, UDP and TCP.
    pub(super) xray: SocketAddr,
    /// OTLP/HTTP.
    pub(super) otlp: SocketAddr,
    /// Demo shop, when it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shop: Option<SocketAddr>,
}

impl Endpoints {
    /// Base URL of the AWS APIs.
    pub(super) fn api_url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Writes the file; it appears whole or not at all.
    pub(super) fn write(&self, data: &Path) -> Result<(), StartError> {
        let path = data.join(FILE_NAME);
        let text = serde_json::to_vec_pretty(self).expect("addresses and numbers serialize");
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(data)?;
            std::io::Write::write_all(&mut file, &text)?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|cause| StartError::Write { path: path.clone(), cause })
    }

    /// Reads what [`Endpoints::write`] wrote; `None` when no system has been started there.
    pub(super) fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(data.join(FILE_NAME)).ok()?).ok()
    }

    /// Removes the file when the system ends.
    pub(super) fn remove(data: &Path) -> std::io::Result<()> {
        let path: PathBuf = data.join(FILE_NAME);
        std::fs::remove_file(path)
    }
}
