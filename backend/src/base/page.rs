//! Opaque page tokens: where a listing goes on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes and reads the `NextToken` of listings. The position inside is the operation's own type.
#[derive(Debug)]
pub struct PageToken;

/// The token was not made by this operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the page token is not valid")]
pub struct InvalidPageToken;

impl PageToken {
    /// Text that [`PageToken::decode`] turns back into `position`.
    ///
    /// # Panics
    /// When `position` cannot be JSON (a map whose keys are not text): positions are plain structs.
    pub fn encode<P: Serialize>(position: &P) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(position).expect("a position is plain fields"))
    }

    /// The position inside `token`.
    ///
    /// # Errors
    /// [`InvalidPageToken`] when the token was not written by `encode` for this type.
    pub fn decode<P: DeserializeOwned>(token: &str) -> Result<P, InvalidPageToken> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| InvalidPageToken)?;
        serde_json::from_slice(&bytes).map_err(|_| InvalidPageToken)
    }
}
