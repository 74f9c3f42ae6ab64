//! `visual test`: pictures of many pages, a few at a time, and one report.

use std::io::{self, Write};

use tokio_util::sync::CancellationToken;

use super::TestArgs;
use super::baselines::{baseline_place, update_policy};
use super::pages::pages;
use crate::cli::OutputFormat;
use crate::cli::once::{install_options, summarise};
use crate::cli::output::{Stop, complain, exit, say};
use crate::config::{BaselinePlace, parse_duration};
use crate::report::{
    Ci, VISUAL_REPORT, visual_annotations, visual_json, visual_markdown, visual_text, write_visual_reports,
};
use crate::visual::baseline::Baselines;
use crate::visual::suite::{Blame, SuiteResult, SuiteSetting, run_suite};
use crate::visual::{BASELINES_FOLDER, VisualSetting};

pub(in crate::cli) async fn run(arguments: TestArgs) -> Result<u8, Stop> {
    let policy = update_policy(arguments.baselines.update)?;
    let timeout =
        parse_duration("timeout", &arguments.timeout).map_err(|invalid| Stop::usage(format_args!("--{invalid}")))?;
    let place = baseline_place(&arguments.baselines)?.unwrap_or_else(|| BaselinePlace::Folder(BASELINES_FOLDER.into()));
    let baselines = Baselines::open(&place, &arguments.region).map_err(Stop::usage)?;
    let pages = pages(&arguments.pages, &arguments.looks).await?;
    let stop = CancellationToken::new();
    let setting = SuiteSetting {
        folder: arguments.report.clone(),
        visual: VisualSetting { baselines, policy, is_by_canary: false },
        jobs: usize::from(arguments.jobs),
        timeout,
        browser: install_options(&arguments.binaries),
    };
    let pages = pages.into_iter().map(|page| (page.name, page.arguments)).collect();
    let running = run_suite(pages, &setting, stop.clone());
    let mut running = std::pin::pin!(running);
    let result = tokio::select! {
        result = &mut running => result,
        _ = tokio::signal::ctrl_c() => {
            stop.cancel();
            running.await
        }
    };
    let result =
        result.map_err(|error| Stop::tooling(format_args!("--report {}: {error}", arguments.report.display())))?;
    let written = write_visual_reports(&arguments.report, &result.report);
    written.map_err(|error| Stop::tooling(format_args!("--report {}: {error}", arguments.report.display())))?;
    tell(&result, &arguments).map_err(Stop::tooling)?;
    Ok(code(&result))
}

fn tell(result: &SuiteResult, arguments: &TestArgs) -> io::Result<()> {
    let report = &result.report;
    match arguments.output {
        OutputFormat::Json => say(visual_json(report)),
        OutputFormat::Text => {
            let mut out = io::stdout().lock();
            visual_text(report, &mut out)?;
            writeln!(out, "Report: {}", arguments.report.join("index.html").display())?;
        }
    }
    if let Some(ci) = Ci::detect(|name| std::env::var(name).ok()) {
        visual_annotations(report, ci).iter().for_each(complain);
    }
    let path = arguments.report.join(VISUAL_REPORT);
    summarise(&visual_markdown(report, &path.to_string_lossy())).map_err(|stop| io::Error::other(stop.message))
}

/// A difference comes first: it is what was asked for.
fn code(result: &SuiteResult) -> u8 {
    let comparisons = &result.report.comparisons;
    if comparisons.iter().any(|one| one.status.can_be_approved()) {
        return exit::VISUAL;
    }
    match result.worst {
        None => exit::FINE,
        Some(Blame::Page) => exit::FAILED,
        Some(Blame::Tooling) => exit::TOOLING,
    }
}
