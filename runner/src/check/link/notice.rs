//! What could not be looked at, or not as a whole.

use std::collections::BTreeMap;

/// Notices that are kept; more are counted.
const NOTICES_MAX: usize = 1_000;

/// Notices of a run, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// By page.
    pages: BTreeMap<u32, Vec<String>>,
    hosts: Vec<(String, String)>,
    /// Links of pages that found no room, by page.
    over_limit: BTreeMap<u32, u64>,
    pages_over_limit: u64,
    general: Vec<String>,
    dropped: u64,
}

/// Something that limits what a report says.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub struct Notice {
    /// The page or host it is about; empty for the run.
    pub about: String,
    /// One sentence without a full stop.
    pub text: String,
}

impl Notices {
    pub(super) fn page(&mut self, page: u32, text: String) {
        if self.pages.len() < NOTICES_MAX || self.pages.contains_key(&page) {
            self.pages.entry(page).or_default().push(text);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn host(&mut self, host: &str, text: String) {
        if self.hosts.len() < NOTICES_MAX {
            self.hosts.push((host.to_owned(), text));
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn general(&mut self, text: String) {
        self.general.push(text);
    }

    pub(super) fn link_over_limit(&mut self, page: u32) {
        if self.over_limit.len() < NOTICES_MAX || self.over_limit.contains_key(&page) {
            *self.over_limit.entry(page).or_default() += 1;
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn page_over_limit(&mut self) {
        self.pages_over_limit += 1;
    }

    /// All of them; `url` gives the address of a page.
    pub(super) fn into_list(self, url: impl Fn(u32) -> String) -> Vec<Notice> {
        let of_run = |text: String| Notice { about: String::new(), text };
        let mut all: Vec<_> = self.general.into_iter().map(of_run).collect();
        if self.pages_over_limit > 0 {
            let count = self.pages_over_limit;
            all.push(of_run(format!(
                "{count} pages beyond the limit of pages were followed but not searched for links"
            )));
        }
        all.extend(self.hosts.into_iter().map(|(about, text)| Notice { about, text }));
        all.extend(self.over_limit.into_iter().map(|(page, count)| Notice {
            about: url(page),
            text: format!("{count} links beyond the limit of links were not followed"),
        }));
        for (page, texts) in self.pages {
            all.extend(texts.into_iter().map(|text| Notice { about: url(page), text }));
        }
        if self.dropped > 0 {
            all.push(of_run(format!("{} more notices like these", self.dropped)));
        }
        all
    }
}
