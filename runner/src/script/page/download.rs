//! Files that the page offers, kept in the run's folder only.

use rhai::{Dynamic, Map};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::wait::timeout;
use crate::script::digest;
use crate::script::failure::{Blame, HostError};
use crate::script::host::Host;
use crate::script::table::{Answer, Call, Function};
use crate::script::wait::until;

/// Largest file that is kept, in bytes.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Characters of a file's name.
const NAME_CHARS_MAX: usize = 100;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "allow_downloads",
        takes: "",
        gives: "",
        about: "Lets pages save files, into `downloads` of the run's folder; before, they are refused.",
        fails: "the folder cannot be made",
        example: "page::allow_downloads();",
        run: allow,
    },
    Function {
        name: "wait_for_download",
        takes: "options?: map",
        gives: "a map of `name`, `url`, `bytes` and `sha256` (hexadecimal)",
        about: "Waits until the next file is saved whole. At most 100 MiB.",
        fails: "none is in time; it breaks off; it is too large",
        example: "page::allow_downloads();\nelement::click(\"#price-list\");\nlet file = page::wait_for_download();\n\
assert::equal(file.name, \"prices.csv\");\nassert::equal(file.bytes, 9);\n\
assert::equal(file.sha256, data::sha256(\"tea,3.50\\n\"));",
        run: wait_for_download,
    },
];

fn allow(call: &Call<'_>) -> Answer {
    let folder = call.host.download_folder();
    let broken =
        |error: std::io::Error| HostError::new(Blame::Infrastructure, format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(&folder).map_err(broken)?;
    let path = std::path::absolute(&folder).map_err(broken)?;
    let deadline = call.host.bridge().deadline();
    // Named by id: the page's own names come in through nothing but a rename of ours.
    let params = json!({"behavior": "allowAndName", "downloadPath": path, "eventsEnabled": true});
    call.host.page(async |session| session.devtools_browser("Browser.setDownloadBehavior", params, deadline).await)?;
    Ok(Dynamic::UNIT)
}

fn wait_for_download(call: &Call<'_>) -> Answer {
    let host = call.host;
    let timeout = timeout(call, 0)?;
    let done = until(host, timeout, || "a file was saved".to_owned(), || next(host))?;
    let from = host.download_folder().join(&done.id);
    let name = host.name_download(&safe(&done.name));
    let to = host.download_folder().join(&name);
    let broken = |error: std::io::Error| HostError::new(Blame::Infrastructure, format!("download {name}: {error}"));
    std::fs::rename(&from, &to).map_err(broken)?;
    let mut file = std::fs::File::open(&to).map_err(broken)?;
    let mut hasher = Sha256::new();
    let bytes = std::io::copy(&mut file, &mut hasher).map_err(broken)?;
    let sha256 = digest::hex(&hasher.finalize());
    Ok(Map::from([
        ("name".into(), name.into()),
        ("url".into(), done.url.into()),
        ("bytes".into(), (bytes as i64).into()),
        ("sha256".into(), sha256.into()),
    ])
    .into())
}

/// The next download that ended, if one did.
fn next(host: &Host) -> Result<Option<crate::browser::Download>, HostError> {
    let downloads = host.page(async |session| Ok(session.downloads()))?;
    for download in downloads {
        if download.bytes > FILE_BYTES_MAX {
            let deadline = host.bridge().deadline();
            let params = json!({"guid": download.id});
            host.page(async |session| session.devtools_browser("Browser.cancelDownload", params, deadline).await)?;
            return Err(HostError::check(format!("download {} is larger than {FILE_BYTES_MAX} bytes", download.name)));
        }
        if download.state == "inProgress" || !host.take_download(&download.id) {
            continue;
        }
        if download.state == "completed" {
            return Ok(Some(download));
        }
        return Err(HostError::check(format!("download {} broke off", download.name)));
    }
    Ok(None)
}

/// The page chooses the name; no path may come out of it.
fn safe(name: &str) -> String {
    let fit = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    let name: String = name.chars().take(NAME_CHARS_MAX).map(fit).collect();
    let name = name.trim_start_matches('.').trim();
    if name.is_empty() { "download".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths() {
        for (given, kept) in
            [("a.csv", "a.csv"), ("../../etc/passwd", "_.._etc_passwd"), (".bashrc", "bashrc"), ("", "download")]
        {
            assert_eq!(safe(given), kept);
        }
    }
}
