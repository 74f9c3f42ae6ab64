//! What every layer shares: names, ids, time and limits. Pure: nothing here does input or output.

mod arn;
mod clock;
mod ids;
pub mod limits;
mod page;
mod scope;
mod time;

pub use arn::Arn;
pub use clock::{Clock, ManualClock};
pub use ids::RequestId;
pub use page::{InvalidPageToken, PageToken};
pub use scope::{AccountId, Region, Scope};
pub use time::Timestamp;
