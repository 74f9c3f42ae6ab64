//! Link checks against a real server on the loopback interface.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod command; // the program: exit codes, reports, interruption
mod crawl; // what is followed and what is found
mod faults; // bad input and hosts that misbehave
mod hosts; // pauses, walls, second looks
mod reports; // the forms of a report
mod site; // the server
#[path = "../canary/validators.rs"]
#[expect(dead_code, reason = "archives of requests are judged elsewhere")]
mod validators;
