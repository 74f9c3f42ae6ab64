//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use url::Url;
use uuid::Uuid;

use super::{BaselineArgs, ImportArgs, LinksArgs, NewArgs, RecordArgs, VisualCommand};

/// Commands about canaries.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Runs one canary once, without a backend; exits 0 when it passed, 1 when it failed and 3 when a picture is not as its baseline
    #[command(
        after_help = "Examples:\n  run heartbeat --url https://example.com/\n  run checkout.rhai --allow-host shop.example --timeout 1m\n  run checks.json --secret api-key=API_KEY\n  run shop-home --config canaries.toml --output json"
    )]
    Run(OnceArgs),
    /// Runs the canaries of a file on their schedules until it is interrupted
    #[command(after_help = "Example:\n  runner --config canaries.toml --endpoint-url http://127.0.0.1:4747")]
    Runner(WatchArgs),
    /// Checks canaries files, scripts and multi-checks documents, and tells every problem with its place
    #[command(after_help = "Examples:\n  check canaries.toml\n  check checkout.rhai search.rhai checks.json")]
    Check {
        /// Canaries files, scripts ending in .rhai, and multi-checks documents ending in .json
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Writes the JSON schema of canaries files, for editors
    #[command(after_help = "Example:\n  schema > canaries.schema.json")]
    Schema,
    /// Lists the blueprints and their parameters
    #[command(after_help = "Example:\n  blueprints --output json")]
    Blueprints {
        /// How the list is written
        #[arg(long, value_enum, default_value_t)]
        output: OutputFormat,
    },
    /// Adds a canary of a blueprint to a canaries file, or makes the file
    #[command(
        after_help = "Examples:\n  new heartbeat --url https://shop.example/ --set text=Welcome\n  new api --from-openapi openapi.yaml --schedule 'rate(10 minutes)'\n  new api --from-har shop.har --script"
    )]
    New(Box<NewArgs>),
    /// Follows the links of a site and tells which lead nowhere; exits 0 when all are fine and 1 when one is broken
    #[command(
        after_help = "Examples:\n  links https://example.com/\n  links https://docs.example/ --scope https://docs.example/v2/ --exclude '/archive/' --cache .links-cache\n  links --urls-from urls.txt --depth 0 --output json"
    )]
    Links(Box<LinksArgs>),
    /// Compares pictures of pages with those that were approved
    #[command(subcommand)]
    Visual(VisualCommand),
    /// Opens a visible Chrome and makes a script of what is done in it, until its window is closed or Ctrl-C is pressed
    #[command(after_help = "Example:\n  record https://shop.example/ --out checkout.rhai")]
    Record(RecordArgs),
    /// Makes a script of what Chrome DevTools' Recorder recorded
    #[command(
        after_help = "Examples:\n  import recording.json --out checkout.rhai\n  import recording.json --secret-field member-number > checkout.rhai"
    )]
    Import(ImportArgs),
    /// Writes the folders of runs that passed and are kept in a pack, and tells where they are
    #[command(
        after_help = "Example:\n  unpack siskin-data/runner/artifacts/canary/us-east-1/shop/2026/11/23/08/passed.jsonl"
    )]
    Unpack {
        /// A pack: `passed.jsonl` in the folder of an hour
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only this run
        #[arg(long, value_name = "RUN-ID")]
        run: Option<Uuid>,
    },
    /// Installs the browser, or finds out what is wrong with it
    #[command(subcommand)]
    Browser(BrowserCommand),
}

