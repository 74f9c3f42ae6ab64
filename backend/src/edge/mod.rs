//! Listeners: AWS APIs, OTLP, X-Ray daemon, console.

pub mod aws;
pub mod console;
pub mod daemon;
pub mod health;
pub mod otlp;
