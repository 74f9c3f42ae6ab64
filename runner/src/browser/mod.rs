//! A real Chrome for one run: driven through WebDriver, observed through DevTools.
//!
//! One raw DevTools socket per session opens pages and watches them (`cdp`): verdicts, the
//! archive of requests, console, vitals and pictures come from there and survive a page that hangs
//! or a Chrome that dies. What needs a user's hand - finding, clicking, typing - goes through ChromeDriver, which is
//! started beside Chrome only then (`session`). A helper process owns all browsers (`reaper`, `process`), so that none
//! survives us.
//!
//! ```text
//! install -> reaper -> process -> session --some commands--> ChromeDriver --+
//!                                  |   ^                                    v
//!                                  |   +-- cdp: events -> recording <--- Chrome
//!                                  +------ cdp: commands ------------------^
//!                                           verdict, exchange -> har, trace; console; vitals
//! ```

pub mod reaper;

mod cdp;
mod console;
mod doctor;
mod error;
mod exchange;
pub mod har;
mod install;
mod memory;
mod os;
mod process;
pub(crate) mod redact;
mod session;
mod still;
mod text;
mod trace;
mod verdict;
mod visible;
mod vitals;

pub(crate) use cdp::{CdpError, Wire, WireEvent};
pub use console::{ConsoleLevel, ConsoleLine, ConsoleSource};
pub use doctor::{Check, DoctorReport, Finding, doctor};
pub use error::{BrowserError, Fault, PageError, Rescue};
pub(crate) use exchange::{Ending, Exchange};
pub use install::{BrowserKind, InstallError, InstallOptions, Installation, Programs, RunningBrowser, Version};
pub(crate) use os::browser_root;
pub use reaper::Reaper;
pub use session::{
    BadSelector, Condition, DriverStart, ElementRef, Evidence, Pool, Screenshot, Selector, Session, SessionOptions,
    StillOptions, StillPicture, Viewport,
};
pub(crate) use session::{DialogAnswer, Download, Gesture, Travel};
pub use still::Area;
pub use trace::{BadHostPattern, HostPattern, RequestSpan, TraceContext};
pub use verdict::{LoadState, Navigation, Verdict};
pub(crate) use visible::VisibleBrowser;
pub use vitals::Vitals;
