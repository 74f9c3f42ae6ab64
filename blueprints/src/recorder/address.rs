//! What stays the same of an address and a title from run to run.

use url::Url;

/// Segments as long as this with a digit in them are taken for made up by a program.
const GENERATED_CHARS_MIN: usize = 8;

/// The address up to what may differ the next time: without query, without what follows a number or a generated name.
///
/// Routes behind `#/` and `#!` are kept.
pub(super) fn stable(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    let route = url.fragment().filter(|fragment| fragment.starts_with('/') || fragment.starts_with('!'));
    let route = route.map(|route| cut(route).to_owned());
    url.set_query(None);
    url.set_fragment(None);
    // They are no part of the address that a page tells; a host that cannot have them has none.
    let _unchanged = url.set_username("").and_then(|()| url.set_password(None));
    let text = url.to_string();
    let path = url.path().to_owned();
    let before = text.strip_suffix(&path).unwrap_or(&text);
    let kept = cut(&path);
    match route {
        Some(route) if kept.len() == path.len() => format!("{text}#{route}"),
        _ => format!("{before}{kept}"),
    }
}

/// Cuts before the first segment that looks generated.
fn cut(path: &str) -> &str {
    let mut end = 0;
    for segment in path.split_inclusive('/') {
        if is_generated(segment.trim_end_matches('/')) {
            return path.get(..end).unwrap_or(path);
        }
        end += segment.len();
    }
    path
}

fn is_generated(segment: &str) -> bool {
    let digits = segment.chars().filter(char::is_ascii_digit).count();
    digits > 0 && (digits == segment.len() || segment.chars().count() >= GENERATED_CHARS_MIN)
}

/// The title, if nothing in it looks counted: "(3) Inbox" is another one tomorrow.
pub(super) fn stable_title<'a>(title: &'a str, url: Option<&str>) -> Option<&'a str> {
    let title = title.trim();
    // A page that has none yet is called by its address.
    let is_address = url.is_some_and(|url| url.contains(title));
    (!title.is_empty() && !is_address && !title.contains(|c: char| c.is_ascii_digit())).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        let cases = [
            ("https://shop.example/", "https://shop.example/"),
            ("https://shop.example/cart?session=4f2#top", "https://shop.example/cart"),
            ("https://shop.example/orders/10293/pay", "https://shop.example/orders/"),
            ("https://shop.example/o/8f3a9c21b7d4", "https://shop.example/o/"),
            ("https://shop.example/v2/tea", "https://shop.example/v2/tea"),
            ("https://shop.example/app#/cart/17", "https://shop.example/app#/cart/"),
            ("https://ada:hush@shop.example/a", "https://shop.example/a"),
            ("about:blank", "about:blank"),
        ];
        for (address, kept) in cases {
            assert_eq!(stable(address), kept, "{address}");
        }
        assert_eq!(stable_title("Tea shop", Some("https://shop.example/")), Some("Tea shop"));
        for (title, url) in [("(3) Inbox", None), (" ", None), ("shop.example/a", Some("https://shop.example/a"))] {
            assert_eq!(stable_title(title, url), None, "{title}");
        }
    }
}
