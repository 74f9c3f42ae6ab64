//! What can be typed behind `links`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use url::Url;

use crate::cli::OutputFormat;
use crate::cli::command::BinaryArgs;

/// Arguments of `links`.
#[derive(Args, Clone, Debug)]
pub struct LinksArgs {
    /// Pages or sitemaps to begin with
    #[arg(value_name = "URL", required_unless_present = "urls_from")]
    pub urls: Vec<Url>,
    /// A file with a URL on each line to begin with, `-` for standard input; lines that begin with # are passed over
    #[arg(long, value_name = "FILE")]
    pub urls_from: Option<PathBuf>,
    #[command(flatten)]
    pub reach: ReachArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub requests: RequestArgs,
    #[command(flatten)]
    pub hosts: HostArgs,
    #[command(flatten)]
    pub browser: LookArgs,
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// What Chrome is asked for.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Browser")]
pub struct LookArgs {
    /// Whether Chrome may look at what HTTP cannot tell: names that scripts give, and walls
    #[arg(long, value_enum, default_value_t)]
    pub browser: BrowserUse,
    /// Most pages that Chrome opens to judge links
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub browser_pages: usize,
    /// Most pages with broken links of which --artifacts gets a picture
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub pictures: usize,
    #[command(flatten)]
    pub binaries: BinaryArgs,
}

/// When Chrome is started.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum BrowserUse {
    /// When a page needs it
    #[default]
    Needed,
    /// Never
    Never,
}

/// How far the check goes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reach")]
pub struct ReachArgs {
    /// Searches only pages below this URL for links; may be given several times; without it all pages of the given hosts
    #[arg(long, value_name = "URL")]
    pub scope: Vec<Url>,
    /// How many links away from the given pages are searched; 0 is the given pages alone
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// Does not follow links that match this regular expression; may be given several times
    #[arg(long, value_name = "REGEX")]
    pub exclude: Vec<String>,
    /// Follows links that match even if they are excluded or leave the scope
    #[arg(long, value_name = "REGEX")]
    pub include: Vec<String>,
    /// Does not follow links that leave the scope
    #[arg(long)]
    pub internal_only: bool,
    /// Begins with the sitemaps that robots.txt names, or /sitemap.xml, as well
    #[arg(long)]
    pub sitemaps: bool,
    /// Does not ask for robots.txt and follows what it forbids
    #[arg(long)]
    pub ignore_robots: bool,
    /// Whether links may lead into private networks; by default when a given page is in one
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub allow_private: Option<bool>,
    /// Most pages that are searched
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub max_pages: usize,
    /// Most links that are followed, at most 1,000,000
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub max_links: usize,
    /// Ends the check after this time and reports what is known then
    #[arg(long, value_name = "DURATION")]
    pub max_time: Option<String>,
}

/// How answers are judged.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Judging")]
pub struct JudgingArgs {
    /// Statuses of links that are fine
    #[arg(long, value_name = "CODES", default_value = "200-299")]
    pub accept: String,
    /// Statuses that tell nothing, because hosts keep programs out with them
    #[arg(long, value_name = "CODES", default_value = "401,403,405,406,429,451,999")]
    pub unverifiable: String,
    /// Counts links that nobody can verify as broken
    #[arg(long)]
    pub strict: bool,
    /// Does not look for the names behind #
    #[arg(long)]
    pub no_fragments: bool,
    /// Lets https pages load files over http
    #[arg(long)]
    pub allow_mixed_content: bool,
}

/// How requests are made.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Requests")]
pub struct RequestArgs {
    /// Longest wait for an answer and for each piece of its body; the whole may take three times that
    #[arg(long, value_name = "DURATION", default_value = "20s")]
    pub timeout: String,
    /// How often a failure that may pass is looked at again; 0 takes away every second look
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub retries: u32,
    /// Wait before a second look
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    pub retry_wait: String,
    /// Most redirects of a link
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub max_redirects: usize,
    /// A header for the given hosts; may be given several times
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// User and password for the given hosts
    #[arg(long, value_name = "USER:PASSWORD", env = "SISKIN_LINKS_BASIC_AUTH", hide_env_values = true)]
    pub basic_auth: Option<String>,
    /// Who we say we are
    #[arg(long, value_name = "TEXT")]
    pub user_agent: Option<String>,
    /// Asks with GET at once, never with HEAD
    #[arg(long)]
    pub get: bool,
    /// Does not look at certificates
    #[arg(long)]
    pub insecure: bool,
}

/// How hosts are treated.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Hosts")]
pub struct HostArgs {
    /// Most requests at a time, to all hosts
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub concurrency: usize,
    /// Most requests at a time to each of the given hosts
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub own_concurrency: usize,
    /// Shortest time between two requests to each of the given hosts
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    pub own_interval: String,
    /// Most requests at a time to each other host
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub host_concurrency: usize,
    /// Shortest time between two requests to each other host
    #[arg(long, value_name = "DURATION", default_value = "50ms")]
    pub host_interval: String,
    /// Longest pause that is made for a host that asks for one
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub max_wait: String,
    /// Asks no host less because it asks for it
    #[arg(long)]
    pub no_adaptation: bool,
}

/// What is written where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reports")]
pub struct ReportArgs {
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: OutputFormat,
    /// Tells links that are fine, too: redirects as text, all of them as JSON
    #[arg(short, long)]
    pub verbose: bool,
    /// Writes BrokenLinkCheckerReport.json, links.json, junit.xml and summary.md into this folder
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
    /// Keeps answers of other hosts in this file, and takes them from it
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,
    /// How long answers in the cache hold
    #[arg(long, value_name = "DURATION", default_value = "1d")]
    pub cache_age: String,
}
