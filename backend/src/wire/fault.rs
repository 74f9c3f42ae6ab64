//! An error on its way to a client, before it takes a protocol's form.

use std::borrow::Cow;

use super::Members;

/// Whose fault an error is. Query and awsQueryCompatible answers say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The request was wrong; sending it again will not help.
    Sender,
    /// The service failed; sending it again may help.
    Receiver,
}

impl Blame {
    /// As the wire has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "Sender",
            Self::Receiver => "Receiver",
        }
    }
}

/// An error that any protocol can write: see [`Envelope::encode_fault`](super::Envelope::encode_fault).
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The shape's name: `ResourceNotFoundException`.
    pub code: Cow<'static, str>,
    /// The code in query answers: `ResourceNotFound`.
    pub query_code: Cow<'static, str>,
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Whose fault it is.
    pub blame: Blame,
    /// For people.
    pub message: String,
    /// What else the error's shape has, beside the message.
    pub members: Members,
    /// When trying again makes sense, for the `Retry-After` header; whole seconds.
    pub retry_after_secs: Option<u64>,
}

impl Fault {
    /// The sender's fault with status 400.
    pub fn sender(code: &'static str, query_code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            query_code: Cow::Borrowed(query_code),
            status: 400,
            blame: Blame::Sender,
            message: message.into(),
            members: Members::new(),
            retry_after_secs: None,
        }
    }

    /// The same fault with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The operation or the service is not there.
    pub fn unknown_operation(operation: &str) -> Self {
        let message = if operation.is_empty() {
            "No operation was named.".to_owned()
        } else {
            format!("The action {operation} is not valid for this web service.")
        };
        Self::sender("UnknownOperationException", "InvalidAction", message)
    }

    /// The body is not what the protocol says it is, or a member has another type than its shape.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::sender("SerializationException", "MalformedInput", message)
    }

    /// The body is larger than `bytes_max`, or becomes so when decompressed.
    pub fn too_large(bytes_max: usize) -> Self {
        let message = format!("The request is larger than {bytes_max} bytes.");
        Self::sender("RequestEntityTooLargeException", "RequestEntityTooLarge", message).with_status(413)
    }

    /// The body has a content type or encoding that the protocol does not have.
    pub fn unsupported_media_type(found: &str) -> Self {
        let message = format!("The content type or encoding {found:?} is not supported.");
        Self::sender("UnsupportedMediaTypeException", "UnsupportedMediaType", message).with_status(415)
    }

    /// A bug here. The text says nothing of its cause: that is in the log, under the request id.
    pub fn internal() -> Self {
        let message = "The request failed because of an internal error.";
        Self { blame: Blame::Receiver, ..Self::sender("InternalFailure", "InternalFailure", message).with_status(500) }
    }
}

/// Bytes that are not what their protocol says they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::malformed(malformed.0)
    }
}
