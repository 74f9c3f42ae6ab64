//! `browser`: the browser of this machine.

use super::BrowserCommand;
use super::once::install_options;
use super::output::{Stop, complain, exit, say};
use crate::browser::{Finding, InstallOptions, Installation, Reaper, browser_root, doctor};

pub(super) async fn run(command: BrowserCommand) -> Result<u8, Stop> {
    match command {
        BrowserCommand::Install(binaries) => install(&install_options(&binaries)).await,
        BrowserCommand::Doctor(binaries) => examine(&install_options(&binaries)).await,
    }
}

async fn install(options: &InstallOptions) -> Result<u8, Stop> {
    let mut progress = |line: &str| complain(line);
    let found = Installation::ensure(options, &mut progress).await.map_err(Stop::tooling)?;
    let (browser, driver) = (found.programs.browser.display(), found.programs.driver.display());
    say(format_args!("{browser} {} with {driver} {}", found.browser_version, found.driver_version));
    Ok(exit::FINE)
}

async fn examine(options: &InstallOptions) -> Result<u8, Stop> {
    let reaper = Reaper::spawn_self().map_err(Stop::tooling)?;
    let report = doctor(options, &reaper, &browser_root()).await;
    for check in &report.checks {
        let (word, text) = match &check.finding {
            Finding::Fine(text) => ("fine", text),
            Finding::Warning(text) => ("warning", text),
            Finding::Problem(text) => ("PROBLEM", text),
        };
        say(format_args!("{:<10} {word:<8} {text}", check.name));
    }
    if let Err(error) = reaper.close().await {
        complain(error);
    }
    Ok(if report.is_healthy() { exit::FINE } else { exit::TOOLING })
}
