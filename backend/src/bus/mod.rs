//! Events: deliver, retry, dead letters.
