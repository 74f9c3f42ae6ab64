//! Character references in attribute values and text,
//! <https://html.spec.whatwg.org/multipage/parsing.html#character-reference-state>.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use memchr::memchr;

/// The names of <https://html.spec.whatwg.org/entities.json>, sorted by bytes, each with its code points in hexadecimal.
static NAMES: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| include_str!("entities.txt").lines().filter_map(|line| line.split_once(' ')).collect());
const NAME_BYTES_MAX: usize = 32;
/// What numbers from 0x80 on mean: they are read as windows-1252.
const WINDOWS_1252: [u32; 32] = [
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d,
    0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d,
    0x17e, 0x178,
];

/// The value of an attribute with its references resolved; bytes that are not UTF-8 become U+FFFD.
pub(super) fn attribute_value(raw: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(raw);
    if memchr(b'&', raw).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        rest = reference(behind, &mut out).unwrap_or_else(|| {
            out.push('&');
            behind
        });
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes what `text`, which follows `&`, refers to, and gives what is behind the reference.
fn reference<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    if let Some(number) = text.strip_prefix('#') {
        return numeric(number, out);
    }
    let longest = text.bytes().take(NAME_BYTES_MAX).take_while(u8::is_ascii_alphanumeric).count();
    let with_semicolon = if text.as_bytes().get(longest) == Some(&b';') { longest + 1 } else { longest };
    for length in (2..=with_semicolon).rev() {
        let (name, after) = text.split_at_checked(length)?;
        let Ok(found) = NAMES.binary_search_by(|(known, _)| known.cmp(&name)) else { continue };
        let is_query = !name.ends_with(';') && after.starts_with(|c: char| c == '=' || c.is_ascii_alphanumeric());
        if is_query {
            // `&copy=1` in an address is a parameter, not a sign.
            return None;
        }
        let (_, points) = NAMES.get(found)?;
        out.extend(points.split(' ').filter_map(|hex| u32::from_str_radix(hex, 16).ok()).filter_map(char::from_u32));
        return Some(after);
    }
    None
}

fn numeric<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let (digits, radix) = match text.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (text, 10),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let (number, after) = digits.split_at_checked(length).filter(|_| length > 0)?;
    let point = u32::from_str_radix(number, radix).unwrap_or(u32::MAX);
    let point = match point {
        0x80..=0x9f => WINDOWS_1252.get(point as usize - 0x80).copied().unwrap_or(point),
        0 => 0xfffd,
        other => other,
    };
    out.write_char(char::from_u32(point).unwrap_or('\u{fffd}')).expect("a String takes any character");
    Some(after.strip_prefix(';').unwrap_or(after))
}
