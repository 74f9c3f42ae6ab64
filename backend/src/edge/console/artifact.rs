//! What runs left behind, read-only: screenshots, HAR, logs, reports.

use std::io;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::fault::PageError;
use super::layout::Area;
use super::router::Console;

/// Artifacts come from pages that were visited: nothing in them may run, and reports get their inline style only.
const SANDBOX: &str =
    "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'";

/// A run's files never change.
const CACHE: &str = "private, max-age=86400, immutable";

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Answers `GET /console/artifact/{*path}`.
pub(super) async fn serve(State(console): State<Console>, UrlPath(path): UrlPath<String>) -> Response {
    match open(&console.state.artifacts_dir, &path).await {
        Ok((file, bytes)) => answer(&path, file, bytes),
        Err(error) => error.into_page(&console.state.frame(), Area::Overview),
    }
}

/// The address of `file_name` in a run's directory, itself below the directory of all artifacts; `None` for what could
/// lead elsewhere.
pub(super) fn url(run_dir: &str, file_name: &str) -> Option<String> {
    let path = format!("{run_dir}/{file_name}");
    relative(&path)?;
    let mut url = String::from("/console/artifact");
    for part in path.split('/') {
        url.push('/');
        url.extend(form_urlencoded::byte_serialize(part.as_bytes()).map(|piece| piece.replace('+', "%20")));
    }
    Some(url)
}

async fn open(root: &Path, path: &str) -> Result<(File, u64), PageError> {
    let missing = || PageError::NotFound("There is no such artifact. Old runs may have been cleared away.".to_owned());
    let below = relative(path).ok_or_else(missing)?;
    let found = resolve(root, &below).await.map_err(|_| missing())?;
    let file = File::open(found).await.map_err(|_| missing())?;
    let about = file.metadata().await.map_err(|cause| PageError::Internal(cause.to_string()))?;
    if about.is_file() { Ok((file, about.len())) } else { Err(missing()) }
}

/// `path` as plain names below a directory; `None` for anything that could lead elsewhere.
fn relative(path: &str) -> Option<PathBuf> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    path.split('/').all(plain).then(|| path.split('/').collect())
}

/// The file itself, links followed; an error when they lead out of `root`.
async fn resolve(root: &Path, below: &Path) -> io::Result<PathBuf> {
    let root = tokio::fs::canonicalize(root).await?;
    let found = tokio::fs::canonicalize(root.join(below)).await?;
    if found.starts_with(&root) { Ok(found) } else { Err(io::ErrorKind::NotFound.into()) }
}

fn answer(path: &str, file: File, bytes: u64) -> Response {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let content_type = content_type(extension);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX)),
        (header::CACHE_CONTROL, HeaderValue::from_static(CACHE)),
    ];
    // A file that grows while it is sent keeps to the length that was promised.
    let chunks = futures::stream::try_unfold(file.take(bytes), async |mut file| {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        io::Result::Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    });
    (headers, Body::from_stream(chunks)).into_response()
}

/// Browsers are told not to guess, so what is unknown here is offered for download.
fn content_type(extension: &str) -> &'static str {
    match extension {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "html" => "text/html; charset=utf-8",
        "json" | "har" => "application/json",
        "txt" | "log" | "rhai" | "md" => "text/plain; charset=utf-8",
        "xml" => "text/xml; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_a_path() {
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a\\..\\b", "C:x", "a/", "a\0b"] {
            assert_eq!(relative(path), None, "{path:?}");
        }
        assert_eq!(relative("canary/a b/01.png"), Some(PathBuf::from("canary/a b/01.png")));
    }

    #[test]
    fn addresses_are_those_of_files_below_the_directory() {
        let address = url("canary/a", "01 load%.png");
        assert_eq!(address.as_deref(), Some("/console/artifact/canary/a/01%20load%25.png"));
        assert_eq!(url("canary/a", "../secret"), None);
        assert_eq!(url("/etc", "passwd"), None);
    }

    #[tokio::test]
    async fn a_link_that_leads_out_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(&outside, "secret").unwrap();
        std::fs::write(inside.join("log.txt"), "hello").unwrap();
        std::os::unix::fs::symlink(&outside, inside.join("link.txt")).unwrap();
        assert!(open(&inside, "log.txt").await.is_ok());
        assert!(open(&inside, "link.txt").await.is_err());
        assert!(open(&inside, "nothing.txt").await.is_err());
    }
}
