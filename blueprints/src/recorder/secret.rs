//! Which fields hold secrets, and what those are called.

use std::collections::BTreeMap;

use super::{Path, Selector};

/// Words that fields of secrets are named by.
const WORDS: &[&str] = &[
    "contrasena",
    "contraseña",
    "cvc",
    "cvv",
    "kennwort",
    "motdepasse",
    "otp",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "passwort",
    "pin",
    "pwd",
    "secret",
    "token",
];
/// Part of many a name that has no bounds between words.
const PART: &str = "password";
const NAME_CHARS_MAX: usize = 40;
const FALLBACK: &str = "password";

/// Names of secrets, each for one field.
#[derive(Clone, Debug, Default)]
pub struct SecretNames {
    by_field: BTreeMap<String, String>,
}

impl SecretNames {
    /// The name of a field's secret: `wanted` made fit, and told from those of other fields by a number.
    pub fn name(&mut self, field: &str, wanted: &str) -> String {
        if let Some(known) = self.by_field.get(field) {
            return known.clone();
        }
        let base = fit(wanted);
        let is_free = |name: &String| !self.by_field.values().any(|taken| taken == name);
        let numbered = (2_u32..).map(|number| format!("{base}_{number}"));
        let name = std::iter::once(base.clone()).chain(numbered).find(is_free).unwrap_or_default();
        self.by_field.insert(field.to_owned(), name.clone());
        name
    }

    /// The name for the field of these selectors.
    pub(super) fn of(&mut self, on: &[Path]) -> String {
        let field = on.first().and_then(Path::script_text).unwrap_or_default();
        self.name(&field, &wanted(on))
    }
}

/// Whether the selectors tell of a field for secrets. `more` are further words that they may contain.
pub(super) fn is_secret(on: &[Path], more: &[String]) -> bool {
    on.iter().flat_map(|path| &path.0).any(|selector| {
        let text = text_of(selector).to_lowercase();
        text.contains(PART)
            || words(text_of(selector)).iter().any(|word| WORDS.contains(&word.as_str()))
            || more.iter().any(|word| text.contains(&word.to_lowercase()))
    })
}

/// Whether a recorder has put marks in the place of what was typed.
pub(super) fn is_masked(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| matches!(c, '*' | '•' | '●'))
}

fn text_of(selector: &Selector) -> &str {
    match selector {
        Selector::Css(text)
        | Selector::Pierce(text)
        | Selector::Text(text)
        | Selector::TextPart(text)
        | Selector::XPath(text)
        | Selector::Role { name: text, .. } => text,
    }
}

/// Words in lower case; a capital after a small letter begins one.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_small = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_is_small) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before_is_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// An id or name of the field is shorter and stays longer than what people are shown.
fn wanted(on: &[Path]) -> String {
    let last = || on.iter().filter_map(|path| path.0.last());
    let by_code = last().find_map(|selector| match selector {
        Selector::Css(css) | Selector::Pierce(css) => name_in_css(css),
        _ => None,
    });
    let by_name = || {
        last().find_map(|selector| match selector {
            Selector::Role { name, .. } => Some(name.clone()),
            _ => None,
        })
    };
    by_code.or_else(by_name).unwrap_or_default()
}

/// `#id` or `[name="..."]` at the end of a selector.
fn name_in_css(css: &str) -> Option<String> {
    let compound = css.rsplit([' ', '>', '+', '~']).next()?;
    if let Some((_, id)) = compound.split_once('#') {
        return Some(id.split(['.', '[', ':']).next()?.to_owned());
    }
    let (_, rest) = compound.split_once("name=")?;
    Some(rest.split(']').next()?.trim_matches(['"', '\'']).to_owned())
}

/// As a word of small letters, digits and underscores.
fn fit(wanted: &str) -> String {
    let words: Vec<_> = words(wanted).into_iter().map(|word| ascii(&word)).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("_").chars().take(NAME_CHARS_MAX).collect();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { FALLBACK.to_owned() }
}

fn ascii(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn css(text: &str) -> Vec<Path> {
        vec![Selector::Css(text.to_owned()).into()]
    }

    #[test]
    fn fields_of_secrets_are_known_by_their_names() {
        for secret in ["#password", "#userPassword", "input[name=\"pwd\"]", "#card > .cvc", "[type=password]"] {
            assert!(is_secret(&css(secret), &[]), "{secret}");
        }
        for plain in ["#name", "#passenger", "#compass", "#spinner", "#tokens-left > b"] {
            assert!(!is_secret(&css(plain), &[]), "{plain}");
        }
        assert!(is_secret(&css("#member-number"), &["member".to_owned()]));
    }

    #[test]
    fn each_field_has_a_name_of_its_own() {
        let mut names = SecretNames::default();
        assert_eq!(names.of(&css("form > #newPassword")), "new_password");
        assert_eq!(names.of(&css("input[name='new-password']")), "new_password_2");
        assert_eq!(names.of(&css("form > #newPassword")), "new_password");
        assert_eq!(names.of(&[Selector::Role { role: None, name: "パスワード".to_owned() }.into()]), "password");
    }
}
