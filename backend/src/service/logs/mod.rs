//! Amazon logs.
