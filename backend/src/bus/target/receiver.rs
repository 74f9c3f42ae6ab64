//! The kinds of receivers, by the names that users give them.

use serde::{Deserialize, Serialize};

use super::Webhooks;
use crate::base::{Arn, Scope};
use crate::bus::Event;

/// Longest name of a target, in characters, as `CloudWatch` limits the names of actions.
const NAME_LEN_MAX: usize = 1024;

/// A receiver of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// A webhook: gets a POST with the event's envelope as JSON.
    Http {
        /// `http://` or `https://`.
        url: String,
    },
    /// An AWS resource. None is within reach of this version: every delivery to one ends as a dead letter at once.
    Resource {
        /// Its name.
        arn: String,
    },
}

/// How one try to deliver ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::bus) enum Outcome {
    /// The target took it.
    Delivered,
    /// It may work later.
    Failed { reason: String },
    /// It will never work.
    Refused { reason: String },
}

impl Target {
    /// `None` unless `text` is an `http://` or `https://` URL with a host, or an ARN.
    pub fn parse(text: &str) -> Option<Self> {
        if text.chars().count() > NAME_LEN_MAX {
            return None;
        }
        if Arn::parse(text).is_some_and(|arn| !arn.service().is_empty() && !arn.resource().is_empty()) {
            return Some(Self::Resource { arn: text.to_owned() });
        }
        let url = url::Url::parse(text).ok()?;
        let usable = matches!(url.scheme(), "http" | "https") && url.has_host();
        usable.then(|| Self::Http { url: text.to_owned() })
    }

    /// The URL or ARN.
    pub fn name(&self) -> &str {
        match self {
            Self::Http { url } => url,
            Self::Resource { arn } => arn,
        }
    }

    /// What may stand in a log: paths and queries of webhooks often are secrets.
    pub(in crate::bus) fn log_name(&self) -> String {
        match self {
            Self::Http { url } => {
                url::Url::parse(url).map_or_else(|_| "webhook".to_owned(), |url| url.origin().ascii_serialization())
            }
            Self::Resource { arn } => arn.clone(),
        }
    }

    pub(in crate::bus) async fn deliver(&self, webhooks: &Webhooks, scope: &Scope, event: &Event) -> Outcome {
        match self {
            Self::Http { url } => webhooks.post(url, event.to_envelope(scope).to_string()).await,
            Self::Resource { arn } => Outcome::Refused {
                reason: format!(
                    "{arn} cannot be reached: this version delivers to http:// and https:// URLs only, not to AWS resources"
                ),
            },
        }
    }
}
