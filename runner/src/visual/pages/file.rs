//! A file of pages: parameters of the blueprint as TOML, or a line for each address.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use siskin_blueprints::Invalid;
use url::Url;

use super::suite::{Rebase, page};
use super::{PagesError, Suite};

/// Larger ones are something else.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Reads a file of pages. One whose name ends in `.toml` has the parameters of the blueprint `visual` at its root, `url` being
/// a list or `[[url]]` tables, and may have `base`, which addresses that are paths begin with. Any other has an address, and
/// behind a blank a name, on each line; lines that begin with `#` are passed over. `base` takes the place of the file's own.
///
/// # Errors
/// A file that cannot be read, and the first rule that is broken.
pub fn read_file(path: &Path, base: Option<&Url>) -> Result<Suite, PagesError> {
    let at = path.display();
    let bytes = fs::metadata(path).map_err(|error| PagesError::unreadable(&at, error))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(PagesError::unreadable(&at, format_args!("{bytes} bytes, at most {FILE_BYTES_MAX}")));
    }
    let text = fs::read_to_string(path).map_err(|error| PagesError::unreadable(&at, error))?;
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let told = |invalid: Invalid| PagesError::invalid(&at, invalid);
    let (mut suite, own_base) = if is_toml { from_toml(&text).map_err(told)? } else { (from_lines(&text), None) };
    match (base, own_base) {
        (Some(base), _) => suite.rebase(base, Rebase::All).map_err(told)?,
        (None, Some(own)) => suite.rebase(&own, Rebase::Paths).map_err(told)?,
        (None, None) => {}
    }
    Ok(suite)
}

/// The suite, and what its paths begin with.
fn from_toml(text: &str) -> Result<(Suite, Option<Url>), Invalid> {
    let table: toml::Table =
        toml::from_str(text).map_err(|error| Invalid::new("", error.message().to_owned(), "TOML"))?;
    let root = serde_json::to_value(table).map_err(|error| Invalid::new("", error, "values that JSON has too"))?;
    let Value::Object(mut common) = root else { return Err(Invalid::new("", "", "a table")) };
    let own_base = match common.remove("base") {
        None => None,
        Some(value) => {
            let url = value.as_str().and_then(|text| Url::parse(text).ok());
            let is_http = |url: &Url| matches!(url.scheme(), "http" | "https");
            Some(url.filter(is_http).ok_or_else(|| Invalid::new("base", &value, "an http or https URL"))?)
        }
    };
    let entries = match common.remove("url") {
        None => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(other) => vec![other],
    };
    let mut pages = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        pages.push(match entry {
            Value::String(url) => page(&url, None),
            Value::Object(page) => page,
            other => return Err(Invalid::new(format!("url[{index}]"), other, "a URL, or a table with one")),
        });
    }
    Ok((Suite { common, pages }, own_base))
}

fn from_lines(text: &str) -> Suite {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let page = |line: &str| {
        let (address, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        page(address, Some(name.trim()).filter(|name| !name.is_empty()))
    };
    Suite { common: Map::new(), pages: lines.map(page).collect() }
}
