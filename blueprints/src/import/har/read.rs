//! From an archive to steps: which of its requests, and in what order.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use url::Url;

use super::entry::{Entry, Skipped};
use super::step::{Redactor, step};
use crate::import::Imported;
use crate::import::limits;
use crate::{HostPattern, Invalid};

/// What is taken out of an archive.
#[derive(Clone, Debug, Default)]
pub struct HarOptions {
    /// Requests to this host; to that of the first page, or of the first request, without one.
    pub host: Option<HostPattern>,
}

/// Takes the requests to one host out of an archive (HAR 1.2): without static files, repeats, and what a browser adds by
/// itself; cookies, tokens and passwords become secrets.
///
/// <http://www.softwareishard.com/blog/har-12-spec/>
///
/// # Errors
/// A text that is no archive, or an archive without such requests; the field is the place in it.
pub fn from_har(text: &str, options: &HarOptions) -> Result<Imported, Invalid> {
    if text.len() > limits::TEXT_BYTES_MAX {
        let rule = format!("an archive of at most {} bytes", limits::TEXT_BYTES_MAX);
        return Err(Invalid::new("har", format!("{} bytes", text.len()), rule));
    }
    // Files often begin with a byte order mark.
    let archive: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| Invalid::new("har", "(the file)", format!("is no JSON: {error}")))?;
    let entries = archive.pointer("/log/entries");
    let Some(entries) = entries.and_then(Value::as_array) else {
        return Err(Invalid::new("log.entries", shown(entries), "an archive (HAR 1.2) has a list of requests here"));
    };
    if entries.is_empty() {
        return Err(Invalid::new("log.entries", "0 items", "the archive has no request"));
    }
    let read = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| Entry::read(entry).map_err(|invalid| invalid.within(&format!("log.entries[{index}]"))));
    let entries = read.collect::<Result<Vec<_>, _>>()?;
    let host = match &options.host {
        Some(host) => host.clone(),
        None => first_host(&archive, &entries)?,
    };
    collect(&archive, &entries, &host)
}

fn collect(archive: &Value, entries: &[Entry<'_>], host: &HostPattern) -> Result<Imported, Invalid> {
    let title = archive.pointer("/log/pages/0/title").and_then(Value::as_str);
    let mut imported = Imported { title: title.map(str::to_owned), ..Imported::default() };
    let mut skipped: BTreeMap<Skipped, usize> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut redactor = Redactor::default();
    for entry in entries {
        let why = match entry.skipped(host) {
            None if !seen.insert(entry.identity()) => Some(Skipped::Repeat),
            None if imported.steps.len() >= limits::STEPS_MAX => Some(Skipped::TooMany),
            why => why,
        };
        if let Some(why) = why {
            *skipped.entry(why).or_default() += 1;
        } else {
            let step = step(entry, &mut redactor, &mut imported);
            imported.steps.push(step);
        }
    }
    for (why, count) in skipped {
        imported.note(format!("{}: {count}", why.told()));
    }
    if imported.steps.is_empty() {
        let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
        for found in entries.iter().filter_map(|entry| HostPattern::of(&entry.url)) {
            *hosts.entry(found.to_string()).or_default() += 1;
        }
        let hosts: Vec<_> = hosts.iter().map(|(host, count)| format!("{host} ({count})")).collect();
        let left_out =
            if imported.notes.is_empty() { String::new() } else { format!("; {}", imported.notes.join("; ")) };
        let rule = format!("no request of it is of use; the archive has requests to {}{left_out}", hosts.join(", "));
        return Err(Invalid::new("host", host, rule));
    }
    Ok(imported)
}

/// The host of the first page, whose title usually is its address, or else of the first request.
fn first_host(archive: &Value, entries: &[Entry<'_>]) -> Result<HostPattern, Invalid> {
    let page = archive.pointer("/log/pages/0/title").and_then(Value::as_str).and_then(|title| Url::parse(title).ok());
    let page = page.as_ref().filter(|url| matches!(url.scheme(), "http" | "https")).and_then(HostPattern::of);
    let of_entry = || entries.iter().find_map(|entry| HostPattern::of(&entry.url).filter(|_| entry.is_http()));
    page.or_else(of_entry).ok_or_else(|| Invalid::new("log.entries", "(all)", "no request goes to http or https"))
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(not given)".to_owned(), Value::to_string)
}
