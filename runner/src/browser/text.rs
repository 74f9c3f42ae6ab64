//! Cutting foreign text to a length.

/// Returns `text` unchanged, or cut at a character boundary to at most `bytes_max` with `…` behind it.
pub(crate) fn truncated(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max);
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::truncated;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(truncated("abc", 3), "abc");
        assert_eq!(truncated("aäb", 2), "a…");
    }
}
