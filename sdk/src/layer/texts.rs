//! The texts of a buffer, one behind the other.

use super::log::Text;

/// Grows only when it is told to, so that who adds a text knows that it has room.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// All there is room for; what is not used yet is zero, or what was there before.
    room: Vec<u8>,
    used: usize,
}

impl Texts {
    pub(crate) const fn new() -> Self {
        Self { room: Vec::new(), used: 0 }
    }

    /// Bytes in use.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Bytes it has room for.
    pub(crate) fn capacity(&self) -> usize {
        self.room.len()
    }

    #[inline]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.room.len() - self.used >= bytes
    }

    /// Makes room for `bytes` more than there is.
    pub(crate) fn grow(&mut self, bytes: usize) {
        let room = self.room.len() + bytes;
        self.room.reserve_exact(bytes);
        self.room.resize(room, 0);
    }

    /// Where a text of as many bytes is to be copied to, if there is room: it counts as there from now on.
    #[inline]
    pub(super) fn take(&mut self, bytes: usize) -> Option<&mut [u8]> {
        let end = self.used.wrapping_add(bytes);
        let place = self.room.get_mut(self.used..end)?;
        self.used = end;
        Some(place)
    }

    /// Adds a text, or nothing where there is no room for it.
    pub(crate) fn push_within_room(&mut self, text: &str) -> bool {
        let place = self.take(text.len());
        let has_room = place.is_some();
        if let Some(place) = place {
            place.copy_from_slice(text.as_bytes());
        }
        has_room
    }

    /// One of the texts.
    pub(crate) fn get(&self, text: Text) -> &str {
        let start = text.start as usize;
        let bytes = self.room.get(start..start + text.bytes as usize).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }

    /// All of them.
    pub(crate) fn as_str(&self) -> &str {
        let whole = str::from_utf8(self.room.get(..self.used).unwrap_or_default());
        debug_assert!(whole.is_ok(), "only whole texts are added");
        whole.unwrap_or_default()
    }

    /// Removes all texts from `bytes` on.
    pub(crate) fn truncate(&mut self, bytes: usize) {
        self.used = self.used.min(bytes);
    }

    /// Gives back what room is not used.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.room.truncate(self.used);
        self.room.shrink_to_fit();
    }
}

impl From<&str> for Texts {
    fn from(text: &str) -> Self {
        Self { room: text.as_bytes().to_vec(), used: text.len() }
    }
}
