//! Asking hosts: one request for a target, its body read as it comes.
//!
//! `client` has the connections, `ask` makes a request and tells what came, `body` finds links in it, `failure` says in
//! which words requests fail, `event` is what comes of all that.

mod ask;
mod body;
mod client;
mod event;
mod failure;
mod person;

pub(super) use ask::{Fetched, Job, Look, fetch, fetch_robots};
pub(super) use body::{Batch, Content};
pub(super) use client::Clients;
pub(super) use event::{Event, Handover};
