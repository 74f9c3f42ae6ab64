//! What came back from a service.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::grpc::Serving;

#[derive(Clone, Debug)]
pub(crate) enum Facts {
    Http(HttpAnswer),
    Dns(DnsAnswer),
    Ssl(Certificate),
    /// Of TCP and of `WebSocket`s.
    Data(Connection),
    Grpc(Health),
}

#[derive(Clone, Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    /// Names in lower case; several values of one are joined by commas.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) duration: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct DnsAnswer {
    /// Those of the type that was asked for, in all their spellings: a mail exchange with and without its preference.
    pub(crate) records: Vec<Vec<String>>,
    /// Whether their case means nothing: of all but texts.
    pub(crate) folds_case: bool,
    pub(crate) is_authoritative: bool,
    /// The shortest of the records, in seconds.
    pub(crate) ttl: Option<u32>,
}

/// The certificate that a server shows of itself.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// Attributes by their short names, such as CN; one may stand there several times.
    pub(crate) subject: Vec<(&'static str, String)>,
    pub(crate) issuer: Vec<(&'static str, String)>,
    pub(crate) not_after: Timestamp,
    pub(crate) seen: Timestamp,
    /// Why it is not accepted.
    pub(crate) faults: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// Why there is none.
    pub(crate) failed: Option<String>,
    pub(crate) data: Vec<u8>,
    /// Why no more data was read, if that is not what was hoped for.
    pub(crate) ended: Option<String>,
    pub(crate) duration: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) serving: Serving,
    pub(crate) duration: Duration,
}

impl Facts {
    /// How long the answer took.
    pub(super) fn duration(&self) -> Option<Duration> {
        match self {
            Self::Http(answer) => Some(answer.duration),
            Self::Data(connection) => Some(connection.duration),
            Self::Grpc(health) => Some(health.duration),
            Self::Dns(_) | Self::Ssl(_) => None,
        }
    }

    /// What extractors look into.
    pub(crate) fn body(&self) -> Option<String> {
        match self {
            Self::Http(answer) => Some(answer.body.clone()),
            Self::Data(connection) => Some(String::from_utf8_lossy(&connection.data).into_owned()),
            Self::Dns(_) | Self::Ssl(_) | Self::Grpc(_) => None,
        }
    }
}
