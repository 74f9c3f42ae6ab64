//! `siskin up` and `siskin serve`: from an empty directory to a watched service, and back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use siskin_runner::browser::{InstallOptions, Installation};
use siskin_runner::config::Config;

use super::StartError;
use super::cli::UpArgs;
use super::demo::{self, Demo};
use super::desk::Desk;
use super::local_runner;
use super::say::{Progress, say};
use super::signal::StopSignals;
use super::system::{Extras, System};
use crate::edge::console::CanaryDesk;

/// Used when it is there and no other file is asked for.
const CANARIES_FILE: &str = "canaries.toml";

/// Runs until Ctrl-C or SIGTERM.
pub(super) async fn up(args: UpArgs) -> Result<(), StartError> {
    let mut signals = StopSignals::listen().map_err(StartError::Signals)?;
    // The user's own canaries are read first: a typing error must not cost a start.
    let own = canaries_file(&args).map(|file| Config::load(&file).map(|config| (file, config))).transpose()?;
    let step = Progress::start("store");
    let mut system = System::open(&args.serve).await?;
    step.done(&args.serve.data.display().to_string());

    let running = tokio::select! {
        running = start(&args, own, &mut system) => Some(running),
        () = signals.received() => None,
    };
    let (demo, outcome) = match running {
        Some(Ok(demo)) => {
            let outcome = tokio::select! {
                () = signals.received() => Ok(()),
                Some(task) = system.tasks().first_end() => Err(StartError::TaskEnded(task)),
            };
            (demo, outcome)
        }
        Some(Err(error)) => (None, Err(error)),
        None => (None, Ok(())),
    };
    if outcome.is_ok() {
        say("stopping");
    }
    tokio::select! {
        () = stop(system, demo) => {}
        () = signals.received() => say("stopped at once, on the second signal"),
    }
    outcome
}

/// Everything between the open store and the first run; returns the shop, if there is one.
async fn start(args: &UpArgs, own: Option<(PathBuf, Config)>, system: &mut System) -> Result<Option<Demo>, StartError> {
    let (demo, mut extras) = if args.demo { start_demo(args, system).await? } else { (None, Extras::default()) };
    let canaries = match (&demo, own) {
        (_, Some(own)) => Some(own),
        (Some(demo), None) => {
            let inbox = format!("{}{}", system.endpoints().api_url(), demo::INBOX);
            let file = demo::canaries(&args.serve.data, demo.address(), &inbox)?;
            let config = Config::load(&file)?;
            Some((file, config))
        }
        // The console may add the first one.
        (None, None) => Some((PathBuf::from(CANARIES_FILE), Config::parse("", CANARIES_FILE, Path::new(""))?)),
    };
    let canaries = canaries.filter(|_| args.runs_canaries());
    let desk = canaries
        .as_ref()
        .map(|(file, _)| Arc::new(Desk::new(file.clone(), system.artifacts_dir(), system.tasks().cancellation())));
    extras.desk = desk.clone().map(|desk| desk as Arc<dyn CanaryDesk>);
    let step = Progress::start("listeners");
    system.serve(extras)?;
    let endpoints = system.endpoints();
    step.done(&format!("AWS APIs {}, X-Ray {}, OTLP {}", endpoints.api, endpoints.xray, endpoints.otlp));
    if let Some((file, config)) = canaries {
        start_runner(&file, config, system).await?;
    }
    if let Some(desk) = desk {
        let cancelled = system.tasks().cancellation();
        system.tasks().spawn("trials", async move {
            cancelled.cancelled().await;
            desk.close().await;
        });
    }
    say("");
    say(&format!("  console   {}/console", system.endpoints().api_url()));
    say(&format!("  AWS APIs  aws --endpoint-url {} cloudwatch list-metrics", system.endpoints().api_url()));
    if let Some(demo) = &demo {
        say(&format!("  shop      http://{}/", demo.address()));
        say("  break it  siskin demo break   (or the button in the console), then watch; siskin demo mend");
    }
    say("");
    Ok(demo)
}

async fn start_demo(args: &UpArgs, system: &System) -> Result<(Option<Demo>, Extras), StartError> {
    let step = Progress::start("demo shop");
    let demo = Demo::start(args.demo_listen, system.endpoints().xray).await?;
    step.done(&format!("http://{}/", demo.address()));
    let (routes, control) = (demo::inbox(), Arc::new(demo.control()));
    let extras = Extras { routes, demo: Some(control), shop: Some(demo.address()), desk: None };
    Ok((Some(demo), extras))
}

async fn start_runner(file: &Path, config: Config, system: &mut System) -> Result<(), StartError> {
    if local_runner::needs_browser(&config) {
        let step = Progress::start("Chrome");
        let installed =
            Installation::ensure(&InstallOptions::default(), &mut |line| say(&format!("     {line}"))).await?;
        step.done(&format!("{} {}", installed.programs.browser.display(), installed.browser_version));
    }
    let step = Progress::start("canaries");
    let count = config.entries.len();
    local_runner::start(config, file, system);
    let from = file.display();
    step.done(&if count == 0 {
        format!("none in {from} yet: the console makes some")
    } else {
        format!("{count} from {from}")
    });
    Ok(())
}

async fn stop(system: System, demo: Option<Demo>) {
    if let Some(demo) = demo {
        demo.stop().await;
    }
    system.shutdown().await;
}

fn canaries_file(args: &UpArgs) -> Option<PathBuf> {
    if !args.runs_canaries() {
        return None;
    }
    args.config.clone().or_else(|| {
        let file = PathBuf::from(CANARIES_FILE);
        // With --demo an unrelated file in this directory is left alone.
        (!args.demo && file.is_file()).then_some(file)
    })
}
