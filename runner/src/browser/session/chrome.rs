//! A Chrome started by a ChromeDriver of its own, and where its DevTools are.

use std::io;
use std::path::Path;
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::browser::driver::Driver;
use crate::browser::error::BrowserError;
use crate::browser::install::{Installation, Programs, Version};
use crate::browser::reaper::Reaper;

use super::options::SessionOptions;

/// How long Chrome may take to close by itself; then it is killed.
pub(super) const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// A Chrome just started, with the WebDriver session that did it and its one page.
pub(super) struct Chrome {
    pub(super) driver: Driver,
    pub(super) client: Client,
    /// The page's window handle, which is its DevTools target.
    pub(super) target: String,
    pub(super) devtools: Devtools,
    /// The programs with the versions that ChromeDriver tells.
    pub(super) installation: Installation,
}

/// The browser's own DevTools endpoint.
#[derive(Debug, Clone)]
pub(super) struct Devtools {
    pub(super) port: u16,
    /// With its leading `/`.
    pub(super) path: String,
}

impl Chrome {
    pub(super) async fn start(reaper: &Reaper, options: &SessionOptions) -> Result<Self, BrowserError> {
        let driver = Driver::start(reaper, &options.programs, &options.work_dir).await?;
        let client = connect(&driver, options.capabilities()).await?;
        let began = Instant::now();
        let window = client
            .window()
            .await
            .map_err(|error: CmdError| BrowserError::from_command("window", began.elapsed(), &error))?;
        let devtools = devtools(&client).await?;
        let installation = installation(&client, &options.programs)?;
        Ok(Self { driver, client, target: String::from(window), devtools, installation })
    }
}

/// Opens a WebDriver session.
pub(super) async fn connect(driver: &Driver, capabilities: Map<String, Value>) -> Result<Client, BrowserError> {
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(driver.url())
        .await
        .map_err(|error| BrowserError::from_new_session(&error))
}

fn installation(client: &Client, programs: &Programs) -> Result<Installation, BrowserError> {
    let told = |path: &[&str]| {
        let mut value = client.capabilities()?.get(*path.first()?)?;
        for field in path.iter().skip(1) {
            value = value.get(field)?;
        }
        Version::parse(value.as_str()?)
    };
    let (Some(browser), Some(driver)) = (told(&["browserVersion"]), told(&["chrome", "chromedriverVersion"])) else {
        return Err(BrowserError::infrastructure("ChromeDriver tells no versions"));
    };
    Installation::pair(programs.clone(), browser, driver).map_err(|error| BrowserError::Config(error.to_string()))
}

/// Reads the endpoint from the file Chrome writes it to.
async fn devtools(client: &Client) -> Result<Devtools, BrowserError> {
    let folder = client
        .capabilities()
        .and_then(|capabilities| capabilities.get("chrome"))
        .and_then(|chrome| chrome.get("userDataDir"))
        .and_then(Value::as_str)
        .ok_or_else(|| BrowserError::infrastructure("ChromeDriver names no profile folder"))?;
    let file = Path::new(folder).join("DevToolsActivePort");
    let text = tokio::fs::read_to_string(&file)
        .await
        .map_err(|error: io::Error| BrowserError::infrastructure(format!("{}: {error}", file.display())))?;
    let mut lines = text.lines();
    let port = lines.next().and_then(|line| line.trim().parse().ok());
    match (port, lines.next()) {
        (Some(port), Some(path)) if path.starts_with('/') => Ok(Devtools { port, path: path.to_owned() }),
        _ => Err(BrowserError::infrastructure(format!("{} holds no DevTools address", file.display()))),
    }
}
