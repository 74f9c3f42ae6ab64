//! Addresses of links: resolved as the URL standard says, without taking the long way for each.
//!
//! <https://url.spec.whatwg.org/>. Nearly all links of a site are plain paths of it; those are joined as text.

use url::Url;

/// Why an address is not followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NotFollowed {
    /// Of another scheme than `http` and `https`, as `mailto`.
    OtherScheme,
    /// No URL.
    Malformed,
}

/// What addresses of a document are relative to.
#[derive(Clone, Debug)]
pub(super) struct Base {
    url: Url,
    /// `https://example.com`, without a slash at its end.
    origin: String,
    /// The path up to its last slash.
    directory: String,
    /// The whole address without query and fragment.
    page: String,
    /// The whole address without fragment.
    whole: String,
}

impl Base {
    pub(super) fn new(mut url: Url) -> Self {
        url.set_fragment(None);
        let path = url.path();
        let origin = url.as_str().get(..url.as_str().len() - tail_length(&url)).unwrap_or_default().to_owned();
        let directory = path.get(..=path.rfind('/').unwrap_or_default()).unwrap_or("/").to_owned();
        let page = format!("{origin}{path}");
        let whole = url.as_str().to_owned();
        Self { url, origin, directory, page, whole }
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Writes what `address` leads to, without its fragment, behind `out`, and gives the fragment: still encoded, without
    /// `#`, `None` also when it is empty.
    pub(super) fn resolve<'a>(&self, address: &'a str, out: &mut String) -> Result<Option<Fragment<'a>>, NotFollowed> {
        let address = address.trim_matches(|c: char| c <= ' ');
        if let Some(fragment) = self.join_plain(address, out) {
            return Ok(Some(fragment).filter(|text| !text.is_empty()).map(Fragment::Part));
        }
        let url = self.url.join(address).map_err(|_| NotFollowed::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NotFollowed::OtherScheme);
        }
        let fragment = url.fragment().filter(|text| !text.is_empty()).map(|text| Fragment::Own(text.to_owned()));
        out.push_str(url.as_str().split('#').next().unwrap_or_default());
        Ok(fragment)
    }

    /// Joins an address that has nothing in it that the standard rewrites, and gives its fragment; `None` for every other.
    fn join_plain<'a>(&self, address: &'a str, out: &mut String) -> Option<&'a str> {
        if !address.bytes().all(is_plain) {
            return None;
        }
        let (before, fragment) = address.split_once('#').unwrap_or((address, ""));
        let local = match before.strip_prefix(self.origin.as_str()) {
            Some(path) if path.starts_with('/') => path,
            _ if before.contains(':') || before.starts_with("//") => return None,
            _ => before,
        };
        let (path, query) = match local.find('?') {
            Some(at) => local.split_at(at),
            None => (local, ""),
        };
        if path.is_empty() {
            out.push_str(if query.is_empty() { &self.whole } else { &self.page });
            out.push_str(query);
            return Some(fragment);
        }
        out.push_str(&self.origin);
        let root = out.len();
        let relative = if let Some(absolute) = path.strip_prefix('/') {
            out.push('/');
            absolute
        } else {
            out.push_str(&self.directory);
            path
        };
        push_segments(relative, root, out);
        out.push_str(query);
        Some(fragment)
    }
}

/// A fragment of an address, or of the address that it was resolved to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fragment<'a> {
    Part(&'a str),
    Own(String),
}

impl Fragment<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Part(text) => text,
            Self::Own(text) => text,
        }
    }
}

/// Bytes of path and query, and of the fragment.
fn tail_length(url: &Url) -> usize {
    let query = url.query().map_or(0, |query| query.len() + 1);
    url.path().len() + query
}

/// Bytes that the standard leaves as they are, wherever they stand.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'/'
                | b'#'
                | b'?'
                | b'!'
                | b'$'
                | b'&'
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
        )
}

/// Appends `path` to `out`, which ends with a slash, with `.` and `..` taken away; nothing before `root` is touched.
fn push_segments(path: &str, root: usize, out: &mut String) {
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." => {}
            ".." => {
                if out.len() > root + 1 {
                    out.pop();
                    let slash = out.get(root..).and_then(|path| path.rfind('/')).unwrap_or_default();
                    out.truncate(root + slash + 1);
                }
            }
            segment => {
                out.push_str(segment);
                if segments.peek().is_some() {
                    out.push('/');
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolved(base: &str, address: &str) -> Result<(String, Option<String>), NotFollowed> {
        let mut out = String::new();
        let fragment = Base::new(Url::parse(base).unwrap()).resolve(address, &mut out)?;
        Ok((out, fragment.map(|fragment| fragment.as_str().to_owned())))
    }

    #[test]
    fn addresses_resolve_as_in_a_browser() {
        let base = "https://example.com/a/b?q=1";
        for (address, url, fragment) in [
            ("", "https://example.com/a/b?q=1", None),
            ("#top", "https://example.com/a/b?q=1", Some("top")),
            ("?x=2#y", "https://example.com/a/b?x=2", Some("y")),
            ("c", "https://example.com/a/c", None),
            ("../../c/./d/../e", "https://example.com/c/e", None),
            ("..", "https://example.com/", None),
            ("/c/..", "https://example.com/", None),
            ("//other.example/x", "https://other.example/x", None),
            ("HTTPS://EXAMPLE.com:443/é#ü", "https://example.com/%C3%A9", Some("%C3%BC")),
            (" c\n", "https://example.com/a/c", None),
            ("c#", "https://example.com/a/c", None),
            ("https://example.com", "https://example.com/", None),
        ] {
            assert_eq!(resolved(base, address), Ok((url.to_owned(), fragment.map(str::to_owned))), "{address:?}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_told_apart() {
        for (address, why) in [
            ("mailto:a@example.com", NotFollowed::OtherScheme),
            ("tel:+49", NotFollowed::OtherScheme),
            ("javascript:void(0)", NotFollowed::OtherScheme),
            ("data:text/html,x", NotFollowed::OtherScheme),
            ("http://[::1", NotFollowed::Malformed),
            ("https://exa mple.com/", NotFollowed::Malformed),
        ] {
            assert_eq!(resolved("https://example.com/", address), Err(why), "{address:?}");
        }
    }

    proptest! {
        #[test]
        fn text_is_joined_as_the_url_standard_joins(
            base in "https?://[a-z]{1,5}(:[1-9][0-9]{3})?(/[a-z.]{0,4}){0,4}(\\?[a-z=]{0,4})?",
            address in "([a-z]{0,3}[./#?:@;=&%é ]{0,3}){0,6}",
        ) {
            let url = Url::parse(&base).unwrap();
            let expected = url.join(&address);
            let mut out = String::new();
            match (Base::new(url).resolve(&address, &mut out), expected) {
                (Ok(fragment), Ok(mut joined)) => {
                    prop_assert_eq!(fragment.as_ref().map(Fragment::as_str), joined.fragment().filter(|text| !text.is_empty()));
                    joined.set_fragment(None);
                    prop_assert_eq!(out, joined.as_str());
                }
                (Err(NotFollowed::OtherScheme), Ok(joined)) => prop_assert!(!joined.scheme().starts_with("http")),
                (Err(NotFollowed::Malformed), Err(_)) => {}
                (ours, theirs) => prop_assert!(false, "{ours:?} {theirs:?}"),
            }
        }
    }
}
