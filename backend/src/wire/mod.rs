//! Protocols: bytes to values and back. Pure.
