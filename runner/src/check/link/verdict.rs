//! What an answer says about a link.

use std::time::Duration;

use siskin_blueprints::StatusSet;

/// What became of a link.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// It leads where it says.
    Ok,
    /// Whoever follows it is told of an error, or gets no answer.
    Broken,
    /// The host answers programs otherwise than people, so that nobody can tell from here.
    Unverifiable,
    /// It was not to be followed: excluded, another scheme, or beyond a limit.
    Skipped,
}

impl Verdict {
    /// One lower-case word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Broken => "broken",
            Self::Unverifiable => "unverifiable",
            Self::Skipped => "skipped",
        }
    }
}

/// Why a link is not ok.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The status of an answer.
    Status(u16),
    /// No answer within the limit.
    Timeout(Duration),
    /// The host's name is not known.
    UnknownHost(String),
    /// No connection, or one that broke.
    Connection(String),
    /// The certificate or the handshake.
    Tls(String),
    /// What came is no HTTP, or its body broke off.
    Protocol(String),
    /// Redirects lead back to where they began.
    RedirectLoop,
    /// More redirects than are followed.
    TooManyRedirects(usize),
    /// A redirect that does not say where to, or not to a web address.
    BadRedirect(String),
    /// The page has nothing of the fragment's name.
    NoFragment,
    /// An `https` page loads it over `http`; browsers block that, or change it.
    MixedContent,
    /// No URL.
    Malformed,
    /// It leads into a private network, which was not allowed.
    PrivateAddress(String),
    /// `robots.txt` of the host does not allow it.
    Robots,
    /// The host asks for a longer wait than is waited.
    AskedToWait(Duration),
    /// The run ended before.
    NotReached,
}

impl Reason {
    /// What it makes of the link.
    pub fn verdict(&self, options: &Judging) -> Verdict {
        match self {
            Self::Status(status) if options.unverifiable.contains(status) => Verdict::Unverifiable,
            Self::AskedToWait(_) | Self::Robots => Verdict::Unverifiable,
            Self::NotReached => Verdict::Skipped,
            Self::Status(_)
            | Self::Timeout(_)
            | Self::UnknownHost(_)
            | Self::Connection(_)
            | Self::Tls(_)
            | Self::Protocol(_)
            | Self::RedirectLoop
            | Self::TooManyRedirects(_)
            | Self::BadRedirect(_)
            | Self::NoFragment
            | Self::MixedContent
            | Self::Malformed
            | Self::PrivateAddress(_) => Verdict::Broken,
        }
    }

    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Timeout(_) => "timeout",
            Self::UnknownHost(_) => "unknown-host",
            Self::Connection(_) => "connection",
            Self::Tls(_) => "tls",
            Self::Protocol(_) => "protocol",
            Self::RedirectLoop => "redirect-loop",
            Self::TooManyRedirects(_) => "too-many-redirects",
            Self::BadRedirect(_) => "bad-redirect",
            Self::NoFragment => "no-fragment",
            Self::MixedContent => "mixed-content",
            Self::Malformed => "malformed",
            Self::PrivateAddress(_) => "private-address",
            Self::Robots => "robots",
            Self::AskedToWait(_) => "asked-to-wait",
            Self::NotReached => "not-reached",
        }
    }

    /// One clause for people.
    pub fn text(&self) -> String {
        match self {
            Self::Status(status) => {
                match http::StatusCode::from_u16(*status).ok().and_then(|code| code.canonical_reason()) {
                    Some(words) => format!("{status} {words}"),
                    None => status.to_string(),
                }
            }
            Self::Timeout(limit) => format!("no answer within {} s", limit.as_secs_f64()),
            Self::UnknownHost(why) => format!("unknown host: {why}"),
            Self::Connection(why) => format!("no connection: {why}"),
            Self::Tls(why) => format!("no secure connection: {why}"),
            Self::Protocol(why) => format!("no sound answer: {why}"),
            Self::RedirectLoop => "redirects lead back to where they began".to_owned(),
            Self::TooManyRedirects(count) => format!("more than {count} redirects"),
            Self::BadRedirect(location) if location.is_empty() => "a redirect that does not say where to".to_owned(),
            Self::BadRedirect(location) => format!("a redirect to \"{location}\", which is no web address"),
            Self::NoFragment => "the page has no such fragment".to_owned(),
            Self::MixedContent => "an https page loads it over http".to_owned(),
            Self::Malformed => "no URL".to_owned(),
            Self::PrivateAddress(why) => format!("{why}, which is not followed without leave"),
            Self::Robots => "robots.txt of the host does not allow it".to_owned(),
            Self::AskedToWait(wait) => format!("the host asks to wait {} s", wait.as_secs()),
            Self::NotReached => "not reached before the end of the run".to_owned(),
        }
    }

    /// The status of the answer, if there was one.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(*status),
            _ => None,
        }
    }

    /// Whether the same request may well be answered otherwise a moment later.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=527),
            Self::Connection(_) | Self::UnknownHost(_) | Self::Protocol(_) => true,
            // Whoever waited a whole timeout has waited long enough.
            _ => false,
        }
    }

    /// Whether a request that looks like a person's may be answered otherwise.
    pub(super) const fn may_be_wall(&self) -> bool {
        matches!(
            self,
            Self::Status(401 | 403 | 405 | 406 | 409 | 412 | 418 | 429 | 451 | 503 | 999) | Self::RedirectLoop
        )
    }
}

/// How statuses are judged.
#[derive(Clone, Debug)]
pub struct Judging {
    /// Statuses of links that are ok.
    pub accept: StatusSet,
    /// Statuses by which hosts keep programs out.
    pub unverifiable: Vec<u16>,
}

/// Statuses that say "not to you", not "not there".
pub const WALLS: [u16; 7] = [401, 403, 405, 406, 429, 451, 999];

impl Default for Judging {
    fn default() -> Self {
        Self { accept: "200-299".parse().expect("a constant set of codes"), unverifiable: WALLS.to_vec() }
    }
}

impl Judging {
    /// What a status says, redirects left out of account.
    pub fn judge(&self, status: u16) -> Verdict {
        if self.accept.contains(status) { Verdict::Ok } else { Reason::Status(status).verdict(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_judged() {
        let judging = Judging::default();
        for (status, expected) in [
            (200, Verdict::Ok),
            (204, Verdict::Ok),
            (206, Verdict::Ok),
            (304, Verdict::Broken),
            (400, Verdict::Broken),
            (401, Verdict::Unverifiable),
            (403, Verdict::Unverifiable),
            (404, Verdict::Broken),
            (405, Verdict::Unverifiable),
            (406, Verdict::Unverifiable),
            (410, Verdict::Broken),
            (429, Verdict::Unverifiable),
            (451, Verdict::Unverifiable),
            (500, Verdict::Broken),
            (503, Verdict::Broken),
            (999, Verdict::Unverifiable),
        ] {
            assert_eq!(judging.judge(status), expected, "{status}");
        }
    }

    #[test]
    fn accepted_statuses_come_first() {
        let judging = Judging { accept: "200-299,403".parse().unwrap(), ..Judging::default() };
        assert_eq!(judging.judge(403), Verdict::Ok);
    }
}
