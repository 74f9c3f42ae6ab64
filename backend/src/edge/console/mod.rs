//! The console: what is recorded, on server-rendered pages that renew themselves.
//!
//! Each page is a folder: `view` is plain values to HTML and pure, `load` reads those values through the services'
//! operations. Everything is readable without a script; `asset/console.js` makes pages live and adds keys.
//!
//! | module | holds |
//! |---|---|
//! | [`router`], `page`, `live` | addresses; from request to page; server-sent events |
//! | `layout`, `tone`, `format`, `link`, `window`, `addresses` | what pages share |
//! | `chart`, `series` | SVG charts, and the datapoints in them |
//! | `overview`, `canary`, `trace`, `map`, `metrics`, `logs`, `alarms` | the pages |
//! | `build` | forms that make canaries, and try them out |
//! | `asset`, `artifact`, `demo` | style and script; files of runs; the button that breaks the demo shop |

mod addresses;
mod alarms;
mod artifact;
mod asset;
mod build;
mod canary;
mod chart;
mod demo;
mod fault;
mod format;
mod layout;
mod link;
mod live;
mod logs;
mod map;
mod metrics;
mod overview;
mod page;
mod router;
mod series;
mod state;
mod tone;
mod trace;
mod window;

pub use addresses::Addresses;
pub use build::{Added, CanaryDesk, DeskError, NewCanary, Subject, Trial, TrialEnd, TrialStep};
pub use router::{home, router};
pub use state::{ConsoleState, DemoControl, DemoError, ShopState};

#[cfg(test)]
mod router_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod view_tests;
