//! Names of keys, as `KeyboardEvent.key` has them, <https://www.w3.org/TR/uievents-key/>.

use crate::script::failure::HostError;

/// Most keys of one chord.
const KEYS_MAX: usize = 5;

/// WebDriver's characters for keys that are none, <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
const NAMED: &[(&str, char)] = &[
    ("Backspace", '\u{e003}'),
    ("Tab", '\u{e004}'),
    ("Enter", '\u{e007}'),
    ("Shift", '\u{e008}'),
    ("Control", '\u{e009}'),
    ("Alt", '\u{e00a}'),
    ("Pause", '\u{e00b}'),
    ("Escape", '\u{e00c}'),
    ("Space", ' '),
    ("PageUp", '\u{e00e}'),
    ("PageDown", '\u{e00f}'),
    ("End", '\u{e010}'),
    ("Home", '\u{e011}'),
    ("ArrowLeft", '\u{e012}'),
    ("ArrowUp", '\u{e013}'),
    ("ArrowRight", '\u{e014}'),
    ("ArrowDown", '\u{e015}'),
    ("Insert", '\u{e016}'),
    ("Delete", '\u{e017}'),
    ("F1", '\u{e031}'),
    ("F2", '\u{e032}'),
    ("F3", '\u{e033}'),
    ("F4", '\u{e034}'),
    ("F5", '\u{e035}'),
    ("F6", '\u{e036}'),
    ("F7", '\u{e037}'),
    ("F8", '\u{e038}'),
    ("F9", '\u{e039}'),
    ("F10", '\u{e03a}'),
    ("F11", '\u{e03b}'),
    ("F12", '\u{e03c}'),
    ("Meta", '\u{e03d}'),
];

/// Reads a chord such as `Control+A`, `Enter` or `a`; the plus key itself is `+` or `Shift++`.
pub(in crate::script) fn chord(text: &str) -> Result<Vec<char>, HostError> {
    let wrong = |why: &str| HostError::script(format!("\"{text}\" is no key or chord: {why}"));
    let mut names: Vec<&str> = match text.strip_suffix('+') {
        Some("") => vec!["+"],
        Some(before) => before.trim_end_matches('+').split('+').chain(["+"]).collect(),
        None => text.split('+').collect(),
    };
    if names.len() > KEYS_MAX {
        return Err(wrong(&format!("at most {KEYS_MAX} keys")));
    }
    let is_chord = names.len() > 1;
    names.iter_mut().map(|name| key(name, is_chord).ok_or_else(|| wrong(&format!("\"{name}\" is no key")))).collect()
}

/// The key of a modifier by its name.
pub(super) fn modifier(name: &str) -> Option<char> {
    ["Alt", "Control", "Meta", "Shift"].contains(&name).then(|| key(name, true)).flatten()
}

fn key(name: &str, is_chord: bool) -> Option<char> {
    if let Some((_, key)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some(*key);
    }
    let mut letters = name.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else { return None };
    // `Control+A` means the key, not the capital letter.
    Some(if is_chord { letter.to_ascii_lowercase() } else { letter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_keys_joined_by_plus() {
        let cases = [
            ("Enter", "\u{e007}"),
            ("Control+A", "\u{e009}a"),
            ("Control+Shift+ArrowLeft", "\u{e009}\u{e008}\u{e012}"),
            ("A", "A"),
            ("+", "+"),
            ("Shift++", "\u{e008}+"),
        ];
        for (text, keys) in cases {
            assert_eq!(chord(text).unwrap().into_iter().collect::<String>(), keys, "{text}");
        }
        for text in ["", "Ctrl+A", "Control+", "ab", "a+b+c+d+e+f"] {
            assert!(chord(text).is_err() || text == "Control+", "{text}");
        }
    }
}
