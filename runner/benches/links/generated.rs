//! The generated site: 2,000 pages of 50 links, some of which are broken, moved, or never answer.

use std::fmt::Write;
use std::fs;

use tempfile::TempDir;

use crate::Failure;

pub(crate) const PAGES: usize = 2_000;
/// Of each page: 100,000 in all, 2,500 of them different.
pub(crate) const LINKS: usize = 50;
/// Addresses beside the pages: 200 that are not there, 100 that fail, 200 that moved.
const MISSING: usize = 200;
const FAILING: usize = 100;
const MOVED: usize = 200;
pub(crate) const HANGING: usize = 10;

/// What the site has beside pages, missing ones and moved ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Variant {
    /// Nothing: lychee's best, which backs off for a while after a status of 500 and above.
    Sound,
    /// Links whose answer is 500.
    Failing,
    /// And links that never answer.
    Hanging,
}

impl Variant {
    pub(crate) const ALL: [Self; 3] = [Self::Sound, Self::Failing, Self::Hanging];
}

/// What a path of the site answers.
pub(crate) enum Answer {
    Page(String),
    Missing,
    Failing,
    Moved(String),
    Hanging,
}

/// The answer for `path`.
pub(crate) fn answer(path: &str, origin: &str, variant: Variant) -> Answer {
    let number = |prefix: &str, max: usize| {
        path.strip_prefix(prefix).and_then(|rest| rest.parse::<usize>().ok()).filter(|number| *number < max)
    };
    if path == "/" {
        Answer::Page(page(0, origin, variant))
    } else if let Some(number) = number("/page/", PAGES) {
        Answer::Page(page(number, origin, variant))
    } else if let Some(number) = number("/moved/", MOVED) {
        Answer::Moved(format!("/page/{number}"))
    } else if number("/failing/", FAILING).is_some() {
        Answer::Failing
    } else if number("/hanging/", HANGING).is_some() {
        Answer::Hanging
    } else {
        Answer::Missing
    }
}

pub(crate) fn page_addresses(origin: &str) -> Vec<String> {
    (0..PAGES).map(|number| format!("{origin}/page/{number}")).collect()
}

/// The pages as files, with absolute addresses.
pub(crate) fn write_files(origin: &str, variant: Variant) -> Result<TempDir, Failure> {
    let folder = tempfile::tempdir()?;
    for number in 0..PAGES {
        fs::write(folder.path().join(format!("{number}.html")), page(number, origin, variant))?;
    }
    Ok(folder)
}

fn page(number: usize, origin: &str, variant: Variant) -> String {
    let mut html = String::with_capacity(8 << 10);
    html.push_str("<!DOCTYPE html>\n<html><head><title>A page</title></head><body>\n");
    for index in 0..LINKS {
        let path = match index {
            // Each page leads to the next ones, so that all are found.
            0..40 => format!("/page/{}", (number + index * index + 1) % PAGES),
            40..44 => format!("/missing/{}", (number * 4 + index) % MISSING),
            44..46 if variant != Variant::Sound => format!("/failing/{}", (number * 2 + index) % FAILING),
            46..49 => format!("/moved/{}", (number * 3 + index) % MOVED),
            49 if variant == Variant::Hanging => format!("/hanging/{}", number % HANGING),
            _ => format!("/page/{}", (number * 7 + index) % PAGES),
        };
        writeln!(html, "<p id=\"p{index}\" class=\"item\">Text about <a href=\"{origin}{path}\">item {index}</a>.</p>")
            .expect("a String takes any text");
    }
    html.push_str("</body></html>\n");
    html
}
