//! What a host lets robots fetch: `robots.txt`, <https://www.rfc-editor.org/rfc/rfc9309>.

use std::fmt::Write;
use std::time::Duration;

/// The name by which files of robots address us.
pub(super) const PRODUCT: &str = "siskin";
/// Bytes that are read of a file, as the standard asks for at least; the rest is passed over.
pub(super) const BYTES_MAX: usize = 512 * 1024;
/// Most rules that are kept.
const RULES_MAX: usize = 10_000;
const SITEMAPS_MAX: usize = 100;

/// The rules that hold for us on one host.
#[derive(Clone, Debug, Default)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    /// `Crawl-delay` of our group, which the standard does not have but hosts do.
    pub(super) delay: Option<Duration>,
    /// Addresses of sitemaps, as written.
    pub(super) sitemaps: Vec<String>,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: String,
    allows: bool,
}

/// Lines that belong together: agents, then their rules.
#[derive(Debug, Default)]
struct Group {
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

impl Robots {
    /// Everything is allowed: there is no such file.
    pub(super) fn allow_all() -> Self {
        Self::default()
    }

    /// Nothing is allowed: the host could not say, so that the standard has us assume the worst.
    pub(super) fn disallow_all() -> Self {
        Self { rules: vec![Rule { pattern: "/".to_owned(), allows: false }], ..Self::default() }
    }

    /// Reads a file; lines that mean nothing are passed over, as the standard has it.
    pub(super) fn parse(text: &str) -> Self {
        let (mut ours, mut everyone) = (None::<Group>, None::<Group>);
        let mut sitemaps = Vec::new();
        // For whom the present group is, and whether it has rules yet: agents after rules begin another group.
        let (mut for_us, mut for_everyone, mut has_rules) = (false, false, false);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "user-agent" => {
                    if std::mem::take(&mut has_rules) {
                        (for_us, for_everyone) = (false, false);
                    }
                    let product = value.split(|c: char| !c.is_ascii_alphabetic() && c != '_' && c != '-').next();
                    for_us |= product.is_some_and(|name| name.eq_ignore_ascii_case(PRODUCT));
                    for_everyone |= value == "*";
                    // A group without rules allows everything, and that counts before the group for everyone.
                    if for_us {
                        ours.get_or_insert_default();
                    }
                }
                "sitemap" if sitemaps.len() < SITEMAPS_MAX => sitemaps.push(value.to_owned()),
                "allow" | "disallow" | "crawl-delay" => {
                    has_rules = true;
                    let places = [(for_us, &mut ours), (for_everyone, &mut everyone)];
                    for (_, group) in places.into_iter().filter(|(is_meant, _)| *is_meant) {
                        group.get_or_insert_default().add(&key, value);
                    }
                }
                _ => {}
            }
        }
        let group = ours.or(everyone).unwrap_or_default();
        Self { rules: group.rules, delay: group.delay, sitemaps }
    }

    /// Whether `path`, which may have a query, may be fetched: the longest pattern that matches decides, and of two the one
    /// that allows.
    pub(super) fn allows(&self, path: &str) -> bool {
        if path == "/robots.txt" {
            return true;
        }
        let path = canonical(path);
        let fitting = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        fitting.max_by_key(|rule| (rule.pattern.len(), rule.allows)).is_none_or(|rule| rule.allows)
    }
}

impl Group {
    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let seconds = value.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
            self.delay = seconds.map(|seconds| Duration::from_secs_f64(seconds.min(3600.0))).or(self.delay);
        } else if !value.is_empty() && self.rules.len() < RULES_MAX {
            self.rules.push(Rule { pattern: canonical(value), allows: key == "allow" });
        }
    }
}

/// The path as rules and addresses are compared: other than ASCII is encoded, and hexadecimal digits are capital.
fn canonical(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes().peekable();
    let hex = |byte: u8| char::from(byte.to_ascii_uppercase());
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                out.push('%');
                for _ in 0..2 {
                    out.extend(bytes.next_if(u8::is_ascii_hexdigit).map(hex));
                }
            }
            0x21..=0x7e => out.push(char::from(byte)),
            other => write!(out, "%{other:02X}").expect("a String takes any text"),
        }
    }
    out
}

/// Whether the pattern fits the beginning of `path`: `*` is any text, `$` at its end is the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let pieces: Vec<_> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return !to_the_end || rest.is_empty() };
    for piece in middle {
        // The earliest place leaves the most for the others.
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    if to_the_end { rest.ends_with(last) } else { rest.contains(last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_of_our_group_decides() {
        let cases = [
            ("User-agent: *\nDisallow: /", "/x", false),
            ("User-agent: *\nDisallow:", "/x", true),
            ("", "/x", true),
            ("User-agent: other\nDisallow: /", "/x", true),
            ("User-agent: *\nDisallow: /\nUser-agent: siskin\nAllow: /", "/x", true),
            ("User-agent: *\nDisallow: /\n\nUser-agent: Siskin/2.0\nDisallow: /private", "/x", true),
            ("User-agent: *\nDisallow: /\n\nUser-agent: siskin\n", "/x", true),
            ("User-agent: a\nUser-agent: *\nDisallow: /x", "/x/y", false),
            ("User-agent: *\nDisallow: /p\nAllow: /p/open", "/p/open/1", true),
            ("User-agent: *\nAllow: /p\nDisallow: /p", "/p", true),
            ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", false),
            ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", true),
            ("User-agent: *\nDisallow: /a*b*c", "/axxbyyc", false),
            ("User-agent: *\nDisallow: /a*b*c", "/axxcyyb", true),
            ("User-agent: *\nDisallow: /*?session=", "/x?session=1", false),
            ("User-agent: *\nDisallow: /ä", "/%c3%a4/x", false),
            ("User-agent: *\nDisallow: /%7e", "/%7E", false),
            ("USER-AGENT : *\ndisallow : /x # all of it", "/x", false),
            ("Disallow: /x", "/x", true),
            ("\u{feff}User-agent: *\nDisallow: /x", "/x", false),
            ("User-agent: *\nDisallow: /", "/robots.txt", true),
            ("User-agent: siskin\nDisallow: /a\n\nUser-agent: siskin\nDisallow: /b", "/a", false),
        ];
        for (file, path, expected) in cases {
            assert_eq!(Robots::parse(file).allows(path), expected, "{file:?} {path}");
        }
        assert!(!Robots::disallow_all().allows("/x") && Robots::allow_all().allows("/x"));
    }

    #[test]
    fn delay_and_sitemaps_are_read() {
        let file = "Sitemap: https://a.example/1.xml\nUser-agent: *\nCrawl-delay: 1.5\nsitemap:/2.xml\nCrawl-delay: x";
        let robots = Robots::parse(file);
        assert_eq!(robots.delay, Some(Duration::from_millis(1500)));
        assert_eq!(robots.sitemaps, ["https://a.example/1.xml", "/2.xml"]);
    }
}
