//! How data of a connection is written in a document.

use siskin_blueprints::Invalid;

use super::fields::Fields;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    Utf8,
    Ascii,
    Hex,
}

pub(super) const ENCODINGS: &[(&str, Encoding)] =
    &[("UTF-8", Encoding::Utf8), ("ASCII", Encoding::Ascii), ("HEX", Encoding::Hex)];

impl Encoding {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        fields.word("encoding", ENCODINGS, Some(Self::Utf8))
    }

    /// The bytes of a text of the document; the error is the rule that it breaks.
    pub(crate) fn bytes(self, text: &str) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Utf8 => Ok(text.as_bytes().to_vec()),
            Self::Ascii if text.is_ascii() => Ok(text.as_bytes().to_vec()),
            Self::Ascii => Err("ASCII characters alone"),
            Self::Hex => from_hex(text).ok_or("pairs of hexadecimal digits"),
        }
    }

    /// Data as the document would write it.
    pub(crate) fn text(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => {
                bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' }).collect()
            }
            Self::Hex => bytes.iter().flat_map(|byte| [digit_of(byte >> 4), digit_of(byte & 15)]).collect(),
        }
    }

    /// A text of the document as [`Encoding::text`] writes it.
    pub(super) fn canonical(self, text: &str) -> Result<String, &'static str> {
        self.bytes(text).map(|bytes| self.text(&bytes))
    }

    /// Checks a field that needs no value of a step.
    pub(super) fn check(self, fields: &mut Fields<'_, '_>, name: &str, fixed: Option<&str>) {
        if let Some(text) = fixed
            && let Err(rule) = self.bytes(text)
        {
            let path = fields.path_of(name);
            fields.reader.faults.push(Invalid::new(path, format!("\"{text}\""), rule));
        }
    }
}

fn digit_of(half: u8) -> char {
    char::from_digit(half.into(), 16).unwrap_or_default()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits.chunks(2).map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)).collect()
}
