//! Amazon synthetics.
