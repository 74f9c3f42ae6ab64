//! What a span that is too large for a document loses, the least valuable first.

/// Longest text that is left, in bytes.
const TEXT_BYTES_MAX: usize = 256;
/// Most exceptions that are left.
const EXCEPTIONS_MAX: usize = 4;

/// How much is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Cut {
    #[default]
    Nothing,
    /// The metadata, for a mark that says how many bytes there were.
    Metadata { bytes: usize },
    /// Long texts, too.
    Texts { metadata_bytes: usize },
    /// And the annotations.
    Annotations { metadata_bytes: usize },
}

impl Cut {
    /// The next harder cut; `metadata_bytes` is what the metadata takes uncut.
    pub(super) fn harder(self, metadata_bytes: usize) -> Option<Self> {
        match self {
            Self::Nothing => Some(Self::Metadata { bytes: metadata_bytes }),
            Self::Metadata { bytes } => Some(Self::Texts { metadata_bytes: bytes }),
            Self::Texts { metadata_bytes } => Some(Self::Annotations { metadata_bytes }),
            Self::Annotations { .. } => None,
        }
    }

    /// What the metadata took, if it is cut.
    pub(super) fn metadata_bytes(self) -> Option<usize> {
        match self {
            Self::Nothing => None,
            Self::Metadata { bytes: metadata_bytes }
            | Self::Texts { metadata_bytes }
            | Self::Annotations { metadata_bytes } => Some(metadata_bytes),
        }
    }

    fn cuts_texts(self) -> bool {
        matches!(self, Self::Texts { .. } | Self::Annotations { .. })
    }

    /// What is left of a text.
    pub(super) fn text(self, text: &str) -> &str {
        if self.cuts_texts() && text.len() > TEXT_BYTES_MAX {
            text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default()
        } else {
            text
        }
    }

    /// How many of `count` exceptions are left.
    pub(super) fn exceptions(self, count: usize) -> usize {
        if self.cuts_texts() { count.min(EXCEPTIONS_MAX) } else { count }
    }

    pub(super) fn drops_annotations(self) -> bool {
        matches!(self, Self::Annotations { .. })
    }
}
