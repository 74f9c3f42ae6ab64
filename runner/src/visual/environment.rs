//! What decides, besides the page, how a picture looks.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::baseline::sha256;
use super::{Environment, Viewport};
use crate::browser::RunningBrowser;

/// Files of fonts looked at, and folders within each other: more than any system has.
const FONTS_MAX: usize = 50_000;
const FOLDERS_WITHIN_MAX: usize = 8;
/// Enough to tell sets of fonts apart.
const DIGITS: usize = 16;

impl Environment {
    /// That of a browser on this machine.
    pub(crate) fn of(browser: &RunningBrowser, viewport: Viewport) -> Self {
        Self {
            browser: browser.programs.kind.as_str().to_owned(),
            browser_version: browser.version.to_string(),
            platform: format!("{} {}", env::consts::OS, env::consts::ARCH),
            fonts: fonts().to_owned(),
            viewport,
        }
    }

    /// What another one has otherwise, in words; empty when they are alike.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let pairs = [
            ("browser", &self.browser, &other.browser),
            ("browser version", &self.browser_version, &other.browser_version),
            ("platform", &self.platform, &other.platform),
            ("fonts", &self.fonts, &other.fonts),
        ];
        let mut differences: Vec<_> = pairs
            .into_iter()
            .filter(|(_, own, other)| own != other)
            .map(|(name, own, other)| format!("{name} {own}, now {other}"))
            .collect();
        if self.viewport != other.viewport {
            differences.push(format!("viewport {}, now {}", self.viewport, other.viewport));
        }
        differences
    }
}

/// Of the fonts that are installed when it is first asked for.
fn fonts() -> &'static str {
    static FONTS: OnceLock<String> = OnceLock::new();
    FONTS.get_or_init(|| {
        let home = env::var_os("HOME").map(PathBuf::from);
        let in_home = [".fonts", ".local/share/fonts", "Library/Fonts"];
        let system = ["/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts"];
        let folders = system
            .map(PathBuf::from)
            .into_iter()
            .chain(in_home.iter().filter_map(|folder| Some(home.as_ref()?.join(folder))));
        let mut found = Vec::new();
        folders.for_each(|folder| gather(&folder, &mut found, 0));
        digest(found)
    })
}

/// Names and sizes: contents would be hundreds of megabytes to read.
fn gather(folder: &Path, found: &mut Vec<(String, u64)>, depth: usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if found.len() >= FONTS_MAX {
            return;
        }
        let path = entry.path();
        // Debian's fonts are links in part.
        let Ok(kind) = fs::metadata(&path) else { continue };
        if kind.is_dir() && depth < FOLDERS_WITHIN_MAX {
            gather(&path, found, depth + 1);
        } else if is_font(&path) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            found.push((name.unwrap_or_default(), kind.len()));
        }
    }
}

fn is_font(path: &Path) -> bool {
    let ending = path.extension().map(OsStr::to_ascii_lowercase);
    let ending = ending.as_ref().and_then(|ending| ending.to_str());
    ending
        .is_some_and(|ending| matches!(ending, "ttf" | "otf" | "ttc" | "otc" | "pfb" | "pcf" | "gz" | "woff" | "woff2"))
}

fn digest(mut fonts: Vec<(String, u64)>) -> String {
    fonts.sort();
    fonts.dedup();
    let lines: Vec<_> = fonts.into_iter().map(|(name, bytes)| format!("{name}\0{bytes}\n")).collect();
    let mut digest = sha256(lines.concat().as_bytes());
    digest.truncate(DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_told_by_names_and_sizes_wherever_they_are() {
        let root = tempfile::tempdir().unwrap();
        let of = |files: &[(&str, usize)]| {
            let folder = tempfile::tempdir_in(root.path()).unwrap();
            for (name, bytes) in files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, vec![0; *bytes]).unwrap();
            }
            let mut found = Vec::new();
            gather(folder.path(), &mut found, 0);
            digest(found)
        };
        let two = of(&[("a.ttf", 10), ("b/c.otf", 20)]);
        assert_eq!(two, of(&[("c.otf", 20), ("x/a.ttf", 10), ("readme", 5)]));
        assert_ne!(two, of(&[("a.ttf", 10), ("b/c.otf", 21)]));
        assert_ne!(two, of(&[("a.ttf", 10)]));
        assert_eq!(two.len(), 16);
    }

    #[test]
    fn what_differs_is_told() {
        let own = Environment {
            browser: "chromium".to_owned(),
            browser_version: "142.0.1".to_owned(),
            platform: "linux x86_64".to_owned(),
            fonts: "00".to_owned(),
            viewport: "1280x720".parse().unwrap(),
        };
        let other = Environment { browser_version: "143.0.2".to_owned(), fonts: "11".to_owned(), ..own.clone() };
        assert_eq!(own.differences(&own), Vec::<String>::new());
        assert_eq!(own.differences(&other), ["browser version 142.0.1, now 143.0.2", "fonts 00, now 11"]);
    }
}
