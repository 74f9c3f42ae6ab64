//! A real Chrome for one run: driven through WebDriver, observed through DevTools.
//!
//! WebDriver acts (`session`), one raw DevTools socket per session watches (`cdp`): verdicts, the
//! archive of requests, console, vitals and pictures come from there and survive a page that hangs
//! or a Chrome that dies. A helper process owns all browsers (`reaper`), so that none survives us.
//!
//! ```text
//! install -> reaper -> driver -> session --commands--> ChromeDriver -> Chrome
//!                                   ^                                    |
//!                                   +-- cdp: events -> recording <-------+
//!                                        verdict, exchange -> har, trace; console; vitals
//! ```

pub mod reaper;

mod cdp;
mod console;
mod doctor;
mod driver;
mod error;
mod exchange;
pub mod har;
mod install;
mod memory;
mod os;
pub(crate) mod redact;
mod screenshot;
mod session;
mod text;
mod trace;
mod verdict;
mod vitals;

pub use console::{ConsoleLevel, ConsoleLine, ConsoleSource};
pub use doctor::{Check, DoctorReport, Finding, doctor};
pub use error::{BrowserError, Fault, PageError, Rescue};
pub use install::{BrowserKind, InstallError, InstallOptions, Installation, Programs, Version};
pub use reaper::Reaper;
pub use session::{
    Area, BadSelector, Condition, ElementRef, Evidence, Pool, Screenshot, Selector, Session, SessionOptions, Viewport,
};
pub(crate) use session::{DialogAnswer, Download, Gesture, Travel};
pub use trace::{BadHostPattern, HostPattern, RequestSpan, TraceContext};
pub use verdict::{Navigation, Verdict};
pub use vitals::Vitals;
