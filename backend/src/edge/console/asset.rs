//! The style sheet, the script and the icon: part of the binary, addressed by what they hold.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

/// The address names the content, so a browser may keep the answer for good.
const CACHE_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// One file that pages refer to.
#[derive(Debug)]
pub(super) struct Asset {
    /// File name with a piece of the content's digest: `console-3f9a0c12.css`.
    name: String,
    content_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let mut name = format!("{stem}-");
        for byte in Sha256::digest(content).iter().take(6) {
            write!(name, "{byte:02x}").expect("writing to a String does not fail");
        }
        write!(name, ".{extension}").expect("writing to a String does not fail");
        Self { name, content_type, content }
    }

    /// Where a page finds it.
    pub(super) fn url(&self) -> String {
        format!("/console/asset/{}", self.name)
    }
}

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", "text/css; charset=utf-8", include_str!("asset/console.css")));
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("asset/console.js")));
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("asset/icon.svg")));

/// Answers `GET /console/asset/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let assets: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];
    match assets.into_iter().find(|asset| asset.name == name) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, CACHE_FOR_EVER)];
            (headers, asset.content).into_response()
        }
        // A page from before an upgrade asks for the old name: it reloads to the new one.
        None => (StatusCode::NOT_FOUND, "no such asset").into_response(),
    }
}
