//! The codecs together: what real clients send, what they get, and what nobody should send.

mod answers;
mod arbitrary;
mod fixtures;
mod hostile;
mod round_trip;
