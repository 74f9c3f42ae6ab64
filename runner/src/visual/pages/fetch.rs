//! A document from a file or an address, whole.

use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use url::Url;

use super::PagesError;

/// Most bytes of a document, unpacked: as much as the sitemap protocol allows.
const BYTES_MAX: u64 = 52_428_800;
const TIMEOUT: Duration = Duration::from_secs(30);
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Reads an address, or a file when the text is none.
pub(super) async fn fetch(at: &str) -> Result<Vec<u8>, PagesError> {
    let bytes = match Url::parse(at) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => download(url).await?,
        _ => read(Path::new(at))?,
    };
    if !bytes.starts_with(GZIP) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes.as_slice())
        .take(BYTES_MAX + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| PagesError::unreadable(at, format_args!("unpacking: {error}")))?;
    within(at, unpacked.len() as u64)?;
    Ok(unpacked)
}

fn within(at: &(impl Display + ?Sized), bytes: u64) -> Result<(), PagesError> {
    if bytes > BYTES_MAX {
        return Err(PagesError::unreadable(at, format_args!("more than {BYTES_MAX} bytes")));
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, PagesError> {
    let at = path.display();
    let bytes = fs::metadata(path).map_err(|error| PagesError::unreadable(&at, error))?.len();
    within(&at, bytes)?;
    fs::read(path).map_err(|error| PagesError::unreadable(&at, error))
}

async fn download(url: Url) -> Result<Vec<u8>, PagesError> {
    let failed = |error: reqwest::Error| PagesError::unreadable(&url, chain(&error));
    let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(failed)?;
    let mut answer = client.get(url.clone()).send().await.map_err(failed)?;
    if !answer.status().is_success() {
        return Err(PagesError::unreadable(&url, format_args!("status {}", answer.status())));
    }
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&part);
        within(&url, bytes.len() as u64)?;
    }
    Ok(bytes)
}

/// An error and what is behind it: reqwest's own words say little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text = format!("{text}: {error}");
        behind = error.source();
    }
    text
}
