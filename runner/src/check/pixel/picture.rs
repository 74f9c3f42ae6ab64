//! A file to compare.

/// A PNG as it lies in its file.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// What errors and notes call it.
    pub name: &'a str,
    /// The whole file.
    pub bytes: &'a [u8],
}
