//! The stories of a Storybook, by the index that it serves.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;

use super::fetch::fetch;
use super::{PagesError, Suite};

/// `index.json` of Storybook 7 and later, and `stories.json` of Storybook 6.
#[derive(Deserialize)]
struct Index {
    #[serde(alias = "stories")]
    entries: BTreeMap<String, Story>,
}

#[derive(Deserialize)]
struct Story {
    id: String,
    title: String,
    name: String,
    /// `story` or `docs`; Storybook 6 has only stories.
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// Reads the index of the Storybook at `base`, and gives each story as a page of its own frame.
///
/// # Errors
/// Neither `index.json` nor `stories.json` is there, or it is none.
pub async fn read_storybook(base: &Url) -> Result<Suite, PagesError> {
    let mut folder = base.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    let path = folder.path().trim_end_matches("index.html").trim_end_matches('/').to_owned();
    folder.set_path(&format!("{path}/"));
    let below = |name: &str| folder.join(name).map_err(|error| PagesError::unreadable(&folder, error));
    let newer = below("index.json")?;
    let (at, document) = match fetch(newer.as_str()).await {
        Ok(document) => (newer, document),
        Err(first) => {
            let older = below("stories.json")?;
            let document = fetch(older.as_str()).await.map_err(|_| first)?;
            (older, document)
        }
    };
    let index: Index = serde_json::from_slice(&document)
        .map_err(|error| PagesError::unreadable(&at, format_args!("is no index of a Storybook: {error}")))?;
    let mut suite = Suite::default();
    // Stories load after their frame has.
    suite.common.insert("wait_until".to_owned(), "networkidle".into());
    for story in index.entries.into_values().filter(|story| story.kind.as_deref().unwrap_or("story") == "story") {
        let mut frame = below("iframe.html")?;
        frame.query_pairs_mut().append_pair("id", &story.id).append_pair("viewMode", "story");
        let name = format!("{}/{}", story.title, story.name);
        let page = [("url", frame.as_str()), ("name", &name)];
        suite
            .pages
            .push(page.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect::<Map<_, _>>());
    }
    Ok(suite)
}
