//! What a baseline is called.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::visual::Viewport;

/// Longest part of a key that comes from a page's name.
const PAGE_CHARS_MAX: usize = 80;

/// Page, viewport and browser, such as `home.1280x720.chromium`: tame enough for a file's name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BaselineKey(String);

impl BaselineKey {
    /// The key of a page. Of a name with other characters than `A-Z a-z 0-9 - _`, or a long one, a digest tells it from its
    /// like.
    pub fn new(page: &str, viewport: Viewport, browser: &str) -> Self {
        Self(format!("{}.{viewport}.{browser}", page_word(page)))
    }

    /// A key as it is written in a report; `None` for a text that is none, as one that leads out of a folder.
    pub fn parse(text: &str) -> Option<Self> {
        let is_tame = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        let fits =
            text.len() <= 200 && text.chars().all(is_tame) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        (fits && text.split('.').count() >= 3).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaselineKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A page's name as keys and files have it.
pub(crate) fn page_word(page: &str) -> String {
    let mut word = String::new();
    for c in page.chars().take(PAGE_CHARS_MAX) {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            word.push(c);
        } else if !word.ends_with('-') {
            word.push('-');
        }
    }
    let word = word.trim_matches(['-', '_']);
    if word == page && !word.is_empty() {
        return word.to_owned();
    }
    let digest = Sha256::digest(page.as_bytes());
    let word = if word.is_empty() { "page" } else { word };
    format!("{word}-{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_tame_and_tell_pages_apart() {
        let viewport = "1280x720".parse().unwrap();
        let key = |page: &str| BaselineKey::new(page, viewport, "chromium").to_string();
        assert_eq!(key("home"), "home.1280x720.chromium");
        let names = ["a/b", "a b", "a-b", "../../etc/passwd", "", "日本", "日本語", &"x".repeat(500), &"x".repeat(501)];
        let keys: std::collections::BTreeSet<_> = names.iter().map(|name| key(name)).collect();
        assert_eq!(keys.len(), names.len(), "{keys:?}");
        for key in &keys {
            assert_eq!(BaselineKey::parse(key).as_ref().map(BaselineKey::as_str), Some(key.as_str()));
        }
        for text in ["", "home", "../a.b.c", "a/b.c.d", ".a.b.c", "a.b"] {
            assert_eq!(BaselineKey::parse(text), None, "{text}");
        }
    }
}
