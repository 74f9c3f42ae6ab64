//! Pictures that do not depend on the moment at which they are taken.
//!
//! ```text
//! arrivals -> freeze -> shots --still moving--> pause -> shots -> resume
//! ```
//! `freeze` has the page show what it shows at rest, by means that can be undone: `still.js` runs in it. `shots` takes
//! pictures until two are equal. What moves all the same is moved by scripts, and these are stopped by the debugger
//! between two of their tasks: unlike with `Emulation.setScriptExecutionDisabled`, which drops timers and frames that fall
//! due meanwhile and with them every loop that asks for its next turn, nothing of the page is lost.

mod arrivals;
mod freeze;
mod shots;

pub(crate) use arrivals::await_arrivals;
pub(crate) use freeze::{Care, Freeze, abandon, freeze, resume};
pub use shots::Area;
pub(crate) use shots::shoot;
