//! One browser for one run: commands for the script, evidence for the report.
//!
//! Every command takes the instant by which it has to be done and goes through the watchdog, which
//! gets a hung page or browser out of the way (`watchdog`). `launch` opens a session, in a Chrome of its own
//! or in a context of one that is kept (`pool`); `home` ends either. `navigate`, `read`, `wait`, `script`, `picture`
//! and `still` are commands through DevTools, `element` and `drive` such through ChromeDriver (`webdriver`), `evidence` is what is
//! left of a session.
//!
//! A session is one page: windows it opens run, but are neither driven nor observed.

mod drive;
mod element;
mod evidence;
mod home;
mod launch;
mod navigate;
mod options;
mod picture;
mod pool;
mod read;
mod role;
mod script;
mod selector;
mod still;
mod traffic;
mod wait;
mod watchdog;
mod webdriver;

pub(crate) use drive::{Gesture, Travel};
pub use element::ElementRef;
pub use evidence::Evidence;
pub use launch::Session;
pub use options::{DriverStart, SessionOptions, Viewport};
pub use picture::Screenshot;
pub use pool::Pool;
pub use selector::{BadSelector, Selector};
pub use still::{StillOptions, StillPicture};
pub(crate) use traffic::{DialogAnswer, Download};
pub use wait::Condition;
