//! What must not be written down, by its name.

/// Words in names of headers, fields and parameters whose values are secret.
const WORDS: &[&str] = &[
    "authorization",
    "cookie",
    "password",
    "passwd",
    "secret",
    "token",
    "api-key",
    "apikey",
    "session",
    "credential",
    "signature",
    "csrf",
    "xsrf",
];
/// Names that are secret as a whole.
const NAMES: &[&str] = &["auth", "pwd", "pin", "otp", "sid", "key", "code", "jwt", "x-amz-security-token"];

/// Whether values of this name are secret.
pub(super) fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    NAMES.contains(&name.as_str()) || WORDS.iter().any(|word| name.contains(word))
}

/// A name for a secret made of another name.
pub(super) fn secret_name(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let word: String = name.chars().map(fit).take(48).collect();
    let word = word.trim_matches('_');
    if word.starts_with(|first: char| first.is_ascii_alphabetic()) { word.to_owned() } else { format!("secret_{word}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_secret() {
        for name in ["Authorization", "Cookie", "X-Api-Key", "x_csrf_token", "user[password]", "access_token", "code"] {
            assert!(is_sensitive(name), "{name}");
        }
        for name in ["accept", "content-type", "country_code", "keyword", "user"] {
            assert!(!is_sensitive(name), "{name}");
        }
        assert_eq!((secret_name("X-Api-Key").as_str(), secret_name("2fa").as_str()), ("x_api_key", "secret_2fa"));
    }
}
