//! `run`: one canary, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use siskin_blueprints::{Arguments, Blueprint, Canary, CanaryName, Invalid, Schedule, Script, Subject, limits};
use tokio_util::sync::CancellationToken;

use super::command::{BinaryArgs, IsolationArg, PlaceArgs};
use super::execute::load;
use super::output::{Stop, complain, exit, say};
use super::visual::{baseline_place, update_policy};
use super::{OnceArgs, OutputFormat};
use crate::browser::InstallOptions;
use crate::clock::{Clock, local_zone};
use crate::config::{
    BaselinePlace, Document, KeepPassed, MULTI_CHECK, MULTI_CHECK_PARAMETER, Secret, Secrets, parse_duration,
};
use crate::publish::{AwsEndpoint, Origin, Publication, Target, send_now};
use crate::report;
use crate::run::{BrowserSetup, Isolation, Launch, Outcome, RunReport, Scripts, Setting, Threads, launch};
use crate::script;
use crate::visual::{VisualSetting, VisualStatus};

const CONFIG_DEFAULT: &str = "canaries.toml";
const ARTIFACTS_DEFAULT: &str = "siskin-artifacts";
/// Names the file to which GitHub's jobs append what their summary shows.
const GITHUB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

pub(super) async fn run(arguments: OnceArgs) -> Result<u8, Stop> {
    let Found { canary, secrets, baselines } = find(&arguments)?;
    let canary = Arc::new(canary);
    let clock = Clock::system();
    // Never closed: the reaper ends with this process, and kills what is left without anybody waiting for it.
    let browser = browser_setup(&arguments.place);
    let mut artifacts = arguments.place.artifacts.clone().unwrap_or_else(|| ARTIFACTS_DEFAULT.into());
    if artifacts.to_str().is_some_and(|text| text.contains("://")) {
        return Err(Stop::usage(format_args!("--artifacts {}: run writes into a directory", artifacts.display())));
    }
    let target = target(&arguments.place)?;
    if target.is_some() {
        // The backend is told where they are, and looks from another directory.
        artifacts = std::path::absolute(&artifacts).map_err(Stop::usage)?;
    }
    let setting = Setting {
        clock: clock.clone(),
        artifacts,
        origin: origin(&arguments.place)?,
        browser,
        console: arguments.place.endpoint_url.clone(),
        keep_passed: KeepPassed::Folder,
        visual: visual(&arguments, &baselines)?,
        scripts: Scripts::default(),
        threads: Threads::new(1),
    };
    let stop = CancellationToken::new();
    let now = clock.now();
    let secrets = secrets.and(given_secrets(&arguments.secret)?);
    let running = launch(Launch::new(canary, now, now).with_secrets(secrets), &setting, stop.clone());
    let mut running = std::pin::pin!(running);
    let report = tokio::select! {
        report = &mut running => report,
        _ = tokio::signal::ctrl_c() => {
            stop.cancel();
            running.await
        }
    };
    tell(&report, arguments.output);
    tell_ci(&report, &arguments)?;
    if let Some(target) = target {
        publish(&report, &setting.origin, target).await?;
    }
    Ok(match report.outcome {
        Outcome::Passed => exit::FINE,
        Outcome::Failed { .. } => code_of_failure(&report),
        Outcome::Broken { .. } | Outcome::Stopped { .. } => exit::TOOLING,
    })
}

/// A picture that is not as its baseline comes first; one that could not be compared is no failure of the page.
fn code_of_failure(report: &RunReport) -> u8 {
    let mut statuses = report.comparisons.iter().map(|comparison| comparison.status);
    if statuses.clone().any(VisualStatus::can_be_approved) {
        exit::VISUAL
    } else if statuses.any(|status| status == VisualStatus::Failed) {
        exit::TOOLING
    } else {
        exit::FAILED
    }
}

fn tell(report: &RunReport, output: OutputFormat) {
    match output {
        OutputFormat::Json => say(report::run_json(report)),
        OutputFormat::Text => {
            for step in &report.steps {
                say(format_args!("  {:<6}  {:>6} ms  {}", step.outcome.word(), step.duration.as_millis(), step.name));
            }
            say(report::line(report, &local_zone()));
        }
    }
}

