//! Amazon events.
