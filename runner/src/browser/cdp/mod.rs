//! The raw DevTools socket: what the page does, live, also when it hangs, and most of what it is asked to do.
//!
//! One connection per session, on the browser's endpoint, attached to the page before its first
//! navigation and to the frames and workers it opens. `event` reads what Chrome tells, `recording`
//! keeps it within limits, `connection` is the handle on the socket and `actor` its task, `message` the form in which
//! they talk, `attach` what is switched on.
//! `wire` is apart: all events as they are, for whoever watches a person's browser.

mod actor;
mod attach;
mod connection;
mod event;
mod message;
mod recording;
mod wire;

pub(crate) use actor::{CdpError, read_picture};
pub(crate) use connection::Connection;
pub(crate) use event::{
    DOM_CONTENT_LOADED, Event, Headers, LOADED, Request, RequestExtra, RequestPaused, RequestWillBeSent, Response,
    ResponseExtra, Timing,
};
pub(crate) use recording::{BODY_BYTES_MAX, Body, Recording};
pub(crate) use wire::{Wire, WireEvent};
