//! Steps from files of other tools.

use std::fs;
use std::path::Path;

use siskin_blueprints::import::{HarOptions, Imported, OpenApiOptions, Operations, from_har, from_openapi, limits};

use super::arguments::ImportArgs;
use crate::cli::output::Stop;

/// The blueprint that imports are for.
const API: &str = "api";

/// What was taken out of the file that the arguments name, if they name one.
pub(super) fn imported(blueprint: &str, arguments: &ImportArgs) -> Result<Option<Imported>, Stop> {
    let file = arguments.from_openapi.as_deref().or(arguments.from_har.as_deref());
    let Some(file) = file else { return Ok(None) };
    if blueprint != API {
        return Err(Stop::usage(format_args!("--from-openapi and --from-har make steps of api, not of {blueprint}")));
    }
    let text = read(file)?;
    let read = if arguments.from_openapi.is_some() {
        let operations = match (arguments.operation.as_slice(), arguments.all_operations) {
            ([], false) => Operations::Reading,
            ([], true) => Operations::All,
            (named, _) => Operations::Named(named.to_vec()),
        };
        from_openapi(&text, &OpenApiOptions { operations, server: arguments.server.clone() })
    } else {
        from_har(&text, &HarOptions { host: arguments.host.clone() })
    };
    read.map(Some).map_err(|invalid| Stop::usage(format_args!("{}: {invalid}", file.display())))
}

fn read(file: &Path) -> Result<String, Stop> {
    let unreadable = |error: std::io::Error| Stop::usage(format_args!("{}: {error}", file.display()));
    let bytes = fs::metadata(file).map_err(unreadable)?.len();
    let max = limits::TEXT_BYTES_MAX;
    if bytes > max as u64 {
        return Err(Stop::usage(format_args!("{}: {bytes} bytes, at most {max}", file.display())));
    }
    fs::read_to_string(file).map_err(unreadable)
}
