//! What earlier runs found out about links that leave the scope.
//!
//! Good links hold for the whole age, unverifiable ones for an hour, broken ones never: a mended link is seen at once.
//! Pauses that hosts asked for hold as long as they asked. The file is JSON, a line for each entry.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::options::CacheOptions;

/// Entries that are read and written.
const ENTRIES_MAX: usize = 200_000;
const UNVERIFIABLE_AGE_MAX: Duration = Duration::from_hours(1);

/// What is known of a link, its fragment included.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) status: u16,
    pub(super) is_ok: bool,
    pub(super) checked: Timestamp,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
enum Line {
    Link {
        url: String,
        #[serde(flatten)]
        entry: Entry,
    },
    Pause {
        origin: String,
        until: Timestamp,
    },
}

/// What is known from before, and what is to be known next time.
#[derive(Debug, Default)]
pub(super) struct Cache {
    known: HashMap<String, Entry>,
    pauses: HashMap<String, Timestamp>,
}

impl Cache {
    /// Reads the file; a file that is not there is an empty one. Lines that are damaged are counted and passed over.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn load(options: &CacheOptions, now: Timestamp) -> io::Result<(Self, usize)> {
        let file = match fs::File::open(&options.file) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Self::default(), 0)),
            Err(error) => return Err(error),
        };
        let (mut cache, mut damaged) = (Self::default(), 0);
        for line in BufReader::new(file).lines().take(ENTRIES_MAX) {
            match line.map(|line| serde_json::from_str(&line)) {
                Ok(Ok(Line::Link { url, entry })) if entry.holds(options.age, now) => {
                    cache.known.insert(url, entry);
                }
                Ok(Ok(Line::Pause { origin, until })) if until > now => {
                    cache.pauses.insert(origin, until);
                }
                Ok(Ok(Line::Link { .. } | Line::Pause { .. })) => {}
                Ok(Err(_)) => damaged += 1,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => damaged += 1,
                Err(error) => return Err(error),
            }
        }
        Ok((cache, damaged))
    }

    pub(super) fn get(&self, url: &str) -> Option<Entry> {
        self.known.get(url).copied()
    }

    /// How long the host wants to be left alone.
    pub(super) fn pause(&self, origin: &str, now: Timestamp) -> Option<Duration> {
        Duration::try_from(self.pauses.get(origin)?.duration_since(now)).ok()
    }

    pub(super) fn keep(&mut self, url: String, entry: Entry) {
        if self.known.len() < ENTRIES_MAX {
            self.known.insert(url, entry);
        }
    }

    pub(super) fn forget(&mut self, url: &str) {
        self.known.remove(url);
    }

    pub(super) fn keep_pause(&mut self, origin: &str, until: Timestamp) {
        self.pauses.insert(origin.to_owned(), until);
    }

    /// Writes all that holds still, in place of the file before.
    ///
    /// # Errors
    /// The file cannot be written; the one before is whole then.
    pub(super) fn save(&self, file: &Path) -> io::Result<()> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let new = tempfile::NamedTempFile::new_in(folder)?;
        let mut out = io::BufWriter::new(new.as_file());
        let mut urls: Vec<_> = self.known.iter().collect();
        urls.sort_by_key(|(url, _)| *url);
        for (url, entry) in urls {
            serde_json::to_writer(&mut out, &Line::Link { url: url.clone(), entry: *entry })?;
            out.write_all(b"\n")?;
        }
        for (origin, until) in &self.pauses {
            serde_json::to_writer(&mut out, &Line::Pause { origin: origin.clone(), until: *until })?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        drop(out);
        new.persist(file)?;
        Ok(())
    }
}

impl Entry {
    fn holds(&self, age: Duration, now: Timestamp) -> bool {
        let age = if self.is_ok { age } else { age.min(UNVERIFIABLE_AGE_MAX) };
        let past = now.duration_since(self.checked);
        !past.is_negative() && past.unsigned_abs() <= age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_hold_as_long_as_their_verdict_lets_them() {
        let folder = tempfile::tempdir().unwrap();
        let options = CacheOptions { file: folder.path().join("deep/links.cache"), age: Duration::from_hours(24) };
        let start: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
        let (mut cache, damaged) = Cache::load(&options, start).unwrap();
        assert_eq!(damaged, 0);
        cache.keep("https://a.example/#x".to_owned(), Entry { status: 200, is_ok: true, checked: start });
        cache.keep("https://b.example/".to_owned(), Entry { status: 403, is_ok: false, checked: start });
        cache.keep_pause("https://c.example", start + Duration::from_mins(10));
        cache.save(&options.file).unwrap();
        for (seconds, ok, wall, pause) in
            [(0, true, true, true), (3_601, true, false, false), (86_401, false, false, false)]
        {
            let now = start + Duration::from_secs(seconds);
            let (cache, _) = Cache::load(&options, now).unwrap();
            let found = (cache.get("https://a.example/#x").is_some(), cache.get("https://b.example/").is_some());
            assert_eq!((found, cache.pause("https://c.example", now).is_some()), ((ok, wall), pause), "{seconds}");
        }
    }

    #[test]
    fn damaged_lines_cost_only_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let options = CacheOptions { file: folder.path().join("cache"), age: Duration::from_mins(1) };
        let line = r#"{"url":"https://a.example/","status":200,"isOk":true,"checked":"2026-05-01T00:00:00Z"}"#;
        fs::write(&options.file, format!("{line}\n{{\"url\":\nnonsense\n")).unwrap();
        let (cache, damaged) = Cache::load(&options, "2026-05-01T00:00:01Z".parse().unwrap()).unwrap();
        assert_eq!((damaged, cache.get("https://a.example/").is_some()), (2, true));
    }
}
