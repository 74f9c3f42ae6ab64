//! Links of a style sheet that is a file.

use super::{LinkSink, css};

/// Larger style sheets are not looked into.
const BYTES_MAX: usize = 8 << 20;

/// Takes a style sheet in pieces; it is looked into when it is whole, because escapes and strings go over pieces.
#[derive(Debug, Default)]
pub(in crate::check::link) struct StyleExtractor {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl StyleExtractor {
    pub(in crate::check::link) fn feed(&mut self, bytes: &[u8]) {
        let room = BYTES_MAX - self.bytes.len();
        self.is_cut |= bytes.len() > room;
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// Tells the links of what came, and whether that was all.
    pub(in crate::check::link) fn end(self, sink: &mut impl LinkSink) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        css::addresses(&text, |kind, address, before| sink.link(kind, address, before.saturating_add(1)));
        !self.is_cut
    }
}
