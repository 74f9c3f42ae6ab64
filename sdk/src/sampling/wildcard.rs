//! X-Ray's wildcards.

/// Whether `text` matches `pattern`, case-insensitively (ASCII): `*` stands for any characters, `?`
/// for exactly one. The empty pattern matches only the empty text.
///
/// Two pointers and one remembered star: time is bounded by the product of the lengths, without
/// recursion and without allocating.
pub fn wildcard_match(pattern: &str, text: &str) -> bool {
    // `star` holds where to resume when the last star has to swallow one character more.
    let (mut pattern_rest, mut text_rest) = (pattern.chars(), text.chars());
    let mut star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let mut pattern_ahead = pattern_rest.clone();
        let mut text_ahead = text_rest.clone();
        match (pattern_ahead.next(), text_ahead.next()) {
            // What ends in a star matches whatever is left.
            (Some('*'), _) if pattern_ahead.as_str().is_empty() => return true,
            (Some('*'), _) => {
                star = Some((pattern_ahead.clone(), text_rest.clone()));
                pattern_rest = pattern_ahead;
            }
            (Some(wanted), Some(letter)) if wanted == '?' || wanted.eq_ignore_ascii_case(&letter) => {
                (pattern_rest, text_rest) = (pattern_ahead, text_ahead);
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, swallowed)) = &mut star else {
                    return false;
                };
                if swallowed.next().is_none() {
                    return false;
                }
                (pattern_rest, text_rest) = (after_star.clone(), swallowed.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::wildcard_match;

    /// The definition, word by word; exponential.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', pattern)), _) => {
                (0..=text.len()).any(|skip| naive(pattern, text.get(skip..).unwrap_or_default()))
            }
            (Some((wanted, pattern)), Some((letter, text))) => {
                (*wanted == '?' || wanted.eq_ignore_ascii_case(letter)) && naive(pattern, text)
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    #[test]
    fn published_vectors_hold() {
        for (pattern, text, matches) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
            ("*.amazon.com", "www.amazon.com", true),
            ("*.amazon.com", "amazon.com", false),
            ("/api/*/items/?", "/API/v1/Items/7", true),
            ("/api/*/items/?", "/api/v1/items/77", false),
            ("a*b*c", "abcbcbc", true),
            ("*?*", "x", true),
            ("**", "anything", true),
            ("f?o", "boo", false),
            ("Foo*", "foobar", true),
            ("é?", "éa", true),
        ] {
            assert_eq!(wildcard_match(pattern, text), matches, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn hostile_patterns_end_soon() {
        assert!(!wildcard_match(&format!("{}b", "*a".repeat(100)), &"a".repeat(20_000)));
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[aAb?*]{0,8}", text in "[aAbB]{0,8}") {
            let (wanted, letters): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(wildcard_match(&pattern, &text), naive(&wanted, &letters));
        }
    }
}
