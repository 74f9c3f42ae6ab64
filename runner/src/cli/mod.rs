//! The runner's commands: one enum, mounted by `siskin-runner` and by the all-in-one.

mod blueprints;
mod browser;
mod check;
mod command;
mod execute;
mod import;
mod links;
mod new;
mod once;
mod output;
mod record;
mod rerun;
mod screen;
mod script_file;
mod unpack;
mod visual;
mod watch;

#[cfg(test)]
mod tests;

pub use command::{BrowserCommand, Command, OnceArgs, OutputFormat, WatchArgs};
pub use execute::execute;
pub use import::ImportArgs;
pub use links::LinksArgs;
pub use new::NewArgs;
pub use output::exit;
pub use record::{RecordArgs, RecordFormat};
pub use visual::{ApproveArgs, BaselineArgs, LooksArgs, PagesArgs, ReportArgs, TestArgs, VisualCommand};