/// Marks the place of a failure and adds to the job's summary, where a CI system runs this and reads such things.
fn tell_ci(report: &RunReport, arguments: &OnceArgs) -> Result<(), Stop> {
    let variable = |name: &str| std::env::var(name).ok();
    if let Some(ci) = report::Ci::detect(variable) {
        let file = is_script_file(&arguments.subject).then_some(arguments.subject.as_str());
        if let Some(line) = report::annotation(report, ci, file) {
            // Both systems read either stream; the other one may be read as JSON.
            complain(line);
        }
    }
    summarise(&report::markdown(report))
}

/// Adds to the summary of GitHub's job, if this is one.
pub(super) fn summarise(markdown: &str) -> Result<(), Stop> {
    let Some(summary) = std::env::var_os(GITHUB_SUMMARY).filter(|path| !path.is_empty()) else { return Ok(()) };
    let appended = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&summary)
        .and_then(|mut file| file.write_all(format!("{markdown}\n").as_bytes()));
    appended.map_err(|error| Stop::tooling(format_args!("{GITHUB_SUMMARY} = {}: {error}", summary.display())))
}

async fn publish(report: &RunReport, origin: &Origin, target: Target) -> Result<(), Stop> {
    let publisher = AwsEndpoint::new(target).map_err(Stop::tooling)?;
    match send_now(&publisher, &Publication::of(report, origin)).await {
        Ok(0) => Ok(()),
        Ok(_) => Err(Stop::tooling("the backend refused a part of the run (see the log)")),
        Err(error) => Err(Stop::tooling(format_args!("the run could not be told to the backend: {error}"))),
    }
}

/// Where runs are told: nowhere without an endpoint and `--aws`.
pub(super) fn target(place: &PlaceArgs) -> Result<Option<Target>, Stop> {
    if place.aws {
        return Target::aws(&place.region).map(Some).map_err(Stop::usage);
    }
    let Some(own) = place.endpoint_url.clone().map(Target::own) else { return Ok(None) };
    Ok(Some(if place.sign { own.signed(&place.region).map_err(Stop::usage)? } else { own }))
}

pub(super) fn browser_setup(place: &PlaceArgs) -> BrowserSetup {
    let isolation = match place.isolation {
        IsolationArg::Process => Isolation::Process,
        IsolationArg::Context => Isolation::Context,
    };
    BrowserSetup::with_isolation(install_options(&place.binaries), isolation)
}

pub(super) fn install_options(binaries: &BinaryArgs) -> InstallOptions {
    InstallOptions { browser: binaries.browser_binary.clone(), driver: binaries.driver_binary.clone() }
}

pub(super) fn origin(place: &PlaceArgs) -> Result<Origin, Stop> {
    let is_account = place.account.len() == 12 && place.account.chars().all(|c| c.is_ascii_digit());
    if !is_account {
        return Err(Stop::usage(format_args!("--account = {}: twelve digits", place.account)));
    }
    let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if place.region.is_empty() || !place.region.chars().all(is_region) {
        return Err(Stop::usage(format_args!("--region = {}: lower-case letters, digits and dashes", place.region)));
    }
    Ok(Origin { account: place.account.clone(), region: place.region.clone() })
}

/// What is to run.
struct Found {
    canary: Canary,
    secrets: Secrets,
    /// Where baselines are, as far as a canaries file says so, and the folder that they are in else.
    baselines: (Option<BaselinePlace>, PathBuf),
}

/// Finds what is to run: a script by its ending, a canary of a file that was named, a blueprint, a canary of the usual file.
fn find(arguments: &OnceArgs) -> Result<Found, Stop> {
    let subject = arguments.subject.as_str();
    let alone = |canary| Found { canary, secrets: Secrets::default(), baselines: (None, PathBuf::new()) };
    if is_script_file(subject) {
        return script_canary(arguments, Path::new(subject)).map(alone);
    }
    if is_document(Path::new(subject)) {
        return document_canary(arguments, Path::new(subject)).map(alone);
    }
    if arguments.config.is_none()
        && let Some(blueprint) = Blueprint::named(subject)
    {
        return blueprint_canary(arguments, blueprint).map(alone);
    }
    let file = arguments.config.clone().unwrap_or_else(|| PathBuf::from(CONFIG_DEFAULT));
    if arguments.config.is_none() && !file.is_file() {
        let known: Vec<_> = siskin_blueprints::all().iter().map(|blueprint| blueprint.name).collect();
        return Err(Stop::usage(format_args!(
            "{subject} is no blueprint ({}), no script (*.rhai) and no multi-checks document (*.json), and there is no \
             {CONFIG_DEFAULT} with such a canary",
            known.join(", ")
        )));
    }
    let config = load(&file)?;
    let entry = config.entry(subject);
    let entry = entry.ok_or_else(|| Stop::usage(format_args!("{}: no canary is called {subject}", file.display())))?;
    let mut canary = Canary::clone(&entry.canary);
    if !arguments.url.is_empty() || !arguments.param.is_empty() || !arguments.allow_host.is_empty() {
        return Err(Stop::usage(
            "--url, --param and --allow-host go with a blueprint or a script: a canary has its own",
        ));
    }
    if let Some(timeout) = timeout(arguments)? {
        canary.timeout = timeout;
    }
    let beside = file.parent().unwrap_or(Path::new("")).to_owned();
    let secrets = entry.secrets.clone();
    Ok(Found { canary: checked(canary)?, secrets, baselines: (config.baselines, beside) })
}

