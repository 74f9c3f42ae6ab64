//! What can be typed behind `visual`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use regex::Regex;
use url::Url;

use super::BaselineArgs;
use crate::cli::OutputFormat;
use crate::cli::command::BinaryArgs;

/// Commands about pictures of pages.
#[derive(Clone, Debug, Subcommand)]
pub enum VisualCommand {
    /// Compares pictures of pages with their baselines; exits 0 when all match, 1 when a page cannot be opened and 3 when a picture is not as its baseline
    #[command(
        after_help = "Examples:\n  visual test http://127.0.0.1:8080/ http://127.0.0.1:8080/cart\n  visual test --pages pages.toml --viewport 1280x720 --viewport 390x844@3\n  visual test --sitemap https://shop.example/sitemap.xml --base http://127.0.0.1:8080\n  visual test --storybook http://127.0.0.1:6006 --jobs 4"
    )]
    Test(Box<TestArgs>),
    /// Makes pictures of a report the baselines
    #[command(
        after_help = "Examples:\n  visual approve visual-report/visual.json --all\n  visual approve visual-report/visual.json home cart.1280x720.chromium"
    )]
    Approve(ApproveArgs),
    /// Serves a report on this machine, so that pictures can be approved in it, until Ctrl-C is pressed
    #[command(after_help = "Example:\n  visual report visual-report")]
    Report(ReportArgs),
}

/// Arguments of `visual test`.
#[derive(Args, Clone, Debug)]
pub struct TestArgs {
    #[command(flatten)]
    pub pages: PagesArgs,
    #[command(flatten)]
    pub looks: LooksArgs,
    #[command(flatten)]
    pub baselines: BaselineArgs,
    /// The folder of the report: index.html, visual.json, junit.xml, summary.md and the pictures
    #[arg(long, value_name = "DIR", default_value = "visual-report")]
    pub report: PathBuf,
    /// Pages that are open at a time, 1 to 32
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub jobs: u8,
    /// How long one page may take, all its viewports together
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    pub timeout: String,
    /// Region of an S3 bucket with baselines, without `AWS_REGION`
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1")]
    pub region: String,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: OutputFormat,
    #[command(flatten)]
    pub binaries: BinaryArgs,
}

/// Which pages.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Pages")]
pub struct PagesArgs {
    /// Pages to look at
    #[arg(value_name = "URL", required_unless_present_any = ["pages", "sitemap", "storybook"])]
    pub urls: Vec<Url>,
    /// A file of pages: parameters of the blueprint `visual` as TOML, or an address and perhaps a name on each line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["urls", "sitemap", "storybook"])]
    pub pages: Option<PathBuf>,
    /// A sitemap or an index of them, as an address or a file
    #[arg(long, value_name = "URL|FILE", conflicts_with_all = ["urls", "storybook"])]
    pub sitemap: Option<String>,
    /// A Storybook, whose stories are the pages
    #[arg(long, value_name = "URL", conflicts_with = "urls")]
    pub storybook: Option<Url>,
    /// The server that all pages are opened on, whatever their addresses say
    #[arg(long, value_name = "URL", conflicts_with_all = ["urls", "storybook"])]
    pub base: Option<Url>,
    /// Only pages whose name matches this regular expression
    #[arg(long, value_name = "REGEX")]
    pub only: Option<Regex>,
}

/// How pictures are taken and compared; what a file of pages says gives way.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Pictures")]
pub struct LooksArgs {
    /// `WIDTHxHEIGHT` of the window in CSS pixels, and `@SCALE`; may be given several times; 1280x720 unless told otherwise
    #[arg(long, value_name = "SIZE")]
    pub viewport: Vec<String>,
    /// A selector of elements that are not compared; may be given several times
    #[arg(long, value_name = "SELECTOR")]
    pub ignore: Vec<String>,
    /// A CSS selector of elements that are not painted; may be given several times
    #[arg(long, value_name = "CSS")]
    pub hide: Vec<String>,
    /// A selector of an element that every page shows when it is ready
    #[arg(long, value_name = "SELECTOR")]
    pub wait_for: Option<String>,
    /// Another parameter of the blueprint `visual`, such as threshold=0.2; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
}

/// Arguments of `visual approve`.
#[derive(Args, Clone, Debug)]
pub struct ApproveArgs {
    /// `visual.json` of a report or a run, or its folder
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Pages, or keys as the report has them
    #[arg(value_name = "PAGE|KEY", required_unless_present = "all", conflicts_with = "all")]
    pub names: Vec<String>,
    /// All that are not as their baselines
    #[arg(long)]
    pub all: bool,
    /// Where the baselines are, instead of where the report says
    #[arg(long, value_name = "PLACE")]
    pub baselines: Option<String>,
    /// Region of an S3 bucket with baselines, without `AWS_REGION`
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1")]
    pub region: String,
}

/// Arguments of `visual report`.
#[derive(Args, Clone, Debug)]
pub struct ReportArgs {
    /// The folder of the report
    #[arg(value_name = "DIR", default_value = "visual-report")]
    pub folder: PathBuf,
    /// Where it is served; whoever reaches it can approve
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Where the baselines are, instead of where the report says
    #[arg(long, value_name = "PLACE")]
    pub baselines: Option<String>,
    /// Region of an S3 bucket with baselines, without `AWS_REGION`
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1")]
    pub region: String,
}
