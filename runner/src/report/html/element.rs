//! Small parts that several sections share.

use std::cell::Cell;
use std::fmt::{Arguments, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::report::junit::xml;

/// Pictures beyond this many bytes together are named and not embedded.
pub(in crate::report) const EMBEDDED_BYTES_MAX: usize = 24 * 1024 * 1024;

pub(in crate::report) fn push(out: &mut String, text: Arguments<'_>) {
    out.write_fmt(text).expect("a String takes any text");
}

/// `842 ms`, `3.20 s`.
pub(in crate::report) fn time(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms >= 1000.0 => format!("{:.2} s", ms / 1000.0),
        ms if ms >= 10.0 || ms == 0.0 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms"),
    }
}

/// `512 B`, `3.4 kB`, `2.0 MB`.
pub(super) fn size(bytes: i64) -> String {
    match bytes {
        i64::MIN..0 => "–".to_owned(),
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Longest address that is shown; all of it is in the tooltip.
const ADDRESS_CHARS_MAX: usize = 120;

/// A table's cell with method and address; the part before the path gives way in a narrow window.
pub(super) fn address(out: &mut String, method: &str, url: &str) {
    let shown: String = url.chars().take(ADDRESS_CHARS_MAX).collect();
    let path = shown.find("://").and_then(|at| Some(at + 3 + shown.get(at + 3..)?.find('/')?));
    let (site, path) = shown.split_at_checked(path.unwrap_or_default()).unwrap_or(("", &shown));
    push(
        out,
        format_args!(
            "<td class=\"address\" title=\"{}\"><b>{}</b> <span>{}</span>{}</td>",
            xml(url),
            xml(method),
            xml(site),
            xml(path)
        ),
    );
}

/// Pictures on their way into the page, counted by bytes.
pub(super) struct Album<'a> {
    read: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    bytes: &'a Cell<usize>,
}

impl<'a> Album<'a> {
    pub(super) fn new(read: &'a dyn Fn(&str) -> Option<Vec<u8>>, bytes: &'a Cell<usize>) -> Self {
        Self { read, bytes }
    }

    /// A picture that grows when it is clicked; only its name when there is no room for it.
    pub(super) fn figure(&self, out: &mut String, name: &str, caption: &str) {
        let caption = xml(caption);
        let bytes = (self.read)(name).filter(|bytes| self.bytes.get() + bytes.len() <= EMBEDDED_BYTES_MAX);
        let Some(bytes) = bytes else {
            push(out, format_args!("<p class=\"picture\">{caption}: {} is not in this file</p>\n", xml(name)));
            return;
        };
        self.bytes.set(self.bytes.get() + bytes.len());
        push(
            out,
            format_args!(
                "<details class=\"picture\"><summary><img alt=\"{caption}\" src=\"data:image/png;base64,{}\">\
                 <span>{caption}</span></summary></details>\n",
                STANDARD.encode(bytes),
            ),
        );
    }
}
