//! The JSON of Chrome DevTools' Recorder.
//!
//! Format: [`Schema.ts` of @puppeteer/replay](https://github.com/puppeteer/replay/blob/main/src/Schema.ts).

mod fields;
mod held;
mod read;
mod step;
mod write;

pub use read::{Read, ReadOptions, read};
pub use write::write;
