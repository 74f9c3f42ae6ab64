//! From arguments to a file.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use siskin_blueprints::import::Imported;
use siskin_blueprints::{Arguments, Blueprint, CanaryName, HostPattern, all, render};

use super::arguments::NewArgs;
use super::import::imported;
use crate::authoring::{Addition, Draft, DraftSubject, check_entry, create_script};
use crate::cli::output::{Stop, complain, exit, say};
use crate::script;

const CONFIG_DEFAULT: &str = "canaries.toml";
/// Longest name that is made here.
const NAME_CHARS_MAX: usize = 60;

pub(in crate::cli) fn run(arguments: &NewArgs) -> Result<u8, Stop> {
    let known = || all().iter().map(|blueprint| blueprint.name).collect::<Vec<_>>().join(", ");
    let blueprint = Blueprint::named(&arguments.blueprint);
    let blueprint = blueprint.ok_or_else(|| {
        Stop::usage(format_args!("{}: no such blueprint; there are {}", arguments.blueprint, known()))
    })?;
    let imported = imported(blueprint.name, &arguments.import)?;
    let draft = draft(blueprint, arguments, imported.as_ref())?;
    let (draft, arguments_meant) = draft;
    let script = render(blueprint, &arguments_meant);
    script::check(&script).map_err(Stop::usage)?;
    let file_name = format!("{}.rhai", draft.name);
    let entry = if arguments.script { draft.with_script(&file_name).entry()? } else { draft.entry()? };
    for note in imported.iter().flat_map(|imported| &imported.notes) {
        complain(format_args!("note: {note}"));
    }
    if arguments.print {
        // A script's file is not there yet; the rest of its entry is that of the blueprint.
        check_entry(&draft.entry()?)?;
        say(entry.trim_end());
        if arguments.script {
            say(format_args!("\n# {file_name}\n{}", script.source.trim_end()));
        }
        return Ok(exit::FINE);
    }
    let addition = Addition::prepare(&arguments.config, draft.name.as_str(), &entry)?;
    if arguments.script {
        let path = arguments.config.with_file_name(&file_name);
        create_script(&path, &script.source)?;
        if let Err(stop) = addition.write() {
            // It was made a moment ago and belongs to nothing.
            drop(fs::remove_file(&path));
            return Err(stop.into());
        }
        say(format_args!("{}: written", path.display()));
    } else {
        addition.write()?;
    }
    tell(&draft, &arguments.config);
    Ok(exit::FINE)
}

fn draft(
    blueprint: &'static Blueprint,
    arguments: &NewArgs,
    imported: Option<&Imported>,
) -> Result<(Draft, Arguments), Stop> {
    let mut parameters = imported.map(Imported::parameters).unwrap_or_default();
    for url in &arguments.url {
        blueprint.set(&mut parameters, "url", url).map_err(Stop::usage)?;
    }
    for pair in &arguments.set {
        let pair = pair.split_once('=').ok_or_else(|| Stop::usage(format_args!("--set {pair}: NAME=VALUE")))?;
        blueprint.set(&mut parameters, pair.0, pair.1).map_err(Stop::usage)?;
    }
    let parsed = Arguments::parse(blueprint, parameters.clone()).map_err(Stop::usage)?;
    let name = name(blueprint, arguments, imported, &parsed)?;
    let subject =
        DraftSubject::Blueprint { blueprint, parameters: without_nulls(parameters), arguments: parsed.clone() };
    let (schedule, timeout) = (arguments.schedule.clone(), arguments.timeout.clone());
    Ok((Draft { name, subject, schedule, timeout }, parsed))
}

/// Fields of lists that were reached by a later index; they were checked, so that none is required.
fn without_nulls(parameters: Map<String, Value>) -> Map<String, Value> {
    parameters.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn name(
    blueprint: &Blueprint,
    arguments: &NewArgs,
    imported: Option<&Imported>,
    parsed: &Arguments,
) -> Result<CanaryName, Stop> {
    let name = arguments.name.clone().unwrap_or_else(|| {
        let host = parsed.hosts(blueprint).first().map(HostPattern::name).map(str::to_owned);
        let title = imported.and_then(|imported| imported.title.clone()).filter(|title| !title.contains("://"));
        slug(&format!("{}-{}", blueprint.name, title.or(host).unwrap_or_default()))
    });
    if Blueprint::named(&name).is_some() {
        return Err(Stop::usage(format_args!("--name {name}: `run {name}` would run the blueprint of this name")));
    }
    name.parse().map_err(|invalid| Stop::usage(format_args!("--{invalid}")))
}

/// Lower case, and a dash for all that a name cannot have.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(NAME_CHARS_MAX) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

fn tell(draft: &Draft, config: &Path) {
    say(format_args!("{}: canary {} was added", config.display(), draft.name));
    let missing: Vec<_> = draft.environment().into_iter().filter(|name| std::env::var_os(name).is_none()).collect();
    if !missing.is_empty() {
        say(format_args!("  it takes secrets and variables from the environment: set {}", missing.join(", ")));
    }
    let elsewhere =
        if config == Path::new(CONFIG_DEFAULT) { String::new() } else { format!(" --config {}", config.display()) };
    say(format_args!("  next: check {}, then run {}{elsewhere}", config.display(), draft.name));
}
