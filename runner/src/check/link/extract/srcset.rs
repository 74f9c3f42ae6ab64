//! Addresses in `srcset`, <https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute>.

/// The addresses of the candidates, in order.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, behind) = rest.split_at(end);
        let bare = address.trim_end_matches(',');
        // A comma at the end of an address ends the candidate: it has no descriptor.
        rest =
            if bare.len() < address.len() { behind } else { behind.get(descriptor_end(behind)..).unwrap_or_default() };
        Some(bare)
    })
}

fn descriptor_end(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}
