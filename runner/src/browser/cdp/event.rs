//! The DevTools events we read, with the fields we use and no others.
//!
//! <https://chromedevtools.github.io/devtools-protocol/tot/Network/>, `/Page/`, `/Runtime/`, `/Log/`.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::browser::console::{self, ConsoleLine};

/// Names of [`Lifecycle`].
pub(crate) const DOM_CONTENT_LOADED: &str = "DOMContentLoaded";
pub(crate) const LOADED: &str = "load";

/// One event, in the order Chrome sent it.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Request(Box<RequestWillBeSent>),
    RequestExtra(Box<RequestExtra>),
    Response(Box<ResponseReceived>),
    ResponseExtra(Box<ResponseExtra>),
    Chunk(Chunk),
    Finished(Finished),
    Failed(Failed),
    FrameNavigated(Box<Frame>),
    WithinDocument(WithinDocument),
    DomContent(At),
    Load(At),
    Lifecycle(Lifecycle),
    /// The page asked for another document in the frame.
    Leaving(InFrame),
    /// The browser began to look for another document for the frame.
    Navigating(Navigating),
    StoppedLoading(InFrame),
    Download(Download),
    DownloadBegins(DownloadBegins),
    DownloadProgress(DownloadProgress),
    DialogOpened(Dialog),
    DialogClosed,
    Console(Box<ConsoleLine>),
    Binding(Binding),
    Crashed,
    Paused(Box<RequestPaused>),
    Attached(Box<Attached>),
    Detached(Detached),
}

impl Event {
    /// Reads one event; `None` for one that nobody here uses, whose parameters are not even looked at.
    ///
    /// # Errors
    /// A known event whose fields are not as documented.
    pub(crate) fn parse<'de, D>(method: &str, params: D) -> Result<Option<Self>, serde_json::Error>
    where
        D: Deserializer<'de, Error = serde_json::Error>,
    {
        Ok(Some(match method {
            "Network.requestWillBeSent" => Self::Request(read(params)?),
            "Network.requestWillBeSentExtraInfo" => Self::RequestExtra(read(params)?),
            "Network.responseReceived" => Self::Response(read(params)?),
            "Network.responseReceivedExtraInfo" => Self::ResponseExtra(read(params)?),
            "Network.dataReceived" => Self::Chunk(read(params)?),
            "Network.loadingFinished" => Self::Finished(read(params)?),
            "Network.loadingFailed" => Self::Failed(read(params)?),
            "Page.frameNavigated" => {
                let FrameNavigated { mut frame, kind } = read(params)?;
                frame.is_restored = kind.as_deref() == Some("BackForwardCacheRestore");
                Self::FrameNavigated(Box::new(frame))
            }
            "Page.navigatedWithinDocument" => Self::WithinDocument(read(params)?),
            "Page.domContentEventFired" => Self::DomContent(read(params)?),
            "Page.loadEventFired" => Self::Load(read(params)?),
            "Page.lifecycleEvent" => {
                let reached: Lifecycle = read(params)?;
                // Others, as paints, are most of them.
                if !matches!(reached.name.as_str(), DOM_CONTENT_LOADED | LOADED) {
                    return Ok(None);
                }
                Self::Lifecycle(reached)
            }
            "Page.frameRequestedNavigation" => {
                let RequestedNavigation { frame_id, disposition } = read(params)?;
                if disposition != "currentTab" {
                    return Ok(None);
                }
                Self::Leaving(InFrame { frame_id })
            }
            "Page.frameStartedNavigating" => Self::Navigating(read(params)?),
            "Page.frameStoppedLoading" => Self::StoppedLoading(read(params)?),
            "Page.downloadWillBegin" => Self::Download(read(params)?),
            "Browser.downloadWillBegin" => Self::DownloadBegins(read(params)?),
            "Browser.downloadProgress" => Self::DownloadProgress(read(params)?),
            "Page.javascriptDialogOpening" => Self::DialogOpened(read(params)?),
            "Page.javascriptDialogClosed" => Self::DialogClosed,
            "Runtime.consoleAPICalled" => Self::Console(Box::new(console::from_api(params)?)),
            "Runtime.exceptionThrown" => Self::Console(Box::new(console::from_exception(params)?)),
            "Log.entryAdded" => Self::Console(Box::new(console::from_log(params)?)),
            "Runtime.bindingCalled" => Self::Binding(read(params)?),
            "Inspector.targetCrashed" => Self::Crashed,
            "Fetch.requestPaused" => Self::Paused(read(params)?),
            "Target.attachedToTarget" => Self::Attached(read(params)?),
            "Target.detachedFromTarget" => Self::Detached(read(params)?),
            _ => return Ok(None),
        }))
    }
}

fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(params: D) -> Result<T, D::Error> {
    T::deserialize(params)
}

/// Header names and values in the order Chrome lists them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Headers(Map<String, Value>);

impl Headers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    pub(crate) fn get(&self, wanted: &str) -> Option<&str> {
        self.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestWillBeSent {
    pub(crate) request_id: String,
    pub(crate) loader_id: String,
    pub(crate) request: Request,
    /// Seconds on Chrome's monotonic clock.
    pub(crate) timestamp: f64,
    /// Seconds since 1970.
    pub(crate) wall_time: f64,
    #[serde(default)]
    pub(crate) initiator: Initiator,
    pub(crate) redirect_response: Option<Response>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) frame_id: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Initiator {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) url: String,
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) headers: Headers,
    pub(crate) post_data: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestExtra {
    pub(crate) request_id: String,
    #[serde(default)]
    pub(crate) headers: Headers,
    #[serde(default)]
    pub(crate) associated_cookies: Vec<AssociatedCookie>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssociatedCookie {
    #[serde(default)]
    pub(crate) blocked_reasons: Vec<Value>,
    pub(crate) cookie: Cookie,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResponseReceived {
    pub(crate) request_id: String,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) response: Response,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    #[serde(default)]
    pub(crate) url: String,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) status_text: String,
    #[serde(default)]
    pub(crate) headers: Headers,
    #[serde(default)]
    pub(crate) mime_type: String,
    #[serde(rename = "remoteIPAddress")]
    pub(crate) remote_ip_address: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) connection_id: Option<f64>,
    #[serde(default)]
    pub(crate) encoded_data_length: f64,
    pub(crate) timing: Option<Timing>,
}

/// Phases in milliseconds after `request_time`; -1 for one that did not happen.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timing {
    /// Seconds on Chrome's monotonic clock.
    pub(crate) request_time: f64,
    pub(crate) dns_start: f64,
    pub(crate) dns_end: f64,
    pub(crate) connect_start: f64,
    pub(crate) connect_end: f64,
    pub(crate) ssl_start: f64,
    pub(crate) ssl_end: f64,
    pub(crate) send_start: f64,
    pub(crate) send_end: f64,
    pub(crate) receive_headers_end: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResponseExtra {
    pub(crate) request_id: String,
    #[serde(default)]
    pub(crate) headers: Headers,
    pub(crate) headers_text: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Chunk {
    pub(crate) request_id: String,
    pub(crate) data_length: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finished {
    pub(crate) request_id: String,
    pub(crate) timestamp: f64,
    pub(crate) encoded_data_length: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failed {
    pub(crate) request_id: String,
    pub(crate) timestamp: f64,
    pub(crate) error_text: String,
    #[serde(default)]
    pub(crate) canceled: bool,
}

#[derive(Debug, Deserialize)]
struct FrameNavigated {
    frame: Frame,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestedNavigation {
    frame_id: String,
    disposition: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Frame {
    pub(crate) id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) loader_id: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) url_fragment: String,
    /// Set when Chrome shows a page of its own because this address could not be shown.
    pub(crate) unreachable_url: Option<String>,
    /// Not loaded again, but shown as it was left.
    #[serde(skip)]
    pub(crate) is_restored: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lifecycle {
    pub(crate) frame_id: String,
    pub(crate) loader_id: String,
    /// [`DOM_CONTENT_LOADED`] or [`LOADED`].
    pub(crate) name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InFrame {
    pub(crate) frame_id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Navigating {
    pub(crate) frame_id: String,
    pub(crate) navigation_type: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WithinDocument {
    pub(crate) frame_id: String,
    pub(crate) url: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct At {
    pub(crate) timestamp: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Download {
    pub(crate) frame_id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DownloadBegins {
    pub(crate) guid: String,
    pub(crate) url: String,
    pub(crate) suggested_filename: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DownloadProgress {
    pub(crate) guid: String,
    pub(crate) received_bytes: f64,
    /// `inProgress`, `completed` or `canceled`.
    pub(crate) state: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dialog {
    pub(crate) message: String,
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Binding {
    pub(crate) name: String,
    pub(crate) payload: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestPaused {
    /// Id within the `Fetch` domain.
    pub(crate) request_id: String,
    /// Id within the `Network` domain.
    pub(crate) network_id: Option<String>,
    pub(crate) request: Request,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attached {
    pub(crate) session_id: String,
    pub(crate) target_info: TargetInfo,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TargetInfo {
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detached {
    pub(crate) session_id: String,
}
