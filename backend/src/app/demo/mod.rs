//! A small shop to watch: two instrumented services in processes of their own, and a switch that breaks them.

mod control;
mod inbox;
mod inventory;
mod launch;
mod pages;
mod product;
pub(super) mod service;
mod shop;

pub(super) use control::{Control, command};
pub(super) use inbox::{PATH as INBOX, inbox};
pub(super) use launch::{Demo, canaries};
