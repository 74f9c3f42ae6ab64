//! A document and what its references lead to.

use serde_json::Value;

use crate::Invalid;
use crate::import::limits;

/// Values, lists and maps of a document.
const NODES_MAX: usize = 5_000_000;
/// References that lead to references: more are a mistake.
const REFERENCES_MAX: usize = 32;

/// A value of the document and where it stands, as a JSON pointer (RFC 6901) behind `#`.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub(super) value: &'a Value,
    pub(super) place: String,
}

#[derive(Debug)]
pub(super) struct Document {
    root: Value,
}

impl<'a> At<'a> {
    /// What stands at a key.
    pub(super) fn get(&self, key: &str) -> Option<At<'a>> {
        let value = self.value.get(key)?;
        Some(At { value, place: format!("{}/{}", self.place, escaped(key)) })
    }

    /// What stands in a list.
    pub(super) fn items(&self) -> Vec<At<'a>> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().enumerate().map(|(at, value)| At { value, place: format!("{}/{at}", self.place) }).collect()
    }

    /// What stands in a map, with its keys.
    pub(super) fn entries(&self) -> Vec<(&'a str, At<'a>)> {
        let entries = self.value.as_object().into_iter().flatten();
        let at = |key: &str, value| At { value, place: format!("{}/{}", self.place, escaped(key)) };
        entries.map(|(key, value)| (key.as_str(), at(key, value))).collect()
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key).and_then(Value::as_str)
    }
}

impl Document {
    /// Reads JSON or YAML.
    ///
    /// # Errors
    /// A text that is neither, or no document of OpenAPI 3.0 or 3.1.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > limits::TEXT_BYTES_MAX {
            let rule = format!("a document of at most {} bytes", limits::TEXT_BYTES_MAX);
            return Err(Invalid::new("openapi", format!("{} bytes", text.len()), rule));
        }
        let text = text.trim_start_matches('\u{feff}');
        let unreadable = |why: String| {
            let why: String = why.lines().next().unwrap_or_default().chars().take(300).collect();
            Invalid::new("openapi", "(the file)", why)
        };
        let root: Value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| unreadable(format!("is no JSON: {error}")))?
        } else {
            // Documents of large services have a million nodes; what aliases may grow to stays limited as it is.
            let budget = serde_saphyr::budget! { max_nodes: NODES_MAX, max_events: 2 * NODES_MAX };
            let options = serde_saphyr::options! { budget: budget };
            let read = serde_saphyr::from_str_with_options(text, options);
            read.map_err(|error| unreadable(format!("is no YAML: {error}")))?
        };
        let version = root.get("openapi").or_else(|| root.get("swagger")).cloned().unwrap_or(Value::Null);
        // YAML reads `3.0` as a number.
        let word = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
        if root.get("openapi").is_none() || !["3.0", "3.1"].iter().any(|known| word.starts_with(known)) {
            return Err(Invalid::new("openapi", word, "a document of OpenAPI 3.0 or 3.1 begins with its version"));
        }
        Ok(Self { root })
    }

    pub(super) fn root(&self) -> At<'_> {
        At { value: &self.root, place: "#".to_owned() }
    }

    /// Whether schemas are those of OpenAPI 3.0, which are no JSON schemas yet.
    pub(super) fn is_3_0(&self) -> bool {
        let version = &self.root["openapi"];
        version.as_str().map_or_else(|| version.to_string(), str::to_owned).starts_with("3.0")
    }

    /// What a value is, its references followed.
    ///
    /// # Errors
    /// A reference to another document, to nothing, or in a circle.
    pub(super) fn resolve<'a>(&'a self, at: &At<'a>) -> Result<At<'a>, Invalid> {
        let mut now = at.clone();
        for _ in 0..REFERENCES_MAX {
            let Some(reference) = now.text("$ref") else { return Ok(now) };
            now = self.follow(reference, &now.place)?;
        }
        let reference = at.text("$ref").unwrap_or_default();
        Err(broken(&at.place, reference, "leads in a circle, or through more than 32 others"))
    }

    /// What one reference at `place` leads to.
    pub(super) fn follow<'a>(&'a self, reference: &str, place: &str) -> Result<At<'a>, Invalid> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(broken(
                place,
                reference,
                "leads to another document: put everything into one, as a bundler does",
            ));
        };
        let decoded = percent_decoded(pointer);
        match self.root.pointer(&decoded) {
            Some(value) => Ok(At { value, place: format!("#{decoded}") }),
            None => Err(broken(place, reference, "there is nothing at this place of the document")),
        }
    }
}

fn broken(place: &str, reference: &str, rule: &str) -> Invalid {
    Invalid::new(format!("{place}/$ref"), format!("\"{reference}\""), rule)
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A fragment of a URI as the text it stands for.
fn percent_decoded(fragment: &str) -> String {
    if !fragment.contains('%') {
        return fragment.to_owned();
    }
    // Read as a form, where a plus is a blank: here it is a plus.
    let pair = format!("x={}", fragment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
