//! The browser layer against a real Chrome and a site that misbehaves in every way we know.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod bench;
mod cleanup;
mod evidence;
mod failures;
mod lifetime;
mod page;
mod picture;
mod pool;
mod site;
mod still;
mod tracing_headers;
#[path = "../canary/validators.rs"]
#[expect(dead_code, reason = "archives of requests are judged elsewhere")]
mod validators;
mod verdicts;
mod visual;
mod visual_suite;
