//! What `new` takes.

use std::path::PathBuf;

use clap::Args;
use siskin_blueprints::{HostPattern, Invalid};

/// Arguments of `new`.
#[derive(Args, Clone, Debug)]
pub struct NewArgs {
    /// A blueprint (see `blueprints`)
    pub blueprint: String,
    /// Name of the canary; made of the blueprint and its first host unless it is given
    #[arg(long)]
    pub name: Option<String>,
    /// Short for `--set url=URL`; may be given several times
    #[arg(long, value_name = "URL")]
    pub url: Vec<String>,
    /// A parameter; names of fields and indexes of lists stand behind it, by dots: `vitals.lcp.warn=2500`
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// When it runs
    #[arg(long, value_name = "EXPRESSION", default_value = "rate(5 minutes)")]
    pub schedule: String,
    /// How long a run may take, such as 1m
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// The file that the canary is added to; it is made when it is not there
    #[arg(long, value_name = "FILE", default_value = "canaries.toml")]
    pub config: PathBuf,
    /// Writes what the blueprint does as a script of your own, NAME.rhai beside the file, and has the canary run that
    #[arg(long)]
    pub script: bool,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    pub print: bool,
    #[command(flatten)]
    pub import: ImportArgs,
}

/// What the steps of an `api` canary are taken from.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// Takes the steps of an api canary from an OpenAPI document: 3.0 or 3.1, JSON or YAML
    #[arg(long, value_name = "FILE", conflicts_with = "from_har")]
    pub from_openapi: Option<PathBuf>,
    /// An operation of the document, by `operationId` or as 'GET /pets'; may be given several times. Without it those that
    /// only read
    #[arg(long, value_name = "OPERATION", requires = "from_openapi", conflicts_with = "all_operations")]
    pub operation: Vec<String>,
    /// Takes all operations of the document, also those that change and delete
    #[arg(long, requires = "from_openapi")]
    pub all_operations: bool,
    /// Where the document's operations are sent in place of its first server
    #[arg(long, value_name = "URL", requires = "from_openapi")]
    pub server: Option<String>,
    /// Takes the steps of an api canary from an HTTP archive, HAR 1.2
    #[arg(long, value_name = "FILE")]
    pub from_har: Option<PathBuf>,
    /// Takes the archive's requests to this host; without it to that of its first page
    #[arg(long, value_name = "HOST", requires = "from_har", value_parser = host)]
    pub host: Option<HostPattern>,
}

fn host(text: &str) -> Result<HostPattern, Invalid> {
    text.parse()
}
