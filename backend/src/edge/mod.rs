//! Listeners: AWS APIs, OTLP, X-Ray daemon, console.