fn visual(arguments: &OnceArgs, (place, beside): &(Option<BaselinePlace>, PathBuf)) -> Result<VisualSetting, Stop> {
    let place = baseline_place(&arguments.baselines)?.or_else(|| place.clone());
    let policy = update_policy(arguments.baselines.update)?;
    let setting = VisualSetting::of_canaries(place.as_ref(), beside, &arguments.place.region).map_err(Stop::usage)?;
    Ok(VisualSetting { policy, ..setting })
}

fn is_script_file(subject: &str) -> bool {
    Path::new(subject).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("rhai"))
}

fn blueprint_canary(arguments: &OnceArgs, blueprint: &'static Blueprint) -> Result<Canary, Stop> {
    if !arguments.allow_host.is_empty() && blueprint.name != MULTI_CHECK {
        return Err(Stop::usage("--allow-host goes with a script: a blueprint calls the hosts of its parameters"));
    }
    let mut given = Map::new();
    for url in &arguments.url {
        blueprint.set(&mut given, "url", url).map_err(Stop::usage)?;
    }
    for (name, text) in pairs(&arguments.param)? {
        blueprint.set(&mut given, name, text).map_err(Stop::usage)?;
    }
    if blueprint.name == MULTI_CHECK
        && let Some(value) = given.get(MULTI_CHECK_PARAMETER)
    {
        let file = Document::file_of(value, Path::new("")).unwrap_or_else(|| MULTI_CHECK_PARAMETER.into());
        let document = Document::of(value, Path::new("")).map_err(|faults| told(&file, &faults))?;
        given.insert(MULTI_CHECK_PARAMETER.to_owned(), document.value.clone());
        return checks_canary(arguments, blueprint.name, given, &document);
    }
    let parsed = Arguments::parse(blueprint, given).map_err(Stop::usage)?;
    single(arguments, blueprint.name, Subject::Blueprint { blueprint, arguments: parsed }, BTreeMap::new())
}

/// Whether a file is named as multi-checks documents are.
pub(super) fn is_document(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// Reads a multi-checks document.
pub(super) fn read_document(path: &Path) -> Result<Document, Stop> {
    Document::load(path).map_err(|faults| told(path, &faults))
}

fn told(file: &Path, faults: &[Invalid]) -> Stop {
    let lines: Vec<_> = faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect();
    Stop::usage(lines.join("\n"))
}

fn document_canary(arguments: &OnceArgs, path: &Path) -> Result<Canary, Stop> {
    if !arguments.url.is_empty() || !arguments.param.is_empty() {
        return Err(Stop::usage(
            "--url and --param go with a blueprint or a script: a document has variables of its own",
        ));
    }
    let document = read_document(path)?;
    let name = canary_name(&path.file_stem().unwrap_or_default().to_string_lossy());
    checks_canary(arguments, &name, document.arguments(), &document)
}

/// A canary of a document: it may call the hosts that the document names, and has the time that its steps may take.
fn checks_canary(
    arguments: &OnceArgs,
    name: &str,
    given: Map<String, Value>,
    document: &Document,
) -> Result<Canary, Stop> {
    let secrets = given_secrets(&arguments.secret)?;
    let missing = document.missing(&secrets, &BTreeSet::new());
    if !missing.is_empty() {
        let lines: Vec<_> = missing.iter().map(|invalid| format!("--secret: {}", invalid.rule)).collect();
        return Err(Stop::usage(lines.join("\n")));
    }
    let blueprint = Blueprint::named(MULTI_CHECK).expect("the blueprint is one of the table");
    let parsed = Arguments::parse(blueprint, given).map_err(Stop::usage)?;
    let mut canary = single(arguments, name, Subject::Blueprint { blueprint, arguments: parsed }, BTreeMap::new())?;
    canary.hosts.extend_from_slice(document.hosts());
    if arguments.timeout.is_none() {
        canary.timeout = document.checks.time_max().clamp(TIMEOUT_DEFAULT, limits::TIMEOUT_MAX);
    }
    checked(canary)
}

/// Reads a script's file.
pub(super) fn read_script(path: &Path) -> Result<Script, Stop> {
    let unreadable = |error: std::io::Error| Stop::usage(format_args!("{}: {error}", path.display()));
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > limits::SCRIPT_BYTES_MAX as u64 {
        let max = limits::SCRIPT_BYTES_MAX;
        return Err(Stop::usage(format_args!("{}: {bytes} bytes, at most {max}", path.display())));
    }
    let source = fs::read_to_string(path).map_err(unreadable)?;
    Ok(Script { name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), source })
}

