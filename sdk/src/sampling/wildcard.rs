//! X-Ray's wildcards.

/// Whether `text` matches `pattern`, case-insensitively (ASCII): `*` stands for any characters, `?`
/// for exactly one. The empty pattern matches only the empty text.
///
/// Two places and one remembered star: time is bounded by the product of the lengths, without
/// recursion and without allocating.
pub fn wildcard_match(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut wanted_at, mut read_at) = (0, 0);
    // Where to resume when the last star has to swallow one byte more. It may end inside of a
    // character: no character of the pattern begins with the byte that follows, and `?` asks.
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(wanted_at), text.get(read_at)) {
            // What ends in a star matches whatever is left.
            (Some(b'*'), _) if wanted_at + 1 == pattern.len() => return true,
            (Some(b'*'), _) => {
                wanted_at += 1;
                star = Some((wanted_at, read_at));
            }
            (Some(b'?'), Some(first)) if !is_continuation(*first) => {
                wanted_at += 1;
                read_at += 1;
                while text.get(read_at).copied().is_some_and(is_continuation) {
                    read_at += 1;
                }
            }
            (Some(wanted), Some(byte)) if *wanted != b'?' && wanted.eq_ignore_ascii_case(byte) => {
                wanted_at += 1;
                read_at += 1;
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, swallowed)) = &mut star else {
                    return false;
                };
                if *swallowed == text.len() {
                    return false;
                }
                *swallowed += 1;
                (wanted_at, read_at) = (*after_star, *swallowed);
            }
        }
    }
}

/// Whether a byte of UTF-8 goes on with a character.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
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
        fn agrees_with_the_definition(pattern in "[aAbéí?*]{0,8}", text in "[aAbBéí]{0,8}") {
            let (wanted, letters): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(wildcard_match(&pattern, &text), naive(&wanted, &letters));
        }
    }
}
