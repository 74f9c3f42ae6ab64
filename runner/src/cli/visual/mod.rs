//! `visual`: pictures of pages beside those that were approved.

mod approve;
mod arguments;
mod baselines;
mod pages;
mod report;
mod test;

pub use arguments::{ApproveArgs, LooksArgs, PagesArgs, ReportArgs, TestArgs, VisualCommand};
pub use baselines::BaselineArgs;
pub(super) use baselines::{baseline_place, update_policy};

use super::output::Stop;

pub(super) async fn run(command: VisualCommand) -> Result<u8, Stop> {
    match command {
        VisualCommand::Test(arguments) => Box::pin(test::run(*arguments)).await,
        VisualCommand::Approve(arguments) => approve::run(arguments).await,
        VisualCommand::Report(arguments) => report::run(arguments).await,
    }
}