fn script_canary(arguments: &OnceArgs, path: &Path) -> Result<Canary, Stop> {
    let script = read_script(path)?;
    script::check(&script).map_err(Stop::usage)?;
    let mut variables: BTreeMap<_, _> =
        pairs(&arguments.param)?.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if let [url] = arguments.url.as_slice() {
        variables.insert("url".to_owned(), url.clone());
    } else if !arguments.url.is_empty() {
        return Err(Stop::usage("a script takes --url once"));
    }
    let name = canary_name(&path.file_stem().unwrap_or_default().to_string_lossy());
    single(arguments, &name, Subject::Script(script), variables)
}

fn single(
    arguments: &OnceArgs,
    name: &str,
    subject: Subject,
    variables: BTreeMap<String, String>,
) -> Result<Canary, Stop> {
    let mut hosts = Vec::new();
    for host in &arguments.allow_host {
        hosts.push(host.parse().map_err(|invalid: Invalid| Stop::usage(format_args!("--allow-host: {invalid}")))?);
    }
    if let (Subject::Script(_), [url]) = (&subject, arguments.url.as_slice()) {
        // Naming the address on the command line is leave enough to call it.
        hosts.extend(url::Url::parse(url).ok().as_ref().and_then(siskin_blueprints::HostPattern::of));
    }
    checked(Canary {
        name: name.parse().map_err(Stop::usage)?,
        subject,
        schedule: Schedule::Once,
        timeout: timeout(arguments)?.unwrap_or(TIMEOUT_DEFAULT),
        variables,
        hosts,
        alarm: None,
    })
}

fn checked(canary: Canary) -> Result<Canary, Stop> {
    canary.check().map_err(Stop::usage)?;
    Ok(canary)
}

fn timeout(arguments: &OnceArgs) -> Result<Option<Duration>, Stop> {
    arguments
        .timeout
        .as_deref()
        .map(|text| parse_duration("timeout", text))
        .transpose()
        .map_err(|error| Stop::usage(format_args!("--{error}")))
}

fn pairs(params: &[String]) -> Result<Vec<(&str, &str)>, Stop> {
    let pair = |param: &'_ String| -> Result<_, Stop> { Err(Stop::usage(format_args!("--param {param}: NAME=VALUE"))) };
    params.iter().map(|param| param.split_once('=').map_or_else(|| pair(param), Ok)).collect()
}

/// Secrets by name, from the environment: arguments stand in every list of processes.
fn given_secrets(given: &[String]) -> Result<Secrets, Stop> {
    let mut secrets = Vec::new();
    for pair in given {
        let (name, variable) = pair
            .split_once('=')
            .ok_or_else(|| Stop::usage("--secret: NAME=VARIABLE, where VARIABLE is one of the environment"))?;
        let value = std::env::var(variable);
        let value =
            value.map_err(|_| Stop::usage(format_args!("--secret {name}: the environment has no {variable}")))?;
        secrets.push((name.to_owned(), Secret::new(value)));
    }
    Ok(secrets.into_iter().collect())
}

/// A canary's name made from a file's: what does not fit becomes a dash.
fn canary_name(stem: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c.to_ascii_lowercase() } else { '-' };
    let name: String = stem.chars().map(fit).take(255).collect();
    if name.parse::<CanaryName>().is_ok() { name } else { "script".to_owned() }
}
