//! Ways to name an element.

use crate::Invalid;

/// A way to an element: its selector, before it those of the elements around it that have a shadow root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Path(pub Vec<Selector>);

/// Names elements.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Selector {
    Css(String),
    /// CSS that looks into shadow roots by itself, which our scripts' always does.
    Pierce(String),
    /// What assistive software is told: the role, or any, and the name.
    Role {
        role: Option<String>,
        name: String,
    },
    /// The whole text.
    Text(String),
    /// A part of the text.
    TextPart(String),
    XPath(String),
}

impl From<Selector> for Path {
    fn from(selector: Selector) -> Self {
        Self(vec![selector])
    }
}

impl Path {
    /// As scripts write it. They look into all shadow roots, so the way there need not be told.
    pub(super) fn script_text(&self) -> Option<String> {
        self.0.last().map(Selector::script_text)
    }
}

impl Selector {
    /// As scripts write it (the runner's `Selector` reads it).
    pub fn script_text(&self) -> String {
        match self {
            Self::Css(css) | Self::Pierce(css) => {
                let taken = ["css=", "text=", "role=", "xpath=", "//"].iter().any(|prefix| css.starts_with(prefix));
                if taken { format!("css={css}") } else { css.clone() }
            }
            Self::Role { role, name } => {
                format!("role={}[name=\"{name}\"]", role.as_deref().unwrap_or("*"))
            }
            // Between slashes it would be an expression.
            Self::Text(text) if text.starts_with('/') => format!("text=/^{}$/", escaped(text)),
            Self::Text(text) => format!("text={text}"),
            Self::TextPart(text) => format!("text=/{}/", escaped(text)),
            Self::XPath(path) => format!("xpath={path}"),
        }
    }

    /// Reads one of DevTools' selectors: CSS, or what its prefix says.
    pub(super) fn from_devtools(text: &str) -> Result<Self, Invalid> {
        let invalid = |rule: &str| Invalid::new("", format!("\"{text}\""), rule);
        let selector = if let Some(rest) = text.strip_prefix("aria/") {
            role(rest).map_err(|rule| invalid(&rule))?
        } else if let Some(rest) = text.strip_prefix("text/") {
            Self::TextPart(rest.to_owned())
        } else if let Some(rest) = text.strip_prefix("xpath/") {
            Self::XPath(rest.to_owned())
        } else if let Some(rest) = text.strip_prefix("pierce/") {
            Self::Pierce(rest.to_owned())
        } else {
            Self::Css(text.to_owned())
        };
        let told = match &selector {
            Self::Css(text) | Self::Pierce(text) | Self::Text(text) | Self::TextPart(text) | Self::XPath(text) => text,
            Self::Role { role, name } => role.as_ref().unwrap_or(name),
        };
        if told.trim().is_empty() {
            return Err(invalid("a selector: CSS, or aria/, text/, xpath/ or pierce/ and what follows"));
        }
        Ok(selector)
    }

    /// As DevTools writes it.
    pub(super) fn to_devtools(&self) -> String {
        match self {
            Self::Css(css) => css.clone(),
            Self::Pierce(css) => format!("pierce/{css}"),
            Self::Role { role: Some(role), name } => format!("aria/{name}[role=\"{role}\"]"),
            Self::Role { role: None, name } => format!("aria/{name}"),
            Self::Text(text) | Self::TextPart(text) => format!("text/{text}"),
            Self::XPath(path) => format!("xpath/{path}"),
        }
    }
}

/// `Name`, and behind it `[role="button"]` or `[name="Name"]`, as Puppeteer reads it.
fn role(text: &str) -> Result<Selector, String> {
    let mut rest = text.trim();
    let (mut role, mut name) = (None, None);
    while let Some((before, attribute)) = rest.strip_suffix(']').and_then(|inner| inner.rsplit_once('[')) {
        let Some((key, value)) = attribute.split_once('=') else { break };
        let value = value.trim();
        let quoted = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
        let Some(value) = quoted('"').or_else(|| quoted('\'')) else { break };
        match key.trim() {
            "role" => role = Some(value.to_owned()),
            "name" => name = Some(value.to_owned()),
            other => return Err(format!("aria/ knows the attributes role and name, not {other}")),
        }
        rest = before.trim_end();
    }
    if let Some(role) = role.as_ref().filter(|role| role.is_empty() || !role.chars().all(|c| c.is_ascii_alphabetic())) {
        return Err(format!("a role is a word of letters, not \"{role}\""));
    }
    let name = name.unwrap_or_else(|| rest.to_owned());
    if name.is_empty() {
        return Err("aria/ needs a name".to_owned());
    }
    Ok(Selector::Role { role, name })
}

/// Text as a regular expression that matches it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\^$.|?*+()[]{}".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    // The page's text has its blanks taken together.
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devtools_selectors_become_those_of_scripts() {
        let cases = [
            ("#buy", "#buy"),
            ("aria/Go", "role=*[name=\"Go\"]"),
            ("aria/Go [now][role=\"button\"]", "role=button[name=\"Go [now]\"]"),
            ("aria/[role='link'][name='More']", "role=link[name=\"More\"]"),
            ("text/Tea (black)  3.50", "text=/Tea \\(black\\) 3\\.50/"),
            ("xpath///*[@id=\"go\"]", "xpath=//*[@id=\"go\"]"),
            ("pierce/#go", "#go"),
        ];
        for (devtools, script) in cases {
            assert_eq!(Selector::from_devtools(devtools).unwrap().script_text(), script, "{devtools}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in ["", " ", "aria/", "text/", "aria/Go[level=\"2\"]", "aria/Go[role=\"a b\"]", "xpath/", "pierce/ "] {
            assert!(Selector::from_devtools(text).is_err(), "{text:?}");
        }
    }
}