/// Commands about the browser.
#[derive(Clone, Debug, Subcommand)]
pub enum BrowserCommand {
    /// Installs Chromium and ChromeDriver when they are missing (Debian and Ubuntu, as root)
    #[command(after_help = "Example:\n  browser install")]
    Install(BinaryArgs),
    /// Looks at memory, disk, browser and driver, opens a page, and tells what to do about what is wrong
    #[command(after_help = "Example:\n  browser doctor")]
    Doctor(BinaryArgs),
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Arguments of `run`.
#[derive(Args, Clone, Debug)]
pub struct OnceArgs {
    /// A blueprint (see `blueprints`), a script ending in .rhai, a multi-checks document ending in .json, or a canary of the file
    pub subject: String,
    /// Short for `--param url=URL`; may be given several times
    #[arg(long, value_name = "URL")]
    pub url: Vec<String>,
    /// A parameter of the blueprint, or a variable of the script
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// A secret of the script, taken from a variable of the environment; may be given several times
    #[arg(long, value_name = "NAME=VARIABLE")]
    pub secret: Vec<String>,
    /// Runs a script again whenever its file is saved, until it is interrupted
    #[arg(long)]
    pub watch: bool,
    /// A host that a script may call; may be given several times
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// The file that has the canary
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How long the script may take, such as 30s
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: OutputFormat,
    #[command(flatten)]
    pub baselines: BaselineArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Arguments of `runner`.
#[derive(Args, Clone, Debug)]
pub struct WatchArgs {
    /// The canaries
    #[arg(long, value_name = "FILE", default_value = "canaries.toml")]
    pub config: PathBuf,
    /// Spool, journal and lock; artifacts too, unless they are told otherwise
    #[arg(long, value_name = "DIR", default_value = "siskin-data/runner", env = "SISKIN_RUNNER_DATA")]
    pub data: PathBuf,
    /// Most browsers at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub browsers: usize,
    /// Most runs without a browser at a time
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub http_runs: usize,
    /// Memory that must be free before another browser starts, in MiB; the smaller of the machine's and the cgroup's
    #[arg(long, value_name = "MIB", default_value_t = 400)]
    pub memory_per_browser: u64,
    /// How long runs under way may take to finish after SIGTERM; none is started meanwhile
    #[arg(long, value_name = "DURATION", default_value = "25s")]
    pub drain: String,
    /// Runs only the canaries of these groups
    #[arg(long, value_name = "GROUP")]
    pub group: Vec<String>,
    /// Runs every rate at once at the start, then on its schedule
    #[arg(long)]
    pub run_at_start: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Where runs leave what they found.
#[derive(Args, Clone, Debug)]
pub struct PlaceArgs {
    /// Where reports and pictures go; `runner` also takes <s3://BUCKET/PREFIX>, gs and az
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
    /// The backend that is told, such as <http://127.0.0.1:4747>
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL")]
    pub endpoint_url: Option<Url>,
    /// Signs requests to the endpoint (Signature Version 4), with the credentials that AWS's SDKs would find
    #[arg(long, requires = "endpoint_url")]
    pub sign: bool,
    /// Tells AWS itself, in the region: CloudWatch, CloudWatch Logs, X-Ray and EventBridge
    #[arg(long)]
    pub aws: bool,
    /// Region in names and ARNs
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1")]
    pub region: String,
    /// Twelve-digit account in ARNs
    #[arg(long, value_name = "ACCOUNT", env = "AWS_ACCOUNT_ID", default_value = "123456789012")]
    pub account: String,
    /// What runs share of a browser
    #[arg(long, value_enum, default_value_t)]
    pub isolation: IsolationArg,
    #[command(flatten)]
    pub binaries: BinaryArgs,
}

/// What runs share of a browser.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum IsolationArg {
    /// Nothing: each run has a Chrome of its own
    #[default]
    Process,
    /// One Chrome, each run in a browser context of its own: faster, for your own scripts only
    Context,
}

/// Programs to use instead of those that are found.
#[derive(Args, Clone, Debug)]
pub struct BinaryArgs {
    /// The Chrome to use instead of the one that is found
    #[arg(long, value_name = "FILE", env = "SISKIN_BROWSER")]
    pub browser_binary: Option<PathBuf>,
    /// The ChromeDriver to use instead of the one that is found
    #[arg(long, value_name = "FILE", env = "SISKIN_CHROMEDRIVER")]
    pub driver_binary: Option<PathBuf>,
}
