//! Which links are followed, and which pages are searched.

use url::Url;

use super::kind::{LinkKind, Purpose};
use super::options::LinkOptions;
use super::targets::Needs;

/// Ends of paths behind which there is no page; their files are asked for, not read.
const NO_PAGES: [&str; 40] = [
    "7z", "avi", "bin", "bz2", "css", "csv", "deb", "dmg", "doc", "docx", "eot", "epub", "exe", "gif", "gz", "ico",
    "iso", "jar", "jpeg", "jpg", "js", "json", "m4a", "mov", "mp3", "mp4", "mpg", "msi", "ogg", "pdf", "png", "ppt",
    "pptx", "rpm", "svg", "tar", "tgz", "webp", "woff2", "zip",
];

/// The options that bear on single addresses, ready to be asked.
#[derive(Debug)]
pub(super) struct Scope {
    prefixes: Vec<String>,
    own: Vec<String>,
    options: LinkOptions,
}

/// What is to be done with an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Its own links count.
    Inside,
    /// It is followed, no further.
    Outside,
    /// It is not followed.
    Excluded,
}

impl Scope {
    pub(super) fn new(options: LinkOptions) -> Self {
        let own: Vec<_> = options.start.iter().map(origin_of).collect();
        let prefixes = if options.scope.is_empty() {
            own.iter().map(|origin| format!("{origin}/")).collect()
        } else {
            options.scope.iter().map(without_tail).collect()
        };
        Self { prefixes, own, options }
    }

    pub(super) fn options(&self) -> &LinkOptions {
        &self.options
    }

    /// Whether `origin` is one of the start's hosts.
    pub(super) fn is_own(&self, origin: &str) -> bool {
        self.own.iter().any(|own| own == origin)
    }

    pub(super) fn place(&self, url: &str, kind: LinkKind) -> Place {
        if kind == LinkKind::Start {
            return Place::Inside;
        }
        let options = &self.options;
        let is_inside = self.prefixes.iter().any(|prefix| url.starts_with(prefix.as_str()));
        let is_included = options.include.iter().any(|pattern| pattern.is_match(url));
        if !is_included && options.exclude.iter().any(|pattern| pattern.is_match(url)) {
            return Place::Excluded;
        }
        match (is_inside, options.external || is_included) {
            (true, _) => Place::Inside,
            (false, true) => Place::Outside,
            (false, false) => Place::Excluded,
        }
    }

    /// What has to be learned of an address found at `depth`, fragments left out of account.
    pub(super) fn needs(&self, url: &str, purpose: Purpose, place: Place, depth: u32) -> Needs {
        let is_near = self.options.depth.is_none_or(|max| depth <= max);
        let mut needs = Needs::default();
        if place != Place::Inside {
            return needs;
        }
        match purpose {
            Purpose::Page if is_near && may_be_page(url) => {
                needs.links = true;
                needs.ids = self.options.fragments;
            }
            Purpose::StyleSheet if is_near => needs.style = true,
            Purpose::Page | Purpose::StyleSheet | Purpose::File => {}
        }
        needs
    }
}

fn may_be_page(url: &str) -> bool {
    let path = url.split('?').next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    let Some((_, ending)) = file.rsplit_once('.') else { return true };
    file.ends_with(".xml.gz") || !NO_PAGES.iter().any(|no| ending.eq_ignore_ascii_case(no))
}

/// `https://example.com` or `https://example.com:8443`.
pub(super) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn without_tail(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(scope: &[&str], external: bool) -> Scope {
        let url = |text: &&str| Url::parse(text).unwrap();
        let mut options = LinkOptions::new(vec![url(&"https://a.example/docs/")]);
        options.scope = scope.iter().map(url).collect();
        options.external = external;
        options.exclude = vec![regex::Regex::new("/old/").unwrap()];
        options.include = vec![regex::Regex::new("/old/keep").unwrap()];
        options.depth = Some(2);
        Scope::new(options)
    }

    #[test]
    fn addresses_have_their_place() {
        for (prefixes, external, url, expected) in [
            (&[][..], true, "https://a.example/x", Place::Inside),
            (&[], true, "https://a.example.evil/x", Place::Outside),
            (&[], true, "http://a.example/x", Place::Outside),
            (&[], false, "http://a.example/x", Place::Excluded),
            (&["https://a.example/docs/"], true, "https://a.example/docs/x", Place::Inside),
            (&["https://a.example/docs/"], true, "https://a.example/blog", Place::Outside),
            (&[], true, "https://a.example/old/x", Place::Excluded),
            (&[], true, "https://a.example/old/keep", Place::Inside),
        ] {
            assert_eq!(scope(prefixes, external).place(url, LinkKind::Anchor), expected, "{prefixes:?} {url}");
        }
    }

    #[test]
    fn only_near_pages_are_searched() {
        let scope = scope(&[], true);
        for (url, purpose, depth, expected) in [
            ("https://a.example/x", Purpose::Page, 2, true),
            ("https://a.example/x", Purpose::Page, 3, false),
            ("https://a.example/x.PDF?a.html", Purpose::Page, 1, false),
            ("https://a.example/v1.2", Purpose::Page, 1, true),
            ("https://a.example/x", Purpose::File, 1, false),
            ("https://a.example/x.css", Purpose::StyleSheet, 1, true),
            ("https://a.example/sitemap.xml.gz", Purpose::Page, 1, true),
        ] {
            assert_eq!(scope.needs(url, purpose, Place::Inside, depth).any(), expected, "{url} {depth}");
        }
        assert!(!scope.needs("https://b.example/", Purpose::Page, Place::Outside, 1).any());
    }
}
