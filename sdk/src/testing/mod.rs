//! For tests of traced code: receivers in memory and on a socket, traces as text trees, and questions
//! to ask of them.
//!
//! ```
//! use siskin_sdk::testing::Receiver;
//!
//! let receiver = Receiver::start("shop");
//! receiver.trace(|| {
//!     let _request = tracing::info_span!("request", otel.kind = "server", annotation.tenant = 7).entered();
//!     tracing::info_span!("load cart", items = 3).in_scope(|| {});
//! });
//! assert_eq!(
//!     receiver.tree(),
//!     "shop [segment] tenant=7 {span.name=request}\n  load cart {items=3}\n"
//! );
//! ```
//!
//! # Which receiver
//!
//! | the test | receiver |
//! |---|---|
//! | runs on one thread, with a current-thread runtime | [`Receiver::start`] and [`Receiver::trace`]: every test has its own |
//! | starts threads or drivers that do (a server, `sqlx` with `SQLite`) | [`Receiver::global`]: one for the process, and each test asks for its own trace |
//! | looks at a program from outside | [`Daemon`]: on a UDP socket, as the X-Ray daemon |
//!
//! One question at a time is easier to read than a whole tree where only a part of it matters:
//!
//! ```
//! use siskin_sdk::testing::{Expect, Find, Receiver};
//!
//! let receiver = Receiver::global("shop");
//! let request = tracing::info_span!("request", otel.kind = "server");
//! let trace_id = request.in_scope(|| {
//!     std::thread::spawn(|| {}).join().unwrap();
//!     let pay = tracing::info_span!("pay", otel.kind = "client", peer.service = "bank", annotation.cents = 499);
//!     pay.in_scope(|| tracing::error!("card refused"));
//!     siskin_sdk::current_context().unwrap().root.unwrap()
//! });
//! drop(request);
//!
//! let documents = receiver.wait_for(trace_id, 1);
//! documents.span("bank").expect_annotation("cents", 499).expect_exception("card refused");
//! ```

mod daemon;
mod find;
mod inbox;
mod receiver;
mod tree;

pub use daemon::Daemon;
pub use find::{Expect, Find};
pub use receiver::Receiver;
pub use tree::tree;

#[cfg(test)]
mod tests;
