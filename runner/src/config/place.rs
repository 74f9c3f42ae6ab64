//! Where artifacts of runs are kept.

use std::fmt;
use std::path::{Path, PathBuf};

use siskin_blueprints::Invalid;
use url::Url;

const RULE: &str = "a directory, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX";

/// How runs without a browser that passed are kept; all others have a folder of files.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeepPassed {
    /// The first after a start or a failure in a folder; of each further one a line in a file for each hour.
    #[default]
    Packed,
    /// In a folder of files too.
    Folder,
}

/// Where artifacts of runs are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ArtifactPlace {
    /// In a directory.
    Directory(PathBuf),
    /// On an object store.
    Store(StoreUrl),
}

/// A bucket or container of an object store, and a prefix in it: `s3://bucket/prefix`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreUrl(Url);

/// Where approved pictures of pages are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BaselinePlace {
    /// In a folder with a file for each, to be committed with the tests.
    Folder(PathBuf),
    /// In a directory, by content.
    Directory(PathBuf),
    /// On an object store, by content.
    Store(StoreUrl),
}

impl BaselinePlace {
    /// Reads a path, which begins at `directory` unless it is absolute; `file:///DIRECTORY`; or the address of an object
    /// store. `field` is what errors call it.
    ///
    /// # Errors
    /// As [`ArtifactPlace::parse`], and for a `file://` that is no whole path.
    pub fn parse(field: &'static str, text: &str, directory: &Path) -> Result<Self, Invalid> {
        if let Some(path) = text.strip_prefix("file://") {
            let rule = "a folder, file:///DIRECTORY, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX: \
                        file:// must have a whole path";
            let is_whole = path.starts_with('/') && path != "/";
            return if is_whole { Ok(Self::Directory(path.into())) } else { Err(Invalid::new(field, text, rule)) };
        }
        ArtifactPlace::parse(field, text, directory).map(|place| match place {
            ArtifactPlace::Directory(folder) => Self::Folder(folder),
            ArtifactPlace::Store(url) => Self::Store(url),
        })
    }
}

impl fmt::Display for BaselinePlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(out, "{}", path.display()),
            Self::Directory(path) => write!(out, "file://{}", path.display()),
            Self::Store(url) => url.fmt(out),
        }
    }
}

impl KeepPassed {
    /// Reads `packed` or `folder`.
    ///
    /// # Errors
    /// Any other word.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "packed" => Ok(Self::Packed),
            "folder" => Ok(Self::Folder),
            _ => Err(Invalid::new("passed", format!("\"{text}\""), "one of packed, folder")),
        }
    }
}

impl ArtifactPlace {
    /// Reads a path, which begins at `directory` unless it is absolute, or the address of an object store. `field` is what
    /// errors call it.
    ///
    /// # Errors
    /// An empty text, another scheme, or an address without a bucket or with more than a prefix.
    pub fn parse(field: &'static str, text: &str, directory: &Path) -> Result<Self, Invalid> {
        let invalid = |rule: String| Invalid::new(field, format!("\"{text}\""), rule);
        if text.trim().is_empty() {
            return Err(invalid(RULE.to_owned()));
        }
        if !text.contains("://") {
            return Ok(Self::Directory(directory.join(text)));
        }
        let url = Url::parse(text).map_err(|error| invalid(format!("{RULE}: {error}")))?;
        if !matches!(url.scheme(), "s3" | "gs" | "az") {
            return Err(invalid(format!("{RULE}: there is no scheme {}", url.scheme())));
        }
        let is_bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        let has_more = url.query().is_some() || url.fragment().is_some();
        if url.host_str().is_none_or(str::is_empty) || !is_bare || has_more {
            return Err(invalid(format!("{RULE}; keys and endpoints are told by the environment")));
        }
        Ok(Self::Store(StoreUrl(url)))
    }
}

impl StoreUrl {
    /// The whole address.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Names of the prefix, without slashes.
    pub fn prefix(&self) -> impl Iterator<Item = &str> {
        self.0.path().split('/').filter(|part| !part.is_empty())
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_begin_at_the_file_and_stores_have_a_bucket() {
        let parse = |text: &str| ArtifactPlace::parse("artifacts", text, Path::new("/etc/siskin"));
        assert_eq!(parse("out").unwrap(), ArtifactPlace::Directory("/etc/siskin/out".into()));
        assert_eq!(parse("/var/out").unwrap(), ArtifactPlace::Directory("/var/out".into()));
        let Ok(ArtifactPlace::Store(store)) = parse("s3://shop-runs/eu/prod/") else { panic!("no store") };
        assert_eq!((store.to_string().as_str(), store.prefix().count()), ("s3://shop-runs/eu/prod", 2));
        assert!(matches!(parse("gs://runs"), Ok(ArtifactPlace::Store(_))));
        assert!(matches!(parse("az://runs/a"), Ok(ArtifactPlace::Store(_))));
        let cases = [
            ("", "artifacts = \"\": a directory, or s3://"),
            ("ftp://runs/a", "there is no scheme ftp"),
            ("s3:///a", "artifacts = \"s3:///a\": a directory, or s3://"),
            ("s3://key:secret@runs/a", "keys and endpoints are told by the environment"),
            ("s3://runs/a?endpoint=x", "keys and endpoints are told by the environment"),
        ];
        for (text, expected) in cases {
            let told = parse(text).unwrap_err().to_string();
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}
