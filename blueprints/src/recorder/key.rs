//! Keys and chords, by the names of scripts (`KeyboardEvent.key`).

use std::fmt;

/// A key that is held while others are pressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Modifier {
    Alt,
    Control,
    Meta,
    Shift,
}

impl Modifier {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 4] =
        [("Alt", Self::Alt), ("Control", Self::Control), ("Meta", Self::Meta), ("Shift", Self::Shift)];

    /// Its name in scripts and in DevTools.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alt => "Alt",
            Self::Control => "Control",
            Self::Meta => "Meta",
            Self::Shift => "Shift",
        }
    }

    /// The modifier of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, modifier)| modifier)
    }
}

/// A key, and what is held meanwhile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chord {
    pub held: Vec<Modifier>,
    key: String,
}

/// Keys that are no letters and that scripts can press.
const NAMED: &[&str] = &[
    "Alt",
    "ArrowDown",
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "Backspace",
    "Control",
    "Delete",
    "End",
    "Enter",
    "Escape",
    "F1",
    "F10",
    "F11",
    "F12",
    "F2",
    "F3",
    "F4",
    "F5",
    "F6",
    "F7",
    "F8",
    "F9",
    "Home",
    "Insert",
    "Meta",
    "PageDown",
    "PageUp",
    "Pause",
    "Shift",
    "Space",
    "Tab",
];

/// Keys that DevTools names by their place on the keyboard, <https://www.w3.org/TR/uievents-code/>.
const BY_PLACE: &[(&str, &str)] = &[
    ("Backquote", "`"),
    ("Backslash", "\\"),
    ("BracketLeft", "["),
    ("BracketRight", "]"),
    ("Comma", ","),
    ("Equal", "="),
    ("Minus", "-"),
    ("NumpadAdd", "+"),
    ("NumpadDecimal", "."),
    ("NumpadDivide", "/"),
    ("NumpadEnter", "Enter"),
    ("NumpadEqual", "="),
    ("NumpadMultiply", "*"),
    ("NumpadSubtract", "-"),
    ("Period", "."),
    ("Quote", "'"),
    ("Semicolon", ";"),
    ("Slash", "/"),
    (" ", "Space"),
    ("\r", "Enter"),
    ("\n", "Enter"),
];

impl Chord {
    /// A chord of a key that scripts can press; `None` for others.
    pub fn new(held: Vec<Modifier>, key: &str) -> Option<Self> {
        let key = script_key(key)?;
        Some(Self { held, key })
    }

    /// The key that is pressed last.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for held in &self.held {
            write!(out, "{}+", held.name())?;
        }
        out.write_str(&self.key)
    }
}

/// Our name of a key that DevTools names, if scripts can press it.
pub(super) fn script_key(name: &str) -> Option<String> {
    if let Some((_, key)) = BY_PLACE.iter().find(|(known, _)| *known == name) {
        return Some((*key).to_owned());
    }
    if NAMED.contains(&name) {
        return Some(name.to_owned());
    }
    if let Some(modifier) = name.strip_suffix("Left").or_else(|| name.strip_suffix("Right"))
        && Modifier::named(modifier).is_some()
    {
        return Some(modifier.to_owned());
    }
    let of_place = ["Key", "Digit", "Numpad"].iter().find_map(|prefix| name.strip_prefix(prefix));
    let letter = of_place.map_or_else(|| name.to_owned(), str::to_lowercase);
    let mut letters = letter.chars();
    match (letters.next(), letters.next()) {
        (Some(one), None) if !one.is_control() && !one.is_whitespace() => Some(letter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_devtools_have_our_names() {
        let cases = [
            ("KeyA", Some("a")),
            ("Digit7", Some("7")),
            ("Numpad7", Some("7")),
            ("ControlLeft", Some("Control")),
            ("NumpadEnter", Some("Enter")),
            (" ", Some("Space")),
            ("ArrowLeft", Some("ArrowLeft")),
            ("?", Some("?")),
            ("é", Some("é")),
            ("F12", Some("F12")),
            ("F13", None),
            ("MediaStop", None),
            ("\u{0}", None),
            ("", None),
        ];
        for (devtools, ours) in cases {
            assert_eq!(script_key(devtools).as_deref(), ours, "{devtools:?}");
        }
    }

    #[test]
    fn chords_are_written_as_scripts_read_them() {
        let chord = Chord::new(vec![Modifier::Control, Modifier::Shift], "ArrowLeft").unwrap();
        assert_eq!(chord.to_string(), "Control+Shift+ArrowLeft");
        assert_eq!(Chord::new(vec![Modifier::Shift], "+").unwrap().to_string(), "Shift++");
    }
}
