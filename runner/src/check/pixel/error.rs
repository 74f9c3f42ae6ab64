//! Why two pictures could not be compared.

/// Names the file or option, and the rule that it breaks.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PixelError {
    /// The file does not begin as a PNG does.
    #[error("{picture}: not a PNG: it must begin with the 8 bytes of the PNG signature")]
    NotPng {
        /// Name of the file.
        picture: String,
    },
    /// The file ends too early.
    #[error("{picture}: truncated: {missing}")]
    Truncated {
        /// Name of the file.
        picture: String,
        /// What it should still have.
        missing: &'static str,
    },
    /// A side of the picture is 0 pixels.
    #[error("{picture}: {width}x{height} pixels: each side must be 1 or more")]
    ZeroSize {
        /// Name of the file.
        picture: String,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// The picture is beyond a limit.
    #[error("{picture}: {value} {what}: the limit is {limit}")]
    TooLarge {
        /// Name of the file.
        picture: String,
        /// What there is too much of, with its unit.
        what: &'static str,
        /// How much there is.
        value: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The file breaks a rule of the format.
    #[error("{picture}: damaged PNG: {rule}")]
    Damaged {
        /// Name of the file.
        picture: String,
        /// The rule.
        rule: String,
    },
    /// An option has a value it cannot have.
    #[error("{field} = {value}: {rule}")]
    Option {
        /// Name of the option.
        field: &'static str,
        /// The value that was given.
        value: String,
        /// What the value must be.
        rule: &'static str,
    },
    /// The difference could not be written.
    #[error("cannot draw the difference: {0}")]
    Overlay(String),
}
