//! How a script names an element.

use std::fmt;
use std::str::FromStr;

use fantoccini::Locator;

/// Names elements of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    Css(String),
    XPath(String),
    /// The innermost elements whose whole text is this, blanks taken together; also buttons by label.
    Text(String),
    /// Elements by what they are to assistive software: `button`, `link`, `heading` ..., or `*` for whatever has
    /// a name, and by the name it reads out.
    Role {
        role: String,
        name: Option<String>,
    },
}

/// A text that is not a [`Selector`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad selector {text:?}: {why}")]
pub struct BadSelector {
    text: String,
    why: &'static str,
}

impl FromStr for Selector {
    type Err = BadSelector;

    /// Reads `xpath=//a`, `text=Sign in`, `role=button` or `role=button[name="Sign in"]`, `css=#a`;
    /// without a prefix `XPath` when it begins with `//`, else CSS.
    fn from_str(text: &str) -> Result<Self, BadSelector> {
        let bad = |why| BadSelector { text: text.to_owned(), why };
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(bad("it is empty"));
        }
        let selector = if let Some(role) = trimmed.strip_prefix("role=") {
            parse_role(role).map_err(bad)?
        } else if let Some(wanted) = trimmed.strip_prefix("text=") {
            Self::Text(wanted.split_whitespace().collect::<Vec<_>>().join(" "))
        } else if let Some(path) = trimmed.strip_prefix("xpath=") {
            Self::XPath(path.to_owned())
        } else if trimmed.starts_with("//") {
            Self::XPath(trimmed.to_owned())
        } else {
            Self::Css(trimmed.strip_prefix("css=").unwrap_or(trimmed).to_owned())
        };
        match &selector {
            Self::Css(inner) | Self::XPath(inner) | Self::Text(inner) if inner.is_empty() => {
                Err(bad("nothing follows the prefix"))
            }
            _ => Ok(selector),
        }
    }
}

fn parse_role(text: &str) -> Result<Selector, &'static str> {
    let (role, name) = match text.split_once('[') {
        None => (text, None),
        Some((role, rest)) => {
            let name = rest
                .strip_suffix(']')
                .and_then(|rest| rest.strip_prefix("name="))
                .ok_or("after the role only [name=\"...\"] may follow")?;
            let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
            (role, Some(name.to_owned()))
        }
    };
    if role == "*" && name.is_none() {
        return Err("any role needs a name: role=*[name=\"...\"]");
    }
    if role != "*" && (role.is_empty() || !role.chars().all(|c| c.is_ascii_alphabetic())) {
        return Err("a role is a word of letters, or *");
    }
    Ok(Selector::Role { role: role.to_ascii_lowercase(), name })
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Css(css) => f.write_str(css),
            Self::XPath(path) => write!(f, "xpath={path}"),
            Self::Text(text) => write!(f, "text={text}"),
            Self::Role { role, name: None } => write!(f, "role={role}"),
            Self::Role { role, name: Some(name) } => write!(f, "role={role}[name=\"{name}\"]"),
        }
    }
}

/// A selector in WebDriver's own terms.
pub(super) enum Native {
    Css(String),
    XPath(String),
}

impl Native {
    /// `None` for a role, which WebDriver cannot look for.
    pub(super) fn of(selector: &Selector) -> Option<Self> {
        match selector {
            Selector::Css(css) => Some(Self::Css(css.clone())),
            Selector::XPath(path) => Some(Self::XPath(path.clone())),
            Selector::Text(text) => Some(Self::XPath(text_path(text))),
            Selector::Role { .. } => None,
        }
    }

    pub(super) fn locator(&self) -> Locator<'_> {
        match self {
            Self::Css(css) => Locator::Css(css),
            Self::XPath(path) => Locator::XPath(path),
        }
    }
}

fn text_path(text: &str) -> String {
    let text = path_literal(text);
    format!(
        "//body//*[not(self::script or self::style) and normalize-space(.)={text} \
         and not(*[normalize-space(.)={text}])] \
         | //input[(@type='submit' or @type='button' or @type='reset') and normalize-space(@value)={text}]"
    )
}

/// `XPath` 1.0 has no escapes: a text with both kinds of quotes is put together from parts.
fn path_literal(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    if !text.contains('"') {
        return format!("\"{text}\"");
    }
    let parts: Vec<String> = text.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(", \"'\", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Selector {
        text.parse().unwrap()
    }

    #[test]
    fn prefixes_choose_the_kind() {
        assert_eq!(parse("#a > b"), Selector::Css("#a > b".to_owned()));
        assert_eq!(parse("//a[@b]"), Selector::XPath("//a[@b]".to_owned()));
        assert_eq!(parse("text= Sign   in "), Selector::Text("Sign in".to_owned()));
        assert_eq!(
            parse("role=Button[name=\"Go on\"]"),
            Selector::Role { role: "button".to_owned(), name: Some("Go on".to_owned()) }
        );
        for text in ["css=#a", "xpath=/html", "text=A b", "role=link", "role=link[name=\"x\"]", "role=*[name=\"x\"]"] {
            let selector = parse(text);
            assert_eq!(parse(&selector.to_string()), selector, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_selector_is_refused() {
        for text in ["", "  ", "text=", "role=", "role=*", "role=a b", "role=link[title=x]", "xpath="] {
            assert!(text.parse::<Selector>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn quotes_in_paths() {
        assert_eq!(path_literal("a"), "'a'");
        assert_eq!(path_literal("it's"), "\"it's\"");
        assert_eq!(path_literal("it's \"x\""), "concat('it', \"'\", 's \"x\"')");
    }
}
