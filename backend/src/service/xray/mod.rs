//! Amazon xray.
