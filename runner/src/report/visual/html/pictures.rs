//! Pictures on their way into the page, counted by bytes.

use std::cell::Cell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::report::html::element::{EMBEDDED_BYTES_MAX, push};
use crate::report::junit::xml;
use crate::visual::VisualComparison;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What may stand in a file's name as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');

/// What those of the overlay stand for.
const COLOURS: &str =
    "<span class=\"key-of\"><i class=\"changed\"></i>changed<i class=\"tolerated\"></i>tolerated</span>";

/// Reads pictures until the page holds enough of them.
pub(super) struct Album<'a> {
    read: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    bytes: Cell<usize>,
}

impl<'a> Album<'a> {
    pub(super) fn new(read: &'a dyn Fn(&str) -> Option<Vec<u8>>) -> Self {
        Self { read, bytes: Cell::new(0) }
    }

    /// Where the page finds the picture, and its size if that is known.
    fn source(&self, name: &str) -> (String, Option<(u32, u32)>) {
        let has_room = |bytes: &Vec<u8>| self.bytes.get() + bytes.len() <= EMBEDDED_BYTES_MAX;
        let Some(bytes) = (self.read)(name).filter(|bytes| bytes.starts_with(SIGNATURE)).filter(has_room) else {
            return (beside(name), None);
        };
        self.bytes.set(self.bytes.get() + bytes.len());
        (format!("data:image/png;base64,{}", STANDARD.encode(&bytes)), size(&bytes))
    }
}

/// Width and height in the first chunk.
fn size(png: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

/// A link to a file beside the page; no name can lead elsewhere.
pub(super) fn beside(name: &str) -> String {
    format!("./{}", utf8_percent_encode(name, ENCODED))
}

/// All pictures of a comparison, each once: how they are laid out is the style sheet's and the script's.
pub(super) fn stage(out: &mut String, comparison: &VisualComparison, album: &Album<'_>) {
    let files = &comparison.files;
    let all =
        [("baseline", "Baseline", &files.baseline), ("actual", "Now", &files.actual), ("diff", "Diff", &files.diff)];
    let count = all.iter().filter(|(_, _, file)| file.is_some()).count();
    if count == 0 {
        out.push_str("<p class=\"empty\">There is no picture.</p>\n");
        return;
    }
    push(out, format_args!("<div class=\"stage of-{count}\">\n"));
    for (class, word, file) in all {
        let Some(file) = file else { continue };
        let (source, size) = album.source(file);
        let size = size.map(|(width, height)| format!(" width=\"{width}\" height=\"{height}\"")).unwrap_or_default();
        let colours = if class == "diff" { COLOURS } else { "" };
        push(
            out,
            format_args!(
                "<figure class=\"{class}\"><figcaption><b>{word}</b> <a href=\"{link}\">{name}</a>{colours}</figcaption>\
                 <div class=\"scroll\"><div class=\"picture\"><img src=\"{source}\"{size} loading=\"lazy\" \
                 decoding=\"async\" draggable=\"false\" alt=\"{word}: {page}\"></div></div></figure>\n",
                link = beside(file),
                name = xml(file),
                page = xml(&comparison.page),
            ),
        );
    }
    out.push_str("</div>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_file_leads_elsewhere() {
        for (name, link) in [
            ("home.1280x720@2.png", "./home.1280x720@2.png"),
            ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
            ("../a", "./..%2Fa"),
            ("//host/\"", "./%2F%2Fhost%2F%22"),
        ] {
            assert_eq!(beside(name), link);
        }
    }

    #[test]
    fn what_is_no_png_is_not_embedded_and_what_is_one_counts() {
        let png = [SIGNATURE, b"\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03"].concat();
        let read = |name: &str| match name {
            "small" => Some(png.clone()),
            "large" => Some([SIGNATURE, &vec![0; EMBEDDED_BYTES_MAX]].concat()),
            "page" => Some(b"<html>".to_vec()),
            _ => None,
        };
        let album = Album::new(&read);
        let (source, size) = album.source("small");
        assert!(source.starts_with("data:image/png;base64,iVBORw0KGgo"), "{source}");
        assert_eq!((size, album.bytes.get()), (Some((2, 3)), png.len()));
        for name in ["large", "page", "gone"] {
            assert_eq!(album.source(name), (format!("./{name}"), None));
        }
        assert_eq!(album.bytes.get(), png.len());
    }
}
