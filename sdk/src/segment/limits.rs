//! The limits X-Ray documents and enforces, each in one place.

/// Largest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// Longest segment or subsegment name, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Most annotations X-Ray indexes in one trace.
pub const ANNOTATIONS_MAX: usize = 50;
/// Longest annotation key, in characters.
pub const ANNOTATION_KEY_CHARS_MAX: usize = 500;
/// Longest annotation text, in characters.
pub const ANNOTATION_TEXT_CHARS_MAX: usize = 1_000;
/// Longest plain text such as `user`, `service.version` or `http.request.url`, in characters.
pub const TEXT_CHARS_MAX: usize = 250;
/// Most links of one segment.
pub const LINKS_MAX: usize = 20;
/// Deepest nesting of subsegments this SDK writes into one document; deeper ones are sent on their
/// own. JSON parsers bound their depth (serde's at 128), and each level takes two.
pub const DEPTH_MAX: usize = 32;

/// Whether X-Ray takes `name` for a segment or subsegment: 1-200 letters, digits, whitespace and
/// `_ . : / % & # = + - @ \`.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && name.chars().all(is_name_char)
}

/// Makes a name X-Ray takes: other characters become `_`, the rest is cut, nothing becomes `span`.
pub fn sanitize_name(name: &str) -> String {
    let mut sanitized = String::new();
    push_sanitized_name(name, &mut sanitized);
    sanitized
}

/// The same into memory that is there already.
pub(crate) fn push_sanitized_name(name: &str, sanitized: &mut String) {
    let name = if name.is_empty() { "span" } else { name };
    // The usual name is short, plain and taken as it is.
    if name.len() <= NAME_CHARS_MAX && name.bytes().all(|byte| IS_PLAIN_NAME_BYTE[usize::from(byte)]) {
        sanitized.push_str(name);
        return;
    }
    sanitized.extend(name.chars().take(NAME_CHARS_MAX).map(|letter| if is_name_char(letter) { letter } else { '_' }));
}

/// The characters of names that are ASCII, but for the rarer marks.
const IS_PLAIN_NAME_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        table[byte] =
            letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'.' | b':' | b'/' | b'-' | b'@' | b' ');
        byte += 1;
    }
    table
};

fn is_name_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || letter.is_alphanumeric()
        || letter.is_whitespace()
        || r"_.:/%&#=+-@\".contains(letter)
}

/// Whether X-Ray indexes an annotation under `key`: letters, digits and `_`; the service has since
/// begun to take `.` as well.
pub fn is_annotation_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= ANNOTATION_KEY_CHARS_MAX && key.chars().all(is_key_char)
}

/// Makes an annotation key X-Ray takes: other characters become `_`, the rest is cut.
pub fn sanitize_annotation_key(key: &str) -> String {
    annotation_key_chars(key).collect()
}

/// The same, character by character; each is ASCII.
pub(crate) fn annotation_key_chars(key: &str) -> impl Iterator<Item = char> + '_ {
    key.chars().take(ANNOTATION_KEY_CHARS_MAX).map(|letter| if is_key_char(letter) { letter } else { '_' })
}

fn is_key_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'
}

/// Cuts `text` to its first `chars_max` characters.
pub fn truncate(text: &mut String, chars_max: usize) {
    if let Some((end, _)) = text.char_indices().nth(chars_max) {
        text.truncate(end);
    }
}
